package signals_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator/signals"
)

// Each instrument is shown as what it is, and broken down by what differs within a service.
func TestRows(t *testing.T) {
	metrics := signals.Merge([]signals.Metric{
		{Name: "http.server.request.duration", Instrument: "histogram", Unit: "s", Row: "Requests", Optional: []string{"error.type"},
			Attributes: []string{"server.address", "http.request.method", "url.scheme", "http.route", "http.response.status_code"}},
		{Name: "http.server.request.body.size", Instrument: "histogram", Unit: "By", Row: "Requests"},
		{Name: "orders.confirmation.duration", Instrument: "histogram", Unit: "s", Row: "Business"},
		{Name: "orders.created", Instrument: "counter", Unit: "{order}", Row: "Business"},
		{Name: "db.client.connection.count", Instrument: "updowncounter", Unit: "{connection}", Row: "Database",
			Attributes: []string{"db.client.connection.pool.name", "db.client.connection.state"}},
	})
	var got []string
	for _, row := range signals.Rows(metrics) {
		for _, p := range row.Panels {
			got = append(got, fmt.Sprintf("%s | %s | %s", row.Title, p.Title, strings.Join(p.By, ",")))
		}
	}
	want := []string{
		"Requests | http.server.request.duration: rate | http.request.method,http.route",
		"Requests | http.server.request.duration: failures | http.request.method,http.route",
		"Requests | http.server.request.duration: percentiles | http.request.method,http.route",
		"Requests | http.server.request.body.size: percentiles | ",
		"Business | orders.confirmation.duration: rate | ",
		"Business | orders.confirmation.duration: percentiles | ",
		"Business | orders.created: rate | ",
		"Database | db.client.connection.count | db.client.connection.state",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A metric that two presets report is shown once, by the attributes that both give it.
func TestMerge(t *testing.T) {
	objective := signals.Objective{Name: "queries", Target: 99}
	merged := signals.Merge([]signals.Metric{
		{Name: "db.client.operation.duration", Instrument: "histogram", Unit: "s", Row: "Database", Attributes: []string{"db.operation.name", "db.collection.name"}, Objectives: []signals.Objective{objective}},
		{Name: "db.client.operation.duration", Instrument: "histogram", Unit: "s", Row: "Messaging", Attributes: []string{"db.operation.name"}, Optional: []string{"error.type"}, Conditional: true,
			Objectives: []signals.Objective{objective}},
	})
	if len(merged) != 1 {
		t.Fatalf("there are %d metrics, want 1", len(merged))
	}
	m := merged[0]
	if !slices.Equal(m.Attributes, []string{"db.operation.name"}) || !m.Fails() || m.Conditional || m.Row != "Database" || len(m.Objectives) != 1 {
		t.Errorf("merged to %+v", m)
	}
}

func TestAlerts(t *testing.T) {
	pool := []signals.Metric{
		{Name: "requests", Instrument: "histogram", Objectives: []signals.Objective{{Name: "requests-availability", Target: 99.9}}},
		{Name: "count", Instrument: "updowncounter", Alerts: []signals.Threshold{{Name: "pool-full", Above: 0.9, Of: "max", For: "5m"}}},
		{Name: "max", Instrument: "updowncounter"},
	}
	alerts, missing := signals.Alerts(pool)
	if missing != "" || len(alerts) != 2 || alerts[0].Title != "RequestsAvailability" || alerts[0].Objective == nil || alerts[1].Of == nil || alerts[1].Of.Name != "max" {
		t.Errorf("got %+v, missing %q", alerts, missing)
	}
	if _, missing := signals.Alerts(pool[:2]); missing != "pool-full" {
		t.Errorf("missing is %q, want the alert whose other metric is not there", missing)
	}
}

// The names are those that Prometheus gives what it takes over OTLP; internal/backends has a real one say the same.
func TestPrometheusNames(t *testing.T) {
	for _, test := range []struct{ name, unit, instrument, want string }{
		{"http.server.request.duration", "s", "histogram", "http_server_request_duration_seconds"},
		{"http.server.request.body.size", "By", "histogram", "http_server_request_body_size_bytes"},
		{"orders.created", "{order}", "counter", "orders_created_total"},
		{"go.memory.allocated", "By", "counter", "go_memory_allocated_bytes_total"},
		{"go.memory.used", "By", "updowncounter", "go_memory_used_bytes"},
		{"go.config.gogc", "%", "updowncounter", "go_config_gogc_percent"},
		{"db.client.connection.count", "{connection}", "updowncounter", "db_client_connection_count"},
		{"cache.hit", "1", "gauge", "cache_hit_ratio"},
		{"projection.lag", "ms", "gauge", "projection_lag_milliseconds"},
		{"2fa.attempts", "{attempt}", "counter", "_2fa_attempts_total"},
	} {
		got, err := signals.PrometheusMetric(test.name, test.unit, test.instrument)
		if err != nil || got != test.want {
			t.Errorf("%s in %s: got %q, %v; want %q", test.name, test.unit, got, err, test.want)
		}
	}
	if got, err := signals.PrometheusLabel("http.response.status_code"); err != nil || got != "http_response_status_code" {
		t.Errorf("the label is %q, %v", got, err)
	}
	if _, err := signals.PrometheusMetric("x", "s", "timer"); err == nil {
		t.Error("an instrument that is none has a name")
	}
}
