package verify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/otlp"
)

// declared is the contract of a small service.
func declared() generator.Contract {
	return generator.Contract{
		Entity: generator.Entity{Words: "order", Plural: "orders", PluralSnake: "orders"},
		Spans: []generator.Span{
			{
				Names:      []string{"POST /orders"},
				Kind:       "server",
				Attributes: []string{"http.request.method", "http.route"},
				Optional:   []string{"error.type"},
				Owner:      "framework/x",
			},
			{
				Names:      []string{"send orders.created"},
				Kind:       "producer",
				Attributes: []string{"messaging.system", "messaging.operation.type"},
				Owner:      "broker/x",
			},
			{
				Names:      []string{"process orders.created"},
				Kind:       "consumer",
				Attributes: []string{"messaging.system", "messaging.operation.type"},
				Owner:      "broker/x",
			},
			{Names: []string{"nak orders.created"}, Kind: "client", Conditional: true, Owner: "broker/x"},
		},
		Metrics: []generator.Metric{
			{
				Name:       "http.server.request.duration",
				Instrument: "histogram",
				Unit:       "s",
				Attributes: []string{"http.route"},
				Owner:      "framework/x",
			},
			{Name: "orders.created", Instrument: "counter", Unit: "{order}", Owner: "pattern/x"},
		},
	}
}

const accepted = 12

// perfect is what that service should show for some orders.
func perfect() *observation {
	resource := &otlp.Resource{
		Attributes: otlp.Attributes{"service.name": "shop", "service.version": "v1", "service.instance.id": "a"},
	}
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s := &observation{driven: began, ended: began.Add(time.Minute)}
	for i := range accepted {
		in := request{
			name:      "POST /orders",
			traceID:   fmt.Sprintf("%032x", i+1),
			spanID:    fmt.Sprintf("%016x", i+1000),
			answered:  true,
			accepted:  true,
			confirmed: true,
		}
		s.requests = append(s.requests, in)
		span := func(n int, parent, name string, kind otlp.Kind, attributes otlp.Attributes) *otlp.Span {
			one := &otlp.Span{
				TraceID:    in.traceID,
				ID:         fmt.Sprintf("%015x%d", i+1, n),
				ParentID:   parent,
				Name:       name,
				Kind:       kind,
				Start:      began,
				Attributes: attributes,
				Resource:   resource,
			}
			s.signals.Spans = append(s.signals.Spans, one)
			return one
		}
		server := span(
			1,
			in.spanID,
			"POST /orders",
			otlp.KindServer,
			otlp.Attributes{"http.request.method": "POST", "http.route": "/orders"},
		)
		producer := span(
			2,
			server.ID,
			"send orders.created",
			otlp.KindProducer,
			otlp.Attributes{"messaging.system": "x", "messaging.operation.type": "send"},
		)
		consumer := span(
			3,
			producer.ID,
			"process orders.created",
			otlp.KindConsumer,
			otlp.Attributes{"messaging.system": "x", "messaging.operation.type": "process"},
		)
		consumer.Links = []otlp.Link{{TraceID: in.traceID, SpanID: producer.ID}}
		s.signals.Logs = append(
			s.signals.Logs,
			&otlp.LogRecord{Time: began, Body: "order created", TraceID: in.traceID, SpanID: server.ID, Resource: resource},
		)
		s.stdout = append(s.stdout, logLine{Message: "order created", TraceID: in.traceID, SpanID: server.ID})
	}
	s.signals.Metrics = []*otlp.Metric{
		{
			Name:        "http.server.request.duration",
			Unit:        "s",
			Type:        otlp.Histogram,
			Temporality: otlp.Cumulative,
			Resource:    resource,
			Points:      []otlp.Point{{Attributes: otlp.Attributes{"http.route": "/orders"}, Count: accepted}},
		},
		{
			Name:        "orders.created",
			Unit:        "{order}",
			Type:        otlp.Sum,
			Monotonic:   true,
			Temporality: otlp.Cumulative,
			Resource:    resource,
			Points:      []otlp.Point{{Attributes: otlp.Attributes{}, Value: accepted}},
		},
	}
	return s
}

func TestPerfect(t *testing.T) {
	for _, row := range check(declared(), *perfect(), Fail) {
		if row.Verdict != OK {
			t.Errorf("%s %s: %+v", row.Group, row.Name, row.Findings)
		}
	}
}

