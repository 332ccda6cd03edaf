#!/usr/bin/env bash
# Runs all tests of otelgen: its code, the goldens, the locks, a part of the matrix, the services end to end.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
	echo
	echo "── $* ($((SECONDS / 60))m$((SECONDS % 60))s)"
}

step "lint"
GOLANGCI_LINT=$(scripts/tool.sh golangci-lint)
export GOLANGCI_LINT
scripts/lint.sh

step "the demo"
go run ./internal/demo >"$(mktemp)"

step "locks are up to date"
go run ./internal/gotool/lockall --check

step "what containers and CI read"
scripts/validate.sh

step "tests"
go test -timeout 40m ./...

step "done"
