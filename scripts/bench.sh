#!/usr/bin/env bash
# Prints the figures of speed: of whole processes, then of each stage alone.
set -euo pipefail
cd "$(dirname "$0")/.."

go run ./internal/bench "$@"
echo
go test -run '^$' -bench . ./internal/bench
