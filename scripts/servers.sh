#!/usr/bin/env bash
# Runs all servers of scripts/servers on the loopback interface, for as long as one likes: the tests use those that run, and start their own
# where none does.
#
#   scripts/servers.sh start   starts those that do not run, and prints their URLs
#   scripts/servers.sh stop    removes them
set -euo pipefail
cd "$(dirname "$0")/.."
running=.cache/servers # one file for each: its URL, then its folder

# alive NAME: does it run still? What is left of one that does not is removed.
alive() {
	local folder
	[ -f "$running/$1" ] || return 1
	folder=$(sed -n 2p "$running/$1")
	if [ -f "$folder/port" ] && (exec 3<>"/dev/tcp/127.0.0.1/$(cat "$folder/port")") 2>/dev/null; then return 0; fi
	stop "$1"
	return 1
}

stop() {
	local folder
	folder=$(sed -n 2p "$running/$1")
	[ ! -f "$folder/port" ] || scripts/server.sh remove "$folder"
	rm -f "$running/$1"
}

case ${1:-} in
start)
	mkdir -p "$running"
	for file in scripts/servers/*.sh; do
		name=$(basename "$file" .sh)
		if ! alive "$name"; then
			scripts/server.sh start "$name" >"$running/.$name"
			mv "$running/.$name" "$running/$name"
		fi
		printf '%-12s %-20s %s\n' "$name" "$(scripts/server.sh version "$name")" "$(head -n 1 "$running/$name")"
	done
	;;
stop)
	for file in "$running"/*; do
		[ ! -f "$file" ] || stop "$(basename "$file")"
	done
	;;
*)
	sed -n '2,/^set /s/^# \{0,1\}//p' "$0" | sed '$d' >&2
	exit 2
	;;
esac
