package e2e_test

import (
	"net/http"
	"testing"
)

// TestRepeatedCreateMakesOneOrder repeats a request whose first answer was a failure: the order was stored, but not
// published. The repetition has the same order published, and so confirmed.
func TestRepeatedCreateMakesOneOrder(t *testing.T) {
	t.Parallel()
	broker := newNATS(t)
	service := serve(
		t,
		shop.service(t),
		environment{"DATABASE_URL": newDatabase(t), "BROKER_URL": broker.URL, "OTEL_SDK_DISABLED": "true"},
	)
	service.ready(t, http.StatusOK, patience)

	create := func(body string) answer {
		return request(t, http.MethodPost, service.base+"/orders", body, "Idempotency-Key", "the same")
	}
	broker.do(t, "stop")
	if got := create(draft); got.status < 500 {
		t.Fatalf("without a broker: status %d, want a failure: %s", got.status, got.body)
	}
	broker.do(t, "start")
	var first answer
	eventually(t, recovered, "the repeated request is answered", func() bool {
		first = create(draft)
		return first.status == http.StatusCreated
	})
	var made struct{ ID string }
	first.decode(t, &made)
	service.confirmedAll(t, map[string]string{made.ID: ""})

	if again := create(draft); again.status != http.StatusCreated || again.body != first.body {
		t.Errorf("once confirmed: got %d %s, want the first answer %s", again.status, again.body, first.body)
	}
	if other := create(`{"customer":"ada","sku":"book","quantity":3}`); other.status != http.StatusUnprocessableEntity {
		t.Errorf("another request with the key: status %d, want 422: %s", other.status, other.body)
	}
	var list struct{ Items []struct{ ID string } }
	request(t, http.MethodGet, service.base+"/orders", "").decode(t, &list)
	if len(list.Items) != 1 || list.Items[0].ID != made.ID {
		t.Errorf("there are %d orders, want only %s", len(list.Items), made.ID)
	}
}