// handleAtOnce makes one batch handle all events, in a separate trace, with links to all but the first n.
func handleAtOnce(s *observation, n int) {
	batch := *s.signals.SpansNamed("process orders.created")[0]
	batch.TraceID, batch.ParentID, batch.Links = strings.Repeat("b", 32), "", nil
	batch.Attributes = maps.Clone(batch.Attributes)
	batch.Attributes["messaging.batch.message_count"] = int64(accepted)
	s.signals.Spans = slices.DeleteFunc(s.signals.Spans, func(x *otlp.Span) bool { return x.Kind == otlp.KindConsumer })
	for _, producer := range s.signals.SpansNamed("send orders.created")[n:] {
		batch.Links = append(batch.Links, otlp.Link{TraceID: producer.TraceID, SpanID: producer.ID})
	}
	s.signals.Spans = append(s.signals.Spans, &batch)
}

// An event that is handled in a batch can be followed by the link to it.
func TestBatch(t *testing.T) {
	for without, want := range []Verdict{OK, Fail} {
		s := perfect()
		handleAtOnce(s, without)
		for _, row := range check(declared(), *s, Note) {
			if row.Name == "one for each order" && row.Verdict != want {
				t.Errorf(
					"with %d events that the batch is not linked to: %s, want %s: %+v",
					without,
					row.Verdict,
					want,
					row.Findings,
				)
			}
		}
	}
}

