#!/usr/bin/env bash
# Runs all tests of otelgen: its code, the goldens, the locks, a part of the matrix, the services end to end.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
	echo
	echo "── $* ($((SECONDS / 60))m$((SECONDS % 60))s)"
}

# What the tests prove, and against which servers, is shown at the end.
OTELGEN_PROOFS=$(mktemp)
export OTELGEN_PROOFS

# Servers that somebody runs already stay.
if [ -z "$(ls .cache/servers 2>/dev/null)" ]; then trap 'scripts/servers.sh stop' EXIT; fi

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

step "servers"
scripts/servers.sh start

step "tests"
go test -timeout 40m ./...

step "what was proven, against what"
sort -u "$OTELGEN_PROOFS" | awk -F '\t' '
	{ for (i = 1; i <= NF; i++) if (length($i) > w[i]) w[i] = length($i); row[NR] = $0 }
	END { for (n = 1; n <= NR; n++) { split(row[n], f, "\t"); printf "%-*s  %-*s  %s\n", w[1], f[1], w[2], f[2], f[3] } }'
rm -f "$OTELGEN_PROOFS"

step "done"
