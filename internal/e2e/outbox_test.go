package e2e_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/otelgen/otelgen/internal/otlp"
)

// TestOutbox kills a service between the transaction that stores an order with its event, and the publication of the
// event. The first kill is while the broker is away, the next ones at any point under load. Each accepted order is
// confirmed.
func TestOutbox(t *testing.T) {
	t.Parallel()
	broker, receiver := newNATS(t), newReceiver(t)
	env := reportingTo(receiver).with(environment{"DATABASE_URL": newDatabase(t), "BROKER_URL": broker.URL})
	service := serve(t, careful.service(t), env)
	service.ready(t, http.StatusOK, patience)

	broker.do(t, "stop")
	eventually(
		t,
		noticed,
		"the service misses the broker",
		func() bool { return service.logged("NATS connection lost") > 0 },
	)
	service.ready(t, http.StatusOK, noticed) // an outbox needs no broker to accept orders
	began := time.Now()
	first := service.place(t) // which does not wait for the broker
	if took := time.Since(began); took > noticed {
		t.Errorf("without a broker an order takes %s", took)
	}
	service.kill(t)
	broker.do(t, "start")

	service = serve(t, careful.service(t), env)
	service.ready(t, http.StatusOK, recovered)
	// The claims of the killed service expire after 30 s.
	service.confirmedAll(t, map[string]string{first.ID: ""})

	request(t, http.MethodPost, service.base+"/orders", draft, "traceparent", "00-"+traceID(1)+"-00f067aa0ba902b7-01")
	signals := await(t, receiver, "the trace of the order", func(s otlp.Signals) bool {
		return slices.ContainsFunc(
			s.SpansNamed("ack orders.created"),
			func(span *otlp.Span) bool { return span.TraceID == traceID(1) },
		)
	})
	want := `server POST /orders
  internal orders.create
    client INSERT orders
    client INSERT careful_outbox
    client COMMIT
    producer send orders.created
      consumer process orders.created
        internal orders.confirm
          client SELECT orders
          client UPDATE orders
        client ack orders.created
`
	if got := signals.Trace(traceID(1)).String(); got != want {
		t.Errorf("the trace is\n%swant\n%s", got, want)
	}

	accepted := make(map[string]string)
	for range 3 {
		load := placeOrders(t, service, 8)
		eventually(t, patience, "the load has begun", func() bool { return len(load.accepted()) >= 100 })
		service.kill(t)
		load.wait()
		for _, wrong := range load.wrong {
			t.Errorf("the service answered %d: %s", wrong.status, wrong.body)
		}
		maps.Copy(accepted, load.accepted())
		service = serve(t, careful.service(t), env)
		service.ready(t, http.StatusOK, recovered)
	}
	t.Logf("%d orders were accepted", len(accepted))
	service.confirmedAll(t, accepted)
	service.stop(t)
}
