package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/otelgen/otelgen/internal/otlp"
)

// The default limits of OpenTelemetry's batch span processor: the batch that is being sent, and the spans in the
// queue. Further spans are dropped.
const (
	defaultBatch = 512
	defaultQueue = 2048
)

// TestBurst sends as many orders as the service can take, four times as many spans as its queue can hold. Sending
// keeps up with that: with the defaults, and a collector that answers, every span arrives.
func TestBurst(t *testing.T) {
	t.Parallel()
	const orders, spansEach = 1000, 9
	receiver, broker := newReceiver(t), newNATS(t)
	service := serve(t, shop.service(t), environment{
		"DATABASE_URL": newDatabase(t), "BROKER_URL": broker.URL,
		"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.HTTPEndpoint(),
		"OTEL_GO_X_OBSERVABILITY":     "true",
	})
	service.ready(t, http.StatusOK, patience)
	burst(t, service, orders)
	connect(t, broker).settled(t, "shop")
	service.stop(t)

	signals := receiver.Signals()
	if got := len(signals.Spans); got != orders*spansEach {
		t.Errorf("%d spans arrived, want %d", got, orders*spansEach)
	}
	if dropped := dropped(t, signals); dropped != 0 {
		t.Errorf("%d spans were dropped", dropped)
	}
	for _, message := range []string{"order created", "order confirmed"} {
		if got := len(logged(signals, message)); got != orders {
			t.Errorf("%d log records %q arrived, want %d", got, message, orders)
		}
	}
}

// TestQueueLimit sends a burst while the collector does not answer, so that the queue must overflow. It holds what it
// promises, and every span that it drops is counted.
func TestQueueLimit(t *testing.T) {
	t.Parallel()
	const orders, spansEach = 500, 8
	receiver := newReceiver(t)
	collector, open := newGate(t, receiver)
	service := serve(t, plain.service(t), environment{
		"DATABASE_URL":                       newSQLite(t),
		"OTEL_EXPORTER_OTLP_ENDPOINT":        receiver.HTTPEndpoint(),
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": collector + "/v1/traces",
		"OTEL_GO_X_OBSERVABILITY":            "true",
		// Long enough that only the queue decides.
		"OTEL_BSP_SCHEDULE_DELAY":    "60000",
		"OTEL_BSP_EXPORT_TIMEOUT":    "60000",
		"OTEL_EXPORTER_OTLP_TIMEOUT": "60000",
	})
	service.ready(t, http.StatusOK, patience)
	burst(t, service, orders)
	eventually(t, patience, "all orders are confirmed", func() bool { return service.logged("order confirmed") == orders })
	open()
	service.stop(t)

	signals := receiver.Signals()
	arrived, dropped := len(signals.Spans), dropped(t, signals)
	t.Logf("of %d spans, %d arrived and %d were dropped", orders*spansEach, arrived, dropped)
	if arrived != defaultBatch+defaultQueue {
		t.Errorf("%d spans arrived, want %d", arrived, defaultBatch+defaultQueue)
	}
	if arrived+dropped != orders*spansEach {
		t.Errorf("%d spans arrived and %d were counted as dropped, want %d together", arrived, dropped, orders*spansEach)
	}
	// Neither metrics nor logs suffer from it.
	if created := lastMetric(t, signals, "orders.created").Points[0].Value; created != orders {
		t.Errorf("orders.created counts %v, want %d", created, orders)
	}
	if got := len(logged(signals, "order confirmed")); got != orders {
		t.Errorf("%d log records of confirmed orders arrived, want %d", got, orders)
	}
}

func logged(signals otlp.Signals, message string) []*otlp.LogRecord {
	return slices.DeleteFunc(slices.Clone(signals.Logs), func(r *otlp.LogRecord) bool { return r.Body != message })
}

// burst places orders as fast as the service takes them, all of which it must take.
func burst(t *testing.T, service *process, orders int) {
	t.Helper()
	var callers sync.WaitGroup
	todo := make(chan bool, orders)
	for range orders {
		todo <- true
	}
	close(todo)
	for range 16 {
		callers.Go(func() {
			for range todo {
				if a, err := try(t, http.MethodPost, service.base+"/orders", draft); err != nil || a.status != http.StatusCreated {
					t.Errorf("an order was answered with %d %s %v", a.status, a.body, err)
				}
			}
		})
	}
	callers.Wait()
}

// dropped returns how many spans the SDK says it has dropped because its queue was full.
func dropped(t *testing.T, signals otlp.Signals) int {
	t.Helper()
	point := pointHaving(
		lastMetric(t, signals, "otel.sdk.processor.span.processed"),
		map[string]string{"error.type": "queue_full"},
	)
	if point == nil {
		return 0
	}
	return int(point.Value)
}

// newGate returns the URL of a collector that keeps its callers waiting until it is opened, and then hands them on to
// a receiver.
func newGate(t *testing.T, receiver *otlp.Receiver) (address string, open func()) {
	t.Helper()
	target, err := url.Parse(receiver.HTTPEndpoint())
	if err != nil {
		t.Fatal(err)
	}
	opened := make(chan struct{})
	open = sync.OnceFunc(func() { close(opened) })
	proxy := httputil.NewSingleHostReverseProxy(target)
	gate := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-opened
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(gate.Close)
	t.Cleanup(open)
	return gate.URL, open
}
