//go:build unix

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/servers"
)

// clients is how many callers wait for the service at once, and warmUp for how long they call before it counts.
const (
	clients = 16
	warmUp  = time.Second
)

// measureFile is added to the service's main package: what it tells is what the process has used up to then.
const measureFile = `package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"syscall"
)

func init() {
	listener, err := net.Listen("tcp", os.Getenv("BENCH_ADDR"))
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/profile", pprof.Profile)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			panic(err)
		}
		json.NewEncoder(w).Encode(map[string]float64{
			"mallocs": float64(memory.Mallocs),
			"bytes":   float64(memory.TotalAlloc),
			"cpu":     float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e3,
		})
	})
	go http.Serve(listener, mux)
}
`

// loaded is a service that is measured under load.
type loaded struct {
	title   string
	presets []string // axis/name, whose servers it needs
	flags   []string
}

var services = []loaded{
	{"default service", []string{"broker/nats"}, nil},
	{"default service, telemetry over OTLP", []string{"broker/nats"}, []string{"--backend", "otlp"}},
	{"chi + postgres + kafka, telemetry over OTLP", []string{"broker/kafka", "database/postgres"},
		[]string{"--framework", "chi", "--database", "postgres", "--broker", "kafka", "--backend", "otlp"}},
}

// variants are how a service runs: with all of its telemetry, with one trace in ten, as busy services have it,
// without each signal in turn, and without any.
var variants = []struct {
	name string
	env  []string
}{
	{"all", nil},
	{"1 in 10", []string{"OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.1"}},
	{"no traces", []string{"OTEL_TRACES_EXPORTER=none"}},
	{"no metrics", []string{"OTEL_METRICS_EXPORTER=none"}},
	{"no logs", []string{"OTEL_LOGS_EXPORTER=none"}},
	{"off", []string{"OTEL_SDK_DISABLED=true"}},
}

// load measures services under as many requests as they can answer, with telemetry and without. The variants take
// turns, so that what else the machine does meets all. One request in five creates an order, the others read it, and
// a page of the list.
func (b *bench) load(rounds int, length time.Duration) error {
	// The collector takes everything and looks at nothing: what it would do is not the service's.
	collector := httptest.NewServer(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }),
	)
	defer collector.Close()
	pool := servers.New(".")
	for i, s := range services {
		if !strings.Contains(s.title, b.service) {
			continue
		}
		dir := filepath.Join(b.dir, fmt.Sprintf("load%d", i))
		binary, env, err := b.build(s, dir, collector.URL, pool)
		if err != nil {
			return err
		}
		results := make([]result, len(variants))
		for range rounds {
			for i, v := range variants {
				if results[i] == nil {
					results[i] = result{}
				}
				if err := b.round(results[i], binary, dir, slices.Concat(env, v.env), length); err != nil {
					return fmt.Errorf("%s: %w", s.title, err)
				}
				if b.profiles != "" {
					profile := filepath.Join(b.profiles, profileOf(s.title, v.name))
					if err := os.Rename(filepath.Join(dir, profileName), profile); err != nil {
						return err
					}
				}
			}
		}
		fmt.Printf(
			"\n%s: %d callers, medians of %d rounds of %s each; ratios to telemetry off\n  %-26s",
			s.title,
			clients,
			rounds,
			length,
			"",
		)
		for _, v := range variants {
			fmt.Printf(" %16s", v.name)
		}
		fmt.Println()
		off := results[len(results)-1]
		for _, name := range slices.Sorted(maps.Keys(off)) {
			fmt.Printf("  %-26s", name)
			for i := range variants {
				fmt.Printf(" %9.1f %6.2f", middle(results[i][name]), middle(results[i][name])/middle(off[name]))
			}
			fmt.Println()
		}
	}
	return nil
}

// build generates and builds a service, and returns the variables that it needs.
func (b *bench) build(s loaded, dir, collector string, pool *servers.Pool) (binary string, env []string, err error) {
	args := append([]string{"new", "shop", "--no-input", "--output", dir}, s.flags...)
	if _, err := b.command(b.otelgen, args...); err != nil {
		return "", nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "cmd", "shop", "measure.go"), []byte(measureFile), 0o600); err != nil {
		return "", nil, err
	}
	binary = filepath.Join(dir, "bin")
	build := exec.CommandContext(b.ctx, "go", "build", "-o", binary, "./cmd/shop")
	build.Dir, build.Env = dir, append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("build %s: %w\n%s", s.title, err, out)
	}
	env = []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + collector, "DATABASE_URL=file:" + filepath.Join(dir, "shop.db")}
	variables := map[string]string{"broker": "BROKER_URL", "database": "DATABASE_URL"}
	for _, id := range s.presets {
		axis, name, _ := strings.Cut(id, "/")
		all, err := pool.Of([]*generator.Preset{{Axis: axis, Name: name}})
		if err != nil {
			return "", nil, err
		}
		env = append(env, variables[axis]+"="+all[0].URL)
	}
	return binary, env, nil
}

// result has the figures of each round, by name.
type result map[string][]float64

func (r result) add(name string, value float64) { r[name] = append(r[name], value) }

