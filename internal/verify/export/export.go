// Package export sends signals over OTLP as JSON. `otelgen verify` builds it into a service whose own pipeline shows
// its telemetry instead of sending it, so it uses nothing but the standard library and the SDK, which every service
// has.
package export

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// ReportEnv names the file that Report writes. EndpointEnv is where the signals go: the service itself may ignore
// OpenTelemetry's variable.
const (
	ReportEnv   = "OTELGEN_VERIFY_REPORT"
	EndpointEnv = "OTELGEN_VERIFY_ENDPOINT"
)

// Report writes the current environment to the file in the variable ReportEnv, if it is set. The development entry
// point has set the addresses of embedded servers by then.
func Report() error {
	path := os.Getenv(ReportEnv)
	if path == "" {
		return nil
	}
	environment, err := json.Marshal(os.Environ())
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", environment, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Spans returns a processor that sends spans to the endpoint.
func Spans() sdktrace.SpanProcessor { return sdktrace.NewBatchSpanProcessor(spans{}) }

// Metrics returns a reader that sends metrics there.
func Metrics() sdkmetric.Reader { return sdkmetric.NewPeriodicReader(metrics{}) }

// Logs returns a processor that sends log records there.
func Logs() sdklog.Processor { return sdklog.NewBatchProcessor(logs{}) }

type object = map[string]any

type spans struct{}

func (spans) Shutdown(context.Context) error { return nil }

func (spans) ExportSpans(ctx context.Context, batch []sdktrace.ReadOnlySpan) error {
	var all []object
	for _, s := range batch {
		span := object{
			"traceId": s.SpanContext().TraceID().String(), "spanId": s.SpanContext().SpanID().String(),
			"name": s.Name(), "kind": int(s.SpanKind()), "attributes": attributes(s.Attributes()),
			"startTimeUnixNano": nanoseconds(s.StartTime()), "endTimeUnixNano": nanoseconds(s.EndTime()),
			// The codes of the API are those of OTLP but for the order.
			"status": object{"code": []int{0, 2, 1}[s.Status().Code], "message": s.Status().Description},
		}
		if s.Parent().SpanID().IsValid() {
			span["parentSpanId"] = s.Parent().SpanID().String()
		}
		var links, events []object
		for _, l := range s.Links() {
			links = append(links, object{
				"traceId": l.SpanContext.TraceID().
					String(),
				"spanId":     l.SpanContext.SpanID().String(),
				"attributes": attributes(l.Attributes),
			})
		}
		for _, e := range s.Events() {
			events = append(
				events,
				object{"name": e.Name, "timeUnixNano": nanoseconds(e.Time), "attributes": attributes(e.Attributes)},
			)
		}
		span["links"], span["events"] = links, events
		all = append(all, object{
			"resource":  describe(s.Resource()),
			"schemaUrl": s.Resource().SchemaURL(),
			"scopeSpans": []object{
				{
					"scope":     scope(s.InstrumentationScope()),
					"schemaUrl": s.InstrumentationScope().SchemaURL,
					"spans":     []object{span},
				},
			},
		})
	}
	return send(ctx, "/v1/traces", object{"resourceSpans": all})
}

type logs struct{}

func (logs) Shutdown(context.Context) error   { return nil }
func (logs) ForceFlush(context.Context) error { return nil }

func (logs) Export(ctx context.Context, batch []sdklog.Record) error {
	var all []object
	for _, r := range batch {
		record := object{
			"timeUnixNano": nanoseconds(r.Timestamp()), "observedTimeUnixNano": nanoseconds(r.ObservedTimestamp()),
			"severityNumber": int(r.Severity()), "severityText": r.SeverityText(), "eventName": r.EventName(),
			"body": value(r.Body()),
		}
		if r.TraceID().IsValid() {
			record["traceId"], record["spanId"] = r.TraceID().String(), r.SpanID().String()
		}
		var list []attribute.KeyValue
		r.WalkAttributes(func(a attribute.KeyValue) bool {
			list = append(list, a)
			return true
		})
		record["attributes"] = attributes(list)
		all = append(all, object{
			"resource":  describe(r.Resource()),
			"schemaUrl": r.Resource().SchemaURL(),
			"scopeLogs": []object{
				{
					"scope":      scope(r.InstrumentationScope()),
					"schemaUrl":  r.InstrumentationScope().SchemaURL,
					"logRecords": []object{record},
				},
			},
		})
	}
	return send(ctx, "/v1/logs", object{"resourceLogs": all})
}

type metrics struct{}

func (metrics) Shutdown(context.Context) error   { return nil }
func (metrics) ForceFlush(context.Context) error { return nil }

func (metrics) Temporality(kind sdkmetric.InstrumentKind) metricdata.Temporality {
	return sdkmetric.DefaultTemporalitySelector(kind)
}

func (metrics) Aggregation(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(kind)
}

func (metrics) Export(ctx context.Context, data *metricdata.ResourceMetrics) error {
	var scopes []object
	for _, s := range data.ScopeMetrics {
		var all []object
		for _, m := range s.Metrics {
			metric := object{"name": m.Name, "description": m.Description, "unit": m.Unit}
			switch d := m.Data.(type) {
			case metricdata.Gauge[int64]:
				metric["gauge"] = object{"dataPoints": numbers(d.DataPoints)}
			case metricdata.Gauge[float64]:
				metric["gauge"] = object{"dataPoints": numbers(d.DataPoints)}
			case metricdata.Sum[int64]:
				metric["sum"] = object{
					"dataPoints":             numbers(d.DataPoints),
					"isMonotonic":            d.IsMonotonic,
					"aggregationTemporality": temporality(d.Temporality),
				}
			case metricdata.Sum[float64]:
				metric["sum"] = object{
					"dataPoints":             numbers(d.DataPoints),
					"isMonotonic":            d.IsMonotonic,
					"aggregationTemporality": temporality(d.Temporality),
				}
			case metricdata.Histogram[int64]:
				metric["histogram"] = object{
					"dataPoints":             histograms(d.DataPoints),
					"aggregationTemporality": temporality(d.Temporality),
				}
			case metricdata.Histogram[float64]:
				metric["histogram"] = object{
					"dataPoints":             histograms(d.DataPoints),
					"aggregationTemporality": temporality(d.Temporality),
				}
			case metricdata.ExponentialHistogram[int64]:
				metric["exponentialHistogram"] = object{
					"dataPoints":             exponential(d.DataPoints),
					"aggregationTemporality": temporality(d.Temporality),
				}
			case metricdata.ExponentialHistogram[float64]:
				metric["exponentialHistogram"] = object{
					"dataPoints":             exponential(d.DataPoints),
					"aggregationTemporality": temporality(d.Temporality),
				}
			}
			all = append(all, metric)
		}
		scopes = append(scopes, object{"scope": scope(s.Scope), "schemaUrl": s.Scope.SchemaURL, "metrics": all})
	}
	return send(ctx, "/v1/metrics", object{"resourceMetrics": []object{{
		"resource": describe(data.Resource), "schemaUrl": data.Resource.SchemaURL(), "scopeMetrics": scopes,
	}}})
}

func numbers[N int64 | float64](points []metricdata.DataPoint[N]) (all []object) {
	for _, p := range points {
		point := object{
			"attributes":        attributes(p.Attributes.ToSlice()),
			"startTimeUnixNano": nanoseconds(p.StartTime),
			"timeUnixNano":      nanoseconds(p.Time),
		}
		switch v := any(p.Value).(type) {
		case int64:
			point["asInt"] = strconv.FormatInt(v, 10)
		case float64:
			point["asDouble"] = double(v)
		}
		all = append(all, point)
	}
	return all
}

func histograms[N int64 | float64](points []metricdata.HistogramDataPoint[N]) (all []object) {
	for _, p := range points {
		counts := make([]string, len(p.BucketCounts))
		for i, c := range p.BucketCounts {
			counts[i] = strconv.FormatUint(c, 10)
		}
		all = append(all, object{
			"attributes": attributes(
				p.Attributes.ToSlice(),
			),
			"startTimeUnixNano": nanoseconds(p.StartTime),
			"timeUnixNano":      nanoseconds(p.Time),
			"count": strconv.FormatUint(
				p.Count,
				10,
			),
			"sum":            double(float64(p.Sum)),
			"explicitBounds": p.Bounds,
			"bucketCounts":   counts,
		})
	}
	return all
}

// exponential leaves the buckets out: nothing is asked of them.
func exponential[N int64 | float64](points []metricdata.ExponentialHistogramDataPoint[N]) (all []object) {
	for _, p := range points {
		all = append(all, object{
			"attributes": attributes(
				p.Attributes.ToSlice(),
			),
			"startTimeUnixNano": nanoseconds(p.StartTime),
			"timeUnixNano":      nanoseconds(p.Time),
			"count":             strconv.FormatUint(p.Count, 10),
			"sum":               double(float64(p.Sum)),
			"scale":             p.Scale,
		})
	}
	return all
}

// temporality is the code of OTLP.
func temporality(t metricdata.Temporality) int {
	if t == metricdata.DeltaTemporality {
		return 1
	}
	return 2
}

func describe(r *resource.Resource) object { return object{"attributes": attributes(r.Attributes())} }

func scope(s instrumentation.Scope) object {
	return object{"name": s.Name, "version": s.Version, "attributes": attributes(s.Attributes.ToSlice())}
}

func attributes(list []attribute.KeyValue) []object {
	all := make([]object, len(list))
	for i, a := range list {
		all[i] = object{"key": string(a.Key), "value": value(a.Value)}
	}
	return all
}

func value(v attribute.Value) object {
	switch v.Type() {
	case attribute.BOOL:
		return object{"boolValue": v.AsBool()}
	case attribute.INT64:
		return object{"intValue": strconv.FormatInt(v.AsInt64(), 10)}
	case attribute.FLOAT64:
		return object{"doubleValue": double(v.AsFloat64())}
	case attribute.BOOLSLICE:
		return array(v.AsBoolSlice(), attribute.BoolValue)
	case attribute.INT64SLICE:
		return array(v.AsInt64Slice(), attribute.Int64Value)
	case attribute.FLOAT64SLICE:
		return array(v.AsFloat64Slice(), attribute.Float64Value)
	case attribute.STRINGSLICE:
		return array(v.AsStringSlice(), attribute.StringValue)
	}
	return object{"stringValue": v.String()} // what is nested, too: its text is enough to be looked at
}

func array[T any](list []T, of func(T) attribute.Value) object {
	values := make([]object, len(list))
	for i, v := range list {
		values[i] = value(of(v))
	}
	return object{"arrayValue": object{"values": values}}
}

// double is a number as JSON can say it.
func double(v float64) any {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	return v
}

func nanoseconds(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixNano(), 10)
}

func send(ctx context.Context, path string, message object) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, os.Getenv(EndpointEnv)+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the receiver answered %s", response.Status)
	}
	return nil
}
