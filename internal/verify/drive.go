package verify

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelgen/otelgen/internal/otlp"
)

const (
	// burst is the number of requests in a burst. SIGTERM follows the answer to number burstBefore.
	burst       = 60
	burstBefore = 40
	callers     = 8
	// events is the number of events published before SIGTERM and waited for, and again right before it.
	events = 12

	requestTimeout = 15 * time.Second
)

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}, Timeout: requestTimeout} // no proxy

// newRequest returns a request in a new trace.
func newRequest(name string) request {
	id := make([]byte, 24)
	_, _ = rand.Read(id) // never fails
	return request{name: name, traceID: hex.EncodeToString(id[:16]), spanID: hex.EncodeToString(id[16:])}
}

func (r request) traceparent() string { return "00-" + r.traceID + "-" + r.spanID + "-01" }

const (
	whyCallers    = "callers rely on it"
	whyFailure    = "callers see a failure"
	whyUnverified = "its telemetry is unverified"
)

// answer is the body and header of an HTTP response.
type answer struct {
	body   []byte
	header http.Header
}

// send sends an HTTP request to the service. It carries a trace context if in has a name.
func (r *run) send(ctx context.Context, in request, method, path, body string) (status int, a answer, err error) {
	req, err := http.NewRequestWithContext(ctx, method, r.base+path, strings.NewReader(body))
	if err != nil {
		return 0, a, err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if in.name != "" {
		req.Header.Set("Traceparent", in.traceparent())
	}
	response, err := client.Do(req)
	if err != nil {
		return 0, a, err
	}
	defer response.Body.Close()
	a.header = response.Header
	a.body, err = io.ReadAll(response.Body)
	return response.StatusCode, a, err
}

// record adds a request to the observation. A nil err means that it was answered.
func (r *run) record(in request, err error) {
	in.answered = err == nil
	r.observed.requests = append(r.observed.requests, in)
}

// entity is the part of an API response that verify checks.
type entity struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// call sends an HTTP request and checks in a new row that the status is one of want.
func (r *run) call(ctx context.Context, name, method, path, body string, want ...int) (*Row, answer) {
	expected := strings.ReplaceAll(strings.Trim(fmt.Sprint(want), "[]"), " ", " or ")
	row := r.row("api", name, "status "+expected)
	in := newRequest(method + " " + path)
	status, a, err := r.send(ctx, in, method, path, body)
	r.record(in, err)
	row.Observed = fmt.Sprintf("status %d", status)
	switch {
	case err != nil:
		row.Observed = "no answer"
		row.add(Fail, "no answer: "+err.Error(), whyCallers)
	case !slices.Contains(want, status):
		body := short(string(a.body), 200)
		row.add(Fail, fmt.Sprintf("the answer has the status %d, want %s: %s", status, expected, body), whyCallers)
	}
	return row, a
}

// driveHTTP sends each kind of request once, then a burst with SIGTERM in the middle. It reports whether the service
// could create an entity.
func (r *run) driveHTTP(ctx context.Context) bool {
	r.o.Step("sending requests to " + r.o.Name)
	plural := "/" + r.o.Contract.Entity.Plural
	first := len(r.observed.requests)
	id, ok := r.createHTTP(ctx, plural)
	if !ok {
		r.terminate()
		return false
	}
	r.observed.requests[first].accepted = true
	r.observed.requests[first].confirmed = r.awaitConfirmation(ctx, plural, id)

	row, a := r.call(ctx, "GET "+plural, http.MethodGet, plural+"?limit=100", "", http.StatusOK)
	if row.Verdict == OK && !bytes.Contains(a.body, []byte(id)) {
		row.add(Fail, "the list does not contain the created entity", whyCallers)
	}
	const unknownID, unknownRoute = "/00000000-0000-7000-8000-000000000000", "/otelgen-verify/no/such/route"
	invalid := []int{http.StatusBadRequest, http.StatusUnprocessableEntity}
	r.call(ctx, "POST "+plural+", invalid", http.MethodPost, plural, `{"invalid":`, invalid...)
	r.call(ctx, "GET "+plural+", unknown id", http.MethodGet, plural+unknownID, "", http.StatusNotFound)
	r.call(ctx, "GET, unknown route", http.MethodGet, unknownRoute, "", http.StatusNotFound)
	r.burst("POST "+plural, strconv.Itoa(http.StatusCreated), func(in request) (bool, string, error) {
		status, _, err := r.send(ctx, in, http.MethodPost, plural, r.o.Body)
		return status == http.StatusCreated, strconv.Itoa(status), err
	})
	return true
}

// createHTTP creates an entity and returns its ID.
func (r *run) createHTTP(ctx context.Context, plural string) (id string, ok bool) {
	row, a := r.call(ctx, "POST "+plural, http.MethodPost, plural, r.o.Body, http.StatusCreated)
	if row.Verdict == Fail {
		return "", false
	}
	var created entity
	if json.Unmarshal(a.body, &created) != nil || created.ID == "" {
		row.add(Fail, "the answer has no id: "+short(string(a.body), 200), whyCallers)
		return "", false
	}
	if a.header.Get("Location") == "" {
		row.add(Fail, "the answer has no Location", "callers need it to find the created entity")
	}
	return created.ID, true
}

// awaitConfirmation polls an entity until the service has handled its event.
func (r *run) awaitConfirmation(ctx context.Context, plural, id string) bool {
	row, _ := r.call(ctx, "GET "+plural+"/{id}", http.MethodGet, plural+"/"+id, "", http.StatusOK)
	var found entity
	confirmed := r.poll(ctx, func() bool {
		in := newRequest("GET " + plural + "/{id}")
		status, a, err := r.send(ctx, in, http.MethodGet, plural+"/"+id, "")
		r.record(in, err)
		return status == http.StatusOK && json.Unmarshal(a.body, &found) == nil && found.Status == "confirmed"
	})
	r.reportConfirmation(row, found, confirmed)
	return confirmed
}

// reportConfirmation adds the last observed status of an entity to the row of its request.
func (r *run) reportConfirmation(row *Row, found entity, confirmed bool) {
	row.Expected += ", eventually confirmed"
	row.Observed += ", " + found.Status
	if !confirmed {
		const format = "%s was not confirmed within %s: it is %s"
		row.add(Fail, fmt.Sprintf(format, r.o.Contract.Entity.Words, r.o.Timeout, found.Status),
			"the event did not reach the consumer, or was not handled")
	}
}

// burst sends requests concurrently, and SIGTERM while some are in flight. create sends one request; status is that
// of its answer.
func (r *run) burst(name, want string, create func(in request) (accepted bool, status string, err error)) {
	r.o.Step("sending a burst of requests to " + r.o.Name + ", and SIGTERM")
	row := r.row("shutdown", "burst", "requests in flight are answered")
	requests := make([]request, burst)
	var next, done, refused atomic.Int64
	var unexpected sync.Map // statuses
	var all sync.WaitGroup
	end := sync.OnceFunc(r.terminate)
	for range callers {
		all.Go(func() {
			for i := next.Add(1) - 1; i < burst; i = next.Add(1) - 1 {
				in := newRequest(name)
				accepted, status, err := create(in)
				in.answered, in.accepted = err == nil, accepted
				requests[i] = in
				switch {
				case err != nil:
					refused.Add(1)
				case !accepted:
					unexpected.Store(status, true)
				}
				if done.Add(1) >= burstBefore {
					end()
				}
			}
		})
	}
	all.Wait()
	end()
	r.observed.requests = append(r.observed.requests, requests...)
	row.Observed = fmt.Sprintf("%d answered, %d arrived too late", burst-refused.Load(), refused.Load())
	unexpected.Range(func(status, _ any) bool {
		row.add(Fail, fmt.Sprintf("requests were answered with the status %v, want %s", status, want), whyFailure)
		return true
	})
	if early := refused.Load() - (burst - burstBefore); early > 0 {
		row.add(Fail, fmt.Sprintf("%d requests were not answered before SIGTERM", early), whyFailure)
	}
}

// driveEvents publishes events as another service would, waits until they are handled, then publishes more and sends
// SIGTERM. driver is the program that publishes them.
func (r *run) driveEvents(ctx context.Context, row *Row, driver string) (driven bool) {
	r.o.Step("publishing events for " + r.o.Name)
	defer r.terminate()
	env, err := r.serviceEnvironment()
	if err != nil {
		row.add(Fail, "not driven: the address of the broker is unknown: "+err.Error(), whyUnverified)
		return false
	}
	if err := r.publish(ctx, driver, env); err != nil {
		row.add(Fail, "not driven: no event could be published: "+err.Error(), whyUnverified)
		return false
	}
	r.o.Step("waiting for " + r.o.Name + " to handle the events")
	count := r.markHandled(r.awaitConsumers(ctx))
	row.Observed = fmt.Sprintf("%d of %d events handled", count, events)
	if count < events {
		row.add(Fail, fmt.Sprintf("of %d events, the spans of %d arrived within %s", events, count, r.o.Timeout),
			"events are not handled, or not in the trace of their producer")
	}
	if err := r.publish(ctx, driver, env); err != nil {
		row.add(Fail, "no more events could be published: "+err.Error(), "loss at shutdown is unverified")
	}
	return true
}

// publish runs the driver, which publishes one event per new request.
func (r *run) publish(ctx context.Context, driver string, env []string) error {
	var parents []string
	for range events {
		in := newRequest("event")
		r.observed.requests = append(r.observed.requests, in)
		parents = append(parents, in.traceparent())
	}
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	cmd := command(ctx, driver, parents...)
	cmd.Dir, cmd.Env = r.service.Cmd.Dir, append(slices.Clone(env), "OTEL_SERVICE_NAME="+driverName)
	output, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		err = fmt.Errorf("the broker accepted no event within %s", r.o.Timeout)
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, tail(string(output)))
	}
	return nil
}

