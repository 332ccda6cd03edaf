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
	// A burst is still going on when the service is told to end.
	burst       = 60
	burstBefore = 40
	callers     = 8
	// Events are published in two lots: one that is waited for, one that is on its way when the service is told to end.
	events = 12

	requestTimeout = 15 * time.Second
)

var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}, Timeout: requestTimeout} // no proxy

// newRequest returns a request in a trace of its own.
func newRequest(name string) request {
	id := make([]byte, 24)
	_, _ = rand.Read(id) // never fails
	return request{name: name, traceID: hex.EncodeToString(id[:16]), spanID: hex.EncodeToString(id[16:])}
}

func (r request) traceparent() string { return "00-" + r.traceID + "-" + r.spanID + "-01" }

// answer is what a service answers.
type answer struct {
	body   []byte
	header http.Header
}

// ask sends a request to the service. One without a name is in no trace of ours.
func (r *run) ask(ctx context.Context, in request, method, path, body string) (status int, a answer, err error) {
	asked, err := http.NewRequestWithContext(ctx, method, r.base+path, strings.NewReader(body))
	if err != nil {
		return 0, a, err
	}
	if body != "" {
		asked.Header.Set("Content-Type", "application/json")
	}
	if in.name != "" {
		asked.Header.Set("Traceparent", in.traceparent())
	}
	response, err := client.Do(asked)
	if err != nil {
		return 0, a, err
	}
	defer response.Body.Close()
	a.header = response.Header
	a.body, err = io.ReadAll(response.Body)
	return response.StatusCode, a, err
}

// made is an entity as the API shows it, as far as it matters here.
type made struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// call asks for something and holds the answer to one of the statuses, in a row of its own.
func (r *run) call(ctx context.Context, name, method, path, body string, want ...int) (*Row, answer) {
	expected := strings.ReplaceAll(strings.Trim(fmt.Sprint(want), "[]"), " ", " or ")
	row := r.row("api", name, "status "+expected)
	in := newRequest(method + " " + path)
	status, a, err := r.ask(ctx, in, method, path, body)
	in.answered = err == nil
	r.seen.requests = append(r.seen.requests, in)
	row.Seen = fmt.Sprintf("status %d", status)
	switch {
	case err != nil:
		row.Seen = "no answer"
		row.find(Fail, "no answer: "+err.Error(), "callers rely on it")
	case !slices.Contains(want, status):
		row.find(Fail, fmt.Sprintf("the answer has the status %d, want %s: %s", status, expected, short(string(a.body), 200)), "callers rely on it")
	}
	return row, a
}

// driveHTTP makes the calls that the API has, then a burst of them in the middle of which the service is told to end. It reports
// whether the service takes any.
func (r *run) driveHTTP(ctx context.Context) bool {
	r.o.Step("sending requests to " + r.o.Name)
	plural := "/" + r.o.Contract.Entity.Plural
	first := len(r.seen.requests)
	row, a := r.call(ctx, "POST "+plural, http.MethodPost, plural, r.o.Body, http.StatusCreated)
	var created made
	if row.Verdict == OK && (json.Unmarshal(a.body, &created) != nil || created.ID == "") {
		row.find(Fail, "the answer has no id: "+short(string(a.body), 200), "callers rely on it")
	}
	if row.Verdict == Fail {
		r.terminate()
		return false
	}
	r.seen.requests[first].accepted = true
	if a.header.Get("Location") == "" {
		row.find(Fail, "the answer has no Location", "callers are told by it where to find what they have created")
	}

	row, _ = r.call(ctx, "GET "+plural+"/{id}", http.MethodGet, plural+"/"+created.ID, "", http.StatusOK)
	row.Expected += ", confirmed in the end"
	confirmed := r.poll(ctx, func() bool {
		in := newRequest("GET " + plural + "/{id}")
		status, a, err := r.ask(ctx, in, http.MethodGet, plural+"/"+created.ID, "")
		in.answered = err == nil
		r.seen.requests = append(r.seen.requests, in)
		return status == http.StatusOK && json.Unmarshal(a.body, &created) == nil && created.Status == "confirmed"
	})
	row.Seen += ", " + created.Status
	if !confirmed {
		row.find(Fail, fmt.Sprintf("%s was not confirmed within %s: it is %s", r.o.Contract.Entity.Words, r.o.Timeout, created.Status), "the event did not get to the consumer, or was not handled")
	}
	r.seen.requests[first].confirmed = confirmed

	row, a = r.call(ctx, "GET "+plural, http.MethodGet, plural+"?limit=100", "", http.StatusOK)
	if row.Verdict == OK && !bytes.Contains(a.body, []byte(created.ID)) {
		row.find(Fail, "the list does not have what was just created", "callers rely on it")
	}
	r.call(ctx, "POST "+plural+", invalid", http.MethodPost, plural, `{"invalid":`, http.StatusBadRequest, http.StatusUnprocessableEntity)
	r.call(ctx, "GET "+plural+", unknown id", http.MethodGet, plural+"/00000000-0000-7000-8000-000000000000", "", http.StatusNotFound)
	r.call(ctx, "GET, unknown route", http.MethodGet, "/otelgen-verify/no/such/route", "", http.StatusNotFound)
	r.burst("POST "+plural, strconv.Itoa(http.StatusCreated), func(in request) (bool, string, error) {
		status, _, err := r.ask(ctx, in, http.MethodPost, plural, r.o.Body)
		return status == http.StatusCreated, strconv.Itoa(status), err
	})
	return true
}

