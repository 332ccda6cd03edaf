# Redis, as Debian has it.

# redis_program prints the server's program.
redis_program() {
	command -v redis-server || {
		echo "Redis is not installed; install it with: scripts/install-deps.sh" >&2
		exit 77 # as test runners say "skipped"
	}
}

server_create() {
	redis_program >/dev/null
	mkdir "$1/data"
}

server_start() {
	local server
	server=$(redis_program)
	rm -f "$1/log"
	# What is written outlives the process, and need not outlive the machine.
	"$server" --bind 127.0.0.1 --port "$2" --requirepass redis --dir "$1/data" --appendonly yes --appendfsync no --save '' \
		--logfile "$1/log" >"$1/output" 2>&1 </dev/null &
	local pid=$!
	echo "$pid" >"$1/pid"
	await "Redis is not ready" redis_answers "$1" "$pid" && ! ended "$pid"
}

# redis_answers FOLDER PID: is it ready, or is there no hope?
redis_answers() {
	grep -qs 'Ready to accept connections' "$1/log" || ended "$2"
}

server_url() {
	echo "redis://default:redis@127.0.0.1:$1/0"
}

server_version() {
	"$(redis_program)" --version | sed 's/Redis server v=\([0-9.]*\).*/Redis \1/'
}
