package backends_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.yaml.in/yaml/v3"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/generator/signals"
	"github.com/otelgen/otelgen/internal/otlp"
)

// rich is a service with as much to see as there is.
var rich = generator.Answers{Presets: map[string][]string{
	"broker": {
		"nats",
	},
	"database": {"postgres"},
	"pattern":  {"hexagonal", "retry", "cache-aside"},
	"backend":  {"grafana-lgtm"},
}}

// panel is a panel of a Grafana dashboard.
type panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Targets                  []struct{ RefID, Expr string }
}

// conditional reports whether the panel says that it may be empty.
func (p panel) conditional() bool {
	return strings.Contains(p.Description, "Empty in an ordinary run.")
}

func dashboard(t *testing.T, s service) []panel {
	t.Helper()
	var d struct {
		Title  string
		Panels []panel
	}
	if err := json.Unmarshal([]byte(s.read(t, "deploy/grafana/dashboards/shop.json")), &d); err != nil {
		t.Fatal(err)
	}
	return d.Panels
}

type rule struct{ Record, Alert, Expr string }

func rules(t *testing.T, s service) (all []rule) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal([]byte(s.read(t, "deploy/prometheus/rules.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	return all
}

// Each metric that is declared has a panel, no panel is without one, and none lies on another.
func TestDashboardShowsTheMetrics(t *testing.T) {
	for name, answers := range map[string]generator.Answers{
		"rich":  rich,
		"small": {Presets: map[string][]string{"framework": {"none"}, "database": {"memory"}, "backend": {"grafana-lgtm"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := generate(t, answers)
			declared, shown, places := map[string]bool{}, map[string]bool{}, map[[2]int]string{}
			for _, m := range s.plan.Contract().Metrics {
				declared[m.Name] = true
			}
			ids := map[int]bool{}
			for _, p := range dashboard(t, s) {
				place := [2]int{p.GridPos.X, p.GridPos.Y}
				if ids[p.ID] || places[place] != "" || p.GridPos.X+p.GridPos.W > 24 {
					t.Errorf("the panel %q is number %d at %v, where %q is", p.Title, p.ID, place, places[place])
				}
				ids[p.ID], places[place] = true, p.Title
				metric, _, _ := strings.Cut(p.Title, ":")
				if p.Type == "row" || declared[metric] {
					shown[metric] = true
				} else if !strings.HasSuffix(p.Title, ": burn rate") {
					t.Errorf("the panel %q shows a metric that no preset declares", p.Title)
				}
			}
			for metric := range declared {
				if !shown[metric] {
					t.Errorf("no panel shows %s", metric)
				}
			}
		})
	}
}

// Each alert has its runbook, which it links to.
func TestAlertsHaveRunbooks(t *testing.T) {
	s := generate(t, rich)
	text := s.read(t, "deploy/prometheus/rules.yaml")
	linked := map[string]bool{}
	for _, match := range regexp.MustCompile(`runbook_url: "(.+)"`).FindAllStringSubmatch(text, -1) {
		linked[match[1]] = true
		page, ok := strings.CutPrefix(match[1], "https://example.com/shop/")
		if !ok {
			t.Errorf("the runbook link %s is not below the module's URL", match[1])
		}
		s.read(t, page)
	}
	pages, err := filepath.Glob(filepath.Join(s.dir, "docs", "runbooks", "*.md"))
	if err != nil || len(pages) == 0 || len(pages) != len(linked) {
		t.Errorf("there are %d runbooks, and links to %d; %v", len(pages), len(linked), err)
	}
}

// The rules are right, and their own tests show that each alert fires and ends.
func TestRulesFireAndEnd(t *testing.T) {
	promtool := tool(t, "promtool")
	for name, presets := range map[string]map[string][]string{
		"rich": rich.Presets, "worker": {"framework": {"none"}, "broker": {"nats"}, "database": {"memory"}, "backend": {"grafana-lgtm"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := generate(t, generator.Answers{Presets: presets})
			folder := filepath.Join(s.dir, "deploy", "prometheus")
			run(t, folder, promtool, "check", "rules", "rules.yaml")
			run(t, folder, promtool, "test", "rules", "rules_test.yaml")

			// They would notice if an alert did not fire.
			text := s.read(t, "deploy/prometheus/rules.yaml")
			broken := strings.Replace(text, "> 14.4 * ", "> 144000 * ", 1)
			broken = strings.Replace(broken, "> 3 * ", "> 30000 * ", 1)
			broken = strings.Replace(broken, "> 10000", "> 100000", 1)
			if err := os.WriteFile(filepath.Join(folder, "rules.yaml"), []byte(broken), 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(promtool, "test", "rules", "rules_test.yaml")
			cmd.Dir = folder
			if cmd.Run() == nil {
				t.Error("the tests of the rules pass although an alert does not fire any more")
			}
			proven(t, "grafana-lgtm", "each alert fires and ends", "promtool 3.15.0")
		})
	}
}

// A real collector accepts the configuration with every option.
func TestCollectorTakesTheConfiguration(t *testing.T) {
	otelcol := tool(t, "otelcol")
	for _, sampling := range []string{"true", "false"} {
		s := generate(
			t,
			generator.Answers{
				Presets: map[string][]string{"backend": {"grafana-lgtm"}},
				Options: map[string]string{"grafana-lgtm.tail-sampling": sampling},
			},
		)
		t.Setenv("OTLP_BACKEND", "http://127.0.0.1:1")
		t.Setenv("COLLECTOR_QUEUE", t.TempDir())
		run(t, s.dir, otelcol, "validate", "--config", "deploy/otel-collector.yaml")
	}
}

// The metrics of a service reach Prometheus through the collector, and each query of the dashboard and of the rules
// finds data.
func TestQueriesFindData(t *testing.T) {
	prometheus := tool(t, "prometheus")
	tool(t, "otelcol")
	s := generate(t, rich)
	binary := s.build(t)

	// Prometheus, by the configuration of the service, but in a hurry.
	config := filepath.Join(s.dir, "deploy", "prometheus", "hurry.yaml")
	text := strings.Replace(
		s.read(t, "deploy/prometheus/prometheus.yaml"),
		"evaluation_interval: 30s",
		"evaluation_interval: 1s",
		1,
	)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	start(
		t,
		nil,
		prometheus,
		"--web.enable-otlp-receiver",
		"--config.file="+config,
		"--web.listen-address="+address,
		"--storage.tsdb.path="+t.TempDir(),
	)
	ready(t, "http://"+address+"/-/ready")

	// Prometheus receives the metrics, and an OTLP receiver the rest.
	receiver, err := otlp.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = receiver.Close() })
	metrics, rest := proxyTo(t, "http://"+address), proxyTo(t, receiver.HTTPEndpoint())
	backend := http.NewServeMux()
	backend.HandleFunc("/v1/metrics", func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/api/v1/otlp/v1/metrics"
		metrics.ServeHTTP(w, r)
	})
	backend.Handle("/", rest)
	_, endpoint := startCollector(t, s, t.TempDir(), serve(t, backend))

	_, base := startService(
		t,
		binary,
		endpoint,
		"DATABASE_URL="+server(t, "postgres"),
		"BROKER_URL="+server(t, "nats"),
		"GOMEMLIMIT=1GiB",
	)
	load := func() {
		location := order(t, base)
		get(t, location)
		get(t, location)
		get(t, base+"/orders?limit=2")
	}
	load()

	// Each query, by what it is of; whether it may find nothing.
	queries := map[string]bool{}
	variables := strings.NewReplacer("$job", ".+", "$instance", ".+", "$__rate_interval", "10s")
	for _, p := range dashboard(t, s) {
		for _, target := range p.Targets {
			queries[variables.Replace(target.Expr)] = p.conditional()
		}
	}
	conditional := map[string]bool{}
	for _, m := range s.plan.Contract().Metrics {
		name, err := signals.PrometheusMetric(m.Name, m.Unit, m.Instrument)
		if err != nil {
			t.Fatal(err)
		}
		conditional[name] = m.Conditional
	}
	mayBeEmpty := func(expr string) bool {
		for name, is := range conditional {
			if is && strings.Contains(expr, name) {
				return true
			}
		}
		return false
	}
	bound := regexp.MustCompile(`(?s)\s*> [0-9.e+]+\s*$`)
	for _, r := range rules(t, s) {
		switch {
		case r.Record != "":
			queries[r.Record] = false
			queries[r.Expr] = mayBeEmpty(r.Expr)
		case bound.MatchString(r.Expr): // above nothing, it would be silent
			queries[bound.ReplaceAllString(r.Expr, "")] = mayBeEmpty(r.Expr)
		}
	}
	if len(queries) < 100 {
		t.Fatalf("there are only %d queries", len(queries))
	}
	// The service may say nothing of what is declared as conditional, and of nothing else.
	missing := slices.Sorted(maps.Keys(queries))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("no data:\n%s", strings.Join(missing, "\n"))
		}
	})
	eventually(t, "all queries find data", func() bool {
		load()
		missing = slices.DeleteFunc(missing, func(query string) bool { return finds(t, address, query) })
		return !slices.ContainsFunc(missing, func(query string) bool { return !queries[query] })
	})
	proven(
		t,
		"grafana-lgtm",
		fmt.Sprintf(
			"%d queries of dashboard and rules find data, %d are of what an ordinary run does not show",
			len(queries)-len(missing),
			len(missing),
		),
		collector,
		"Prometheus 3.15.0",
	)
	if !finds(t, address, "go_memory_limit_bytes") {
		t.Error("GOMEMLIMIT is set, and go.memory.limit is not there")
	}

	// Nothing secret has come through, and what makes a query readable has.
	got, err := receiver.Wait(
		t.Context(),
		func(got otlp.Signals) bool { return len(got.SpansNamed("POST /orders")) > 0 && len(got.Logs) > 0 },
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, span := range got.SpansNamed("POST /orders") {
		if value := span.Attributes.Text("client.address"); value != "****" {
			t.Fatalf("the address of a client is %q, want it masked", value)
		}
		value := span.Attributes.Text("user_agent.original")
		if !strings.HasPrefix(value, "shopper") || strings.Contains(value, mail) {
			t.Fatalf("the user agent is %q, want the address of mail in it masked", value)
		}
		if route := span.Attributes.Text("http.route"); route != "/orders" {
			t.Fatalf("the route is %q", route)
		}
	}
	for _, span := range got.SpansNamed("INSERT orders") {
		if query := span.Attributes.Text("db.query.text"); !strings.HasPrefix(query, "INSERT INTO") {
			t.Fatalf("the query is %q", query)
		}
	}
}

