#!/usr/bin/env bash
# Prints the path of a tool that a go.mod in tools/ pins, or tools/otelcol/builder.yaml, having built it first if it is not cached.
#
#   scripts/tool.sh nats-server
#   scripts/tool.sh golangci-lint            takes minutes when built for the first time, and so does vale
#   scripts/tool.sh --cached golangci-lint   fails instead of building
#   scripts/tool.sh prometheus               and promtool, ferretdb, otelcol, datadog-collector, datadog-intake: minutes, too
#
# The binaries live in .cache/tools, by version.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

cached=false
if [ "${1:-}" = --cached ]; then
	cached=true
	shift
fi

folder=$root/tools flags=()
case ${1:-} in
nats-server) package=github.com/nats-io/nats-server/v2 module=$package ;;
golangci-lint) package=github.com/golangci/golangci-lint/v2/cmd/golangci-lint module=${package%/cmd/*} ;;
vale) package=github.com/vale-cli/vale/v3/cmd/vale module=${package%/cmd/*} folder=$root/tools/vale ;;
prometheus | promtool)
	# In a module of its own: it needs the replacements and checksums of its own. It discovers nothing here.
	package=github.com/prometheus/prometheus/cmd/$1 module=${package%/cmd/*} folder=$root/tools/prometheus flags=(-tags remove_all_sd)
	;;
ferretdb)
	# In a module of its own, as it is from before what the rest is at.
	package=. module=github.com/FerretDB/FerretDB folder=$root/tools/ferretdb flags=(-tags ferretdb_sqlite)
	;;
datadog-collector | datadog-intake)
	package=./${1#datadog-} module=github.com/open-telemetry/opentelemetry-collector-contrib/exporter/datadogexporter folder=$root/tools/datadog
	;;
otelcol) package='' ;;
*)
	echo "usage: scripts/tool.sh [--cached] nats-server|golangci-lint|vale|prometheus|promtool|ferretdb|otelcol|datadog-collector|datadog-intake" >&2
	exit 2
	;;
esac

# build OUT
if [ -n "$package" ]; then
	version=$(awk '{ sub(/^require /, "") } $1 == module && $2 ~ /^v/ { print $2 }' module="$module" "$folder/go.mod")
	case $package in .*) version+=-$(sha256sum "$folder/$package/main.go" | cut -c 1-8) ;; esac
	build() { go build -C "$folder" -buildvcs=false "${flags[@]}" -o "$1" "$package"; }
else
	config=$root/tools/otelcol/builder.yaml
	version=v$(awk '$1 == "version:" { print $2 }' "$config")-$(sha256sum "$config" | cut -c 1-8)
	build() {
		local sources
		sources=$(mktemp -d)
		sed "s|^dist:|&\n  output_path: $sources|" "$config" >"$sources/builder.yaml"
		go run "go.opentelemetry.io/collector/cmd/builder@${version%-*}" --config "$sources/builder.yaml"
		mv "$sources/otelcol" "$1"
		rm -rf "$sources"
	}
fi
if [ -z "$version" ]; then
	echo "$folder/go.mod does not pin $module" >&2
	exit 1
fi
binary=$root/.cache/tools/$1-$version

if [ ! -x "$binary" ]; then
	if $cached; then
		echo "$1 $version is not built; build it with: scripts/tool.sh $1" >&2
		exit 1
	fi
	mkdir -p "$root/.cache/tools"
	# Renamed into place, so that two builds at once do not meet.
	unfinished=$binary.$$
	trap 'rm -f "$unfinished"' EXIT
	build "$unfinished" >&2
	mv "$unfinished" "$binary"
fi
echo "$binary"
