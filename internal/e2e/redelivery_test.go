package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/internal/otlp"
)

// TestPoison publishes an event that no service can ever handle. It is dead-lettered at once, and does not block
// later events.
func TestPoison(t *testing.T) {
	t.Parallel()
	broker, receiver := newNATS(t), newReceiver(t)
	service := serve(
		t,
		worker.service(t),
		reportingTo(receiver).with(environment{"DATABASE_URL": newSQLite(t), "BROKER_URL": broker.URL}),
	)
	service.ready(t, http.StatusOK, patience)
	events := connect(t, broker)
	poison := []string{"{", "", "null", `{"id":"no uuid"}`, `{"id":7}`, "\xff\xfe", strings.Repeat("[", 100_000)}
	for _, data := range poison {
		events.publish(t, event{data: data})
	}
	events.publish(
		t,
		event{
			data:    created("018f0000-0000-7000-8000-00000000000c"),
			headers: map[string]string{"Event-Type": "something.else"},
		},
	)
	events.publish(t, event{data: created("018f0000-0000-7000-8000-00000000000d")})

	info := events.settled(t, "worker")
	if info.Delivered.Consumer != info.Delivered.Stream || info.NumRedelivered != 0 {
		t.Errorf("%d events were delivered %d times", info.Delivered.Stream, info.Delivered.Consumer)
	}
	service.stop(t)
	signals := receiver.Signals()
	if terminated, acknowledged := len(
		signals.SpansNamed("term orders.created"),
	), len(
		signals.SpansNamed("ack orders.created"),
	); terminated != len(poison)+1 ||
		acknowledged != 1 {
		t.Errorf("%d events were terminated and %d acknowledged, want %d and 1", terminated, acknowledged, len(poison)+1)
	}
	failed := 0
	for _, span := range signals.SpansNamed("process orders.created") {
		if span.Status == otlp.StatusError && span.Attributes.Text("error.type") != "" {
			failed++
		}
	}
	if failed != len(poison)+1 {
		t.Errorf("%d spans of the consumer are marked as failed, want %d", failed, len(poison)+1)
	}
	if given := service.logged("event given up"); given != len(poison)+1 {
		t.Errorf("%d events were logged as dropped, want %d", given, len(poison)+1)
	}
}

// TestRedelivery makes the handling of an event fail for a while. The event is redelivered, in the same trace, until
// it is handled.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	database, broker, receiver := newDatabase(t), newNATS(t), newReceiver(t)
	service := serve(
		t,
		shop.service(t),
		reportingTo(receiver).with(environment{"DATABASE_URL": database, "BROKER_URL": broker.URL}),
	)
	service.ready(t, http.StatusOK, patience)

	sql(t, database, "ALTER TABLE orders RENAME TO mislaid")
	const id = "018f0000-0000-7000-8000-00000000000e"
	events := connect(t, broker)
	trace := traceID(1)
	events.publish(
		t,
		event{id: "e", data: created(id), headers: map[string]string{"traceparent": "00-" + trace + "-00f067aa0ba902b7-01"}},
	)
	await(
		t,
		receiver,
		"the event is given back",
		func(s otlp.Signals) bool { return len(s.SpansNamed("nak orders.created")) > 0 },
	)
	sql(t, database, "ALTER TABLE mislaid RENAME TO orders")
	service.confirmed(t, id)
	events.settled(t, "shop")
	service.stop(t)

	spans := receiver.Signals().Trace(trace)
	want := `consumer process orders.created (failed)
  internal orders.confirm (failed)
    client SELECT orders (failed)
  client nak orders.created
consumer process orders.created
  internal orders.confirm
    client SELECT orders
    client INSERT orders
  client ack orders.created
`
	if got := spans.String(); got != want {
		t.Errorf("the trace is\n%swant\n%s", got, want)
	}
	for i, attempt := range spans.Roots {
		if got := attempt.Attributes["nats.delivery_count"]; got != int64(i+1) {
			t.Errorf("attempt %d has the delivery count %v", i+1, got)
		}
		// It is the same message of the stream each time.
		if stream, sequence := attempt.Attributes["nats.stream.name"], attempt.Attributes["nats.stream.sequence"]; stream != "ORDERS" ||
			sequence != int64(1) {
			t.Errorf("attempt %d is of message %v of %v", i+1, sequence, stream)
		}
	}
	// The database's own code for a table that is not there.
	failed := spans.Spans()[2]
	checkAttributes(t, failed, map[string]string{"db.response.status_code": "42P01", "error.type": "42P01"})
	point := pointHaving(
		lastMetric(t, receiver.Signals(), "db.client.operation.duration"),
		map[string]string{"error.type": "42P01"},
	)
	if point == nil || point.Count != 1 {
		t.Errorf("db.client.operation.duration counts the failure as %+v", point)
	}
}