// The collector delivers what it accepted while the backend was away, even if it is killed in between.
func TestCollectorKeepsWhatItAccepted(t *testing.T) {
	tool(t, "otelcol")
	s := generate(
		t,
		generator.Answers{
			Presets: map[string][]string{"broker": {"none"}, "database": {"memory"}, "backend": {"grafana-lgtm"}},
		},
	)
	binary := s.build(t)
	queue, address := t.TempDir(), freeAddress(t)
	killed, endpoint := startCollector(t, s, queue, "http://"+address)

	const orders = 20
	shop, base := startService(t, binary, endpoint)
	for range orders {
		order(t, base)
	}
	shop.stop(t) // it has handed over all it had
	killed.kill()

	receiver, err := otlp.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = receiver.Close() })
	listenAt(t, address, proxyTo(t, receiver.HTTPEndpoint()))
	startCollector(t, s, queue, "http://"+address)
	eventually(t, "all that was accepted arrives", func() bool {
		got := receiver.Signals()
		return len(got.SpansNamed("POST /orders")) >= orders && len(got.MetricsNamed("orders.created")) > 0 &&
			len(got.Logs) > 0
	})
	traces := map[string]bool{}
	for _, span := range receiver.Signals().SpansNamed("POST /orders") {
		traces[span.TraceID] = true
	}
	if len(traces) != orders {
		t.Errorf("%d of %d orders have arrived", len(traces), orders)
	}
	proven(t, "grafana-lgtm", "what was accepted survives an outage and a kill", collector)
}

