package export

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/otelgen/otelgen/internal/otlp"
)

// TestExport reports through the SDK and looks at what the receiver makes of it.
func TestExport(t *testing.T) {
	receiver, err := otlp.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(EndpointEnv, receiver.HTTPEndpoint())
	describes := resource.NewSchemaless(attribute.String("service.name", "shop"))
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(Spans()), sdktrace.WithResource(describes))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(Metrics()), sdkmetric.WithResource(describes))
	loggers := sdklog.NewLoggerProvider(sdklog.WithProcessor(Logs()), sdklog.WithResource(describes))

	ctx, parent := tracers.Tracer("scope").
		Start(t.Context(), "parent", trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("text", "a"),
			attribute.Int(
				"whole",
				-3,
			),
			attribute.Float64("broken", 1.5),
			attribute.Bool("yes", true),
			attribute.StringSlice("list", []string{"a", "b"}),
			attribute.Float64("none", math.NaN()),
		),
		)
	ctx, child := tracers.Tracer("scope").
		Start(ctx, "child", trace.WithLinks(trace.Link{SpanContext: parent.SpanContext()}))
	child.SetStatus(codes.Error, "it failed")
	child.AddEvent("it happened")
	var record log.Record
	record.SetBody(attribute.StringValue("hello"))
	record.SetTimestamp(time.Now())
	record.SetSeverity(log.SeverityInfo)
	loggers.Logger("scope").Emit(ctx, record)
	child.End()
	parent.End()
	meter := meters.Meter("scope")
	counter, counterErr := meter.Int64Counter("c", metric.WithUnit("{x}"))
	updown, updownErr := meter.Float64UpDownCounter("u")
	gauge, gaugeErr := meter.Int64Gauge("g")
	histogram, histogramErr := meter.Float64Histogram("h", metric.WithUnit("s"), metric.WithExplicitBucketBoundaries(1, 2))
	if err := errors.Join(counterErr, updownErr, gaugeErr, histogramErr); err != nil {
		t.Fatal(err)
	}
	counter.Add(ctx, 2, metric.WithAttributes(attribute.String("k", "v")))
	updown.Add(ctx, -1.5)
	gauge.Record(ctx, 7)
	histogram.Record(ctx, 1.5)
	err = errors.Join(tracers.Shutdown(ctx), meters.Shutdown(ctx), loggers.Shutdown(ctx), receiver.Close())
	if err != nil {
		t.Fatal(err)
	}

	s := receiver.Signals()
	if got, want := s.Trace(parent.SpanContext().TraceID().String()).
		String(),
		"server parent\n  internal child (failed)\n"; got != want {
		t.Fatalf("the trace is\n%swant\n%s", got, want)
	}
	got := s.SpansNamed("parent")[0]
	for key, want := range map[string]any{"text": "a", "whole": int64(-3), "broken": 1.5, "yes": true} {
		if got.Attributes[key] != want {
			t.Errorf("the attribute %s is %v, want %v", key, got.Attributes[key], want)
		}
	}
	if list, ok := got.Attributes["list"].([]any); !ok || !slices.Equal(list, []any{"a", "b"}) {
		t.Errorf("the attribute list is %v", got.Attributes["list"])
	}
	if none, ok := got.Attributes["none"].(float64); !ok || !math.IsNaN(none) {
		t.Errorf("the attribute none is %v", got.Attributes["none"])
	}
	failed := s.SpansNamed("child")[0]
	if failed.StatusMessage != "it failed" || len(failed.Events) != 1 || len(failed.Links) != 1 ||
		failed.Links[0].SpanID != parent.SpanContext().SpanID().String() {
		t.Errorf("the child is %+v", failed)
	}
	if got.Resource.Attributes.Text("service.name") != "shop" || got.Scope.Name != "scope" || !got.End.After(got.Start) {
		t.Errorf("the span is %+v of %+v", got, got.Resource)
	}
	if len(s.Logs) != 1 || s.Logs[0].Body != "hello" || s.Logs[0].SpanID != failed.ID || s.Logs[0].Severity != 9 {
		t.Errorf("the log records are %+v", s.Logs)
	}
	c, u, g, h := s.MetricsNamed("c")[0], s.MetricsNamed("u")[0], s.MetricsNamed("g")[0], s.MetricsNamed("h")[0]
	if c.Type != otlp.Sum || !c.Monotonic || c.Temporality != otlp.Cumulative || c.Unit != "{x}" ||
		c.Points[0].Value != 2 ||
		c.Points[0].Attributes.Text("k") != "v" {
		t.Errorf("the counter is %+v", c)
	}
	if u.Type != otlp.Sum || u.Monotonic || u.Points[0].Value != -1.5 {
		t.Errorf("the up-down counter is %+v", u)
	}
	if g.Type != otlp.Gauge || g.Points[0].Value != 7 {
		t.Errorf("the gauge is %+v", g)
	}
	if h.Type != otlp.Histogram || h.Points[0].Count != 1 || h.Points[0].Sum != 1.5 ||
		!slices.Equal(h.Points[0].Counts, []uint64{0, 1, 0}) {
		t.Errorf("the histogram is %+v", h)
	}
}

func TestReport(t *testing.T) {
	t.Setenv(ReportEnv, "")
	if err := Report(); err != nil {
		t.Errorf("no report was requested: %v", err)
	}
	path := filepath.Join(t.TempDir(), "environment.json")
	t.Setenv(ReportEnv, path)
	t.Setenv("BROKER_URL", "nats://somewhere")
	if err := Report(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var environment []string
	if err := json.Unmarshal(content, &environment); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(environment, "BROKER_URL=nats://somewhere") {
		t.Errorf("the report is %q", environment)
	}
}
