#!/usr/bin/env bash
# Installs what the tests need besides Go, on Debian and its kin: PostgreSQL, PgBouncer, MariaDB, Redis, RabbitMQ, Java and Maven (for Kafka), a C compiler
# (for the race detector), make, tmux (a terminal to look at), patch and curl. Does nothing, at once, where all is there.
set -euo pipefail

missing=()
[ -n "$(compgen -G '/usr/lib/postgresql/*/bin/initdb')" ] || command -v initdb >/dev/null || missing+=(postgresql)
PATH=$PATH:/usr/sbin command -v pgbouncer >/dev/null || missing+=(pgbouncer)
PATH=$PATH:/usr/sbin command -v mariadbd >/dev/null || missing+=(mariadb-server)
command -v redis-server >/dev/null || missing+=(redis-server)
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || missing+=(rabbitmq-server)
command -v java >/dev/null || missing+=(default-jre-headless)
command -v mvn >/dev/null || missing+=(maven)
command -v gcc >/dev/null || missing+=(gcc libc6-dev)
command -v make >/dev/null || missing+=(make)
command -v tmux >/dev/null || missing+=(tmux)
command -v patch >/dev/null || missing+=(patch)
command -v curl >/dev/null || missing+=(curl)
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
	echo "install-deps.sh: no apt-get here; install these some other way: ${missing[*]}" >&2
	exit 1
fi
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
apt() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq --option Dpkg::Use-Pty=0 "$@" >&2
}

echo "installing ${missing[*]}" >&2
apt update
if [[ " ${missing[*]} " == *" postgresql "* ]]; then
	# The tests start servers of their own; the package need not start one on every boot.
	apt install --yes --no-install-recommends postgresql-common
	"${as_root[@]}" sed -i "s/^#\?create_main_cluster = .*/create_main_cluster = false/" \
		/etc/postgresql-common/createcluster.conf
fi
apt install --yes --no-install-recommends "${missing[@]}"
