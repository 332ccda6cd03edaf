package backends_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/otlp"
)

// datadogQueries returns every query of metrics that a service brings for Datadog.
func datadogQueries(t *testing.T, s service) (queries []string) {
	t.Helper()
	decode := func(name string, v any) {
		if err := json.Unmarshal([]byte(s.read(t, "deploy/datadog/"+name)), v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	type widget struct {
		Definition struct {
			Requests []struct{ Queries []struct{ Query string } }
		}
	}
	var dashboard struct {
		Widgets []struct{ Definition struct{ Widgets []widget } }
	}
	decode("dashboard.json", &dashboard)
	for _, group := range dashboard.Widgets {
		for _, w := range group.Definition.Widgets {
			for _, request := range w.Definition.Requests {
				for _, q := range request.Queries {
					queries = append(queries, q.Query)
				}
			}
		}
	}
	var slos []struct {
		Query struct{ Numerator, Denominator string }
		Tags  []string
	}
	decode("slos.json", &slos)
	objectives := map[string]bool{}
	for _, slo := range slos {
		queries = append(queries, slo.Query.Numerator, slo.Query.Denominator)
		objectives[strings.TrimPrefix(slo.Tags[1], "objective:")] = true
	}
	var monitors []struct{ Type, Query, Message string }
	decode("monitors.json", &monitors)
	link := regexp.MustCompile(`Runbook: (\S+)$`)
	for _, m := range monitors {
		if m.Type == "slo alert" {
			if name := regexp.MustCompile(`SLO:([a-z-]+)`).FindStringSubmatch(m.Query); name == nil || !objectives[name[1]] {
				t.Errorf("%s is of no objective", m.Query)
			}
		} else {
			queries = append(queries, m.Query)
		}
		runbook := link.FindStringSubmatch(m.Message)
		if runbook == nil {
			t.Fatalf("%q has no runbook", m.Message)
		}
		s.read(t, strings.TrimPrefix(runbook[1], "https://example.com/shop/"))
	}
	return queries
}

// term is one metric in a query of Datadog: what is aggregated, which tags it must have, by which it is grouped.
var term = regexp.MustCompile(
	`\b(?:sum|count|max|p50|p95|p99|\(v: v<=[0-9.]+\)):([a-z_.0-9]+)\{([^}]*)\}(?: by \{([^}]*)\})?`,
)

// The dashboard, objectives and monitors query the metrics that the service reports, with the same names and tags, as
// deltas.
func TestDatadogAsksForWhatIsEmitted(t *testing.T) {
	answers := generator.Answers{Presets: maps.Clone(rich.Presets)}
	answers.Presets["backend"] = []string{"datadog"}
	s := generate(t, answers)
	receiver, err := otlp.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = receiver.Close() })
	shop, base := startService(
		t,
		s.build(t),
		receiver.HTTPEndpoint(),
		"DATABASE_URL="+server(t, "postgres"),
		"BROKER_URL="+server(t, "nats"),
		"OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test",
	)
	for range 3 {
		location := order(t, base)
		eventually(t, "the order is confirmed", func() bool {
			_, body := get(t, location)
			return strings.Contains(body, `"confirmed"`)
		})
		get(t, base+"/orders")
	}
	eventually(
		t,
		"there are two exports",
		func() bool { return len(receiver.Signals().MetricsNamed("go.goroutine.count")) > 1 },
	)
	shop.stop(t)

	emitted := map[string]map[string]bool{} // metric → tags
	kinds := map[string]otlp.Temporality{}
	total := 0.0
	for _, m := range receiver.Signals().Metrics {
		tags := emitted[m.Name]
		if tags == nil {
			tags = map[string]bool{}
			emitted[m.Name] = tags
		}
		kinds[m.Name] = m.Temporality
		for _, p := range m.Points {
			for key := range p.Attributes {
				tags[key] = true
			}
			for key := range m.Resource.Attributes { // as the agent and the exporter are configured
				tags[key] = true
			}
			if m.Name == "orders.created" {
				total += p.Value
			}
		}
		if m.Resource.Attributes.Text("service.name") == "shop" {
			tags["service"] = true
		}
		if m.Resource.Attributes.Text("deployment.environment.name") == "test" {
			tags["env"] = true
		}
	}
	if total != 3 {
		t.Errorf("the exports of orders.created come to %v, want 3: what was added in each", total)
	}
	for _, m := range s.plan.Contract().Metrics {
		want := otlp.Delta
		if m.Instrument == "updowncounter" {
			want = otlp.Cumulative
		}
		if got := kinds[m.Name]; !m.Conditional && m.Instrument != "gauge" && got != want {
			t.Errorf("%s is %s, want %s", m.Name, got, want)
		}
	}

	find(t, s, emitted)
	proven(t, "datadog", "each query asks for what is emitted, as delta")
}