func middle(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// round starts the service, loads it, and stops it.
func (b *bench) round(into result, binary, dir string, env []string, length time.Duration) (err error) {
	c, measure, stop, err := b.serve(binary, dir, env)
	if err != nil {
		return err
	}
	defer func() { err = cmp.Or(err, stop()) }()
	if _, err := c.run(warmUp); err != nil {
		return err
	}
	before, err := usage(measure)
	if err != nil {
		return err
	}
	profiled := func() error { return nil }
	if b.profiles != "" {
		profiled = profile(measure, filepath.Join(dir, profileName), length)
	}
	took, err := c.run(length)
	if err := cmp.Or(err, profiled()); err != nil {
		return err
	}
	after, err := usage(measure)
	if err != nil {
		return err
	}
	n := float64(len(took))
	slices.Sort(took)
	into.add("requests a second", n/length.Seconds())
	into.add("p50, µs", float64(took[len(took)/2].Microseconds()))
	into.add("p99, µs", float64(took[len(took)*99/100].Microseconds()))
	into.add("CPU a request, µs", (after["cpu"]-before["cpu"])/n)
	into.add("allocations a request", (after["mallocs"]-before["mallocs"])/n)
	into.add("bytes allocated a request", (after["bytes"]-before["bytes"])/n)
	return nil
}

// serve starts the service and waits until it is ready.
func (b *bench) serve(binary, dir string, env []string) (c caller, measure string, stop func() error, err error) {
	addr, measure := freeAddr(), freeAddr()
	cmd := exec.CommandContext(b.ctx, binary)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), env...), "HTTP_ADDR="+addr, "ADMIN_ADDR=127.0.0.1:0", "BENCH_ADDR="+measure)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr // standard output goes nowhere
	if err := cmd.Start(); err != nil {
		return c, "", nil, err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	stop = func() error {
		transport.CloseIdleConnections()
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%w\n%s", err, &stderr)
		}
		return nil
	}
	c = caller{http: &http.Client{Transport: transport, Timeout: 10 * time.Second}, base: "http://" + addr}
	if err := c.ready(b.ctx.Done()); err != nil {
		return c, "", nil, errors.Join(err, stop())
	}
	return c, measure, stop, nil
}

func freeAddr() string {
	listener := httptest.NewServer(nil)
	defer listener.Close()
	return listener.Listener.Addr().String()
}

// profileName is the file of a CPU profile in the service's folder, until it has its own name.
const profileName = "cpu.pprof"

func profileOf(title, variant string) string {
	return strings.NewReplacer(" ", "-", ",", "", "+", "").Replace(title+" "+variant) + ".pprof"
}

// profile begins to take a CPU profile of the service, and returns what waits for it.
func profile(addr, file string, length time.Duration) func() error {
	done := make(chan error, 1)
	go func() {
		response, err := http.Get(fmt.Sprintf("http://%s/profile?seconds=%d", addr, max(1, int(length.Seconds()))))
		if err != nil {
			done <- err
			return
		}
		defer response.Body.Close()
		data, err := io.ReadAll(response.Body)
		done <- cmp.Or(err, os.WriteFile(file, data, 0o600))
	}()
	return func() error { return <-done }
}

// usage asks the service what it has used.
func usage(addr string) (used map[string]float64, err error) {
	response, err := http.Get("http://" + addr)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return used, json.NewDecoder(response.Body).Decode(&used)
}

// caller calls the service.
type caller struct {
	http *http.Client
	base string
}

// ready waits until the service says that it is.
func (c caller) ready(done <-chan struct{}) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if _, _, err := c.call(http.MethodGet, "/readyz", "", http.StatusOK); err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-done:
			return errors.New("interrupted")
		}
	}
	return errors.New("the service does not become ready")
}

// run calls the service from all clients at once, and returns how long each request took.
func (c caller) run(length time.Duration) (all []time.Duration, err error) {
	var group sync.WaitGroup
	took := make([][]time.Duration, clients)
	var failure atomic.Pointer[error]
	for i := range clients {
		group.Go(func() {
			for end := time.Now().Add(length); time.Now().Before(end) && failure.Load() == nil; {
				one, err := c.visit()
				if err != nil {
					failure.Store(&err)
				}
				took[i] = append(took[i], one...)
			}
		})
	}
	group.Wait()
	if err := failure.Load(); err != nil {
		return nil, *err
	}
	return slices.Concat(took...), nil
}

// visit is what one caller does: it creates an order, looks at it three times, and at a page of all.
func (c caller) visit() (took []time.Duration, err error) {
	id, d, err := c.create()
	if err != nil {
		return nil, err
	}
	took = append(took, d)
	for _, path := range []string{"/orders/" + id, "/orders/" + id, "/orders/" + id, "/orders?limit=10"} {
		_, d, err := c.call(http.MethodGet, path, "", http.StatusOK)
		if err != nil {
			return nil, err
		}
		took = append(took, d)
	}
	return took, nil
}

// create creates an order, and returns its identifier.
func (c caller) create() (id string, took time.Duration, err error) {
	body, took, err := c.call(
		http.MethodPost,
		"/orders",
		`{"customer":"ada","sku":"book","quantity":2}`,
		http.StatusCreated,
	)
	if err != nil {
		return "", 0, err
	}
	var order struct{ ID string }
	err = json.Unmarshal(body, &order)
	return order.ID, took, err
}

func (c caller) call(method, path, body string, want int) (answer []byte, took time.Duration, err error) {
	request, err := http.NewRequest(method, c.base+path, strings.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	began := time.Now()
	response, err := c.http.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	took = time.Since(began)
	if err == nil && response.StatusCode != want {
		err = fmt.Errorf("%s %s answered %s: %s", method, path, response.Status, answer)
	}
	return answer, took, err
}
