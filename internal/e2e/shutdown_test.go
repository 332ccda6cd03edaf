package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestShutdownUnderLoad stops a service under load. Everything that it has accepted is stored, reported and
// confirmed. Other callers are cut off or refused, and never get an error.
func TestShutdownUnderLoad(t *testing.T) {
	t.Parallel()
	t.Run("durable events", func(t *testing.T) {
		t.Parallel()
		broker := newNATS(t)
		checkShutdownUnderLoad(t, shop, environment{"DATABASE_URL": newDatabase(t), "BROKER_URL": broker.URL}, func() {
			connect(t, broker).settled(t, "shop")
		})
	})
	t.Run("events in memory", func(t *testing.T) {
		t.Parallel()
		// No other instance can handle them.
		checkShutdownUnderLoad(t, plain, environment{"DATABASE_URL": newSQLite(t)}, func() {})
	})
}

func checkShutdownUnderLoad(t *testing.T, p *project, env environment, settled func()) {
	receiver := newReceiver(t)
	// The defaults are kept: batches that wait for seconds must not be lost.
	env = env.with(environment{"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.HTTPEndpoint()})
	service := serve(t, p.service(t), env)
	service.ready(t, http.StatusOK, patience)

	load := placeOrders(t, service, 8)
	eventually(t, patience, "the load has begun", func() bool { return len(load.accepted()) >= 200 })
	service.terminate(t)
	if code := service.exit(t, patience); code != 0 {
		t.Errorf("the service ended with code %d, want 0", code)
	}
	load.wait()
	accepted := load.accepted()
	t.Logf("%d orders were accepted, %d requests cut off", len(accepted), load.cutOff)
	for _, wrong := range load.wrong {
		t.Errorf("while stopping, the service answered %d: %s", wrong.status, wrong.body)
	}

	// The process has ended: what it has not reported by now is lost.
	signals := receiver.Signals()
	spans := make(map[string]map[string]int)
	for _, span := range signals.Spans {
		if spans[span.TraceID] == nil {
			spans[span.TraceID] = make(map[string]int)
		}
		spans[span.TraceID][span.Name]++
	}
	logs := make(map[string]int)
	for _, record := range signals.Logs {
		logs[record.TraceID+fmt.Sprint(record.Body)]++
	}
	for id, trace := range accepted {
		for _, name := range []string{"POST /orders", "orders.create", "INSERT orders", "send orders.created"} {
			if spans[trace][name] != 1 {
				t.Errorf("order %s has %d spans %q, want 1", id, spans[trace][name], name)
			}
		}
		for _, message := range []string{"order created", "request answered"} {
			if logs[trace+message] != 1 {
				t.Errorf("order %s has %d log records %q, want 1", id, logs[trace+message], message)
			}
		}
		// The consumer has finished everything that it began.
		if began, ended := spans[trace]["process orders.created"], spans[trace]["UPDATE orders"]; began != ended {
			t.Errorf("order %s was processed %d times and updated %d times", id, began, ended)
		}
	}
	if created := lastMetric(t, signals, "orders.created").Points[0].Value; int(created) != len(accepted) {
		t.Errorf("orders.created is %v, but %d orders were accepted", created, len(accepted))
	}

	// The next instance takes over what the first has left.
	next := serve(t, p.service(t), env)
	next.ready(t, http.StatusOK, patience)
	settled()
	stored := next.all(t)
	for id := range accepted {
		if stored[id].Status != "confirmed" {
			t.Errorf("order %s was accepted, and now is %+v", id, stored[id])
		}
	}
	next.stop(t)
}

// load is callers that place orders until they are cut off, or stopped.
type load struct {
	callers sync.WaitGroup
	ending  atomic.Bool

	mu     sync.Mutex
	orders map[string]string // id of each accepted order → its trace
	wrong  []answer          // neither accepted nor cut off
	cutOff int
}

func placeOrders(t *testing.T, service *process, callers int) *load {
	t.Helper()
	l := &load{orders: make(map[string]string)}
	for caller := range callers {
		l.callers.Go(func() {
			for i := 0; !l.ending.Load() && l.place(t, service, traceID(1000*1000*(caller+1)+i)); i++ {
			}
		})
	}
	return l
}

// place places one order and says whether the service answered.
func (l *load) place(t *testing.T, service *process, trace string) bool {
	a, err := try(t, http.MethodPost, service.base+"/orders", draft, "traceparent", "00-"+trace+"-00f067aa0ba902b7-01")
	var placed order
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.cutOff++
	case a.status != http.StatusCreated || json.Unmarshal([]byte(a.body), &placed) != nil:
		l.wrong = append(l.wrong, a)
	default:
		l.orders[placed.ID] = trace
	}
	return err == nil
}

// wait returns when all callers have been cut off.
func (l *load) wait() { l.callers.Wait() }

// stop has the callers end with the order that they are at.
func (l *load) stop() {
	l.ending.Store(true)
	l.wait()
}

func (l *load) accepted() map[string]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	accepted := make(map[string]string, len(l.orders))
	for id, trace := range l.orders {
		accepted[id] = trace
	}
	return accepted
}

