package otlp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelgen/otelgen/internal/otlp"
)

// TestSignals sends each signal through the real exporters, over both protocols, with and without compression, and
// looks at what comes out.
func TestSignals(t *testing.T) {
	t.Parallel()
	for _, protocol := range []struct {
		name string
		open func(context.Context, *testing.T, *otlp.Receiver) exporters
	}{
		{"http", overHTTP},
		{"http with gzip", overHTTPWithGzip},
		{"grpc", overGRPC},
		{"grpc with gzip", overGRPCWithGzip},
	} {
		t.Run(protocol.name, func(t *testing.T) {
			t.Parallel()
			receiver := start(t)
			report(t.Context(), t, protocol.open(t.Context(), t, receiver))
			signals := receiver.Signals()
			t.Run("spans", func(t *testing.T) { checkSpans(t, signals) })
			t.Run("metrics", func(t *testing.T) { checkMetrics(t, signals) })
			t.Run("logs", func(t *testing.T) { checkLogs(t, signals) })
		})
	}
}

func start(t *testing.T) *otlp.Receiver {
	t.Helper()
	receiver, err := otlp.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := receiver.Close(); err != nil {
			t.Errorf("the receiver does not close: %v", err)
		}
	})
	return receiver
}

// exporters are the real ones, of OpenTelemetry's SDK.
type exporters struct {
	spans   sdktrace.SpanExporter
	metrics sdkmetric.Exporter
	logs    sdklog.Exporter
}

func overHTTP(ctx context.Context, t *testing.T, r *otlp.Receiver) exporters {
	t.Helper()
	spans, spansErr := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(r.HTTPEndpoint()+"/v1/traces"))
	metrics, metricsErr := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(r.HTTPEndpoint()+"/v1/metrics"))
	logs, logsErr := otlploghttp.New(ctx, otlploghttp.WithEndpointURL(r.HTTPEndpoint()+"/v1/logs"))
	check(t, spansErr, metricsErr, logsErr)
	return exporters{spans, metrics, logs}
}

func overHTTPWithGzip(ctx context.Context, t *testing.T, r *otlp.Receiver) exporters {
	t.Helper()
	spans, spansErr := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(r.HTTPEndpoint()+"/v1/traces"),
		otlptracehttp.WithCompression(otlptracehttp.GzipCompression))
	metrics, metricsErr := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(r.HTTPEndpoint()+"/v1/metrics"),
		otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression))
	logs, logsErr := otlploghttp.New(ctx, otlploghttp.WithEndpointURL(r.HTTPEndpoint()+"/v1/logs"),
		otlploghttp.WithCompression(otlploghttp.GzipCompression))
	check(t, spansErr, metricsErr, logsErr)
	return exporters{spans, metrics, logs}
}

func overGRPC(ctx context.Context, t *testing.T, r *otlp.Receiver) exporters {
	t.Helper()
	spans, spansErr := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(r.GRPCEndpoint()))
	metrics, metricsErr := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpointURL(r.GRPCEndpoint()))
	logs, logsErr := otlploggrpc.New(ctx, otlploggrpc.WithEndpointURL(r.GRPCEndpoint()))
	check(t, spansErr, metricsErr, logsErr)
	return exporters{spans, metrics, logs}
}

func overGRPCWithGzip(ctx context.Context, t *testing.T, r *otlp.Receiver) exporters {
	t.Helper()
	spans, spansErr := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(r.GRPCEndpoint()),
		otlptracegrpc.WithCompressor("gzip"))
	metrics, metricsErr := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpointURL(r.GRPCEndpoint()),
		otlpmetricgrpc.WithCompressor("gzip"))
	logs, logsErr := otlploggrpc.New(ctx, otlploggrpc.WithEndpointURL(r.GRPCEndpoint()),
		otlploggrpc.WithCompressor("gzip"))
	check(t, spansErr, metricsErr, logsErr)
	return exporters{spans, metrics, logs}
}

