package e2e_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/otlp"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

// TestProblems sends what no service should accept. Every answer is a problem (RFC 9457), and the telemetry of it has
// few names: a route only where one answered.
func TestProblems(t *testing.T) {
	t.Parallel()
	c, err := generator.NewCatalog(templates.FS, generator.Source{Name: generator.BuiltIn, FS: presets.FS})
	if err != nil {
		t.Fatal(err)
	}
	frameworks, err := c.Presets("framework")
	if err != nil {
		t.Fatal(err)
	}
	for _, framework := range frameworks {
		if !slices.Contains(framework.Provides, "inbound.http") {
			continue
		}
		t.Run(framework.Name, func(t *testing.T) {
			t.Parallel()
			p := newProject(
				"problems-"+framework.Name,
				"--framework="+framework.Name,
				"--broker=none",
				"--database=postgres",
				"--backend=otlp",
			)
			checkProblems(t, p, environment{"DATABASE_URL": newDatabase(t)})
		})
	}
}

// bracketed writes the parameters of a route in one form.
var bracketed = strings.NewReplacer(":id", "{id}")

func checkProblems(t *testing.T, p *project, env environment) {
	receiver := newReceiver(t)
	service := serve(t, p.service(t), reportingTo(receiver).with(env))
	service.ready(t, http.StatusOK, patience)
	// A framework that checks requests against a schema answers 422 in its own words, and takes a body without a
	// content type for JSON.
	outOfSchema := request(t, http.MethodGet, service.base+"/orders?limit=0", "").status
	schema := outOfSchema == http.StatusUnprocessableEntity

	const unknown = "018f0000-0000-7000-8000-00000000dead"
	json := "application/json"
	for i, test := range []struct {
		name         string
		method, path string
		media, body  string
		status       int
		detail       string   // part of the detail
		fields       []string // named in errors
		allow        []string
		span, route  string
	}{
		{name: "malformed JSON", method: "POST", path: "/orders", media: json, body: `{"customer":`,
			status: 400, detail: "not the JSON expected", span: "POST /orders", route: "/orders"},
		{name: "empty body", method: "POST", path: "/orders", media: json, body: "",
			status: 400, detail: "not the JSON expected", span: "POST /orders", route: "/orders"},
		{name: "two values", method: "POST", path: "/orders", media: json, body: draft + draft,
			status: 400, detail: "more than one", span: "POST /orders", route: "/orders"},
		{name: "unknown field", method: "POST", path: "/orders", media: json, body: `{"customer":"ada","sku":"book","quantity":2,"price":1}`,
			status: outOfSchema, detail: `"price"`, span: "POST /orders", route: "/orders"},
		{name: "wrong type", method: "POST", path: "/orders", media: json, body: `{"customer":"ada","sku":"book","quantity":"two"}`,
			status: outOfSchema, detail: "quantity", span: "POST /orders", route: "/orders"},
		{name: "wrong content type", method: "POST", path: "/orders", media: "text/plain", body: draft,
			status: 415, detail: "application/json", span: "POST /orders", route: "/orders"},
		{name: "content type with a charset", method: "POST", path: "/orders", media: json + "; charset=utf-8", body: draft,
			status: 201, span: "POST /orders", route: "/orders"},
		{name: "no content type", method: "POST", path: "/orders", body: draft,
			status: 415, detail: "application/json", span: "POST /orders", route: "/orders"},
		{name: "oversize", method: "POST", path: "/orders", media: json, body: `{"customer":"` + strings.Repeat("a", 100_000) + `"}`,
			status: 413, detail: "65536", span: "POST /orders", route: "/orders"},
		{name: "invalid", method: "POST", path: "/orders", media: json, body: `{"customer":" ","sku":"` + strings.Repeat("x", 101) + `","quantity":0}`,
			status: 422, fields: []string{"customer", "sku", "quantity"}, span: "POST /orders", route: "/orders"},
		{name: "unknown id", method: "GET", path: "/orders/" + unknown,
			status: 404, span: "GET /orders/{id}", route: "/orders/{id}"},
		{name: "id that is none", method: "GET", path: "/orders/%00'--",
			status: 404, span: "GET /orders/{id}", route: "/orders/{id}"},
		{name: "bad limit", method: "GET", path: "/orders?limit=0",
			status: outOfSchema, detail: "limit", span: "GET /orders", route: "/orders"},
		{name: "id that cannot be", method: "GET", path: "/orders/%00",
			status: 404, span: "GET /orders/{id}", route: "/orders/{id}"},
		{name: "bad cursor", method: "GET", path: "/orders?cursor=%00",
			status: 400, detail: "cursor", span: "GET /orders", route: "/orders"},
		{name: "double slash", method: "GET", path: "//orders",
			status: 404, span: "GET"},
		{name: "encoded slash", method: "GET", path: "/orders/a%2Fb",
			status: 404, span: "GET /orders/{id}", route: "/orders/{id}"},
		{name: "unknown route", method: "GET", path: "/secret/" + unknown,
			status: 404, span: "GET"},
		{name: "root", method: "GET", path: "/",
			status: 404, span: "GET"},
		{name: "wrong method", method: "DELETE", path: "/orders",
			status: 405, allow: []string{"GET", "HEAD", "POST"}, span: "DELETE"},
		{name: "wrong method with an id", method: "PUT", path: "/orders/" + unknown,
			status: 405, allow: []string{"GET", "HEAD"}, span: "PUT"},
		{name: "unknown method", method: "BREW", path: "/orders",
			status: 405, allow: []string{"GET", "HEAD", "POST"}, span: "HTTP"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if schema && test.name == "no content type" {
				test.status = http.StatusCreated
			}
			traceID := traceID(i)
			header := []string{"Content-Type", test.media, "traceparent", "00-" + traceID + "-00f067aa0ba902b7-01"}
			a := request(t, test.method, service.base+test.path, test.body, header...)
			if a.status != test.status {
				t.Fatalf("the answer is %d, want %d: %s", a.status, test.status, a.body)
			}
			if test.status >= 400 {
				checkProblem(t, a)
			}
			if test.status >= 400 && !schema {
				checkReasons(t, a, test.detail, test.fields)
			}
			allowed := strings.FieldsFunc(
				strings.Join(a.header.Values("Allow"), ","),
				func(r rune) bool { return r == ',' || r == ' ' },
			)
			slices.Sort(allowed)
			if !slices.Equal(allowed, test.allow) {
				t.Errorf("Allow is %q, want %q", allowed, test.allow)
			}

			var server *otlp.Span
			await(t, receiver, "the server's span", func(s otlp.Signals) bool {
				for _, span := range s.Trace(traceID).Spans() {
					if span.Kind == otlp.KindServer {
						server = span
					}
				}
				return server != nil
			})
			if name := bracketed.Replace(server.Name); name != test.span {
				t.Errorf("the span is named %q, want %q", name, test.span)
			}
			_, ok := server.Attributes["http.route"]
			route := bracketed.Replace(server.Attributes.Text("http.route"))
			if ok != (test.route != "") || route != test.route {
				t.Errorf("http.route is %q, want %q", route, test.route)
			}
			if server.Status != otlp.StatusUnset {
				t.Errorf("the span's status is %s, want it unset: the mistake is the caller's", server.Status)
			}
		})
	}

	// HEAD is no mistake wherever GET is none; probes use it.
	for _, path := range []string{"/healthz", "/readyz", "/orders"} {
		if head := request(t, http.MethodHead, service.base+path, ""); head.status != http.StatusOK || head.body != "" {
			t.Errorf("HEAD %s answers %d %q", path, head.status, head.body)
		}
	}

	service.stop(t)
	signals := receiver.Signals()
	checkNames(t, signals, unknown)
	routes := make(map[string]bool)
	for _, point := range lastMetric(t, signals, "http.server.request.duration").Points {
		route, ok := point.Attributes["http.route"]
		if ok && route == "" {
			t.Error("http.server.request.duration has an empty http.route")
		}
		routes[point.Attributes.Text("http.route")] = true
	}
	if want := map[string]bool{"": true, "/orders": true, "/orders/{id}": true}; len(routes) != len(want) {
		t.Errorf("http.server.request.duration has the routes %v, want %v", routes, want)
	}
}

