# MariaDB, as Debian has it: it speaks the protocol of MySQL.

# mariadb_program NAME prints where a program of the server is.
mariadb_program() {
	local path
	path=$(PATH=$PATH:/usr/sbin command -v "$1") || {
		echo "MariaDB is not installed; install it with: scripts/install-deps.sh" >&2
		exit 77 # as test runners say "skipped"
	}
	echo "$path"
}

server_create() {
	local install
	install=$(mariadb_program mariadb-install-db)
	"$install" --no-defaults --user="$(id -un)" --datadir="$1/data" --auth-root-authentication-method=normal \
		--skip-name-resolve >"$1/install.log" 2>&1 || fail "mariadb-install-db failed: $(tail -n 3 "$1/install.log")"
	cat >"$1/init.sql" <<-'SQL'
		CREATE OR REPLACE USER root@127.0.0.1 IDENTIFIED BY 'mysql';
		GRANT ALL ON *.* TO root@127.0.0.1 WITH GRANT OPTION;
		CREATE DATABASE IF NOT EXISTS test;
	SQL
}

server_start() {
	local server
	server=$(mariadb_program mariadbd)
	rm -f "$1/log"
	# What is committed outlives the process, and need not outlive the machine.
	"$server" --no-defaults --user="$(id -un)" --datadir="$1/data" --bind-address=127.0.0.1 --port="$2" --socket="$1/socket" \
		--pid-file="$1/server.pid" --init-file="$1/init.sql" --skip-name-resolve --innodb-flush-log-at-trx-commit=2 \
		>"$1/log" 2>&1 </dev/null &
	local pid=$!
	echo "$pid" >"$1/pid"
	await "MariaDB is not ready" mariadb_answers "$1" "$pid" && ! ended "$pid"
}

# mariadb_answers FOLDER PID: is it ready, or is there no hope?
mariadb_answers() {
	grep -qs 'ready for connections' "$1/log" || ended "$2"
}

server_url() {
	echo "mysql://root:mysql@127.0.0.1:$1/test"
}

server_version() {
	"$(mariadb_program mariadbd)" --no-defaults --version | sed 's/.*Ver \([0-9.]*\)-MariaDB.*/MariaDB \1/'
}
