#!/usr/bin/env bash
# Runs real servers on the loopback interface, for tests and for trying things out.
#
#   scripts/server.sh start NAME [PORT]   starts a new server, one of servers/NAME.sh, in a temporary folder, on a free port unless
#                                         one is given; prints its URL, then its folder, once it answers
#   scripts/server.sh start FOLDER        starts a stopped server again: same data, same port
#   scripts/server.sh stop FOLDER         stops it in good order
#   scripts/server.sh kill FOLDER         stops it as a crash would
#   scripts/server.sh remove FOLDER       kills it and deletes the folder
#   scripts/server.sh version NAME        prints what it is, as in: PostgreSQL 15.18
#
# With OWNER set to a process id, a new server is removed as soon as that process has ended, however it ended.
set -euo pipefail

self=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/$(basename "${BASH_SOURCE[0]}")
patience=90 # seconds that a server may take to answer, or to end

fail() {
	echo "server.sh: $*" >&2
	exit 1
}

usage() {
	sed -n '2,/^set /s/^# \{0,1\}//p' "$self" | sed '$d' >&2
	exit 2
}

# listening PORT: does anything answer there?
listening() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port prints a port that nothing listens on, below those that the kernel gives to outgoing connections.
free_port() {
	local port
	while port=$((10000 + RANDOM % 20000)) && listening "$port"; do :; done
	echo "$port"
}

# ended PID: is the process gone? One that nobody has reaped yet is.
ended() {
	! kill -0 "$1" 2>/dev/null || grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"
}

# await WHAT COMMAND…: polls until the command succeeds.
await() {
	local what=$1 deadline=$((SECONDS + patience))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || fail "$what after $patience seconds"
		sleep 0.02
	done
}

## What a server without a program for it does: its process is known by FOLDER/pid

server_stop() {
	local pid
	pid=$(cat "$1/pid")
	kill "$pid"
	await "$name has not stopped" ended "$pid"
}

server_kill() {
	local pid
	pid=$(cat "$1/pid")
	kill -KILL "$pid"
	await "$name has not ended" ended "$pid"
}

server_running() {
	[ -f "$1/pid" ] && ! ended "$(cat "$1/pid")"
}

# load NAME reads servers/NAME.sh, which says how to run it:
#
#   server_create FOLDER      prepares a new one
#   server_start FOLDER PORT  starts it and waits until it answers
#   server_url PORT           prints its URL
#   server_version            prints what it is and its version
#
# and, where the above does not fit, server_stop, server_kill and server_running.
load() {
	local file
	name=$1
	file=$(dirname "$self")/servers/$name.sh
	[ -f "$file" ] || fail "there is no server $name; there are: $(servers)"
	# shellcheck source=/dev/null
	. "$file"
}

# servers prints the names of those that there are.
servers() {
	basename -s .sh "$(dirname "$self")"/servers/*.sh | tr '\n' ' '
}

## Commands

# abandon removes a new server that did not come up.
abandon() {
	[ ! -f "$folder/port" ] || return 0
	if server_running "$folder" 2>/dev/null; then server_kill "$folder"; fi
	rm -rf "$folder"
}

start_new() {
	local given=${2:-} port try
	load "$1"
	folder=$(mktemp -d "${TMPDIR:-/tmp}/otelgen-$name.XXXXXX")
	chmod 755 "$folder"
	trap abandon EXIT
	server_create "$folder"
	# A port that was free may be taken by the time the server binds it.
	for try in 1 2 3 4 5; do
		port=${given:-$(free_port)}
		if (! listening "$port") && (server_start "$folder" "$port"); then
			echo "$name" >"$folder/name"
			echo "$port" >"$folder/port"
			break
		fi
		if server_running "$folder"; then server_kill "$folder"; fi
		if [ -n "$given" ] || [ "$try" = 5 ]; then
			fail "$name does not start on port $port: $(tail -n 3 "$folder/log" 2>/dev/null)"
		fi
	done
	if [ -n "${OWNER:-}" ]; then
		(
			tail --pid="$OWNER" -f /dev/null
			"$self" remove "$folder"
		) >/dev/null 2>&1 </dev/null &
	fi
	server_url "$port"
	echo "$folder"
}

# known FOLDER loads the server that is in it, and sets port to its own.
known() {
	[ -f "$1/port" ] || fail "$1 is neither the folder of a server nor the name of one: $(servers)"
	load "$(cat "$1/name")"
	port=$(cat "$1/port")
}

[ $# -ge 2 ] || usage
action=$1 target=$2
case $action in
start)
	if [ -f "$(dirname "$self")/servers/$target.sh" ]; then
		start_new "$target" "${3:-}"
	else
		known "$target"
		server_start "$target" "$port" || fail "$name does not start on port $port: $(tail -n 3 "$target/log")"
		server_url "$port"
		echo "$target"
	fi
	;;
stop | kill)
	known "$target"
	"server_$action" "$target"
	;;
remove)
	known "$target"
	if server_running "$target"; then server_kill "$target"; fi
	rm -rf "$target"
	;;
version)
	load "$target"
	server_version
	;;
*) usage ;;
esac
