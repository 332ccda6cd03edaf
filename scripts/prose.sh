#!/usr/bin/env bash
# Checks prose by the rules in .vale, see .vale.ini.
#
#   scripts/prose.sh own         documentation, and the comments and strings of Go files
#   scripts/prose.sh manifests   texts of manifests and shared facts
#   scripts/prose.sh templates   what services are rendered from
#   scripts/prose.sh services    two generated services
#
# Several can be given. make lint checks those that are clean.
set -euo pipefail
cd "$(dirname "$0")/.."

vale=$(scripts/tool.sh vale)
config=$PWD/.vale.ini

# Generated and third-party texts are left out, and what is still to be rewritten, one line each.
own=(
	'*.md' '*.go'
	':!golden/testdata'
	':!THIRD_PARTY_NOTICES.md'
	':!docs/examples/*/golden*'   # follow the templates
	':!presets/*/*/README.md'
)

check() { xargs -0 --no-run-if-empty "$vale" --config="$config" --output=line; }

for part in "$@"; do
	temp=$(mktemp -d)
	case $part in
	own) git ls-files -z -- "${own[@]}" | check ;;
	manifests) git ls-files -z -- 'presets/*/*/preset.yaml' 'docs/examples/*/*/*/preset.yaml' templates/skeleton.yaml 'templates/facts/*.yaml' | check ;;
	templates)
		git ls-files -- 'presets/*.tmpl' 'templates/*.tmpl' | while read -r file; do
			mkdir -p "$temp/$(dirname "$file")"
			cp "$file" "$temp/${file%.tmpl}"
		done
		(cd "$temp" && find . \( -name '*.go' -o -name '*.md' \) -print0 | check)
		;;
	services)
		go build -o "$temp/otelgen" ./cmd/otelgen
		(
			cd "$temp"
			./otelgen new shop --no-input >/dev/null
			./otelgen new largest --no-input --framework grpc --broker kafka --database postgres --pattern cqrs --backend otlp >/dev/null
			find shop largest \( -name '*.go' -o -name '*.md' \) -print0 | check
		)
		;;
	*)
		echo "usage: scripts/prose.sh own|manifests|templates|services ..." >&2
		exit 2
		;;
	esac
	rm -rf "$temp"
done
