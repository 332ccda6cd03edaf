package e2e_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestAnotherEntity generates a service for another entity, of two words. It builds, its own tests pass, and
// everything that users and telemetry see is named after it.
func TestAnotherEntity(t *testing.T) {
	t.Parallel()
	dir := renamed.source(t)
	if err := command(dir, "go", "vet", "./..."); err != nil {
		t.Error(err)
	}
	if err := command(dir, "go", "test", "./..."); err != nil {
		t.Error(err)
	}

	receiver := newReceiver(t)
	service := serve(
		t,
		renamed.service(t),
		reportingTo(receiver).with(environment{"DATABASE_URL": newSQLite(t), "BROKER_URL": newNATS(t).URL}),
	)
	service.ready(t, http.StatusOK, patience)
	a := request(t, http.MethodPost, service.base+"/line-items", `{"title":"lamp","price":"19.99"}`)
	var placed order
	a.decode(t, &placed)
	if got, want := a.header.Get("Location"), "/line-items/"+placed.ID; a.status != http.StatusCreated || got != want {
		t.Fatalf("POST /line-items answers %d with the Location %q, want 201 and %q: %s", a.status, got, want, a.body)
	}
	eventually(t, patience, "the line item is confirmed", func() bool {
		request(t, http.MethodGet, service.base+"/line-items/"+placed.ID, "").decode(t, &placed)
		return placed.Status == "confirmed"
	})
	trace := orderTrace(t, receiver, "POST /line-items")
	service.stop(t)

	want := `server POST /line-items
  internal line_items.create
    client INSERT line_items
    producer send line_items.created
      consumer process line_items.created
        internal line_items.confirm
          client SELECT line_items
          client UPDATE line_items
        client ack line_items.created
`
	if got := trace.String(); got != want {
		t.Errorf("the trace is\n%swant\n%s", got, want)
	}
	checkAttributes(t, named(t, trace, "POST /line-items"), map[string]string{"http.route": "/line-items"})
	insert := named(t, trace, "INSERT line_items")
	checkAttributes(t, insert, map[string]string{"db.collection.name": "line_items"})
	if text := insert.Attributes.Text("db.query.text"); !strings.Contains(text, `INSERT INTO "line_items"`) {
		t.Errorf("the query is %q", text)
	}
	lastMetric(t, receiver.Signals(), "line_items.created")
	for _, said := range []string{service.Out.String(), service.Err.String(), trace.String()} {
		if strings.Contains(strings.ToLower(said), "order") {
			t.Errorf("orders are still spoken of: %s", said)
		}
	}
}
