package e2e_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/internal/otlp"
)

// The conventions' bucket boundaries, in seconds.
var (
	requestBuckets  = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	databaseBuckets = []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10}
)

// TestOneTrace places an order with the service that has everything over the network. All that happens to it, up to its
// confirmation by the consumer, is one trace; metrics and logs belong to it.
func TestOneTrace(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t)
			broker := newNATS(t)
			published := connect(t, broker).listen(t, "orders.created")
			env := reportingTo(receiver).with(environment{
				"DATABASE_URL":                newDatabase(t),
				"BROKER_URL":                  broker.URL,
				"OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
			})
			if protocol == "grpc" {
				env["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.GRPCEndpoint()
			}
			service := serve(t, shop.service(t), env)
			service.ready(t, http.StatusOK, patience)
			placed := service.place(t)
			service.confirmed(t, placed.ID)

			trace := orderTrace(t, receiver, "POST /orders")
			service.stop(t)
			signals := receiver.Signals()

			want := `server POST /orders
  internal orders.create
    client INSERT orders
    producer send orders.created
      consumer process orders.created
        internal orders.confirm
          client SELECT orders
          client UPDATE orders
        client ack orders.created
`
			if got := trace.String(); got != want {
				t.Errorf("the trace is\n%swant\n%s", got, want)
			}
			t.Run("spans", func(t *testing.T) { checkOrderSpans(t, trace, placed) })
			t.Run("message", func(t *testing.T) {
				// The name is case-sensitive in NATS: programs in other languages look for this one.
				producer := named(t, trace, "send orders.created")
				want := []string{"00-" + trace.ID + "-" + producer.ID + "-01"}
				if got := (<-published)["traceparent"]; !slices.Equal(got, want) {
					t.Errorf("the message's traceparent is %q, want %q", got, want)
				}
			})
			t.Run("metrics", func(t *testing.T) { checkOrderMetrics(t, signals) })
			t.Run("logs", func(t *testing.T) {
				checkLogs(t, signals, service, trace, "order created", "request answered", "order confirmed")
			})
			t.Run("resource", func(t *testing.T) { checkResource(t, signals, "shop") })
			t.Run("names", func(t *testing.T) { checkNames(t, signals, placed.ID) })
		})
	}
}

// orderTrace waits for the trace of the first order that was placed, up to the last span of it.
func orderTrace(t *testing.T, receiver *otlp.Receiver, server string) otlp.Trace {
	t.Helper()
	var trace otlp.Trace
	await(t, receiver, "the trace of the order", func(s otlp.Signals) bool {
		requests := s.SpansNamed(server)
		if len(requests) == 0 {
			return false
		}
		trace = s.Trace(requests[0].TraceID)
		return slices.ContainsFunc(trace.Spans(), func(span *otlp.Span) bool {
			return strings.HasPrefix(span.Name, "ack ") ||
				span.Kind == otlp.KindConsumer && span.Attributes["messaging.system"] == "in_process"
		})
	})
	return trace
}

func checkOrderSpans(t *testing.T, trace otlp.Trace, placed order) {
	server := named(t, trace, "POST /orders")
	checkAttributes(t, server, map[string]string{
		"http.route": "/orders", "http.request.method": "POST", "http.response.status_code": "201", "url.path": "/orders",
	})
	insert := named(t, trace, "INSERT orders")
	checkAttributes(t, insert, map[string]string{
		"db.system.name": "postgresql", "db.operation.name": "INSERT", "db.collection.name": "orders",
	})
	for _, span := range trace.Spans() {
		text := span.Attributes.Text("db.query.text")
		if span.Attributes.Text("db.system.name") == "" {
			continue
		}
		if !strings.Contains(text, "$1") {
			t.Errorf("%s has the text %q, want one with placeholders", span.Name, text)
		}
		for _, value := range []string{placed.ID, placed.Customer, placed.SKU} {
			if strings.Contains(text, value) {
				t.Errorf("%s shows the value %q in its text %q", span.Name, value, text)
			}
		}
	}
	producer, consumer := named(t, trace, "send orders.created"), named(t, trace, "process orders.created")
	checkAttributes(t, producer, map[string]string{
		"messaging.system": "nats", "messaging.operation.name": "send", "messaging.operation.type": "send",
		"messaging.destination.name": "orders.created",
	})
	checkAttributes(t, consumer, map[string]string{
		"messaging.system": "nats", "messaging.operation.name": "process", "messaging.operation.type": "process",
		"messaging.destination.name": "orders.created", "messaging.consumer.group.name": "shop",
		"messaging.message.id": producer.Attributes.Text("messaging.message.id"),
	})
	checkAttributes(t, named(t, trace, "ack orders.created"), map[string]string{
		"messaging.operation.name": "ack", "messaging.operation.type": "settle",
	})
	if len(consumer.Links) != 1 || consumer.Links[0].SpanID != producer.ID || consumer.Links[0].TraceID != trace.ID {
		t.Errorf("the consumer's links are %v, want one to the producer %s", consumer.Links, producer.ID)
	}
	for _, span := range trace.Spans() {
		if span.Status != otlp.StatusUnset {
			t.Errorf("%s has the status %s %s, want it unset", span.Name, span.Status, span.StatusMessage)
		}
	}
}