// burst sends many requests at once and tells the service to end while some are on their way.
func (r *run) burst(name, want string, create func(in request) (accepted bool, status string, err error)) {
	r.o.Step("sending a burst of requests to " + r.o.Name + ", and SIGTERM")
	row := r.row("shutdown", "burst", "what is begun is answered")
	requests := make([]request, burst)
	var next, done, refused atomic.Int64
	var unexpected sync.Map
	var all sync.WaitGroup
	end := sync.OnceFunc(r.terminate)
	for range callers {
		all.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= burst {
					return
				}
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
	r.seen.requests = append(r.seen.requests, requests...)
	row.Seen = fmt.Sprintf("%d answered, %d came too late", burst-refused.Load(), refused.Load())
	unexpected.Range(func(status, _ any) bool {
		row.find(Fail, fmt.Sprintf("requests were answered with the status %v, want %s", status, want), "callers take it for a failure")
		return true
	})
	if early := refused.Load() - (burst - burstBefore); early > 0 {
		row.find(Fail, fmt.Sprintf("%d requests were not answered though the service had not been told to end", early), "callers take it for a failure")
	}
}

// driveEvents publishes events as another service would, waits until the service has handled them, publishes more and tells it to end.
func (r *run) driveEvents(ctx context.Context, row *Row, driver string) (bool, error) {
	r.o.Step("publishing events for " + r.o.Name)
	env, err := r.reported()
	if err != nil {
		row.find(Fail, "not driven: the service did not say where its broker is: "+err.Error(), "nothing is known of what it reports")
		r.terminate()
		return false, nil
	}
	publish := func() error {
		var parents []string
		for range events {
			in := newRequest("event")
			r.seen.requests = append(r.seen.requests, in)
			parents = append(parents, in.traceparent())
		}
		bounded, cancel := context.WithTimeout(ctx, r.o.Timeout)
		defer cancel()
		cmd := command(bounded, driver, parents...)
		cmd.Dir, cmd.Env = r.service.Cmd.Dir, append(slices.Clone(env), "OTEL_SERVICE_NAME="+driverName)
		output, err := cmd.CombinedOutput()
		if bounded.Err() != nil {
			err = fmt.Errorf("the broker took none within %s", r.o.Timeout)
		}
		if err != nil {
			return fmt.Errorf("%w\n%s", err, tail(string(output)))
		}
		return nil
	}
	if err := publish(); err != nil {
		row.find(Fail, "not driven: no event could be published: "+err.Error(), "nothing is known of what it reports")
		r.terminate()
		return false, nil
	}
	r.o.Step("waiting for " + r.o.Name + " to handle the events")
	waiting, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	handled := map[string]bool{}
	_, _ = r.receiver.Wait(waiting, func(s otlp.Signals) bool {
		for _, span := range s.Spans {
			if span.Kind == otlp.KindConsumer {
				handled[span.TraceID] = true
				for _, link := range span.Links { // of a batch, which is in a trace of its own
					handled[link.TraceID] = true
				}
			}
		}
		return !slices.ContainsFunc(r.seen.requests, func(in request) bool { return !handled[in.traceID] })
	})
	count := 0
	for i := range r.seen.requests {
		in := &r.seen.requests[i]
		if handled[in.traceID] {
			in.answered, in.accepted, in.confirmed = true, true, true
			count++
		}
	}
	row.Seen = fmt.Sprintf("%d of %d events handled", count, events)
	if count < events {
		row.find(Fail, fmt.Sprintf("of %d events, the spans of %d arrived within %s", events, count, r.o.Timeout), "events are not handled, or not in the trace of who sent them")
	}
	if err := publish(); err != nil {
		row.find(Fail, "no more events could be published: "+err.Error(), "nothing is known of what a shutdown loses")
	}
	r.terminate()
	return true, nil
}

// reported is the environment of the service as its development entry has made it.
func (r *run) reported() (env []string, err error) {
	content, err := os.ReadFile(filepath.Join(r.temp, "environment.json"))
	if err != nil {
		return nil, errors.New("its development entry does not set up telemetry by " + constructor)
	}
	return env, json.Unmarshal(content, &env)
}
