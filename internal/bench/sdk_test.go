//go:build unix

package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// A visit is what a caller of the load test does: five requests, of which one creates an order.
const requestsOfAVisit = 5

// BenchmarkSDK measures the cost of OpenTelemetry's SDK and its OTLP exporters for the telemetry of one request to
// the default service. It creates as many spans, measurements and log records, with as many attributes, and does
// nothing else. It is the lower bound for any instrumentation. "CPU-µs/request" is the CPU time of the whole process,
// including the export of batches.
func BenchmarkSDK(b *testing.B) {
	collector := httptest.NewServer(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }),
	)
	defer collector.Close()
	for name, open := range map[string]func(*testing.B, string) (visit func(), stop func()){"traces": traces, "metrics": metrics, "logs": logs} {
		b.Run(name, func(b *testing.B) {
			visit, stop := open(b, collector.URL)
			before := cpu()
			for b.Loop() {
				visit()
			}
			stop()
			b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N)/requestsOfAVisit, "CPU-µs/request")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/requestsOfAVisit, "µs/request")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// cpu is the CPU time that this process has used.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// attributes returns n of them, a third of which are numbers, as on the service's spans.
func attributes(n int) []attribute.KeyValue {
	all := make([]attribute.KeyValue, 0, n)
	for i := range n {
		if key := "service.attribute." + strconv.Itoa(i); i%3 == 2 {
			all = append(all, attribute.Int(key, i))
		} else {
			all = append(all, attribute.String(key, "the value of an attribute"))
		}
	}
	return all
}

func traces(b *testing.B, url string) (visit, stop func()) {
	exporter, err := otlptracehttp.New(b.Context(), otlptracehttp.WithEndpointURL(url+"/v1/traces"))
	if err != nil {
		b.Fatal(err)
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter, sdktrace.WithBlocking()),
	) // so that none is dropped
	tracer := provider.Tracer("bench")
	server, internal, query, event := attributes(12), attributes(1), attributes(4), attributes(8)
	span := func(ctx context.Context, name string, kind trace.SpanKind, attributes []attribute.KeyValue, inside ...func(context.Context)) {
		ctx, span := tracer.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
		for _, f := range inside {
			f(ctx)
		}
		span.End()
	}
	queries := func(n int) func(context.Context) {
		return func(ctx context.Context) {
			for range n {
				span(ctx, "SELECT orders", trace.SpanKindClient, query)
			}
		}
	}
	operation := func(inside ...func(context.Context)) func(context.Context) {
		return func(ctx context.Context) { span(ctx, "orders.operation", trace.SpanKindInternal, internal, inside...) }
	}
	handled := func(ctx context.Context) {
		span(ctx, "send orders.created", trace.SpanKindProducer, event)
		span(ctx, "process orders.created", trace.SpanKindConsumer, event, operation(queries(2)))
		span(ctx, "ack orders.created", trace.SpanKindClient, event)
	}
	return func() {
		span(context.Background(), "POST /orders", trace.SpanKindServer, server, operation(queries(1), handled))
		for range requestsOfAVisit - 1 {
			span(context.Background(), "GET /orders/{id}", trace.SpanKindServer, server, operation(queries(1)))
		}
	}, func() { _ = provider.Shutdown(context.Background()) }
}

func metrics(b *testing.B, url string) (visit, stop func()) {
	exporter, err := otlpmetrichttp.New(b.Context(), otlpmetrichttp.WithEndpointURL(url+"/v1/metrics"))
	if err != nil {
		b.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exporter)))
	meter := provider.Meter("bench")
	var histograms []metric.Float64Histogram
	for i := range 3 + 1 { // of a request, and of a query or an event
		h, err := meter.Float64Histogram("duration." + strconv.Itoa(i))
		if err != nil {
			b.Fatal(err)
		}
		histograms = append(histograms, h)
	}
	server, query := attributes(7), attributes(4)
	return func() {
		for range requestsOfAVisit {
			for _, h := range histograms[:3] {
				h.Record(context.Background(), 0.01, metric.WithAttributes(server...))
			}
			for range 2 { // seven queries and four measurements of the event, over five requests
				histograms[3].Record(context.Background(), 0.01, metric.WithAttributes(query...))
			}
		}
	}, func() { _ = provider.Shutdown(context.Background()) }
}

func logs(b *testing.B, url string) (visit, stop func()) {
	exporter, err := otlploghttp.New(b.Context(), otlploghttp.WithEndpointURL(url+"/v1/logs"))
	if err != nil {
		b.Fatal(err)
	}
	provider := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))
	logger := provider.Logger("bench")
	return func() {
		for range requestsOfAVisit + 2 { // a record of each request, and of what became of the order
			var record log.Record
			record.SetTimestamp(time.Now())
			record.SetSeverity(log.SeverityInfo)
			record.SetBody(attribute.StringValue("request handled"))
			record.AddAttributes(
				attribute.String("method", "GET"),
				attribute.String("path", "/orders/1"),
				attribute.Int("status", 200),
				attribute.Float64("duration", 0.01),
				attribute.String("route", "/orders/{id}"),
			)
			logger.Emit(context.Background(), record)
		}
	}, func() { _ = provider.Shutdown(context.Background()) }
}