// Each problem is reported in its row and in no other.
func TestFindings(t *testing.T) {
	each := func(s *observation, name string, change func(*otlp.Span)) {
		for _, span := range s.signals.SpansNamed(name) {
			change(span)
		}
	}
	drop := func(s *observation, unwanted func(*otlp.Span) bool) {
		s.signals.Spans = slices.DeleteFunc(s.signals.Spans, unwanted)
	}
	first := func(s *observation) *otlp.Metric { return s.signals.Metrics[0] }
	tests := map[string]struct {
		change  func(*observation)
		row     string // "group name"
		verdict Verdict
		says    string
		others  []string // rows that are right to have findings, too
	}{
		"span missing": {
			func(s *observation) { drop(s, func(x *otlp.Span) bool { return x.Kind == otlp.KindConsumer }) },
			"span process orders.created", Fail, "no such span arrived", []string{"trace one for each order"},
		},
		"wrong kind": {
			func(s *observation) {
				each(s, "POST /orders", func(x *otlp.Span) { x.Kind = otlp.KindInternal })
			},
			"span POST /orders", Fail, "kind is internal, declared as server", []string{"trace one for each order"},
		},
		"attribute missing": {
			func(s *observation) {
				each(s, "POST /orders", func(x *otlp.Span) { delete(x.Attributes, "http.route") })
			},
			"span POST /orders", Fail, "the attribute http.route is missing", nil,
		},
		"attribute missing once": {
			func(s *observation) { delete(s.signals.Spans[0].Attributes, "http.route") },
			"span POST /orders", Fail, "http.route is missing on 1 of 12", nil,
		},
		"attribute undeclared": {
			func(s *observation) { s.signals.Spans[0].Attributes["order.color"] = "red" },
			"span POST /orders", Note, "order.color is not declared (seen: red)", nil,
		},
		"attribute deprecated": {
			func(s *observation) { s.signals.Spans[0].Attributes["http.method"] = "POST" },
			"span POST /orders",
			Note,
			"http.method is deprecated: the conventions v1.43.0 no longer define it (last defined in v1.25.0); use " +
				"http.request.method",
			nil,
		},
		"attribute in a namespace of the conventions": {
			func(s *observation) { s.signals.Spans[0].Attributes["http.color"] = "red" },
			"span POST /orders", Note, "own the namespace of the attribute http.color", nil,
		},
		"declared attribute of another type": {
			func(s *observation) { s.signals.Spans[0].Attributes["http.route"] = int64(1) },
			"span POST /orders", Fail, "http.route has type int, the conventions require string", nil,
		},
		"value that is none": {
			func(s *observation) {
				each(s, "send orders.created", func(x *otlp.Span) { x.Attributes["messaging.operation.type"] = "publish" })
			},
			"span send orders.created",
			Fail,
			`messaging.operation.type is "publish", the conventions allow create, process, receive, send, settle`,
			nil,
		},
		"span failed": {
			func(s *observation) { s.signals.Spans[0].Status = otlp.StatusError },
			"span POST /orders", Note, "1 of 12 failed", nil,
		},
		"span undeclared": {
			func(s *observation) { added(s, "bake", nil) },
			"span bake", Note, `the span "bake" is not declared`, nil,
		},
		"ids in names": {
			func(s *observation) { added(s, "bake 0190a1b2-0000-7000-8000-%012d", nil) },
			"span bake {id}",
			Note,
			`12 spans have 12 names that seem to contain an ID, such as "bake 0190a1b2-0000-7000-8000-000000000000"`,
			nil,
		},
		"deprecated attribute on a span undeclared": {
			func(s *observation) { added(s, "bake", otlp.Attributes{"db.statement": "SELECT 1"}) },
			"span bake", Note, "db.statement is deprecated", nil,
		},
		"metric missing": {
			func(s *observation) { s.signals.Metrics = s.signals.Metrics[1:] },
			"metric http.server.request.duration", Fail, "no such metric arrived", nil,
		},
		"wrong unit": {
			func(s *observation) { first(s).Unit = "ms" },
			"metric http.server.request.duration", Fail, `its unit is "ms", declared as "s"`, nil,
		},
		"wrong instrument": {
			func(s *observation) { first(s).Type = otlp.Gauge },
			"metric http.server.request.duration", Fail, "its instrument is a gauge, declared as histogram", nil,
		},
		"metric attribute missing": {
			func(s *observation) {
				first(s).Points[0].Attributes = otlp.Attributes{"http.response.status_code": int64(200)}
			},
			"metric http.server.request.duration", Fail, "http.route is missing", nil,
		},
		"metric undeclared, in another unit than the conventions": {
			func(s *observation) {
				s.signals.Metrics = append(
					s.signals.Metrics,
					&otlp.Metric{Name: "db.client.operation.duration", Unit: "ms", Type: otlp.Histogram, Resource: first(s).Resource},
				)
			},
			"metric db.client.operation.duration", Note, `its unit is "ms", the conventions require "s"`, nil,
		},
		"metric deprecated": {
			func(s *observation) {
				s.signals.Metrics = append(
					s.signals.Metrics,
					&otlp.Metric{Name: "messaging.publish.duration", Unit: "s", Type: otlp.Histogram, Resource: first(s).Resource},
				)
			},
			"metric messaging.publish.duration", Note, "is deprecated: the conventions v1.43.0 no longer define it", nil,
		},
		"id in a metric": {
			func(s *observation) {
				first(s).Points[0].Attributes["order.id"] = "0190a1b2-0000-7000-8000-000000000000"
			},
			"metric http.server.request.duration", Note, "the attribute order.id has values that look like ids", nil,
		},
		"a new value for each request": {
			func(s *observation) {
				for i := range accepted {
					first(s).Points = append(
						first(s).Points,
						otlp.Point{Attributes: otlp.Attributes{"http.route": fmt.Sprintf("/orders/%c", 'a'+i)}},
					)
				}
			},
			"metric http.server.request.duration", Fail, "the attribute http.route has 13 values for 12 requests", nil,
		},
		"trace broken at the consumer": {
			func(s *observation) {
				each(
					s,
					"process orders.created",
					func(x *otlp.Span) { x.TraceID, x.ParentID, x.Links = fmt.Sprintf("%032x", 77), "", nil },
				)
			},
			"trace one for each order", Fail, "the trace has no consumer span, though one is declared", nil,
		},
		"consumer not linked": {
			func(s *observation) { each(s, "process orders.created", func(x *otlp.Span) { x.Links = nil }) },
			"trace one for each order", Fail, "is not linked to the producer's", nil,
		},
		"consumer is no child of the producer": {
			func(s *observation) {
				each(s, "process orders.created", func(x *otlp.Span) { x.ParentID = x.ParentID[:15] + "1" })
			},
			"trace one for each order", Fail, "is not a child of the producer's", nil,
		},
		"caller ignored": {
			func(s *observation) { each(s, "POST /orders", func(x *otlp.Span) { x.ParentID = "" }) },
			"trace one for each order", Fail, "is not a descendant of the request span", nil,
		},
		"parent lost": {
			func(s *observation) { drop(s, func(x *otlp.Span) bool { return x == s.signals.Spans[1] }) },
			"trace no span without its parent", Fail, `1 spans "process orders.created" have a parent that did not arrive`,
			[]string{"trace one for each order"},
		},
		"a trace of another client": {
			func(s *observation) {
				s.signals.Spans = append(s.signals.Spans, &otlp.Span{
					TraceID:    "e",
					ID:         "e",
					ParentID:   "f",
					Name:       "POST /orders",
					Kind:       otlp.KindServer,
					Attributes: s.signals.Spans[0].Attributes,
					Resource:   first(s).Resource,
				})
			},
			"trace no span without its parent", Note, `1 spans "POST /orders" belong to a trace that verify did not start`, nil,
		},
		"log not correlated": {
			func(s *observation) {
				for _, l := range s.signals.Logs {
					l.TraceID, l.SpanID = "", ""
				}
				s.stdout = nil
			},
			"log correlated",
			Fail,
			"12 of POST /orders have no log record in their trace",
			[]string{"shutdown no log record lost"},
		},
		"one log not correlated": {
			func(s *observation) {
				s.signals.Logs = append(
					s.signals.Logs,
					&otlp.LogRecord{Time: s.driven, Body: "cake baked", Resource: first(s).Resource},
				)
			},
			"log correlated", Note, `1 records "cake baked" were written outside of any span`, nil,
		},
		"log of an unknown span": {
			func(s *observation) {
				s.signals.Logs = append(
					s.signals.Logs,
					&otlp.LogRecord{Body: "cake baked", TraceID: s.requests[0].traceID, SpanID: "1", Resource: first(s).Resource},
				)
			},
			"log correlated", Fail, `1 records "cake baked" belong to a span that did not arrive`, nil,
		},
		"resource incomplete": {
			func(s *observation) { delete(first(s).Resource.Attributes, "service.version") },
			"resource service.version", Fail, "it is missing on spans, metrics, log records", nil,
		},
		"resource differs": {
			func(s *observation) {
				s.signals.Metrics[1].Resource = &otlp.Resource{
					Attributes: otlp.Attributes{"service.name": "other", "service.version": "v1", "service.instance.id": "a"},
				}
			},
			"resource service.name", Fail, "it differs between the signals: other, shop", nil,
		},
		"resource deprecated": {
			func(s *observation) { first(s).Resource.Attributes["deployment.environment"] = "test" },
			"resource attributes", Note, "deployment.environment is deprecated", nil,
		},
		"trace lost": {
			func(s *observation) {
				id := s.requests[3].traceID
				drop(s, func(x *otlp.Span) bool { return x.TraceID == id })
				s.requests[3].confirmed = false
			},
			"shutdown no span lost",
			Fail,
			"of 12 requests that were answered, 1 have no span",
			[]string{"log correlated", "shutdown no log record lost"},
		},
		"log record lost": {
			func(s *observation) { s.stdout = append(s.stdout, s.stdout[0]) },
			"shutdown no log record lost", Fail, `1 records "order created" are on standard output and did not arrive`, nil,
		},
		"nothing on standard output": {
			func(s *observation) { s.stdout = nil },
			"shutdown no log record lost", Skipped, "writes no JSON", nil,
		},
		"counter too low": {
			func(s *observation) { s.signals.Metrics[1].Points[0].Value = accepted - 1 },
			"shutdown orders.created", Fail, "12 requests were accepted, but the counter is 11", nil,
		},
		"counter too high": {
			func(s *observation) { s.signals.Metrics[1].Points[0].Value = accepted + 1 },
			"shutdown orders.created", Fail, "12 requests were accepted, but the counter is 13", nil,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := perfect()
			test.change(s)
			found := false
			for _, row := range check(declared(), *s, Note) {
				at := row.Group + " " + row.Name
				switch {
				case at == test.row:
					found = true
					if row.Verdict != test.verdict {
						t.Errorf("%s is %s, want %s: %+v", at, row.Verdict, test.verdict, row.Findings)
					}
					if !slices.ContainsFunc(
						row.Findings,
						func(f Finding) bool { return strings.Contains(f.What, test.says) && f.Why != "" },
					) {
						t.Errorf("%s does not say %q: %+v", at, test.says, row.Findings)
					}
				case row.Verdict != OK && !slices.Contains(test.others, at):
					t.Errorf("%s is %s, too: %+v", at, row.Verdict, row.Findings)
				}
			}
			if !found {
				t.Errorf("there is no row %q", test.row)
			}
		})
	}
}

