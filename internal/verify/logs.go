package verify

import (
	"fmt"
	"slices"

	"github.com/otelgen/otelgen/internal/otlp"
)

// checkLogs checks that log records carry the IDs of the trace and span that they were written in.
func (c *checker) checkLogs() {
	row := c.row("log", "correlated", "log records of a request carry its trace and span IDs")
	correlated, traces := 0, map[string]bool{}
	orphaned, outside := map[string]int{}, map[string]int{} // by body
	for _, record := range c.observed.signals.Logs {
		body := maskIDs(short(fmt.Sprint(record.Body), 80))
		switch span := c.spans[record.SpanID]; {
		case record.TraceID == "":
			if c.whileDriven(record) {
				outside[body]++
			}
		case span == nil || span.TraceID != record.TraceID:
			orphaned[body]++
		default:
			correlated++
			traces[record.TraceID] = true
		}
	}
	row.Observed = fmt.Sprintf("%d of %d records", correlated, len(c.observed.signals.Logs))
	addCounted(row, Fail, c.requestsWithoutLogs(traces), "%d of %s have no log record in their trace",
		"logs cannot be found from a trace, nor traces from a log line")
	addCounted(row, Fail, orphaned, "%d records %q belong to a span that did not arrive",
		"a link from the log record to its trace is broken")
	addCounted(row, Note, outside, "%d records %q were written outside of any span while requests were handled",
		"a record logged without the request's context cannot be found from its trace")
}

// whileDriven reports whether the service, not the driver, wrote the record between the first request and SIGTERM.
func (c *checker) whileDriven(record *otlp.LogRecord) bool {
	return !fromDriver(record.Resource) && !record.Time.Before(c.observed.driven) && record.Time.Before(c.observed.ended)
}

// requestsWithoutLogs counts, by name, the accepted requests that have no log record in their trace or its batches.
// traces are those with log records.
func (c *checker) requestsWithoutLogs(traces map[string]bool) map[string]int {
	batches, without := c.batches(), map[string]int{}
	for _, r := range c.observed.requests {
		inBatch := slices.ContainsFunc(batches[r.traceID], func(b *otlp.Span) bool { return traces[b.TraceID] })
		if r.accepted && !traces[r.traceID] && !inBatch {
			without[r.name]++
		}
	}
	return without
}

// fromDriver reports whether telemetry came from the driver, and not from the service.
func fromDriver(r *otlp.Resource) bool { return r.Attributes.Text("service.name") == driverName }
