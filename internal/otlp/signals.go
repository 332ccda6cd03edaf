package otlp

import (
	"fmt"
	"time"
)

// Signals has everything that was received up to one moment, in order of arrival. The values are shared and
// read-only.
type Signals struct {
	Spans   []*Span
	Metrics []*Metric
	Logs    []*LogRecord
}

// String counts what there is.
func (s Signals) String() string {
	return fmt.Sprintf("%d spans, %d metrics, %d log records", len(s.Spans), len(s.Metrics), len(s.Logs))
}

// SpansNamed returns the spans of that name.
func (s Signals) SpansNamed(name string) []*Span {
	return only(s.Spans, func(span *Span) bool { return span.Name == name })
}

// MetricsNamed returns each export of the metric of that name. The last one is the newest, and all there is to know
// where the temporality is cumulative and one process reports.
func (s Signals) MetricsNamed(name string) []*Metric {
	return only(s.Metrics, func(metric *Metric) bool { return metric.Name == name })
}

// LogsOf returns the log records that belong to a trace.
func (s Signals) LogsOf(traceID string) []*LogRecord {
	return only(s.Logs, func(record *LogRecord) bool { return record.TraceID == traceID })
}

func only[T any](all []T, wanted func(T) bool) (found []T) {
	for _, one := range all {
		if wanted(one) {
			found = append(found, one)
		}
	}
	return found
}

// Attributes describe a span, a point of a metric, a log record, a resource. The values are string, bool, int64,
// float64, []byte, []any, map[string]any or nil.
type Attributes map[string]any

// Text returns the attribute's value as text, or "" if there is no such attribute.
func (a Attributes) Text(key string) string {
	value, ok := a[key]
	if !ok {
		return ""
	}
	return fmt.Sprint(value)
}

// Resource is what reports: a process.
type Resource struct {
	Attributes Attributes
	SchemaURL  string
}

// Scope is the part of the code that reports.
type Scope struct {
	Name       string
	Version    string
	Attributes Attributes
	SchemaURL  string
}

// Metric is one export of a metric: its points at that time.
type Metric struct {
	Name        string
	Description string
	Unit        string
	Type        MetricType
	Temporality Temporality // empty for gauges and summaries
	Monotonic   bool        // of a sum: it never falls
	Points      []Point
	Resource    *Resource
	Scope       *Scope
}

// MetricType is the shape of a metric's points.
type MetricType string

// The types that OTLP knows. A counter is a monotonic Sum, an up-down counter one that is not.
const (
	Gauge                MetricType = "gauge"
	Sum                  MetricType = "sum"
	Histogram            MetricType = "histogram"
	ExponentialHistogram MetricType = "exponential histogram"
	Summary              MetricType = "summary"
)

// Temporality says what the points of a metric count from.
type Temporality string

// Cumulative points count from the start of the process, delta points from the point before.
const (
	Cumulative Temporality = "cumulative"
	Delta      Temporality = "delta"
)

// Point is the value of a metric for one set of attributes.
type Point struct {
	Attributes  Attributes
	Start, Time time.Time

	Value float64 // of a gauge or sum

	Count  uint64    // of a histogram or summary
	Sum    float64   // of a histogram or summary
	Bounds []float64 // of a histogram: upper bounds of all its buckets but the last
	Counts []uint64  // of a histogram: observations in each bucket
}

// LogRecord is one log record.
type LogRecord struct {
	Time, Observed  time.Time
	Severity        int // 1 to 24, as in the OpenTelemetry specification
	SeverityText    string
	EventName       string
	Body            any // as an attribute's value
	Attributes      Attributes
	TraceID, SpanID string // lower-case hexadecimal, empty outside of a span
	Resource        *Resource
	Scope           *Scope
}