func check(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// report has a small program report a bit of everything, and flushes it.
func report(ctx context.Context, t *testing.T, to exporters) {
	t.Helper()
	process := resource.NewSchemaless(attribute.String("service.name", "tester"))

	tracers := sdktrace.NewTracerProvider(sdktrace.WithResource(process), sdktrace.WithBatcher(to.spans))
	tracer := tracers.Tracer("scope", trace.WithInstrumentationVersion("v1"))
	serving, server := tracer.Start(ctx, "GET /things", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String(
			"text",
			"a",
		),
		attribute.Int("number", 7),
		attribute.Float64("fraction", 0.5),
		attribute.Bool("flag", true),
		attribute.StringSlice("list", []string{"a", "b"}),
	))
	working, work := tracer.Start(serving, "work")
	_, query := tracer.Start(working, "SELECT things", trace.WithSpanKind(trace.SpanKindClient))
	query.RecordError(errors.New("no such thing"))
	query.SetStatus(codes.Error, "no such thing")
	query.End()
	_, second := tracer.Start(working, "send things", trace.WithSpanKind(trace.SpanKindProducer))
	second.End()
	work.End()
	server.End()
	_, linked := tracer.Start(ctx, "process things", trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithLinks(trace.Link{SpanContext: second.SpanContext()}))
	linked.End()

	meters := sdkmetric.NewMeterProvider(
		sdkmetric.WithResource(process),
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(to.metrics)),
	)
	meter := meters.Meter("scope")
	counter, counterErr := meter.Int64Counter("things", metric.WithUnit("{thing}"), metric.WithDescription("Things."))
	histogram, histogramErr := meter.Float64Histogram(
		"duration",
		metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(1, 2),
	)
	gauge, gaugeErr := meter.Float64Gauge("level")
	check(t, counterErr, histogramErr, gaugeErr)
	counter.Add(ctx, 2, metric.WithAttributes(attribute.String("color", "red")))
	counter.Add(ctx, 3, metric.WithAttributes(attribute.String("color", "blue")))
	histogram.Record(ctx, 1.5)
	histogram.Record(ctx, 9)
	gauge.Record(ctx, 0.25)

	loggers := sdklog.NewLoggerProvider(
		sdklog.WithResource(process),
		sdklog.WithProcessor(sdklog.NewBatchProcessor(to.logs)),
	)
	var record log.Record
	record.SetTimestamp(time.Unix(1, 0))
	record.SetSeverity(log.SeverityWarn)
	record.SetSeverityText("WARN")
	record.SetBody(attribute.StringValue("hello"))
	record.AddAttributes(attribute.Map("group", attribute.Int("n", 1)), attribute.Slice("list", attribute.BoolValue(true)))
	loggers.Logger("scope").Emit(serving, record)

	check(t, tracers.Shutdown(ctx), meters.Shutdown(ctx), loggers.Shutdown(ctx))
}

func checkSpans(t *testing.T, signals otlp.Signals) {
	traces := signals.Traces()
	if len(traces) != 2 {
		t.Fatalf("there are %d traces, want 2", len(traces))
	}
	request := signals.Trace(signals.SpansNamed("GET /things")[0].TraceID)
	want := `server GET /things
  internal work
    client SELECT things (failed)
    producer send things
`
	if got := request.String(); got != want {
		t.Errorf("the trace is\n%swant\n%s", got, want)
	}
	spans := request.Spans()
	server, query, producer := spans[0], spans[2], spans[3]
	if server.ParentID != "" || len(server.TraceID) != 32 || len(server.ID) != 16 {
		t.Errorf("the root's ids are %q, %q, %q", server.TraceID, server.ID, server.ParentID)
	}
	if server.Start.IsZero() || server.End.Before(server.Start) {
		t.Errorf("the root runs from %s to %s", server.Start, server.End)
	}
	for key, want := range map[string]string{
		"text": "a", "number": "7", "fraction": "0.5", "flag": "true", "list": "[a b]", "absent": "",
	} {
		if got := server.Attributes.Text(key); got != want {
			t.Errorf("attribute %s is %q, want %q", key, got, want)
		}
	}
	if server.Attributes["number"] != int64(7) || server.Attributes["flag"] != true {
		t.Errorf("attributes lost their types: %#v", server.Attributes)
	}
	if server.Resource.Attributes.Text("service.name") != "tester" || server.Scope.Name != "scope" ||
		server.Scope.Version != "v1" {
		t.Errorf("the span comes from %v, %v", server.Resource, server.Scope)
	}
	if query.Status != otlp.StatusError || query.StatusMessage != "no such thing" || server.Status != otlp.StatusUnset {
		t.Errorf("the statuses are %q %q and %q", query.Status, query.StatusMessage, server.Status)
	}
	if len(query.Events) != 1 || query.Events[0].Name != "exception" ||
		query.Events[0].Attributes.Text("exception.message") != "no such thing" {
		t.Errorf("the events are %v", query.Events)
	}
	consumer := signals.SpansNamed("process things")[0]
	if len(consumer.Links) != 1 || consumer.Links[0].SpanID != producer.ID ||
		consumer.Links[0].TraceID != producer.TraceID {
		t.Errorf("the links are %v, want one to %s", consumer.Links, producer.ID)
	}
}

