// Package e2e proves, from the outside, that what otelgen generates works: its tests build the real otelgen, generate services
// with it, build those, and run them as processes against real PostgreSQL and NATS servers and an OTLP receiver. They look only at
// what a user of a service can see: its answers, its telemetry, its output and its exit code.
//
// The servers are started by scripts/server.sh. Without PostgreSQL on the machine, the tests that need it are skipped;
// scripts/install-deps.sh installs it.
package e2e
