package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
)

// TestLostRequestHoldsUpNothing drops the service's request to NATS for its next event. Later events are handled long
// before the request would time out.
func TestLostRequestHoldsUpNothing(t *testing.T) {
	t.Parallel()
	broker, lose, lost := newLossyNATS(t, "$JS.API.CONSUMER.MSG.NEXT.ORDERS.shop")
	service := serve(t, shop.service(t), environment{"DATABASE_URL": newDatabase(t), "BROKER_URL": broker})
	service.ready(t, http.StatusOK, patience)
	service.confirmed(t, service.place(t).ID)

	lose()
	service.confirmed(t, service.place(t).ID) // it had been asked for before
	eventually(t, patience, "a request is lost", lost)
	id := service.place(t).ID
	eventually(t, recovered, "the order is confirmed", func() bool {
		a := request(t, http.MethodGet, service.base+"/orders/"+id, "")
		var found order
		return json.Unmarshal([]byte(a.body), &found) == nil && found.Status == "confirmed"
	})
	service.stop(t)
}

// newLossyNATS returns the URL of a NATS server that, once told to lose, does not get the next message on subject.
func newLossyNATS(t *testing.T, subject string) (address string, lose func(), lost func() bool) {
	t.Helper()
	proxied, err := url.Parse(newNATS(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var losing, gone atomic.Bool
	forward(t, listener, proxied.Host, func(client io.Reader) io.Reader {
		return readerFunc(func(p []byte) (int, error) {
			n, err := client.Read(p)
			if at := bytes.Index(p[:n], []byte(subject+" ")); at >= 0 && losing.CompareAndSwap(true, false) {
				p[at+len(subject)-1] ^= 1 // to a subject without a subscriber
				gone.Store(true)
			}
			return n, err
		})
	})
	proxied.Host = listener.Addr().String()
	return proxied.String(), func() { losing.Store(true) }, gone.Load
}

type readerFunc func([]byte) (int, error)

func (read readerFunc) Read(p []byte) (int, error) { return read(p) }
