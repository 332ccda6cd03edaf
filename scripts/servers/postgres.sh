# PostgreSQL, as Debian has it.

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

server_create() {
	local bin
	bin=$(postgres_bin)
	echo postgres >"$1/password"
	[ "$(id -u)" != 0 ] || chown postgres "$1"
	# From a folder that its user may enter, or it complains.
	cd "$1"
	as_postgres "$bin/initdb" --pgdata="$1/data" --username=postgres --pwfile="$1/password" --auth=scram-sha-256 \
		--encoding=UTF8 --no-locale --no-sync >"$1/initdb.log" 2>&1 || fail "initdb failed: $(tail -n 3 "$1/initdb.log")"
}

server_start() {
	local bin
	bin=$(postgres_bin)
	cd "$1"
	as_postgres "$bin/pg_ctl" --pgdata="$1/data" --log="$1/log" --wait --timeout="$patience" \
		--options="-c listen_addresses=127.0.0.1 -c port=$2 -c unix_socket_directories='' -c fsync=off" start >/dev/null
}

server_url() {
	echo "postgres://postgres:postgres@127.0.0.1:$1/postgres?sslmode=disable"
}

# pg_ctl knows the process by the pid in the data folder, and waits for its end.
server_stop() {
	local bin
	bin=$(postgres_bin)
	cd "$1"
	as_postgres "$bin/pg_ctl" --pgdata="$1/data" --mode=fast --wait --timeout="$patience" stop >/dev/null
}

server_kill() {
	local bin
	bin=$(postgres_bin)
	cd "$1"
	as_postgres "$bin/pg_ctl" --pgdata="$1/data" --mode=immediate --wait --timeout="$patience" stop >/dev/null
}

server_running() {
	local bin
	bin=$(postgres_bin)
	cd "$1"
	as_postgres "$bin/pg_ctl" --pgdata="$1/data" status >/dev/null
}

server_version() {
	"$(postgres_bin)/postgres" --version | sed 's/postgres (PostgreSQL) \([0-9.]*\).*/PostgreSQL \1/'
}
