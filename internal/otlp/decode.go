package otlp

import (
	"encoding/hex"
	"time"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
)

// Any part of a message may be missing. The generated getters bear that, so they are used throughout.

func decodeSpans(request *coltrace.ExportTraceServiceRequest) (spans []*Span) {
	for _, ofResource := range request.GetResourceSpans() {
		from := decodeResource(ofResource.GetResource(), ofResource.GetSchemaUrl())
		for _, ofScope := range ofResource.GetScopeSpans() {
			scope := decodeScope(ofScope.GetScope(), ofScope.GetSchemaUrl())
			for _, span := range ofScope.GetSpans() {
				decoded := decodeSpan(span)
				decoded.Resource, decoded.Scope = from, scope
				spans = append(spans, decoded)
			}
		}
	}
	return spans
}

func decodeSpan(s *trace.Span) *Span {
	span := &Span{
		TraceID:       hex.EncodeToString(s.GetTraceId()),
		ID:            hex.EncodeToString(s.GetSpanId()),
		ParentID:      hex.EncodeToString(s.GetParentSpanId()),
		Name:          s.GetName(),
		Kind:          kinds[s.GetKind()],
		Start:         decodeTime(s.GetStartTimeUnixNano()),
		End:           decodeTime(s.GetEndTimeUnixNano()),
		Attributes:    decodeAttributes(s.GetAttributes()),
		Status:        statuses[s.GetStatus().GetCode()],
		StatusMessage: s.GetStatus().GetMessage(),
	}
	for _, event := range s.GetEvents() {
		span.Events = append(span.Events, Event{
			Time:       decodeTime(event.GetTimeUnixNano()),
			Name:       event.GetName(),
			Attributes: decodeAttributes(event.GetAttributes()),
		})
	}
	for _, link := range s.GetLinks() {
		span.Links = append(span.Links, Link{
			TraceID:    hex.EncodeToString(link.GetTraceId()),
			SpanID:     hex.EncodeToString(link.GetSpanId()),
			Attributes: decodeAttributes(link.GetAttributes()),
		})
	}
	return span
}

var kinds = map[trace.Span_SpanKind]Kind{
	trace.Span_SPAN_KIND_UNSPECIFIED: KindUnspecified,
	trace.Span_SPAN_KIND_INTERNAL:    KindInternal,
	trace.Span_SPAN_KIND_SERVER:      KindServer,
	trace.Span_SPAN_KIND_CLIENT:      KindClient,
	trace.Span_SPAN_KIND_PRODUCER:    KindProducer,
	trace.Span_SPAN_KIND_CONSUMER:    KindConsumer,
}

var statuses = map[trace.Status_StatusCode]Status{
	trace.Status_STATUS_CODE_UNSET: StatusUnset,
	trace.Status_STATUS_CODE_OK:    StatusOK,
	trace.Status_STATUS_CODE_ERROR: StatusError,
}

func decodeMetrics(request *colmetrics.ExportMetricsServiceRequest) (decoded []*Metric) {
	for _, ofResource := range request.GetResourceMetrics() {
		from := decodeResource(ofResource.GetResource(), ofResource.GetSchemaUrl())
		for _, ofScope := range ofResource.GetScopeMetrics() {
			scope := decodeScope(ofScope.GetScope(), ofScope.GetSchemaUrl())
			for _, m := range ofScope.GetMetrics() {
				metric := &Metric{
					Name: m.GetName(), Description: m.GetDescription(), Unit: m.GetUnit(), Resource: from, Scope: scope,
				}
				decodePoints(metric, m)
				decoded = append(decoded, metric)
			}
		}
	}
	return decoded
}

func decodePoints(metric *Metric, m *metrics.Metric) {
	switch data := m.GetData().(type) {
	case *metrics.Metric_Gauge:
		metric.Type = Gauge
		metric.Points = decodeNumbers(data.Gauge.GetDataPoints())
	case *metrics.Metric_Sum:
		metric.Type = Sum
		metric.Temporality = temporalities[data.Sum.GetAggregationTemporality()]
		metric.Monotonic = data.Sum.GetIsMonotonic()
		metric.Points = decodeNumbers(data.Sum.GetDataPoints())
	case *metrics.Metric_Histogram:
		metric.Type = Histogram
		metric.Temporality = temporalities[data.Histogram.GetAggregationTemporality()]
		for _, p := range data.Histogram.GetDataPoints() {
			point := newPoint(p)
			point.Count, point.Sum = p.GetCount(), p.GetSum()
			point.Bounds, point.Counts = p.GetExplicitBounds(), p.GetBucketCounts()
			metric.Points = append(metric.Points, point)
		}
	case *metrics.Metric_ExponentialHistogram:
		metric.Type = ExponentialHistogram
		metric.Temporality = temporalities[data.ExponentialHistogram.GetAggregationTemporality()]
		for _, p := range data.ExponentialHistogram.GetDataPoints() {
			point := newPoint(p)
			point.Count, point.Sum = p.GetCount(), p.GetSum()
			metric.Points = append(metric.Points, point)
		}
	case *metrics.Metric_Summary:
		metric.Type = Summary
		for _, p := range data.Summary.GetDataPoints() {
			point := newPoint(p)
			point.Count, point.Sum = p.GetCount(), p.GetSum()
			metric.Points = append(metric.Points, point)
		}
	}
}

