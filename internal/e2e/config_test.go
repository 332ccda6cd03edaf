package e2e_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestBadConfiguration starts services with settings that cannot be. They end at once with code 1, name every bad
// variable, and never show what may be a secret.
func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })

	for name, test := range map[string]struct {
		env   environment
		named []string
	}{
		"everything at once": {environment{
			"HTTP_ADDR": "nowhere", "LOG_LEVEL": "loud", "SHUTDOWN_TIMEOUT": "-1s",
			"BROKER_URL": secret, "DATABASE_URL": secret,
			"OTEL_EXPORTER_OTLP_PROTOCOL": "pigeon",
		}, []string{"HTTP_ADDR", "LOG_LEVEL", "SHUTDOWN_TIMEOUT", "BROKER_URL", "DATABASE_URL", "OTEL_EXPORTER_OTLP_PROTOCOL"}},
		"malformed database":         {environment{"DATABASE_URL": "postgres://me:" + secret + "@[::1/orders"}, []string{"DATABASE_URL"}},
		"malformed broker":           {environment{"BROKER_URL": "nats://me:" + secret + "@[::1"}, []string{"BROKER_URL"}},
		"port out of range":          {environment{"HTTP_ADDR": "127.0.0.1:70000"}, []string{"HTTP_ADDR"}},
		"port taken":                 {environment{"HTTP_ADDR": taken.Addr().String()}, []string{taken.Addr().String()}},
		"another database":           {environment{"DATABASE_URL": "mysql://me:" + secret + "@localhost/orders"}, []string{"DATABASE_URL"}},
		"bad option of the database": {environment{"DATABASE_URL": "postgres://me:" + secret + "@localhost/orders?sslmode=never"}, []string{"DATABASE_URL"}},
		"bad port of the database":   {environment{"DATABASE_URL": "postgres://me:" + secret + "@localhost:x/orders"}, []string{"DATABASE_URL"}},
		"another broker":             {environment{"BROKER_URL": "amqp://me:" + secret + "@localhost"}, []string{"BROKER_URL"}},
		"bad endpoint":               {environment{"OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:4318"}, []string{"OTEL_EXPORTER_OTLP_ENDPOINT"}},
		"bad endpoint of a signal":   {environment{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": "localhost:4318"}, []string{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := launch(t, shop.service(t), environment{
				"HTTP_ADDR": "127.0.0.1:0",
				// Where nothing listens; and neither would be asked for.
				"DATABASE_URL":                "postgres://me:" + secret + "@127.0.0.1:1/orders",
				"BROKER_URL":                  "nats://me:" + secret + "@127.0.0.1:1",
				"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
			}.with(test.env))
			if code := service.exit(t, 10*time.Second); code != 1 {
				t.Errorf("the service ended with code %d, want 1", code)
			}
			said := service.Out.String() + service.Err.String()
			for _, word := range test.named {
				if !strings.Contains(said, word) {
					t.Errorf("the service does not name %s, it says: %s", word, said)
				}
			}
			if strings.Contains(said, secret) {
				t.Errorf("the service shows a secret: %s", said)
			}
		})
	}

	t.Run("a secret that is refused", func(t *testing.T) {
		t.Parallel()
		// Wrong passwords are no reason to end: they may be put right. Nor to be shown.
		database := strings.Replace(newDatabase(t), ":postgres@", ":"+secret+"@", 1)
		broker := strings.Replace(newNATS(t).URL, "nats://", "nats://me:"+secret+"@", 1)
		service := serve(
			t,
			shop.service(t),
			environment{"DATABASE_URL": database, "BROKER_URL": broker, "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"},
		)
		eventually(t, patience, "the service says why it is not ready", func() bool {
			return service.logged("cannot migrate the database, will try again") > 0
		})
		service.stop(t)
		if said := service.Out.String() + service.Err.String(); strings.Contains(said, secret) {
			t.Errorf("the service shows a secret: %s", said)
		}
	})
}

// TestLists names several servers where one is looked for, the first of which is down.
func TestLists(t *testing.T) {
	t.Parallel()
	down := freeAddress(t)
	service := serve(t, shop.service(t), environment{
		"DATABASE_URL":                strings.Replace(newDatabase(t), "@", "@"+down+",", 1),
		"BROKER_URL":                  "nats://" + down + "," + newNATS(t).URL,
		"OTEL_EXPORTER_OTLP_ENDPOINT": newReceiver(t).HTTPEndpoint(),
	})
	service.ready(t, http.StatusOK, recovered)
	service.confirmed(t, service.place(t).ID)
	service.stop(t)
}