// named returns the one span of that name.
func named(t *testing.T, trace otlp.Trace, name string) *otlp.Span {
	t.Helper()
	var found *otlp.Span
	for _, span := range trace.Spans() {
		if span.Name == name && found != nil {
			t.Fatalf("there is more than one span %q in\n%s", name, trace)
		}
		if span.Name == name {
			found = span
		}
	}
	if found == nil {
		t.Fatalf("there is no span %q in\n%s", name, trace)
	}
	return found
}

func checkAttributes(t *testing.T, span *otlp.Span, want map[string]string) {
	t.Helper()
	for key, value := range want {
		if got := span.Attributes.Text(key); got != value {
			t.Errorf("%s has %s %q, want %q", span.Name, key, got, value)
		}
	}
}

func checkOrderMetrics(t *testing.T, signals otlp.Signals) {
	for name, want := range map[string]struct {
		unit    string
		buckets []float64
		having  map[string]string
	}{
		"http.server.request.duration": {"s", requestBuckets, map[string]string{
			"http.route": "/orders", "http.request.method": "POST", "http.response.status_code": "201", "url.scheme": "http",
		}},
		"db.client.operation.duration": {"s", databaseBuckets, map[string]string{
			"db.system.name": "postgresql", "db.operation.name": "INSERT", "db.collection.name": "orders",
		}},
		"messaging.process.duration": {"s", requestBuckets, map[string]string{
			"messaging.system": "nats", "messaging.destination.name": "orders.created",
		}},
		"messaging.client.operation.duration": {"s", requestBuckets, map[string]string{
			"messaging.operation.name": "send", "messaging.operation.type": "send",
		}},
		"orders.confirmation.duration": {"s", nil, nil},
	} {
		metric := lastMetric(t, signals, name)
		if metric.Type != otlp.Histogram || metric.Unit != want.unit || metric.Temporality != otlp.Cumulative {
			t.Errorf("%s is a %s %s in %q", name, metric.Temporality, metric.Type, metric.Unit)
		}
		point := pointHaving(metric, want.having)
		if point == nil || point.Count == 0 {
			t.Errorf("%s has no point with %v", name, want.having)
			continue
		}
		if want.buckets != nil && !slices.Equal(point.Bounds, want.buckets) {
			t.Errorf("%s has the buckets %v, want %v", name, point.Bounds, want.buckets)
		}
	}
	metric := lastMetric(t, signals, "orders.created")
	if metric.Type != otlp.Sum || !metric.Monotonic || metric.Points[0].Value != 1 {
		t.Errorf("orders.created is %+v", metric)
	}
	lastMetric(t, signals, "go.goroutine.count")
}

// lastMetric returns the newest export of a metric, which must be there.
func lastMetric(t *testing.T, signals otlp.Signals, name string) *otlp.Metric {
	t.Helper()
	exports := signals.MetricsNamed(name)
	if len(exports) == 0 {
		t.Fatalf("there is no metric %s", name)
	}
	return exports[len(exports)-1]
}

func pointHaving(metric *otlp.Metric, attributes map[string]string) *otlp.Point {
	for _, point := range metric.Points {
		fits := true
		for key, value := range attributes {
			fits = fits && point.Attributes.Text(key) == value
		}
		if fits {
			return &point
		}
	}
	return nil
}

