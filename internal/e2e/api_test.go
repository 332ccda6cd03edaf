package e2e_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// draft is an order that a service accepts.
const draft = `{"customer":"ada","sku":"book","quantity":2}`

// client times out long after a service should have answered.
var client = &http.Client{Timeout: time.Minute}

// answer is a service's response.
type answer struct {
	status int
	header http.Header
	body   string
}

// request sends a request, with a JSON body if there is one. Further headers are given as name, value, name, value.
func request(t *testing.T, method, url, body string, header ...string) answer {
	t.Helper()
	a, err := try(t, method, url, body, header...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// try is request for callers that expect to be cut off.
func try(t *testing.T, method, url, body string, header ...string) (answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(content)}, err
}

// decode reads the body, which must be JSON.
func (a answer) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), into); err != nil {
		t.Fatalf("the answer %d is not JSON: %s", a.status, a.body)
	}
}

// order is an order as services show it.
type order struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
	Status   string `json:"status"`
}

// place sends an order, which must be accepted.
func (p *process) place(t *testing.T) order {
	t.Helper()
	a := request(t, http.MethodPost, p.base+"/orders", draft)
	if a.status != http.StatusCreated {
		t.Fatalf("POST /orders answers %d: %s", a.status, a.body)
	}
	var placed order
	a.decode(t, &placed)
	if placed.Status != "pending" || placed.ID == "" {
		t.Errorf("a new order is %+v, want it pending", placed)
	}
	if got, want := a.header.Get("Location"), "/orders/"+placed.ID; got != want {
		t.Errorf("the Location is %q, want %q", got, want)
	}
	return placed
}

// confirmed waits until an order is.
func (p *process) confirmed(t *testing.T, id string) order {
	t.Helper()
	var found order
	eventually(t, patience, "order "+id+" is confirmed", func() bool {
		a := request(t, http.MethodGet, p.base+"/orders/"+id, "")
		found = order{}
		return a.status == http.StatusOK && json.Unmarshal([]byte(a.body), &found) == nil && found.Status == "confirmed"
	})
	return found
}

// confirmedAll waits until all orders, by ID, are confirmed. Events in flight during a crash are redelivered with a
// delay.
func (p *process) confirmedAll(t *testing.T, orders map[string]string) {
	t.Helper()
	eventually(t, 2*time.Minute, "every order that was accepted is confirmed", func() bool {
		stored := p.all(t)
		for id := range orders {
			if stored[id].Status != "confirmed" {
				return false
			}
		}
		return true
	})
}

// all returns every order that the service knows, page by page.
func (p *process) all(t *testing.T) map[string]order {
	t.Helper()
	orders := make(map[string]order)
	for cursor := ""; ; {
		a := request(t, http.MethodGet, p.base+"/orders?limit=100&cursor="+cursor, "")
		if a.status != http.StatusOK {
			t.Fatalf("GET /orders answers %d: %s", a.status, a.body)
		}
		var page struct {
			Items      []order `json:"items"`
			NextCursor string  `json:"next_cursor"`
		}
		a.decode(t, &page)
		for _, o := range page.Items {
			orders[o.ID] = o
		}
		if cursor = page.NextCursor; cursor == "" {
			return orders
		}
	}
}

// ready waits until /readyz answers as wanted, and checks that the process is alive all the while.
func (p *process) ready(t *testing.T, want int, within time.Duration) {
	t.Helper()
	var last answer
	eventually(t, within, "/readyz answers "+http.StatusText(want), func() bool {
		if alive := request(t, http.MethodGet, p.base+"/healthz", ""); alive.status != http.StatusOK {
			t.Fatalf("/healthz answers %d", alive.status)
		}
		last = request(t, http.MethodGet, p.base+"/readyz", "")
		return last.status == want
	})
}

// traceID returns a trace id of the caller's own, by which its request can be found.
func traceID(i int) string {
	return fmt.Sprintf("%032x", i+1)
}
