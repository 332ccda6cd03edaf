#!/usr/bin/env bash
# Checks the format, the code and the prose of otelgen itself.
set -euo pipefail
cd "$(dirname "$0")/.."

unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
	echo "lint.sh: not formatted; run gofmt -w on: $unformatted" >&2
	exit 1
fi
go vet ./...
"$(scripts/tool.sh golangci-lint)" run --allow-parallel-runners
scripts/prose.sh own manifests