// awaitConsumers waits until a consumer span has arrived for every request, and returns the traces that have one.
func (r *run) awaitConsumers(ctx context.Context) map[string]bool {
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	handled := map[string]bool{}
	_, _ = r.receiver.Wait(ctx, func(s otlp.Signals) bool {
		for _, span := range s.Spans {
			if span.Kind == otlp.KindConsumer {
				handled[span.TraceID] = true
				for _, link := range span.Links { // a batch is in its own trace
					handled[link.TraceID] = true
				}
			}
		}
		return !slices.ContainsFunc(r.observed.requests, func(in request) bool { return !handled[in.traceID] })
	})
	return handled
}

// markHandled marks the requests in the given traces as handled, and returns their number.
func (r *run) markHandled(traces map[string]bool) (n int) {
	for i := range r.observed.requests {
		in := &r.observed.requests[i]
		if traces[in.traceID] {
			in.answered, in.accepted, in.confirmed = true, true, true
			n++
		}
	}
	return n
}

// serviceEnvironment returns the environment of the service as its development entry has set it up.
func (r *run) serviceEnvironment() (env []string, err error) {
	content, err := os.ReadFile(filepath.Join(r.temp, "environment.json"))
	if err != nil {
		return nil, errors.New("its development entry does not set up telemetry with " + constructor)
	}
	return env, json.Unmarshal(content, &env)
}
