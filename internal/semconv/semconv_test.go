package semconv

import (
	"regexp"
	"testing"
)

func TestRegistry(t *testing.T) {
	r := Load()
	if a := r.Attributes["http.response.status_code"]; a.Type != "int" {
		t.Errorf("http.response.status_code is %+v, want an int", a)
	}
	if a := r.Attributes["messaging.operation.type"]; a.Type != "string" || len(a.Values) != 5 {
		t.Errorf("messaging.operation.type is %+v, want a string of five values", a)
	}
	if m := r.Metrics["http.server.request.duration"]; m != (Metric{Unit: "s", Instrument: "histogram"}) {
		t.Errorf("http.server.request.duration is %+v", m)
	}
	if old := r.OldAttributes["http.method"]; old != (Old{Last: "v1.25.0", Now: "http.request.method"}) {
		t.Errorf("http.method is %+v", old)
	}
	for name, want := range map[string]bool{"http.cheese": true, "orders.created": false, "http": false} {
		if r.Owns(name) != want {
			t.Errorf("Owns(%q) is %v", name, !want)
		}
	}
}

// A renamed attribute or metric no longer exists, and its new name does.
func TestRenamed(t *testing.T) {
	r := Load()
	names := regexp.MustCompile(`[a-z_]+(\.[a-z_]+)+`)
	for was, now := range renamed {
		_, attribute := r.OldAttributes[was]
		_, metric := r.OldMetrics[was]
		if !attribute && !metric {
			t.Errorf("%s is not known as an old name", was)
		}
		found := names.FindAllString(now, -1)
		if len(found) == 0 {
			t.Errorf("%s was renamed to %q, which is not a name", was, now)
		}
		for _, name := range found {
			_, attribute := r.Attributes[name]
			_, metric := r.Metrics[name]
			if !attribute && !metric {
				t.Errorf("%s was renamed to %s, which the conventions do not define", was, name)
			}
		}
	}
}
