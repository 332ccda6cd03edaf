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

# Prose: the rules are in .vale. Left out are generated and third-party texts, and what is still to be rewritten, one line each.
prose=(
	'*.md' '*.go'
	':!golden/testdata'
	':!THIRD_PARTY_NOTICES.md'
	':!docs/examples/*/golden*' # follow the templates
	':!docs/reference/presets.md' # follows the manifests
	':!presets/*/*/README.md'
	':!generator/*.go'
	':!internal/matrix/*.go'
	# 'presets/*/*/preset.yaml' 'templates/skeleton.yaml'
)
git ls-files -z -- "${prose[@]}" | xargs -0 "$(scripts/tool.sh vale)" --output=line
