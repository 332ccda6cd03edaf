package e2e_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/otelgen/otelgen/internal/otlp"
)

// noticed is the time in which a service must report a lost dependency, recovered the time in which it must work
// again afterwards. It reconnects every few seconds.
const (
	noticed   = 5 * time.Second
	recovered = 20 * time.Second
)

// TestDatabaseOutage starts a service before its database, then has the database crash and come back. The service
// lives through it all, says what it is able to do, and what was accepted meanwhile is confirmed in the end.
func TestDatabaseOutage(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*project{"postgres": shop, "mysql": overMySQL, "redis": overRedis, "mongodb": overMongoDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkDatabaseOutage(t, newServer(t, name), p)
		})
	}
}

func checkDatabaseOutage(t *testing.T, database *server, p *project) {
	broker, receiver := newNATS(t), newReceiver(t)
	database.do(t, "stop")

	service := serve(
		t,
		p.service(t),
		reportingTo(receiver).with(environment{"DATABASE_URL": database.URL, "BROKER_URL": broker.URL}),
	)
	service.ready(t, http.StatusServiceUnavailable, noticed)
	refused(t, service)
	database.do(t, "start")
	service.ready(t, http.StatusOK, recovered)
	service.confirmed(t, service.place(t).ID)

	database.do(t, "kill")
	service.ready(t, http.StatusServiceUnavailable, noticed)
	refused(t, service)
	// An event that comes meanwhile cannot be handled. It is not lost.
	const id = "018f0000-0000-7000-8000-00000000000b"
	events := connect(t, broker)
	events.publish(t, event{id: "during the outage", data: created(id)})
	await(
		t,
		receiver,
		"the event is given back",
		func(s otlp.Signals) bool { return len(s.SpansNamed("nak orders.created")) > 0 },
	)
	database.do(t, "start")
	service.ready(t, http.StatusOK, recovered)
	service.confirmed(t, service.place(t).ID)
	service.confirmed(t, id)

	service.stop(t)
}

// refused holds that an order is refused with a problem, before callers lose patience.
func refused(t *testing.T, service *process) {
	t.Helper()
	began := time.Now()
	a := request(t, http.MethodPost, service.base+"/orders", draft)
	if a.status != http.StatusInternalServerError && a.status != http.StatusServiceUnavailable {
		t.Errorf("an order that cannot be taken is answered with %d: %s", a.status, a.body)
	}
	checkProblem(t, a)
	// The service gives a request 10 s.
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("refusing an order took %s", took)
	}
}

// TestBrokerOutage starts a service before its broker, then crashes and restarts the broker while it holds events.
// Every event that the broker has acknowledged is handled.
func TestBrokerOutage(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]*project{"nats": shop, "rabbitmq": overRabbitMQ, "kafka": overKafka} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkBrokerOutage(t, newServer(t, name), p)
		})
	}
}

func checkBrokerOutage(t *testing.T, broker *server, p *project) {
	env := environment{"DATABASE_URL": newDatabase(t), "BROKER_URL": broker.URL}
	// RabbitMQ 3.10 writes a new queue to disk late: a queue that was declared seconds before a crash never has a
	// leader again.
	first := serve(t, p.service(t), env)
	first.ready(t, http.StatusOK, recovered)
	first.confirmed(t, first.place(t).ID)
	first.stop(t)
	broker.do(t, "stop")

	service := serve(t, p.service(t), env)
	service.ready(t, http.StatusServiceUnavailable, noticed)
	broker.do(t, "start")
	service.ready(t, http.StatusOK, recovered)
	service.confirmed(t, service.place(t).ID)

	load := placeOrders(t, service, 4)
	eventually(t, patience, "the load has begun", func() bool { return len(load.accepted()) >= 100 })
	broker.do(t, "kill")
	service.ready(t, http.StatusServiceUnavailable, noticed)
	refused(t, service)
	broker.do(t, "start")
	service.ready(t, http.StatusOK, recovered)
	load.stop()
	accepted := load.accepted()
	t.Logf("%d orders were accepted, %d refused", len(accepted), len(load.wrong))
	for _, wrong := range load.wrong {
		checkProblem(t, wrong)
	}

	// A queue that is replicated has to find its leader first, which takes longer than to connect.
	eventually(t, recovered, "an order is taken", func() bool {
		a, err := try(t, http.MethodPost, service.base+"/orders", draft)
		return err == nil && a.status == http.StatusCreated
	})
	service.confirmed(t, service.place(t).ID)
	// Events in flight during the crash are redelivered when their acknowledgment times out, after 30 s with NATS.
	service.confirmedAll(t, accepted)
	service.stop(t)
}

// TestStopDuringOutage stops services that have lost what they depend on. They end in time and in good order all the
// same.
func TestStopDuringOutage(t *testing.T) {
	t.Parallel()
	broker := newNATS(t)
	service := serve(t, worker.service(t), environment{
		"DATABASE_URL": newSQLite(t), "BROKER_URL": broker.URL, "OTEL_EXPORTER_OTLP_ENDPOINT": newReceiver(t).HTTPEndpoint(),
	})
	service.ready(t, http.StatusOK, patience)
	broker.do(t, "kill")
	service.ready(t, http.StatusServiceUnavailable, noticed)
	service.terminate(t)
	if code := service.exit(t, 10*time.Second); code != 0 {
		t.Errorf("the service ended with code %d, want 0", code)
	}

	absent := serve(t, shop.service(t), environment{
		"DATABASE_URL":                "postgres://postgres:postgres@" + freeAddress(t) + "/orders",
		"BROKER_URL":                  "nats://" + freeAddress(t),
		"OTEL_EXPORTER_OTLP_ENDPOINT": newReceiver(t).HTTPEndpoint(),
	})
	absent.ready(t, http.StatusServiceUnavailable, noticed)
	absent.terminate(t)
	if code := absent.exit(t, 10*time.Second); code != 0 {
		t.Errorf("the service ended with code %d, want 0", code)
	}
}