// TestCollectorUnreachable runs a service whose collector does not take anything. It must not matter: requests are
// answered as fast as ever, and the service stops in time and in good order.
func TestCollectorUnreachable(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(*testing.T) string{"refuses": freeAddress, "never answers": blackHole} {
		for _, protocol := range []string{"http/protobuf", "grpc"} {
			t.Run(name+" "+protocol, func(t *testing.T) {
				t.Parallel()
				service := serve(t, plain.service(t), environment{
					"DATABASE_URL":                newSQLite(t),
					"OTEL_EXPORTER_OTLP_ENDPOINT": "http://" + address(t),
					"OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
					"OTEL_BSP_SCHEDULE_DELAY":     "20",
					"OTEL_BLRP_SCHEDULE_DELAY":    "20",
					"OTEL_METRIC_EXPORT_INTERVAL": "100",
				})
				service.ready(t, http.StatusOK, patience)
				var took []time.Duration
				for range 200 {
					began := time.Now()
					service.place(t)
					took = append(took, time.Since(began))
				}
				slices.Sort(took)
				// A request that waited for the collector would take until the exporter times out, 10 s.
				if median, slowest := took[len(took)/2], took[len(took)-1]; median > 100*time.Millisecond ||
					slowest > 2*time.Second {
					t.Errorf("requests took %s in the median and %s at most", median, slowest)
				}
				began := time.Now()
				service.terminate(t)
				if code := service.exit(t, 10*time.Second); code != 0 {
					t.Errorf("the service ended with code %d, want 0", code)
				}
				t.Logf("median %s, slowest %s, stopped in %s", took[len(took)/2], took[len(took)-1], time.Since(began))
				if service.logged("telemetry failed")+service.logged("telemetry is incomplete") == 0 {
					t.Error("nothing says on stdout that telemetry is lost")
				}
			})
		}
	}
}

// TestShutdownWhileHandlingHangs stops a service whose database hangs while it handles an event. The service stops
// within its budget, and unfinished events are redelivered.
func TestShutdownWhileHandlingHangs(t *testing.T) {
	t.Parallel()
	database, broker, receiver := newDatabase(t), newNATS(t), newReceiver(t)
	env := reportingTo(
		receiver,
	).with(environment{"DATABASE_URL": database, "BROKER_URL": broker.URL, "SHUTDOWN_TIMEOUT": "10s"})
	service := serve(t, shop.service(t), env)
	service.ready(t, http.StatusOK, patience)

	unlock := lockOrders(t, database)
	events := connect(t, broker)
	var ids []string
	for i := range 5 {
		id := fmt.Sprintf("018f0000-0000-7000-8000-%012x", i)
		events.publish(t, event{id: id, data: created(id)})
		ids = append(ids, id)
	}
	eventually(
		t,
		patience,
		"the service has fetched the events",
		func() bool { return events.state(t, "shop").NumAckPending == len(ids) },
	)
	service.terminate(t)
	if code := service.exit(t, 10*time.Second); code != 0 {
		t.Errorf("the service ended with code %d, want 0", code)
	}
	if given := len(receiver.Signals().SpansNamed("nak orders.created")); given != len(ids) {
		t.Errorf("%d events were given back, want %d", given, len(ids))
	}

	unlock()
	next := serve(t, shop.service(t), env)
	next.ready(t, http.StatusOK, patience)
	for _, id := range ids {
		next.confirmed(t, id)
	}
	next.stop(t)
}