func checkMetrics(t *testing.T, signals otlp.Signals) {
	if len(signals.Metrics) != 3 || len(signals.MetricsNamed("none")) != 0 {
		t.Fatalf("there are %d metrics, want 3", len(signals.Metrics))
	}
	things := signals.MetricsNamed("things")[0]
	if things.Type != otlp.Sum || !things.Monotonic || things.Temporality != otlp.Cumulative || things.Unit != "{thing}" ||
		things.Description != "Things." {
		t.Errorf("the counter is %+v", things)
	}
	values := make(map[string]float64)
	for _, point := range things.Points {
		values[point.Attributes.Text("color")] = point.Value
	}
	if len(values) != 2 || values["red"] != 2 || values["blue"] != 3 {
		t.Errorf("the counter's points are %v", values)
	}
	duration := signals.MetricsNamed("duration")[0]
	point := duration.Points[0]
	if duration.Type != otlp.Histogram || point.Count != 2 || point.Sum != 10.5 ||
		!slices.Equal(point.Bounds, []float64{1, 2}) || !slices.Equal(point.Counts, []uint64{0, 1, 1}) {
		t.Errorf("the histogram is %+v", point)
	}
	level := signals.MetricsNamed("level")[0]
	if level.Type != otlp.Gauge || level.Points[0].Value != 0.25 || level.Temporality != "" {
		t.Errorf("the gauge is %+v", level)
	}
	if things.Resource.Attributes.Text("service.name") != "tester" || things.Scope.Name != "scope" {
		t.Errorf("the metric comes from %v, %v", things.Resource, things.Scope)
	}
}

func checkLogs(t *testing.T, signals otlp.Signals) {
	server := signals.SpansNamed("GET /things")[0]
	records := signals.LogsOf(server.TraceID)
	if len(signals.Logs) != 1 || len(records) != 1 {
		t.Fatalf("there are %d log records, %d of them in the trace, want 1", len(signals.Logs), len(records))
	}
	record := records[0]
	if record.Body != "hello" || record.SpanID != server.ID || record.Severity != 13 || record.SeverityText != "WARN" ||
		!record.Time.Equal(time.Unix(1, 0)) {
		t.Errorf("the log record is %+v", record)
	}
	if got := record.Attributes.Text("group") + record.Attributes.Text("list"); got != "map[n:1][true]" {
		t.Errorf("the log record's attributes are %s", got)
	}
}

// TestMetricShapes holds that a reader which prefers delta and exponential histograms gets them seen as such.
func TestMetricShapes(t *testing.T) {
	t.Parallel()
	receiver := start(t)
	exporter, err := otlpmetrichttp.New(
		t.Context(),
		otlpmetrichttp.WithEndpointURL(receiver.HTTPEndpoint()+"/v1/metrics"),
		otlpmetrichttp.WithTemporalitySelector(
			func(sdkmetric.InstrumentKind) metricdata.Temporality { return metricdata.DeltaTemporality },
		),
		otlpmetrichttp.WithAggregationSelector(func(sdkmetric.InstrumentKind) sdkmetric.Aggregation {
			return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}
		}),
	)
	check(t, err)
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter)))
	histogram, err := meters.Meter("scope").Float64Histogram("duration")
	check(t, err)
	histogram.Record(t.Context(), 2)
	check(t, meters.Shutdown(t.Context()))

	metrics := receiver.Signals().MetricsNamed("duration")
	if len(metrics) != 1 || metrics[0].Type != otlp.ExponentialHistogram || metrics[0].Temporality != otlp.Delta ||
		metrics[0].Points[0].Sum != 2 {
		t.Errorf("the metrics are %+v", metrics)
	}
}

