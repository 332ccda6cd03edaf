# Apache Kafka in KRaft mode, one node that is broker and controller: from the packages of Maven Central, cached by version.

kafka_version=4.1.1

# kafka_jars prints the folder of the server's packages, having fetched them first if they are not cached.
kafka_jars() {
	local tools folder unfinished
	tools=$(cd "$(dirname "$self")/.." && pwd)/.cache/tools
	folder=$tools/kafka-$kafka_version
	if [ ! -d "$folder" ]; then
		kafka_program mvn >/dev/null
		mkdir -p "$tools"
		# Renamed into place, so that two that fetch at once do not meet.
		unfinished=$(mktemp -d "$folder.XXXXXX")
		cat >"$unfinished/pom.xml" <<-XML
			<project xmlns="http://maven.apache.org/POM/4.0.0">
			  <modelVersion>4.0.0</modelVersion>
			  <groupId>otelgen</groupId>
			  <artifactId>kafka</artifactId>
			  <version>1</version>
			  <dependencies>
			    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$kafka_version</version></dependency>
			    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
			  </dependencies>
			</project>
		XML
		if ! mvn --batch-mode --file "$unfinished/pom.xml" dependency:copy-dependencies \
			-DincludeScope=runtime -DoutputDirectory="$unfinished" >"$unfinished/log" 2>&1; then
			tail -n 5 "$unfinished/log" >&2
			rm -rf "$unfinished"
			fail "the packages of Kafka $kafka_version could not be fetched"
		fi
		chmod 755 "$unfinished"
		mv -T "$unfinished" "$folder" 2>/dev/null || rm -rf "$unfinished"
	fi
	echo "$folder"
}

# kafka_program NAME prints where a program is.
kafka_program() {
	command -v "$1" || {
		echo "$1, which Kafka needs, is not installed; install it with: scripts/install-deps.sh" >&2
		exit 77 # as test runners say "skipped"
	}
}

# kafka_java CLASS ARGUMENT…: runs one of the server's programs. It starts fast and takes little, at the cost of what it does in hours.
kafka_java() {
	local java jars
	java=$(kafka_program java)
	jars=$(kafka_jars)
	exec "$java" -Xms96m -Xmx320m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$jars/*" "$@"
}

# kafka_configure FOLDER PORT PORT writes the configuration, for clients and the controller on those ports.
kafka_configure() {
	cat >"$1/server.properties" <<-CONF
		process.roles=broker,controller
		node.id=1
		controller.quorum.voters=1@127.0.0.1:$3
		controller.listener.names=CONTROLLER
		listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$3
		advertised.listeners=PLAINTEXT://127.0.0.1:$2
		listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
		log.dirs=$1/data
		num.partitions=1
		auto.create.topics.enable=false
		default.replication.factor=1
		offsets.topic.num.partitions=1
		offsets.topic.replication.factor=1
		transaction.state.log.replication.factor=1
		transaction.state.log.min.isr=1
		group.initial.rebalance.delay.ms=0
		log.cleaner.dedupe.buffer.size=4194304
		broker.heartbeat.interval.ms=500
		broker.session.timeout.ms=3000
		num.io.threads=2
		num.network.threads=2
		background.threads=2
	CONF
}

server_create() {
	kafka_jars >/dev/null
	kafka_configure "$1" 1 2
	# A new cluster has an id of its own: base64 without + and /, as the tool would read a leading dash as a flag.
	(kafka_java kafka.tools.StorageTool format --config "$1/server.properties" \
		--cluster-id "$(head -c 16 /dev/urandom | base64 | tr '+/' 'Aa' | tr -d '=')") >"$1/format.log" 2>&1 ||
		fail "Kafka's storage could not be prepared: $(tail -n 3 "$1/format.log")"
}

server_start() {
	rm -f "$1/log"
	kafka_configure "$1" "$2" "$(free_port)"
	(kafka_java kafka.Kafka "$1/server.properties") >"$1/log" 2>&1 </dev/null &
	local pid=$!
	echo "$pid" >"$1/pid"
	await "Kafka is not ready" kafka_answers "$1" "$pid" && ! ended "$pid"
}

# kafka_answers FOLDER PID: is it ready, or is there no hope?
kafka_answers() {
	grep -qs 'Kafka Server started' "$1/log" || ended "$2"
}

server_url() {
	echo "kafka://127.0.0.1:$1"
}

server_version() {
	echo "Apache Kafka $kafka_version"
}
