package e2e_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// events is a connection to a broker, as another service has one.
type events struct {
	conn *nats.Conn
	js   jetstream.JetStream
}

func connect(t *testing.T, broker *server) events {
	t.Helper()
	conn, err := nats.Connect(broker.URL, nats.MaxReconnects(-1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return events{conn, js}
}

// event is a message on the subject orders.created.
type event struct {
	id      string
	data    string
	headers map[string]string
}

// created is the data of the event that an order was created.
func created(id string) string {
	return fmt.Sprintf(`{"id":%q,"customer":"ada","sku":"book","quantity":2,"created_at":"2026-01-02T03:04:05Z"}`, id)
}

// publish returns once the stream, which the service creates, has stored the event.
func (e events) publish(t *testing.T, ev event) {
	t.Helper()
	message := nats.NewMsg("orders.created")
	message.Data = []byte(ev.data)
	message.Header.Set("Event-Type", "orders.created")
	for key, value := range ev.headers {
		message.Header.Set(key, value)
	}
	eventually(t, patience, "the stream takes the event", func() bool {
		_, err := e.js.PublishMsg(t.Context(), message, jetstream.WithMsgID(ev.id))
		return err == nil
	})
}

// state returns what the broker knows of the service's consumer, which the service creates once it can reach its store.
func (e events) state(t *testing.T, group string) (info *jetstream.ConsumerInfo) {
	t.Helper()
	eventually(t, patience, "the service has a consumer", func() bool {
		consumer, err := e.js.Consumer(t.Context(), "ORDERS", group)
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			return false
		}
		if err != nil {
			t.Fatal(err)
		}
		info = consumer.CachedInfo()
		return true
	})
	return info
}

// settled waits until the broker has no event left to deliver, or to deliver again.
func (e events) settled(t *testing.T, group string) *jetstream.ConsumerInfo {
	t.Helper()
	var info *jetstream.ConsumerInfo
	eventually(t, patience, "all events are settled", func() bool {
		info = e.state(t, group)
		return info.NumPending == 0 && info.NumAckPending == 0
	})
	return info
}

// newSQLite returns the URL of a database file that does not exist yet.
func newSQLite(t *testing.T) string {
	t.Helper()
	return "file:" + filepath.Join(t.TempDir(), "orders.db")
}

// listen records the headers of what is published on a subject, as any other program would see them.
func (e events) listen(t *testing.T, subject string) <-chan nats.Header {
	t.Helper()
	headers := make(chan nats.Header, 100)
	_, err := e.conn.Subscribe(subject, func(message *nats.Msg) { headers <- message.Header })
	if err != nil {
		t.Fatal(err)
	}
	if err := e.conn.Flush(); err != nil {
		t.Fatal(err)
	}
	return headers
}