// find looks up each query among what was emitted, the tags of each metric; and whether each metric is asked for.
func find(t *testing.T, s service, emitted map[string]map[string]bool) {
	t.Helper()
	declared, asked := map[string]generator.Metric{}, map[string]bool{}
	for _, m := range s.plan.Contract().Metrics {
		declared[m.Name] = m
	}
	for _, query := range datadogQueries(t, s) {
		terms := term.FindAllStringSubmatch(query, -1)
		if len(terms) == 0 {
			t.Errorf("%s asks for nothing", query)
		}
		for _, found := range terms {
			metric := declared[found[1]]
			asked[metric.Name] = true
			if metric.Conditional {
				continue // it is known, and an ordinary run does not show it
			}
			tags := strings.FieldsFunc(found[2]+","+found[3], func(r rune) bool { return r == ',' })
			for _, tag := range tags {
				key, _, _ := strings.Cut(strings.TrimPrefix(tag, "$"), ":")
				if !emitted[found[1]][key] && !slices.Contains(metric.Optional, key) {
					t.Errorf("%s asks for %s of %s, which has %v", query, key, found[1], slices.Sorted(maps.Keys(emitted[found[1]])))
				}
			}
		}
	}
	for name := range declared {
		if !asked[name] {
			t.Errorf("nothing asks for %s", name)
		}
	}
}

// received is what Datadog's intake has understood, see tools/datadog/intake.
type received struct {
	Signal, Name, Type, Trace string
	Value                     float64
	Tags                      []string
	Fields                    map[string]string
}

// has reports whether all of these tags are there.
func (r received) has(tags ...string) bool {
	return !slices.ContainsFunc(tags, func(tag string) bool { return !slices.Contains(r.Tags, tag) })
}

// startIntake runs an intake of Datadog's at an address, and returns it with a function that tells what it has taken.
func startIntake(t *testing.T, address string) (*process, func() []received) {
	t.Helper()
	p := start(t, nil, tool(t, "datadog-intake"), "-listen", address)
	ready(t, "http://"+address)
	return p, func() (all []received) {
		if text := p.Err.String(); text != "" {
			t.Fatalf("the intake does not understand: %s", text)
		}
		for line := range strings.Lines(p.Out.String()) {
			var r received
			if json.Unmarshal([]byte(line), &r) == nil { // the last line may still be being written
				all = append(all, r)
			}
		}
		return all
	}
}

