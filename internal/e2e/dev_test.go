package e2e_test

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// TestDevelopment runs the development entry point of the default service without any server. It checks the terminal
// output: the address, the trace of an order as a waterfall, and the metrics at the end.
func TestDevelopment(t *testing.T) {
	t.Parallel()
	service := launch(t, standard.development(t), environment{"HTTP_ADDR": "127.0.0.1:0"})
	listens := regexp.MustCompile(`standard listens on (http://\S+)`)
	eventually(t, patience, "the service says where it listens", func() bool {
		found := listens.FindStringSubmatch(service.Err.String())
		if found != nil {
			service.base = found[1]
		}
		return found != nil
	})
	if !strings.Contains(service.Err.String(), "curl -i "+service.base+"/orders") {
		t.Errorf("the service does not say what to try first: %s", service.Err.String())
	}
	service.ready(t, http.StatusOK, patience)
	placed := service.place(t)

	want := []string{
		"server POST /orders",
		"internal orders.create",
		"client INSERT orders",
		"producer send orders.created",
		"consumer process orders.created",
		"internal orders.confirm",
		"client SELECT orders",
		"client UPDATE orders",
		"client ack orders.created",
	}
	var waterfall []string
	eventually(t, patience, "the trace of the order is shown", func() bool {
		waterfall = firstWaterfall(service.Err.String())
		return len(waterfall) >= len(want)
	})
	if !slices.Equal(waterfall, want) {
		t.Errorf("the waterfall shows\n%s\nwant\n%s", strings.Join(waterfall, "\n"), strings.Join(want, "\n"))
	}
	service.confirmed(t, placed.ID)

	service.stop(t)
	for _, metric := range []string{"http.server.request.duration", "orders.created", "go.goroutine.count"} {
		if !strings.Contains(service.Err.String(), metric) {
			t.Errorf("the metrics shown at the end lack %s", metric)
		}
	}
	if leaked := strings.Contains(service.Err.String(), "\x1b["); leaked {
		t.Error("there are escape sequences in what is not a terminal")
	}
}

// TestMoreThanCanBeShown ends more traces at once than the terminal shows. Some are shown completely, and the rest is
// counted.
func TestMoreThanCanBeShown(t *testing.T) {
	t.Parallel()
	const each, callers, spansEach = 200, 16, 3
	service := serve(t, standard.service(t), environment{"DATABASE_URL": newSQLite(t), "BROKER_URL": newNATS(t).URL})
	service.ready(t, http.StatusOK, patience)
	var calling sync.WaitGroup
	for range callers {
		calling.Go(func() {
			for range each {
				if a, err := try(t, http.MethodGet, service.base+"/orders", ""); err != nil || a.status != http.StatusOK {
					t.Errorf("a list was answered with %d %s %v", a.status, a.body, err)
				}
			}
		})
	}
	calling.Wait()
	service.stop(t)

	stderr := service.Err.String()
	shown := regexp.MustCompile(`(?m)^trace [0-9a-f]{32}  (\d+) spans`).FindAllStringSubmatch(stderr, -1)
	total := len(shown)
	for _, header := range shown {
		if header[1] != strconv.Itoa(spansEach) {
			t.Errorf("%q is not whole", header[0])
		}
	}
	for _, more := range regexp.MustCompile(`(?m)(\d+) more traces? not shown$`).FindAllStringSubmatch(stderr, -1) {
		n, err := strconv.Atoi(more[1])
		if err != nil {
			t.Fatal(err)
		}
		total += n
	}
	if total != each*callers || len(shown) == total {
		t.Errorf("%d traces are shown and %d more counted, of %d requests", len(shown), total-len(shown), each*callers)
	}
}

// firstWaterfall returns the kinds and names of the spans in the first trace that is shown, from top to bottom.
func firstWaterfall(stderr string) []string {
	span := regexp.MustCompile(`^  (server|client|producer|consumer|internal) +([│├└─ ]*)(\S.*?)  +[·━]`)
	_, shown, _ := strings.Cut(stderr, "\ntrace ")
	var spans []string
	for line := range strings.Lines(shown) {
		if found := span.FindStringSubmatch(line); found != nil {
			spans = append(spans, found[1]+" "+found[3])
		} else if len(spans) > 0 {
			break
		}
	}
	return spans
}
