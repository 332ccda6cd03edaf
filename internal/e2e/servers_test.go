package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/otelgen/otelgen/internal/otlp"
	"github.com/otelgen/otelgen/internal/proc"
	"github.com/otelgen/otelgen/internal/servers"
)

// server is a real server, run by scripts/server.sh.
type server struct{ *servers.Own }

func startServer(name string) (*server, error) {
	own, err := servers.Start("../..", name)
	return &server{own}, err
}

// newServer starts a server of the test's own. A test whose server is not installed is skipped.
func newServer(t *testing.T, name string) *server {
	t.Helper()
	s, err := startServer(name)
	if errors.Is(err, servers.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			said, err := os.ReadFile(filepath.Join(s.Folder, "log"))
			t.Logf("output of %s: …%s, %v", name, said[max(0, len(said)-2000):], err)
		}
		s.do(t, "remove")
	})
	return s
}

// do has the server started again, stopped, killed or removed.
func (s *server) do(t *testing.T, action string) {
	t.Helper()
	if err := s.Do(action); err != nil {
		t.Fatal(err)
	}
}

func newNATS(t *testing.T) *server {
	t.Helper()
	return newServer(t, "nats")
}

// sharedPostgres is for tests that leave the server alone and want no more than a database in it.
var sharedPostgres = sync.OnceValues(func() (*server, error) { return startServer("postgres") })

var databases atomic.Int64

// newDatabase returns the URL of an empty database.
func newDatabase(t *testing.T) string {
	t.Helper()
	s, err := sharedPostgres()
	if errors.Is(err, servers.ErrNotInstalled) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test%d", databases.Add(1))
	sql(t, s.URL, "CREATE DATABASE "+name)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// sql runs statements in a PostgreSQL database and returns the values of the result.
func sql(t *testing.T, database string, statements string) string {
	t.Helper()
	cmd := exec.Command(
		"psql",
		"--no-psqlrc",
		"--quiet",
		"--tuples-only",
		"--no-align",
		"--set=ON_ERROR_STOP=1",
		"--command="+statements,
		database,
	)
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", statements, err, output)
	}
	return strings.TrimSpace(string(output))
}

// newReceiver starts an OTLP receiver.
func newReceiver(t *testing.T) *otlp.Receiver {
	t.Helper()
	r, err := otlp.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// reportingTo are the variables that have a service report to a receiver, soon.
func reportingTo(r *otlp.Receiver) environment {
	return environment{
		"OTEL_EXPORTER_OTLP_ENDPOINT": r.HTTPEndpoint(),
		"OTEL_BSP_SCHEDULE_DELAY":     "20",
		"OTEL_BLRP_SCHEDULE_DELAY":    "20",
		"OTEL_METRIC_EXPORT_INTERVAL": "200",
	}
}

// await waits until the receiver has what met asks for, and fails the test if it does not get it.
func await(t *testing.T, r *otlp.Receiver, what string, met func(otlp.Signals) bool) otlp.Signals {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	signals, err := r.Wait(ctx, met)
	if err != nil {
		var traces strings.Builder
		for _, trace := range signals.Traces() {
			traces.WriteString(trace.String())
		}
		t.Fatalf("%s: %v\n%s", what, err, tail(traces.String()))
	}
	return signals
}

// freeAddress returns an address that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

// blackHole returns an address that takes connections and never answers.
func blackHole(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			defer func() { _ = conn.Close() }()
		}
	}()
	return listener.Addr().String()
}

// lockOrders makes every query of the orders in a database hang until the function it returns is called.
func lockOrders(t *testing.T, database string) (unlock func()) {
	t.Helper()
	cmd := exec.Command("psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", database)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said proc.Output
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	unlock = sync.OnceFunc(func() {
		_ = stdin.Close() // psql ends, and with it the transaction
		_ = cmd.Wait()
	})
	t.Cleanup(unlock)
	if _, err := fmt.Fprintln(stdin, "BEGIN; LOCK TABLE orders; SELECT 'locked';"); err != nil {
		t.Fatal(err)
	}
	eventually(t, patience, "the orders are locked", func() bool { return strings.Contains(said.String(), "locked") })
	return unlock
}
