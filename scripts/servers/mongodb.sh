# FerretDB over SQLite, built from the version in tools/ferretdb/go.mod: it speaks the protocol of MongoDB. What it does not do as MongoDB
# does, tools/ferretdb/main.go tells.

server_create() {
	"$(dirname "$self")/tool.sh" ferretdb >/dev/null
	mkdir "$1/data"
}

server_start() {
	local binary
	binary=$("$(dirname "$self")/tool.sh" ferretdb)
	rm -f "$1/log"
	"$binary" -listen "127.0.0.1:$2" -data "$1/data" >"$1/log" 2>&1 </dev/null &
	local pid=$!
	echo "$pid" >"$1/pid"
	await "FerretDB is not ready" mongodb_answers "$1" "$pid" && ! ended "$pid"
}

# mongodb_answers FOLDER PID: is it ready, or is there no hope?
mongodb_answers() {
	grep -qs 'INFO ready' "$1/log" || ended "$2"
}

server_url() {
	echo "mongodb://127.0.0.1:$1/test"
}

server_version() {
	awk '$2 == "github.com/FerretDB/FerretDB" { sub(/^v/, "", $3); print "FerretDB " $3 " (MongoDB'"'"'s protocol)" }' \
		"$(dirname "$self")/../tools/ferretdb/go.mod"
}
