#!/usr/bin/env bash
# Has the Dockerfile, compose.yaml and workflow of generated services checked by the code of BuildKit, Compose and actionlint: of one service for
# each preset of each axis, next to the defaults. What is meant for the API of Datadog is checked by its client. The Kubernetes objects
# in the docs are checked against the schemas that kubectl-validate holds.
set -euo pipefail
cd "$(dirname "$0")/.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go build -o "$tmp/otelgen" ./cmd/otelgen
go build -C tools/validate -o "$tmp/validate" .
n=0
for choice in $("$tmp/otelgen" list | awk '/^[a-z]+:/ { axis = $1; sub(":", "", axis) } /^  / { print "--" axis "=" $1 }'); do
	n=$((n + 1))
	"$tmp/otelgen" new shop --no-input --output "$tmp/$n" "$choice" >"$tmp/out"
done
"$tmp/validate" "$tmp"/[0-9]* .goreleaser.yaml .github/workflows/*.yml
go run -C tools/kubernetes . "$PWD/docs/how-to/kubernetes.md"