// checkLogs holds that each message was logged in the trace, over OTLP and with the same ids as JSON on stdout.
func checkLogs(t *testing.T, signals otlp.Signals, service *process, trace otlp.Trace, messages ...string) {
	spans := make(map[string]bool)
	for _, span := range trace.Spans() {
		spans[span.ID] = true
	}
	onStdout := make(map[string]bool)
	for _, record := range service.logs() {
		onStdout[fmt.Sprint(record["msg"], record["trace_id"], record["span_id"])] = true
	}
	for _, message := range messages {
		records := slices.DeleteFunc(signals.LogsOf(trace.ID), func(r *otlp.LogRecord) bool { return r.Body != message })
		if len(records) != 1 {
			t.Errorf("%q was logged %d times in the trace, want once", message, len(records))
			continue
		}
		record := records[0]
		if !spans[record.SpanID] {
			t.Errorf("%q belongs to the span %q, which is not in the trace", message, record.SpanID)
		}
		if !onStdout[fmt.Sprint(message, record.TraceID, record.SpanID)] {
			t.Errorf("%q is not on stdout with the ids %s %s", message, record.TraceID, record.SpanID)
		}
		if record.SeverityText != "INFO" {
			t.Errorf("%q has the severity %q", message, record.SeverityText)
		}
	}
}

// checkResource holds that every signal says which service it comes from, and all that it is the same instance.
func checkResource(t *testing.T, signals otlp.Signals, name string) {
	instances := make(map[string]bool)
	check := func(what string, resource *otlp.Resource) {
		if got := resource.Attributes.Text("service.name"); got != name {
			t.Errorf("a %s has the service.name %q, want %q", what, got, name)
		}
		if resource.Attributes.Text("service.version") == "" {
			t.Errorf("a %s has no service.version", what)
		}
		instances[resource.Attributes.Text("service.instance.id")] = true
	}
	check("span", signals.Spans[0].Resource)
	check("metric", signals.Metrics[0].Resource)
	check("log record", signals.Logs[0].Resource)
	if len(instances) != 1 || instances[""] {
		t.Errorf("the instance ids are %v, want one", instances)
	}
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// checkNames holds that nothing which differs from request to request is in the name of a span or an attribute of a
// metric.
func checkNames(t *testing.T, signals otlp.Signals, values ...string) {
	varies := func(text string) bool {
		return uuid.MatchString(text) ||
			slices.ContainsFunc(values, func(value string) bool { return strings.Contains(text, value) })
	}
	for _, span := range signals.Spans {
		if varies(span.Name) {
			t.Errorf("the span %q has a value in its name", span.Name)
		}
	}
	for _, metric := range signals.Metrics {
		for _, point := range metric.Points {
			for key := range point.Attributes {
				if varies(point.Attributes.Text(key)) {
					t.Errorf("the metric %s has a value in its attribute %s: %s", metric.Name, key, point.Attributes.Text(key))
				}
			}
		}
	}
}

// TestWorker publishes an event to a worker, as another service would, within a trace of that service. The worker
// continues the trace and stores the order.
func TestWorker(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t)
	broker := newNATS(t)
	env := reportingTo(receiver).with(environment{"BROKER_URL": broker.URL, "DATABASE_URL": newSQLite(t)})
	service := serve(t, worker.service(t), env)
	service.ready(t, http.StatusOK, patience)

	const traceID, parentID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	id := "018f0000-0000-7000-8000-00000000000a"
	events := connect(t, broker)
	events.publish(
		t,
		event{
			id:      "e1",
			data:    created(id),
			headers: map[string]string{"traceparent": "00-" + traceID + "-" + parentID + "-01"},
		},
	)

	signals := await(
		t,
		receiver,
		"the span of the ack",
		func(s otlp.Signals) bool { return len(s.SpansNamed("ack orders.created")) == 1 },
	)
	trace := signals.Trace(traceID)
	want := `consumer process orders.created
  internal orders.confirm
    client SELECT orders
    client INSERT orders
  client ack orders.created
`
	if got := trace.String(); got != want {
		t.Errorf("the trace is\n%swant\n%s", got, want)
	}
	consumer := named(t, trace, "process orders.created")
	if consumer.ParentID != parentID || len(consumer.Links) != 1 || consumer.Links[0].SpanID != parentID {
		t.Errorf(
			"the consumer's parent is %s and its links %v, want both to be %s",
			consumer.ParentID,
			consumer.Links,
			parentID,
		)
	}
	service.stop(t)
	checkLogs(t, receiver.Signals(), service, trace, "order confirmed")
	checkResource(t, receiver.Signals(), "worker")
	checkNames(t, receiver.Signals(), id)

	// Another service on the same database sees the order.
	reader := serve(t, plain.service(t), environment{
		"DATABASE_URL": env["DATABASE_URL"], "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.HTTPEndpoint(),
	})
	if stored := reader.confirmed(t, id); stored.Customer != "ada" || stored.Quantity != 2 {
		t.Errorf("the order was stored as %+v", stored)
	}
}

