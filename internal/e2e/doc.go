// Package e2e tests generated services from the outside. Its tests build otelgen, generate services, build them, and
// run them as processes against real servers and an OTLP receiver. They check only what a user can see: answers,
// telemetry, output and exit codes.
//
// scripts/server.sh starts the servers. Tests whose server is not installed are skipped; scripts/install-deps.sh
// installs it.
package e2e
