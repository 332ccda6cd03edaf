// Command intake takes what Datadog's exporters send, as Datadog's own API does, and prints what it understood, a line of JSON for each span,
// metric and log record. The messages are decoded by Datadog's own published types. It is for tests, and keeps nothing.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	metrics "github.com/DataDog/agent-payload/v5/gogen"
	"github.com/DataDog/datadog-agent/pkg/proto/pbgo/trace"
	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/proto"
)

// received is a line of what is printed.
type received struct {
	Signal string            // span, metric or log
	Name   string            // of the resource, of the metric, or what the log says
	Type   string            `json:",omitempty"` // of the metric
	Value  float64           `json:",omitempty"` // the sum of the points; of a distribution how many values it has
	Tags   []string          `json:",omitempty"` // as in service:shop
	Trace  string            `json:",omitempty"` // in hexadecimal
	Span   uint64            `json:",omitempty"`
	Parent uint64            `json:",omitempty"`
	Failed bool              `json:",omitempty"`
	Fields map[string]string `json:",omitempty"` // of spans
}

func main() {
	listen := flag.String("listen", "127.0.0.1:8126", "address")
	flag.Parse()

	mux := http.NewServeMux()
	handle(mux, "POST /api/v0.2/traces", spans)
	handle(mux, "POST /api/v2/series", series)
	handle(mux, "POST /api/beta/sketches", distributions)
	handle(mux, "POST /api/v2/logs", records)
	mux.HandleFunc("GET /api/v1/validate", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"valid":true}`) })
	mux.HandleFunc("GET /{$}", func(http.ResponseWriter, *http.Request) {})
	server := &http.Server{Addr: *listen, Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		slog.Error("the intake failed", "error", err)
		os.Exit(1)
	}
}

var printing sync.Mutex

// handle has a decoder understand what is sent to a path, and prints that.
func handle(mux *http.ServeMux, path string, decode func([]byte) ([]received, error)) {
	mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		body, err := content(r)
		if err != nil {
			refuse(w, path, err)
			return
		}
		all, err := decode(body)
		if err != nil {
			refuse(w, path, err)
			return
		}
		printing.Lock()
		defer printing.Unlock()
		out := json.NewEncoder(os.Stdout)
		for _, one := range all {
			if err := out.Encode(one); err != nil {
				refuse(w, path, err)
				return
			}
		}
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, "{}")
	})
}

func refuse(w http.ResponseWriter, path string, err error) {
	slog.Error("not understood", "path", path, "error", err)
	http.Error(w, err.Error(), http.StatusBadRequest)
}

// content returns what a request carries, as it was before it was compressed.
func content(r *http.Request) ([]byte, error) {
	var body io.Reader = r.Body
	var err error
	switch encoding := r.Header.Get("Content-Encoding"); encoding {
	case "", "identity":
	case "gzip":
		body, err = gzip.NewReader(r.Body)
	case "deflate":
		body, err = zlib.NewReader(r.Body)
	case "zstd":
		body, err = zstd.NewReader(r.Body)
	default:
		err = fmt.Errorf("content encoding %q", encoding)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(body)
}

func spans(body []byte) (all []received, err error) {
	var payload trace.AgentPayload
	if err := proto.Unmarshal(body, &payload); err != nil {
		return nil, err
	}
	for _, tracer := range payload.TracerPayloads {
		for _, chunk := range tracer.Chunks {
			high := "" // half of the trace's id is with the first span only
			for _, s := range chunk.Spans {
				high = cmp.Or(high, s.Meta["_dd.p.tid"], strings.TrimSuffix(s.Meta["otel.trace_id"], fmt.Sprintf("%016x", s.TraceID)))
			}
			for _, s := range chunk.Spans {
				all = append(all, received{
					Signal: "span", Name: s.Resource, Type: s.Type, Trace: fmt.Sprintf("%s%016x", high, s.TraceID), Span: s.SpanID, Parent: s.ParentID,
					Failed: s.Error != 0, Fields: s.Meta,
					Tags: []string{"service:" + s.Service, "env:" + cmp.Or(s.Meta["env"], tracer.Env), "version:" + cmp.Or(s.Meta["version"], tracer.AppVersion)},
				})
			}
		}
	}
	return all, nil
}

func series(body []byte) (all []received, err error) {
	var payload metrics.MetricPayload
	decode := payload.Unmarshal
	if bytes.HasPrefix(body, []byte("{")) { // what the exporter reports on itself
		decode = func(body []byte) error { return json.Unmarshal(body, &payload) }
	}
	if err := decode(body); err != nil {
		return nil, err
	}
	for _, s := range payload.Series {
		sum := 0.0
		for _, point := range s.Points {
			sum += point.Value
		}
		all = append(all, received{Signal: "metric", Name: s.Metric, Type: strings.ToLower(s.Type.String()), Value: sum, Tags: s.Tags})
	}
	return all, nil
}

func distributions(body []byte) (all []received, err error) {
	var payload metrics.SketchPayload
	if err := payload.Unmarshal(body); err != nil {
		return nil, err
	}
	for _, s := range payload.Sketches {
		count := int64(0)
		for _, sketch := range s.Dogsketches {
			count += sketch.Cnt
		}
		all = append(all, received{Signal: "metric", Name: s.Metric, Type: "distribution", Value: float64(count), Tags: s.Tags})
	}
	return all, nil
}

func records(body []byte) (all []received, err error) {
	if string(body) == "{}" { // a probe
		return nil, nil
	}
	var payload []struct{ Message, DDTags, Service string }
	if err := json.Unmarshal(body, &payload); err != nil {
		return nil, err
	}
	for _, r := range payload {
		one := received{Signal: "log", Name: r.Message, Tags: append(strings.Split(r.DDTags, ","), "service:"+r.Service)}
		// The collector packs what belongs to the record into its message.
		var packed struct {
			Message string
			Trace   string `json:"otel.trace_id"`
		}
		if json.Unmarshal([]byte(r.Message), &packed) == nil {
			one.Name, one.Trace = packed.Message, packed.Trace
		}
		all = append(all, one)
	}
	return all, nil
}