// added adds a span to each trace, below the server's. %d in its name is its number.
func added(s *observation, name string, attributes otlp.Attributes) {
	for i, server := range s.signals.SpansNamed("POST /orders") {
		if strings.Contains(name, "%") {
			s.signals.Spans = append(s.signals.Spans, below(server, fmt.Sprintf(name, i), i, attributes))
			continue
		}
		s.signals.Spans = append(s.signals.Spans, below(server, name, i, attributes))
	}
}

func below(server *otlp.Span, name string, i int, attributes otlp.Attributes) *otlp.Span {
	return &otlp.Span{
		TraceID:    server.TraceID,
		ID:         fmt.Sprintf("%015x9", i),
		ParentID:   server.ID,
		Name:       name,
		Kind:       otlp.KindInternal,
		Start:      server.Start,
		Attributes: attributes,
		Resource:   server.Resource,
	}
}

// On a project without edits, undeclared telemetry is a failure of the presets.
func TestAdditions(t *testing.T) {
	for edited, want := range map[Verdict]Verdict{Note: Note, Fail: Fail} {
		s := perfect()
		added(s, "bake", nil)
		for _, row := range check(declared(), *s, edited) {
			if row.Name == "bake" && row.Verdict != want {
				t.Errorf("an undeclared span is %s, want %s", row.Verdict, want)
			}
		}
	}
}

