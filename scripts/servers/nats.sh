# NATS with JetStream, built from the version in tools/go.mod.

server_create() {
	"$(dirname "$self")/tool.sh" nats-server >/dev/null
}

server_start() {
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

server_url() {
	echo "nats://127.0.0.1:$1"
}

server_version() {
	"$("$(dirname "$self")/tool.sh" nats-server)" --version | sed 's/nats-server: v/NATS /'
}