var temporalities = map[metrics.AggregationTemporality]Temporality{
	metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE: Cumulative,
	metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA:      Delta,
}

func decodeNumbers(numbers []*metrics.NumberDataPoint) []Point {
	points := make([]Point, len(numbers))
	for i, number := range numbers {
		points[i] = newPoint(number)
		switch value := number.GetValue().(type) {
		case *metrics.NumberDataPoint_AsInt:
			points[i].Value = float64(value.AsInt)
		case *metrics.NumberDataPoint_AsDouble:
			points[i].Value = value.AsDouble
		}
	}
	return points
}

// newPoint returns what points of all types have.
func newPoint(p interface {
	GetAttributes() []*common.KeyValue
	GetStartTimeUnixNano() uint64
	GetTimeUnixNano() uint64
}) Point {
	return Point{
		Attributes: decodeAttributes(p.GetAttributes()),
		Start:      decodeTime(p.GetStartTimeUnixNano()),
		Time:       decodeTime(p.GetTimeUnixNano()),
	}
}

func decodeLogs(request *collogs.ExportLogsServiceRequest) (records []*LogRecord) {
	for _, ofResource := range request.GetResourceLogs() {
		from := decodeResource(ofResource.GetResource(), ofResource.GetSchemaUrl())
		for _, ofScope := range ofResource.GetScopeLogs() {
			scope := decodeScope(ofScope.GetScope(), ofScope.GetSchemaUrl())
			for _, l := range ofScope.GetLogRecords() {
				records = append(records, &LogRecord{
					Time:         decodeTime(l.GetTimeUnixNano()),
					Observed:     decodeTime(l.GetObservedTimeUnixNano()),
					Severity:     int(l.GetSeverityNumber()),
					SeverityText: l.GetSeverityText(),
					EventName:    l.GetEventName(),
					Body:         decodeValue(l.GetBody()),
					Attributes:   decodeAttributes(l.GetAttributes()),
					TraceID:      hex.EncodeToString(l.GetTraceId()),
					SpanID:       hex.EncodeToString(l.GetSpanId()),
					Resource:     from,
					Scope:        scope,
				})
			}
		}
	}
	return records
}

func decodeResource(r *resource.Resource, schemaURL string) *Resource {
	return &Resource{Attributes: decodeAttributes(r.GetAttributes()), SchemaURL: schemaURL}
}

func decodeScope(s *common.InstrumentationScope, schemaURL string) *Scope {
	return &Scope{
		Name: s.GetName(), Version: s.GetVersion(), Attributes: decodeAttributes(s.GetAttributes()), SchemaURL: schemaURL,
	}
}

func decodeAttributes(pairs []*common.KeyValue) Attributes {
	attributes := make(Attributes, len(pairs))
	for _, pair := range pairs {
		attributes[pair.GetKey()] = decodeValue(pair.GetValue())
	}
	return attributes
}

func decodeValue(v *common.AnyValue) any {
	switch value := v.GetValue().(type) {
	case *common.AnyValue_StringValue:
		return value.StringValue
	case *common.AnyValue_BoolValue:
		return value.BoolValue
	case *common.AnyValue_IntValue:
		return value.IntValue
	case *common.AnyValue_DoubleValue:
		return value.DoubleValue
	case *common.AnyValue_BytesValue:
		return value.BytesValue
	case *common.AnyValue_ArrayValue:
		list := make([]any, len(value.ArrayValue.GetValues()))
		for i, element := range value.ArrayValue.GetValues() {
			list[i] = decodeValue(element)
		}
		return list
	case *common.AnyValue_KvlistValue:
		return map[string]any(decodeAttributes(value.KvlistValue.GetValues()))
	}
	return nil
}

// decodeTime reads nanoseconds since 1970; none are no time.
func decodeTime(nanoseconds uint64) time.Time {
	if nanoseconds == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(nanoseconds)).UTC() //nolint:gosec // the year 2262 is far
}