// The driver reports as itself, and outside of any request: it is not what is judged.
func TestDriver(t *testing.T) {
	s := perfect()
	driver := &otlp.Resource{Attributes: otlp.Attributes{"service.name": driverName}}
	s.signals.Logs = append(
		s.signals.Logs,
		&otlp.LogRecord{Time: s.driven, Body: "database is up to date", Resource: driver},
	)
	for _, row := range check(declared(), *s, Fail) {
		if row.Verdict != OK {
			t.Errorf("%s %s: %+v", row.Group, row.Name, row.Findings)
		}
	}
}

// A shared broker has events of other clients.
func TestForeignEvents(t *testing.T) {
	s := perfect()
	consumer := *s.signals.SpansNamed("process orders.created")[0]
	consumer.TraceID, consumer.ID, consumer.ParentID = "e", "e", "f"
	s.signals.Spans = append(s.signals.Spans, &consumer)
	for _, row := range check(declared(), *s, Fail) {
		if row.Verdict != OK {
			t.Errorf("%s %s: %+v", row.Group, row.Name, row.Findings)
		}
	}
}

// A request that no route has answered has a span and a point without a route.
func TestUnrouted(t *testing.T) {
	s := perfect()
	server := s.signals.Spans[0]
	s.signals.Spans = append(s.signals.Spans, &otlp.Span{
		TraceID:    "f",
		ID:         "f",
		Name:       "GET",
		Kind:       otlp.KindServer,
		Attributes: otlp.Attributes{"http.request.method": "GET"},
		Resource:   server.Resource,
	})
	duration := s.signals.Metrics[0]
	duration.Points = append(
		duration.Points,
		otlp.Point{Attributes: otlp.Attributes{"http.response.status_code": int64(404)}},
	)
	for _, row := range check(declared(), *s, Fail) {
		for _, f := range row.Findings {
			if !strings.Contains(f.What, "http.response.status_code is not declared") {
				t.Errorf("%s %s: %+v", row.Group, row.Name, f)
			}
		}
	}
}

func TestTotal(t *testing.T) {
	export := func(kind otlp.Temporality, values ...float64) *otlp.Metric {
		m := &otlp.Metric{Temporality: kind}
		for _, v := range values {
			m.Points = append(m.Points, otlp.Point{Value: v})
		}
		return m
	}
	if got := total([]*otlp.Metric{export(otlp.Cumulative, 1, 2), export(otlp.Cumulative, 3, 4)}); got != 7 {
		t.Errorf("cumulative exports come to %v, want 7", got)
	}
	if got := total([]*otlp.Metric{export(otlp.Delta, 1, 2), export(otlp.Delta, 3, 4)}); got != 10 {
		t.Errorf("delta exports come to %v, want 10", got)
	}
}