// TestPlain places an order with the choices that the other services leave out: net/http, layers, events inside of
// the process, SQLite.
func TestPlain(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t)
	service := serve(t, plain.service(t), reportingTo(receiver).with(environment{
		"DATABASE_URL":             newSQLite(t),
		"OTEL_SERVICE_NAME":        "named-by-the-environment",
		"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
	}))
	service.ready(t, http.StatusOK, patience)
	placed := service.place(t)
	service.confirmed(t, placed.ID)
	trace := orderTrace(t, receiver, "POST /orders")
	service.stop(t)

	want := `server POST /orders
  internal orders.create
    client INSERT orders
    producer send orders.created
      consumer process orders.created
        internal orders.confirm
          client SELECT orders
          client UPDATE orders
`
	if got := trace.String(); got != want {
		t.Errorf("the trace is\n%swant\n%s", got, want)
	}
	checkAttributes(t, named(t, trace, "POST /orders"), map[string]string{"http.route": "/orders"})
	checkAttributes(t, named(t, trace, "INSERT orders"), map[string]string{"db.system.name": "sqlite"})
	signals := receiver.Signals()
	point := pointHaving(
		lastMetric(t, signals, "http.server.request.duration"),
		map[string]string{"http.route": "/orders/{id}"},
	)
	if point == nil {
		t.Error("http.server.request.duration has no point for /orders/{id}")
	}
	checkLogs(t, signals, service, trace, "order created", "request answered", "order confirmed")
	checkResource(t, signals, "named-by-the-environment")
	if got := signals.Spans[0].Resource.Attributes.Text("deployment.environment.name"); got != "test" {
		t.Errorf("the deployment.environment.name is %q", got)
	}
	checkNames(t, signals, placed.ID)
}

// Without a word about where to, telemetry goes where the specification of OTLP says: to this host, without TLS.
func TestDefaultEndpoint(t *testing.T) {
	for protocol, address := range map[string]string{"http/protobuf": "127.0.0.1:4318", "grpc": "127.0.0.1:4317"} {
		t.Run(protocol, func(t *testing.T) {
			receiver := newReceiver(t)
			endpoint := receiver.HTTPEndpoint()
			if protocol == "grpc" {
				endpoint = receiver.GRPCEndpoint()
			}
			listener, err := net.Listen("tcp", address)
			if err != nil {
				t.Skipf("the address has to be free: %v", err)
			}
			forward(t, listener, strings.TrimPrefix(endpoint, "http://"), func(r io.Reader) io.Reader { return r })
			env := reportingTo(
				receiver,
			).with(environment{"DATABASE_URL": newDatabase(t), "BROKER_URL": newNATS(t).URL, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol})
			delete(env, "OTEL_EXPORTER_OTLP_ENDPOINT")
			service := serve(t, shop.service(t), env)
			service.ready(t, http.StatusOK, patience)
			service.place(t)
			await(t, receiver, "traces, metrics and log records", func(s otlp.Signals) bool {
				return len(s.SpansNamed("POST /orders")) > 0 && len(s.MetricsNamed("orders.created")) > 0 && len(s.Logs) > 0
			})
			service.stop(t)
		})
	}
}

// forward passes what comes to a listener on to another address, through what it is given.
func forward(t *testing.T, listener net.Listener, to string, through func(io.Reader) io.Reader) {
	t.Helper()
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = client.Close()
				return
			}
			go func() {
				_, _ = io.Copy(server, through(client))
				_ = server.Close()
			}()
			go func() {
				_, _ = io.Copy(client, server)
				_ = client.Close()
			}()
		}
	}()
}