// startDatadogCollector runs the collector with the configuration of a service, which sends to an intake that is not
// Datadog's own. Its connector, which counts the requests in the traces, is left out: it is published within
// Datadog's and the project's images only.
func startDatadogCollector(t *testing.T, s service, queue, intake string) (*process, string) {
	t.Helper()
	overlay := filepath.Join(t.TempDir(), "overlay.yaml")
	text := strings.ReplaceAll(`
connectors: null
exporters:
  datadog:
    hostname: test
    host_metadata: {enabled: false}
    traces: {endpoint: INTAKE}
    metrics: {endpoint: INTAKE}
    logs: {endpoint: INTAKE}
service:
  pipelines:
    traces: {exporters: [datadog]}
    metrics: {receivers: [otlp]}
`, "INTAKE", "http://"+intake)
	if err := os.WriteFile(overlay, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	// The exporter asks cloud providers for the host name in every configuration: there are none here.
	return startCollectorAs(t, s, "datadog-collector", []string{
		"DD_API_KEY=none",
		"COLLECTOR_QUEUE=" + queue,
		"HTTP_PROXY=http://" + intake,
		"GCE_METADATA_HOST=" + intake,
		"AWS_EC2_METADATA_DISABLED=true",
	}, "--config", overlay)
}

// The telemetry of a service reaches Datadog through Datadog's own exporter, in the form that its queries expect.
func TestDatadogsExporter(t *testing.T) {
	tool(t, "datadog-collector")
	answers := generator.Answers{Presets: maps.Clone(rich.Presets), Options: map[string]string{"datadog.via": "collector"}}
	answers.Presets["backend"] = []string{"datadog"}
	s := generate(t, answers)
	binary := s.build(t)
	address := freeAddress(t)
	_, taken := startIntake(t, address)
	_, endpoint := startDatadogCollector(t, s, t.TempDir(), address)
	shop, base := startService(t, binary, endpoint, "DATABASE_URL="+server(t, "postgres"), "BROKER_URL="+server(t, "nats"),
		"OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test")
	const orders = 3
	for range orders {
		location := order(t, base)
		eventually(t, "the order is confirmed", func() bool {
			_, body := get(t, location)
			return strings.Contains(body, `"confirmed"`)
		})
		get(t, base+"/orders")
	}
	shop.stop(t) // it has handed over all it had

	// Each trace arrives whole, with the tags that Datadog goes by.
	steps := []string{
		"POST /orders",
		"orders.create",
		"INSERT orders",
		"send orders.created",
		"process orders.created",
		"orders.confirm",
		"UPDATE orders",
	}
	eventually(t, "the traces arrive", func() bool {
		traces := map[string]map[string]bool{}
		for _, r := range taken() {
			if r.Signal != "span" {
				continue
			}
			if !r.has("service:shop", "env:test") {
				t.Fatalf("the span %s has the tags %q", r.Name, r.Tags)
			}
			if traces[r.Trace] == nil {
				traces[r.Trace] = map[string]bool{}
			}
			traces[r.Trace][r.Name] = true
		}
		maps.DeleteFunc(traces, func(_ string, names map[string]bool) bool {
			return slices.ContainsFunc(steps, func(step string) bool { return !names[step] })
		})
		return len(traces) == orders
	})

	// Counters count what happened, histograms are distributions.
	sum := func(name, kind string, tags ...string) (total float64) {
		for _, r := range taken() {
			if r.Signal == "metric" && r.Name == name && r.Type == kind && r.has(tags...) {
				total += r.Value
			}
		}
		return total
	}
	eventually(t, "the metrics arrive", func() bool {
		return sum("orders.created", "count", "service:shop", "env:test") == orders &&
			sum("http.server.request.duration", "distribution", "http.route:/orders", "http.request.method:POST") == orders
	})
	emitted := map[string]map[string]bool{}
	for _, r := range taken() {
		if r.Signal != "metric" {
			continue
		}
		if emitted[r.Name] == nil {
			emitted[r.Name] = map[string]bool{}
		}
		for _, tag := range r.Tags {
			key, _, _ := strings.Cut(tag, ":")
			emitted[r.Name][key] = true
		}
	}
	find(t, s, emitted)

	// The records are those of the traces.
	traces := map[string]bool{}
	for _, r := range taken() {
		if r.Signal == "span" {
			traces[r.Trace] = true
		}
	}
	eventually(t, "the records arrive", func() bool {
		found := 0
		for _, r := range taken() {
			if r.Signal == "log" && r.Name == "order created" && traces[r.Trace] && r.has("service:shop", "env:test") {
				found++
			}
		}
		return found == orders
	})

	// Nothing personal has come through.
	for _, r := range taken() {
		if r.Signal == "span" && r.Name == "POST /orders" &&
			(r.Fields["http.useragent"] != "shopper of ****" || r.Fields["http.client_ip"] != "****") {
			t.Fatalf("the fields of a request are %q", r.Fields)
		}
	}
	proven(t, "datadog", "traces, metrics, each query and log records through its exporter", datadogCollector)
}

// The collector delivers what it accepted during an outage of Datadog.
func TestDatadogsExporterOutlivesAnOutage(t *testing.T) {
	tool(t, "datadog-collector")
	s := generate(t, generator.Answers{
		Presets: map[string][]string{
			"broker":   {"none"},
			"database": {"memory"},
			"backend":  {"datadog"},
		},
		Options: map[string]string{"datadog.via": "collector"},
	})
	binary := s.build(t)
	address := freeAddress(t)
	intake, _ := startIntake(t, address)
	_, endpoint := startDatadogCollector(t, s, t.TempDir(), address)
	intake.kill()

	const orders = 20
	shop, base := startService(t, binary, endpoint)
	for range orders {
		order(t, base)
	}
	shop.stop(t) // it has handed over all it had

	_, taken := startIntake(t, address)
	eventually(t, "all that was accepted arrives", func() bool {
		traces, counted, records := map[string]bool{}, 0.0, 0
		for _, r := range taken() {
			switch {
			case r.Signal == "span" && r.Name == "POST /orders":
				traces[r.Trace] = true
			case r.Signal == "metric" && r.Name == "orders.created":
				counted += r.Value
			case r.Signal == "log" && r.Name == "order created":
				records++
			}
		}
		return len(traces) == orders && counted == orders && records == orders
	})
	proven(t, "datadog", "what was accepted survives an outage", datadogCollector)
}
