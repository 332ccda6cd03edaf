package verify

import (
	"fmt"
	"slices"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/otlp"
)

const whyLost = "after a failure, the last seconds before the restart matter most"

// checkLostSpans checks that each answered request has spans.
func (c *checker) checkLostSpans() {
	row := c.row("shutdown", "no span lost", "each request that was answered has its spans")
	traces := map[string]bool{}
	for _, s := range c.observed.signals.Spans {
		traces[s.TraceID] = true
	}
	answered, missing := 0, 0
	for _, r := range c.observed.requests {
		if r.answered {
			answered++
			if !traces[r.traceID] {
				missing++
			}
		}
	}
	row.Observed = fmt.Sprintf("%d answered, %d with spans", answered, answered-missing)
	if missing > 0 {
		row.add(Fail, fmt.Sprintf("of %d requests that were answered, %d have no span", answered, missing), whyLost)
	}
}

// checkLostLogs checks that each log line on standard output arrived as a record, with its span.
func (c *checker) checkLostLogs() {
	row := c.row("shutdown", "no log record lost", "each line on stdout with a span ID arrives, and so does its span")
	type line struct{ message, span string }
	arrived := map[line]int{}
	for _, r := range c.observed.signals.Logs {
		arrived[line{fmt.Sprint(r.Body), r.SpanID}]++
	}
	lost, spanless := map[string]int{}, map[string]int{}
	for _, l := range c.observed.stdout {
		key := line{l.Message, l.SpanID}
		if arrived[key]--; arrived[key] < 0 {
			lost[maskIDs(l.Message)]++
		}
		if c.spans[l.SpanID] == nil {
			spanless[maskIDs(l.Message)]++
		}
	}
	row.Observed = fmt.Sprintf("%d lines compared", len(c.observed.stdout))
	addCounted(row, Fail, lost, "%d records %q are on standard output and did not arrive", whyLost)
	addCounted(row, Fail, spanless, "the spans of %d records %q did not arrive", whyLost)
	if len(c.observed.stdout) == 0 {
		row.add(Skipped, "the service writes no JSON with trace_id and span_id to standard output",
			"its log lines cannot be compared with the exported records")
	}
}

// checkLostCounts checks that the counter of created entities matches the accepted requests. A request without an
// answer may have been counted.
func (c *checker) checkLostCounts() {
	name := c.contract.Entity.PluralSnake + ".created"
	if !slices.ContainsFunc(c.contract.Metrics, func(m generator.Metric) bool { return m.Name == name }) {
		return
	}
	row := c.row("shutdown", name, "as many as were accepted")
	accepted, unclear := c.countAccepted(), 0
	for _, r := range c.observed.requests {
		if !r.accepted && !r.answered {
			unclear++
		}
	}
	counted := total(c.observed.signals.MetricsNamed(name))
	row.Observed = fmt.Sprintf("%v counted, %d accepted", counted, accepted)
	if counted < float64(accepted) || counted > float64(accepted+unclear) {
		row.add(Fail, fmt.Sprintf("%d requests were accepted, but the counter is %v", accepted, counted), whyLost)
	}
}

// total returns the final value of a counter.
func total(exports []*otlp.Metric) (sum float64) {
	for _, m := range exports {
		if m.Temporality == otlp.Cumulative {
			sum = 0 // each export has the whole sum
		}
		for _, p := range m.Points {
			sum += p.Value
		}
	}
	return sum
}