// TestSecondSignal checks that a second signal stops a service immediately.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	database, broker := newDatabase(t), newNATS(t)
	service := serve(t, shop.service(t), environment{
		"DATABASE_URL": database, "BROKER_URL": broker.URL, "OTEL_EXPORTER_OTLP_ENDPOINT": newReceiver(t).HTTPEndpoint(),
	})
	service.ready(t, http.StatusOK, patience)
	lockOrders(t, database)
	events := connect(t, broker)
	events.publish(t, event{data: created("018f0000-0000-7000-8000-00000000000f")})
	eventually(
		t,
		patience,
		"the service has fetched the event",
		func() bool { return events.state(t, "shop").NumAckPending == 1 },
	)

	service.terminate(t)
	eventually(t, patience, "the service has begun to stop", func() bool {
		_, err := try(t, http.MethodGet, service.base+"/healthz", "")
		return err != nil
	})
	// The service may not listen for the second signal yet, so there may have to be a third.
	eventually(t, patience, "the process has ended", func() bool {
		_ = service.Cmd.Process.Signal(syscall.SIGTERM)
		return service.HasEnded()
	})
	if code := service.Cmd.ProcessState.ExitCode(); code == 0 {
		t.Errorf("the service ended with code 0, as if nothing had been cut off")
	}
}

// TestShutdownDuringRequest stops a service while it reads a request. The caller gets its answer, and the same
// process confirms the order: with events in memory, no other process could.
func TestShutdownDuringRequest(t *testing.T) {
	t.Parallel()
	env := environment{"DATABASE_URL": newSQLite(t), "OTEL_EXPORTER_OTLP_ENDPOINT": newReceiver(t).HTTPEndpoint()}
	service := serve(t, plain.service(t), env)
	service.ready(t, http.StatusOK, patience)

	conn, err := net.Dial("tcp", strings.TrimPrefix(service.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(
		conn,
		"POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: "+
			"100-continue\r\n\r\n",
		len(draft),
	)
	if err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	begun, err := http.ReadResponse(answers, nil)
	if err != nil || begun.StatusCode != http.StatusContinue {
		t.Fatalf("the service does not ask for the body: %v, %v", begun, err)
	}
	service.terminate(t)
	eventually(t, patience, "the service has begun to stop", func() bool {
		_, err := try(t, http.MethodGet, service.base+"/healthz", "")
		return err != nil
	})
	if _, err := conn.Write([]byte(draft)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(answers, nil)
	if err != nil || response.StatusCode != http.StatusCreated {
		t.Fatalf("the request that was begun is not answered: %v, %v", response, err)
	}
	_ = response.Body.Close()
	if code := service.exit(t, patience); code != 0 {
		t.Errorf("the service ended with code %d, want 0", code)
	}
	next := serve(t, plain.service(t), env)
	stored := next.all(t)
	for id, o := range stored {
		if o.Status != "confirmed" {
			t.Errorf("order %s was accepted, and now is %+v", id, o)
		}
	}
	if len(stored) != 1 {
		t.Errorf("%d orders are stored, want 1", len(stored))
	}
	next.stop(t)
}