// problem is an answer's body.
type problem struct {
	Title, Detail, Instance string
	Status                  int
	Errors                  []struct{ Field, Detail string }
}

func checkProblem(t *testing.T, a answer) {
	t.Helper()
	if media := a.header.Get("Content-Type"); media != "application/problem+json" {
		t.Errorf("the content type is %q", media)
	}
	var p problem
	a.decode(t, &p)
	if p.Status != a.status || p.Title == "" || p.Instance == "" {
		t.Errorf("the problem is %+v", p)
	}
	for _, e := range p.Errors {
		if e.Detail == "" {
			t.Errorf("the field %s is refused without a reason", e.Field)
		}
	}
}

func checkReasons(t *testing.T, a answer, detail string, fields []string) {
	t.Helper()
	var p problem
	a.decode(t, &p)
	if !strings.Contains(p.Detail, detail) {
		t.Errorf("the problem is %+v, want the detail %q", p, detail)
	}
	var named []string
	for _, e := range p.Errors {
		named = append(named, e.Field)
	}
	if !slices.Equal(named, fields) {
		t.Errorf("the fields refused are %q, want %q", named, fields)
	}
}

// TestCallerGone cancels a request while its order is being stored. Nothing is stored, and it does not count as a
// failure of the service.
func TestCallerGone(t *testing.T) {
	t.Parallel()
	database, receiver := newDatabase(t), newReceiver(t)
	service := serve(
		t,
		shop.service(t),
		reportingTo(receiver).with(environment{"DATABASE_URL": database, "BROKER_URL": newNATS(t).URL}),
	)
	service.ready(t, http.StatusOK, patience)
	unlock := lockOrders(t, database)

	ctx, leave := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, service.base+"/orders", strings.NewReader(draft))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	gone := make(chan error, 1)
	go func() {
		response, err := client.Do(r)
		if err == nil {
			_ = response.Body.Close()
		}
		gone <- err
	}()
	eventually(t, patience, "the order waits for the database", func() bool {
		return sql(
			t,
			database,
			"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT%'",
		) == "1"
	})
	leave()
	if err := <-gone; err == nil {
		t.Fatal("the order was answered")
	}
	signals := await(
		t,
		receiver,
		"the server's span",
		func(s otlp.Signals) bool { return len(s.SpansNamed("POST /orders")) == 1 },
	)
	unlock()
	server := signals.SpansNamed("POST /orders")[0]
	checkAttributes(t, server, map[string]string{"http.response.status_code": "499"})
	if server.Status != otlp.StatusUnset {
		t.Errorf("the span's status is %s, want it unset", server.Status)
	}
	for _, record := range service.logs() {
		if record["level"] == "ERROR" {
			t.Errorf("an error is logged: %v", record)
		}
	}
	if stored := service.all(t); len(stored) != 0 {
		t.Errorf("the database has %v, want nothing", stored)
	}
	service.stop(t)
}
