# RabbitMQ with its management plugin, as Debian has it. The plugin listens on the port of the clients plus 10000, as it does by default.

# rabbitmq_program prints the server's program: the one in PATH would change to a user of its own.
rabbitmq_program() {
	local program=/usr/lib/rabbitmq/bin/rabbitmq-server
	if [ -x "$program" ]; then
		echo "$program"
	else
		echo "RabbitMQ is not installed; install it with: scripts/install-deps.sh" >&2
		exit 77 # as test runners say "skipped"
	fi
}

server_create() {
	rabbitmq_program >/dev/null
	echo '[rabbitmq_management].' >"$1/enabled_plugins"
}

server_start() {
	local program names distribution
	program=$(rabbitmq_program)
	names=$(free_port)
	distribution=$(free_port)
	rm -f "$1/log" "$1/pid" "$1/launcher.pid"
	cat >"$1/rabbitmq.conf" <<-CONF
		listeners.tcp.1 = 127.0.0.1:$2
		management.tcp.ip = 127.0.0.1
		management.tcp.port = $(($2 + 10000))
	CONF
	# Erlang nodes find each other by epmd, a process that would be shared by all of the machine and outlive the server.
	ERL_EPMD_ADDRESS=127.0.0.1 epmd -port "$names" >/dev/null 2>&1 </dev/null &
	echo $! >"$1/epmd.pid"
	HOME=$1 ERL_EPMD_PORT=$names RABBITMQ_NODENAME=otelgen@localhost RABBITMQ_DIST_PORT=$distribution \
		RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_CONFIG_FILE=$1/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE=$1/enabled_plugins \
		RABBITMQ_MNESIA_BASE=$1/data RABBITMQ_LOG_BASE=$1 RABBITMQ_LOGS=$1/log RABBITMQ_PID_FILE=$1/pid ERL_CRASH_DUMP=$1/crash \
		RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+S 2:2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}' \
		"$program" >"$1/output" 2>&1 </dev/null &
	local launcher=$!
	echo "$launcher" >"$1/launcher.pid"
	await "RabbitMQ is not ready" rabbitmq_answers "$1" "$launcher"
	grep -qs 'Server startup complete' "$1/log" || {
		rabbitmq_end_epmd "$1"
		return 1
	}
}

# rabbitmq_answers FOLDER PID: is it ready, or is there no hope?
rabbitmq_answers() {
	grep -qs 'Server startup complete' "$1/log" || ended "$2"
}

rabbitmq_end_epmd() {
	kill "$(cat "$1/epmd.pid")" 2>/dev/null || true
}

server_url() {
	echo "amqp://guest:guest@127.0.0.1:$1/"
}

server_stop() {
	rabbitmq_signal "$1" TERM
}

server_kill() {
	rabbitmq_signal "$1" KILL
}

# server_running also knows a server that is still booting: it writes its own pid late.
server_running() {
	[ -f "$1/launcher.pid" ] && ! ended "$(cat "$1/launcher.pid")"
}

# rabbitmq_signal FOLDER SIGNAL sends it to the server, which is the launcher or a child of it.
rabbitmq_signal() {
	local launcher pid
	launcher=$(cat "$1/launcher.pid")
	pid=$(cat "$1/pid" 2>/dev/null || pgrep -P "$launcher" || echo "$launcher")
	# shellcheck disable=SC2086 # there may be several
	kill -"$2" $pid
	await "$name has not ended" ended "$launcher"
	rabbitmq_end_epmd "$1"
}

server_version() {
	basename /usr/lib/rabbitmq/lib/rabbitmq_server-* | sed 's/rabbitmq_server-/RabbitMQ /'
}
