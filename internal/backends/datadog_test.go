package backends_test

import (
	"encoding/json"
	"maps"
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
		s.read(t, runbook[1])
	}
	return queries
}

// term is one metric in a query of Datadog: what is aggregated, which tags it must have, by which it is grouped.
var term = regexp.MustCompile(`\b(?:sum|count|p50|p95|p99|\(v: v<=[0-9.]+\)):([a-z_.0-9]+)\{([^}]*)\}(?: by \{([^}]*)\})?`)

// What the dashboard, objectives and monitors ask for is what the service reports, under those names and with those tags, and as what was
// added since the last time.
func TestDatadogAsksForWhatIsEmitted(t *testing.T) {
	answers := generator.Answers{Presets: maps.Clone(rich.Presets)}
	answers.Presets["backend"] = []string{"datadog"}
	s := generate(t, answers)
	receiver, err := otlp.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = receiver.Close() })
	shop, base := startService(t, s.build(t), receiver.HTTPEndpoint(), "DATABASE_URL="+server(t, "postgres"), "BROKER_URL="+server(t, "nats"),
		"OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=test")
	for range 3 {
		location := order(t, base)
		eventually(t, "the order is confirmed", func() bool {
			_, body := get(t, location)
			return strings.Contains(body, `"confirmed"`)
		})
		get(t, base+"/orders")
	}
	eventually(t, "there are two exports", func() bool { return len(receiver.Signals().MetricsNamed("go.goroutine.count")) > 1 })
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
	declared := map[string]generator.Metric{}
	for _, m := range s.plan.Contract().Metrics {
		declared[m.Name] = m
		want := otlp.Delta
		if m.Instrument == "updowncounter" {
			want = otlp.Cumulative
		}
		if got := kinds[m.Name]; !m.Conditional && m.Instrument != "gauge" && got != want {
			t.Errorf("%s is %s, want %s", m.Name, got, want)
		}
	}

	asked := map[string]bool{}
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
	proven(t, "datadog", "each query asks for what is emitted, as delta")
}
