#!/usr/bin/env bash
# Prints the path of a tool that tools/go.mod pins, having built it first if it is not cached.
#
#   scripts/tool.sh nats-server
#   scripts/tool.sh golangci-lint            takes minutes when built for the first time
#   scripts/tool.sh --cached golangci-lint   fails instead of building
#
# The binaries live in .cache/tools, by version.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

cached=false
if [ "${1:-}" = --cached ]; then
	cached=true
	shift
fi

case ${1:-} in
nats-server) package=github.com/nats-io/nats-server/v2 module=$package ;;
golangci-lint) package=github.com/golangci/golangci-lint/v2/cmd/golangci-lint module=${package%/cmd/*} ;;
*)
	echo "usage: scripts/tool.sh [--cached] nats-server|golangci-lint" >&2
	exit 2
	;;
esac

version=$(awk -v module="$module" '$1 == module && $2 ~ /^v/ { print $2 }' "$root/tools/go.mod")
if [ -z "$version" ]; then
	echo "tools/go.mod does not pin $module" >&2
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
	go build -C "$root/tools" -buildvcs=false -o "$unfinished" "$package" >&2
	mv "$unfinished" "$binary"
fi
echo "$binary"