// finds reports whether a query returns anything.
func finds(t *testing.T, prometheus, query string) bool {
	t.Helper()
	status, body := get(t, "http://"+prometheus+"/api/v1/query?"+url.Values{"query": {query}}.Encode())
	var answer struct {
		Error string
		Data  struct {
			Result []struct{ Value [2]any }
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		t.Fatalf("%s\nis answered with %d: %s %v", query, status, body, err)
	}
	// A rate over no time, or a quantile of nothing, is not a number.
	return slices.ContainsFunc(answer.Data.Result, func(r struct{ Value [2]any }) bool { return r.Value[1] != "NaN" })
}

func proxyTo(t *testing.T, address string) http.Handler {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return httputil.NewSingleHostReverseProxy(u)
}

// With tail sampling, the collector keeps the traces that failed or were slow, and few of the rest.
func TestCollectorSamplesTails(t *testing.T) {
	tool(t, "otelcol")
	s := generate(
		t,
		generator.Answers{
			Presets: map[string][]string{"backend": {"grafana-lgtm"}},
			Options: map[string]string{"grafana-lgtm.tail-sampling": "true"},
		},
	)
	receiver, err := otlp.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = receiver.Close() })
	_, endpoint := startCollector(t, s, t.TempDir(), receiver.HTTPEndpoint())
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(endpoint+"/v1/traces"))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter))
	t.Cleanup(func() { _ = provider.Shutdown(context.WithoutCancel(t.Context())) })
	trace := func(name string, code codes.Code, took time.Duration) {
		ended := time.Now()
		_, span := provider.Tracer("test").Start(t.Context(), name, oteltrace.WithTimestamp(ended.Add(-took)))
		span.SetStatus(code, "")
		span.End(oteltrace.WithTimestamp(ended))
	}

	const failed, slow, rest = 20, 20, 300
	for range rest {
		trace("rest", codes.Unset, time.Millisecond)
	}
	for range failed {
		trace("failed", codes.Error, time.Millisecond)
	}
	for range slow {
		trace("slow", codes.Unset, time.Second)
	}
	if err := provider.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The traces are decided on in the order in which they came.
	eventually(t, "what failed and what was slow arrives", func() bool {
		got := receiver.Signals()
		return len(got.SpansNamed("failed")) == failed && len(got.SpansNamed("slow")) == slow
	})
	if got := len(receiver.Signals().SpansNamed("rest")); got == 0 || got > rest/3 {
		t.Errorf("%d of the %d other traces were kept, want about one in ten", got, rest)
	}
	proven(t, "grafana-lgtm", "tail sampling keeps what failed or was slow", collector)
}
