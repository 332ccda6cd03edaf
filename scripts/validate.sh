#!/usr/bin/env bash
# Has the Dockerfile, compose.yaml and workflow of generated services checked by the code of BuildKit, Compose and actionlint.
set -euo pipefail
cd "$(dirname "$0")/.."

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
go build -o "$tmp/otelgen" ./cmd/otelgen
go build -C tools/validate -o "$tmp/validate" .
n=0
for flags in "" "--database postgres --backend otlp" "--database memory --broker none" "--framework none --database postgres" "--framework nethttp --pattern layered"; do
	n=$((n + 1))
	# shellcheck disable=SC2086 # words are meant
	"$tmp/otelgen" new shop --no-input --output "$tmp/$n" $flags >"$tmp/out"
done
"$tmp/validate" "$tmp"/[0-9]
