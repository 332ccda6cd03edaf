#!/usr/bin/env bash
# Runs real servers on the loopback interface, for tests and for trying things out.
#
#   scripts/server.sh start postgres|nats [PORT]   starts a new server in a temporary folder, on a free port unless
#                                                  one is given; prints its URL, then its folder, once it answers
#   scripts/server.sh start FOLDER                 starts a stopped server again: same data, same port
#   scripts/server.sh stop FOLDER                  stops it in good order
#   scripts/server.sh kill FOLDER                  stops it as a crash would
#   scripts/server.sh remove FOLDER                kills it and deletes the folder
#
# With OWNER set to a process id, a new server is removed as soon as that process has ended, however it ended.
# PostgreSQL is Debian's (scripts/install-deps.sh installs it), NATS is built from the version in tools/go.mod.
set -euo pipefail

self=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/$(basename "${BASH_SOURCE[0]}")
patience=30 # seconds that a server may take to answer, or to end

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

## PostgreSQL

# as_postgres COMMAND…: PostgreSQL refuses to run as root.
as_postgres() {
	if [ "$(id -u)" = 0 ]; then
		runuser -u postgres -- "$@"
	else
		"$@"
	fi
}

# postgres_bin prints the newest folder that has PostgreSQL's own programs.
postgres_bin() {
	local folder
	folder=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	if [ -x "$folder/initdb" ]; then
		echo "$folder"
	elif command -v initdb >/dev/null; then
		dirname "$(command -v initdb)"
	else
		echo "PostgreSQL is not installed; install it with: scripts/install-deps.sh" >&2
		exit 77 # as test runners say "skipped"
	fi
}

postgres_create() {
	local bin
	bin=$(postgres_bin)
	echo postgres >"$1/password"
	[ "$(id -u)" != 0 ] || chown postgres "$1"
	# From a folder that its user may enter, or it complains.
	cd "$1"
	as_postgres "$bin/initdb" --pgdata="$1/data" --username=postgres --pwfile="$1/password" --auth=scram-sha-256 \
		--encoding=UTF8 --no-locale --no-sync >"$1/initdb.log" 2>&1 || fail "initdb failed: $(tail -n 3 "$1/initdb.log")"
}

postgres_start() {
	local bin
	bin=$(postgres_bin)
	cd "$1"
	as_postgres "$bin/pg_ctl" --pgdata="$1/data" --log="$1/log" --wait --timeout="$patience" \
		--options="-c listen_addresses=127.0.0.1 -c port=$2 -c unix_socket_directories='' -c fsync=off" start >/dev/null
}

postgres_url() {
	echo "postgres://postgres:postgres@127.0.0.1:$1/postgres?sslmode=disable"
}

# pg_ctl knows the process by the pid in the data folder, and waits for its end.
postgres_stop() {
	local bin
	bin=$(postgres_bin)
	cd "$1"
	as_postgres "$bin/pg_ctl" --pgdata="$1/data" --mode=fast --wait --timeout="$patience" stop >/dev/null
}

postgres_kill() {
	local bin
	bin=$(postgres_bin)
	cd "$1"
	as_postgres "$bin/pg_ctl" --pgdata="$1/data" --mode=immediate --wait --timeout="$patience" stop >/dev/null
}

postgres_running() {
	local bin
	bin=$(postgres_bin)
	cd "$1"
	as_postgres "$bin/pg_ctl" --pgdata="$1/data" status >/dev/null
}

## NATS

nats_create() {
	"$(dirname "$self")/tool.sh" nats-server >/dev/null
}

nats_start() {
	local binary
	binary=$("$(dirname "$self")/tool.sh" nats-server)
	rm -f "$1/log"
	"$binary" --addr 127.0.0.1 --port "$2" --jetstream --store_dir "$1/data" --log "$1/log" >/dev/null 2>&1 </dev/null &
	local pid=$!
	echo "$pid" >"$1/pid"
	await "NATS is not ready" nats_answers "$1" "$pid" && ! ended "$pid"
}

# nats_answers FOLDER PID: is it ready, or is there no hope?
nats_answers() {
	grep -qs 'Server is ready' "$1/log" || ended "$2"
}

nats_url() {
	echo "nats://127.0.0.1:$1"
}

nats_stop() {
	local pid
	pid=$(cat "$1/pid")
	kill "$pid"
	await "NATS has not stopped" ended "$pid"
}

nats_kill() {
	local pid
	pid=$(cat "$1/pid")
	kill -KILL "$pid"
	await "NATS has not ended" ended "$pid"
}

nats_running() {
	[ -f "$1/pid" ] && ! ended "$(cat "$1/pid")"
}

## Commands

# abandon removes a new server that did not come up.
abandon() {
	[ ! -f "$folder/port" ] || return 0
	if "${name}_running" "$folder" 2>/dev/null; then "${name}_kill" "$folder"; fi
	rm -rf "$folder"
}

start_new() {
	local given=${2:-} port try
	name=$1
	folder=$(mktemp -d "${TMPDIR:-/tmp}/otelgen-$name.XXXXXX")
	chmod 755 "$folder"
	trap abandon EXIT
	"${name}_create" "$folder"
	# A port that was free may be taken by the time the server binds it.
	for try in 1 2 3 4 5; do
		port=${given:-$(free_port)}
		if (! listening "$port") && ("${name}_start" "$folder" "$port"); then
			echo "$name" >"$folder/name"
			echo "$port" >"$folder/port"
			break
		fi
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
	"${name}_url" "$port"
	echo "$folder"
}

# known FOLDER sets name and port to those of the server in it.
known() {
	[ -f "$1/port" ] || fail "$1 is not the folder of a server"
	name=$(cat "$1/name") port=$(cat "$1/port")
}

[ $# -ge 2 ] || usage
action=$1 target=$2
case $action in
start)
	case $target in
	postgres | nats) start_new "$target" "${3:-}" ;;
	*)
		known "$target"
		"${name}_start" "$target" "$port" || fail "$name does not start on port $port: $(tail -n 3 "$target/log")"
		"${name}_url" "$port"
		echo "$target"
		;;
	esac
	;;
stop | kill)
	known "$target"
	"${name}_$action" "$target"
	;;
remove)
	known "$target"
	if "${name}_running" "$target"; then "${name}_kill" "$target"; fi
	rm -rf "$target"
	;;
*) usage ;;
esac