// TestOrphans holds that spans are shown also where the one above them is missing.
func TestOrphans(t *testing.T) {
	t.Parallel()
	at := time.Unix(1, 0)
	signals := otlp.Signals{Spans: []*otlp.Span{
		{TraceID: "t", ID: "c", ParentID: "missing", Name: "late", Kind: otlp.KindConsumer, Start: at.Add(2)},
		{TraceID: "t", ID: "b", ParentID: "a", Name: "child", Kind: otlp.KindInternal, Start: at.Add(1)},
		{TraceID: "t", ID: "a", Name: "root", Kind: otlp.KindServer, Start: at},
		{TraceID: "t", ID: "s", ParentID: "s", Name: "own parent", Kind: otlp.KindInternal, Start: at.Add(3)},
	}}
	want := "server root\n  internal child\nconsumer late\ninternal own parent\n"
	if got := signals.Trace("t").String(); got != want {
		t.Errorf("the trace is\n%swant\n%s", got, want)
	}
}

// TestWait holds that waiting ends with what was waited for, at once where it is there already, and with the context
// otherwise.
func TestWait(t *testing.T) {
	t.Parallel()
	receiver := start(t)
	exporter, err := otlptracehttp.New(t.Context(), otlptracehttp.WithEndpointURL(receiver.HTTPEndpoint()+"/v1/traces"))
	check(t, err)
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	three := func(s otlp.Signals) bool { return len(s.Spans) >= 3 }

	waited := make(chan error, 1)
	go func() {
		_, err := receiver.Wait(t.Context(), three)
		waited <- err
	}()
	for range 3 {
		_, span := tracers.Tracer("scope").Start(t.Context(), "span")
		span.End()
	}
	if err := <-waited; err != nil {
		t.Errorf("waiting failed: %v", err)
	}

	done, cancel := context.WithCancel(t.Context())
	cancel()
	if signals, err := receiver.Wait(done, three); err != nil || len(signals.Spans) != 3 {
		t.Errorf("what is there already was waited for: %s, %v", signals, err)
	}
	signals, err := receiver.Wait(done, func(otlp.Signals) bool { return false })
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "3 spans") || len(signals.Spans) != 3 {
		t.Errorf("waiting in vain ended with %v", err)
	}
}

// TestRefuses holds that what is no OTLP is refused with a code that exporters do not retry on, and leaves no trace.
func TestRefuses(t *testing.T) {
	t.Parallel()
	receiver := start(t)
	for name, request := range map[string]struct {
		method, path, media, encoding string
		body                          []byte
		want                          int
	}{
		"no protobuf":        {"POST", "/v1/traces", "application/x-protobuf", "", []byte("junk"), http.StatusBadRequest},
		"no gzip":            {"POST", "/v1/traces", "application/x-protobuf", "gzip", []byte("junk"), http.StatusBadRequest},
		"unknown encoding":   {"POST", "/v1/logs", "application/x-protobuf", "br", nil, http.StatusBadRequest},
		"too much unzipped":  {"POST", "/v1/traces", "application/x-protobuf", "gzip", zeros(t, 17<<20), http.StatusBadRequest},
		"no JSON":            {"POST", "/v1/traces", "application/json", "", []byte("junk"), http.StatusBadRequest},
		"no id":              {"POST", "/v1/traces", "application/json", "", []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zzzz"}]}]}]}`), http.StatusBadRequest},
		"neither of the two": {"POST", "/v1/metrics", "text/plain", "", []byte("{}"), http.StatusUnsupportedMediaType},
		"another method":     {"GET", "/v1/traces", "", "", nil, http.StatusMethodNotAllowed},
		"another path":       {"POST", "/v1/profiles", "application/x-protobuf", "", nil, http.StatusNotFound},
		"nothing in it (ok)": {"POST", "/v1/traces", "application/x-protobuf", "", nil, http.StatusOK},
		"empty JSON (ok)":    {"POST", "/v1/metrics", "application/json", "", []byte("{}"), http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(
				t.Context(),
				request.method,
				receiver.HTTPEndpoint()+request.path,
				bytes.NewReader(request.body),
			)
			check(t, err)
			r.Header.Set("Content-Type", request.media)
			r.Header.Set("Content-Encoding", request.encoding)
			response, err := http.DefaultClient.Do(r)
			check(t, err)
			_, err = io.Copy(io.Discard, response.Body)
			check(t, err, response.Body.Close())
			if response.StatusCode != request.want {
				t.Errorf("the answer is %d, want %d", response.StatusCode, request.want)
			}
		})
	}
	if signals := receiver.Signals(); len(signals.Spans)+len(signals.Metrics)+len(signals.Logs) != 0 {
		t.Errorf("there are %s, want none", signals)
	}
}

func zeros(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(make([]byte, n))
	check(t, err, w.Close())
	return b.Bytes()
}
