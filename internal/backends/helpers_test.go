package backends_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/proc"
	"github.com/otelgen/otelgen/internal/servers"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

// patience is how long a test waits for what should come soon. It is generous: the machine may be busy.
const patience = time.Minute

// builtin returns the catalog of the built-in presets.
func builtin(t *testing.T) *generator.Catalog {
	t.Helper()
	c, err := generator.NewCatalog(templates.FS, generator.Source{Name: generator.BuiltIn, FS: presets.FS})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// service is a generated one: its plan, and its files on disk.
type service struct {
	dir  string
	plan *generator.Plan
}

// generate writes a service called shop.
func generate(t *testing.T, answers generator.Answers) service {
	t.Helper()
	answers.Name = "shop"
	selection, err := builtin(t).Select(answers)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := selection.Plan()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := plan.Render()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range tree.Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Content, f.Mode); err != nil {
			t.Fatal(err)
		}
	}
	return service{dir, plan}
}

func (s service) read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// build compiles the service and returns the path of its binary.
func (s service) build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "shop")
	run(t, s.dir, "go", "build", "-o", binary, "./cmd/shop")
	return binary
}

// collector is that of tools/otelcol/builder.yaml.
const collector = "OpenTelemetry Collector 0.161.0"

// datadogCollector is that of tools/datadog.
const datadogCollector = "OpenTelemetry Collector 0.155.0 with Datadog's exporter"

// proven notes what was proven of a backend, against what.
func proven(t *testing.T, backend, what string, against ...string) {
	t.Helper()
	var all []servers.Server
	for _, version := range against {
		all = append(all, servers.Server{Version: version})
	}
	if err := servers.Proven("backend/"+backend, what, all); err != nil {
		t.Fatal(err)
	}
}

// run runs a command that has to succeed.
func run(t *testing.T, dir, name string, arguments ...string) {
	t.Helper()
	cmd := exec.Command(name, arguments...)
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, output)
	}
}

// tool returns the path of a program of scripts/tool.sh.
func tool(t *testing.T, name string) string {
	t.Helper()
	arguments := []string{"--cached", name}
	if os.Getenv("BACKENDS") != "" {
		arguments = arguments[1:]
	}
	cmd := exec.Command("../../scripts/tool.sh", arguments...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	path, err := cmd.Output()
	if err != nil && os.Getenv("BACKENDS") == "" {
		t.Skip(strings.TrimSpace(stderr.String()))
	}
	if err != nil {
		t.Fatal(stderr.String())
	}
	return strings.TrimSpace(string(path))
}

// server starts a server that is this test's own, and returns its URL.
func server(t *testing.T, name string) string {
	t.Helper()
	own, err := servers.Start("../..", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.Do("remove"); err != nil {
			t.Error(err)
		}
	})
	return own.URL
}

// process is a running program.
type process struct{ *proc.Process }

// start starts a program, which is killed at the end of the test. If the test fails, the output of the program is
// logged.
func start(t *testing.T, environment []string, binary string, arguments ...string) *process {
	t.Helper()
	cmd := exec.Command(binary, arguments...)
	cmd.Dir, cmd.Env = t.TempDir(), append(os.Environ(), environment...)
	running, err := proc.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{running}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			text := p.Out.String() + p.Err.String()
			t.Logf("output of %s:\n%s", filepath.Base(binary), text[max(0, len(text)-2000):])
		}
	})
	return p
}

func (p *process) kill() {
	_ = p.Cmd.Process.Kill()
	<-p.Ended
}

// stop has the program end in good order.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.Cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Ended:
	case <-time.After(patience):
		t.Fatal("the program does not end")
	}
}

// eventually polls until met says so, and fails the test if that does not happen in time.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !met() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// freeAddress returns an address that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func freePort(t *testing.T) string {
	t.Helper()
	_, port, err := net.SplitHostPort(freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// get returns the status and body of what is at a URL; 0 if nothing answers.
func get(t *testing.T, address string) (int, string) {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, ""
	}
	return response.StatusCode, string(body)
}

// ready waits until a URL answers with 200.
func ready(t *testing.T, address string) {
	t.Helper()
	eventually(t, address+" is ready", func() bool {
		status, _ := get(t, address)
		return status == http.StatusOK
	})
}

// startCollector runs the collector with the configuration of a service, and returns it with the endpoint for OTLP
// over HTTP.
func startCollector(t *testing.T, s service, queue, backend string) (*process, string) {
	t.Helper()
	return startCollectorAs(t, s, "otelcol", []string{"OTLP_BACKEND=" + backend, "COLLECTOR_QUEUE=" + queue})
}

// startCollectorAs is startCollector for another program, with further arguments.
func startCollectorAs(
	t *testing.T,
	s service,
	program string,
	environment []string,
	arguments ...string,
) (*process, string) {
	t.Helper()
	otlp, health, metrics := freeAddress(t), freeAddress(t), freePort(t)
	p := start(
		t,
		append(
			environment,
			"COLLECTOR_HEALTH="+health,
			"OTLP_HTTP="+otlp,
			"OTLP_GRPC="+freeAddress(t),
			"COLLECTOR_METRICS_PORT="+metrics,
		),
		tool(
			t,
			program,
		),
		append([]string{"--config", filepath.Join(s.dir, "deploy", "otel-collector.yaml")}, arguments...)...)
	ready(t, "http://"+health)
	eventually(t, "the collector reports its own metrics", func() bool {
		_, body := get(t, "http://127.0.0.1:"+metrics+"/metrics")
		return strings.Contains(body, "otelcol_process_uptime")
	})
	return p, "http://" + otlp
}

// startService runs a service with its telemetry going to an endpoint, and returns it with its URL.
func startService(t *testing.T, binary, endpoint string, environment ...string) (*process, string) {
	t.Helper()
	address := freeAddress(t)
	p := start(
		t,
		append(
			environment,
			"HTTP_ADDR="+address,
			"ADMIN_ADDR=127.0.0.1:0",
			"OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint,
			"OTEL_METRIC_EXPORT_INTERVAL=500",
			"OTEL_BSP_SCHEDULE_DELAY=20",
			"OTEL_BLRP_SCHEDULE_DELAY=20",
		),
		binary,
	)
	ready(t, "http://"+address+"/readyz")
	return p, "http://" + address
}

// mail is the address of a customer.
const mail = "ada@example.com"

// order has the service take an order, and returns the URL of it.
func order(t *testing.T, base string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(
		t.Context(),
		http.MethodPost,
		base+"/orders",
		strings.NewReader(`{"customer":"ada","sku":"tea","quantity":1}`),
	)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "shopper of "+mail)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("an order gets %s: %s", response.Status, body)
	}
	return base + response.Header.Get("Location")
}

// serve answers on a free port of the loopback interface until the test ends, and returns its URL.
func serve(t *testing.T, handler http.Handler) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// listenAt answers at an address.
func listenAt(t *testing.T, address string, handler http.Handler) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	_ = server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
}
