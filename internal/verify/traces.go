package verify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/otlp"
)

const whyBroken = "a request can no longer be followed from end to end"

// checkTraces checks that each request is one trace, from the caller to the consumer.
func (c *checker) checkTraces() {
	words := c.contract.Entity.Words
	row := c.row("trace", "one for each "+words, "from the request to the consumer, one root, no gap")
	kinds, batches := c.requiredKinds(), c.batches()
	followed, spans := 0, 0
	for _, r := range c.observed.requests {
		trace := c.observed.signals.Trace(r.traceID)
		if !r.confirmed && !slices.ContainsFunc(trace.Spans(), isConsumer) {
			continue
		}
		followed++
		spans = max(spans, len(trace.Spans()))
		checkRoots(row, r, trace)
		if len(trace.Roots) > 0 {
			c.checkConsumers(row, trace)
			c.checkKinds(row, r, trace, batches[r.traceID], kinds)
		}
	}
	row.Observed = fmt.Sprintf("%d followed, up to %d spans each", followed, spans)
	if followed == 0 {
		row.add(Fail, "no "+words+" could be followed to its confirmation", "the end-to-end trace is unverified")
	}
}

func isConsumer(s *otlp.Span) bool { return s.Kind == otlp.KindConsumer }

// requiredKinds returns the span kinds that every trace must have, sorted.
func (c *checker) requiredKinds() []string {
	kinds := map[string]bool{}
	for _, s := range c.contract.Spans {
		if !s.Conditional {
			kinds[s.Kind] = true
		}
	}
	return slices.Sorted(maps.Keys(kinds))
}

// batches returns the spans that handled several events at once, by the traces of those events. A batch span is in
// its own trace, with links to the producers.
func (c *checker) batches() map[string][]*otlp.Span {
	all := map[string][]*otlp.Span{}
	for _, span := range c.observed.signals.Spans {
		if _, ok := span.Attributes["messaging.batch.message_count"]; !ok {
			continue
		}
		for _, link := range span.Links {
			if producer := c.spans[link.SpanID]; producer != nil && producer.Kind == otlp.KindProducer {
				all[link.TraceID] = append(all[link.TraceID], span)
			}
		}
	}
	return all
}

// checkRoots checks that a trace has one root, and that its parent is the request.
func checkRoots(row *Row, r request, trace otlp.Trace) {
	if len(trace.Roots) == 0 {
		row.add(Fail, r.name+" has no span in the trace of its caller", whyBroken)
		return
	}
	for _, root := range trace.Roots {
		if root.ParentID != r.spanID {
			what := fmt.Sprintf("%s: the span %q is not a descendant of the request span", r.name, maskIDs(root.Name))
			row.add(Fail, what, whyBroken)
		}
	}
	if len(trace.Roots) > 1 {
		row.add(Fail, fmt.Sprintf("%s: the trace has %d roots", r.name, len(trace.Roots)), whyBroken)
	}
}

// checkConsumers checks that consumer spans are children of producer spans, and linked to them.
func (c *checker) checkConsumers(row *Row, trace otlp.Trace) {
	for _, span := range trace.Spans() {
		if !isConsumer(span) {
			continue
		}
		producer := c.spans[span.ParentID]
		if producer == nil || producer.Kind != otlp.KindProducer {
			row.add(Fail, fmt.Sprintf("the span %q is not a child of the producer's", maskIDs(span.Name)), whyBroken)
		} else if !slices.ContainsFunc(span.Links, func(l otlp.Link) bool { return l.SpanID == producer.ID }) {
			row.add(Fail, fmt.Sprintf("the span %q is not linked to the producer's", maskIDs(span.Name)),
				"the messaging conventions require the link, and backends display it")
		}
	}
}

// checkKinds checks that a trace, with the batches that handled its events, has spans of all required kinds.
func (c *checker) checkKinds(row *Row, r request, trace otlp.Trace, batches []*otlp.Span, required []string) {
	spans := trace.Spans()
	for _, batch := range batches {
		spans = append(spans, c.observed.signals.Trace(batch.TraceID).Spans()...)
	}
	for _, kind := range required {
		if !slices.ContainsFunc(spans, func(s *otlp.Span) bool { return string(s.Kind) == kind }) {
			row.add(Fail, fmt.Sprintf("%s: the trace has no %s span, though one is declared", r.name, kind), whyBroken)
		}
	}
}

// checkParents checks that the parent of each span arrived.
func (c *checker) checkParents() {
	row := c.row("trace", "no span without its parent", "every parent arrived")
	ours, lost, foreign := map[string]bool{}, map[string]int{}, map[string]int{}
	for _, r := range c.observed.requests {
		ours[r.traceID], ours[r.spanID] = true, true
	}
	for _, span := range c.observed.signals.Spans {
		switch {
		case span.ParentID == "" || c.spans[span.ParentID] != nil || ours[span.ParentID]:
		case ours[span.TraceID]:
			lost[maskIDs(span.Name)]++
		case isConsumer(span): // of an event from another client, or from an earlier run
		default:
			foreign[maskIDs(span.Name)]++
		}
	}
	row.Observed = fmt.Sprintf("%d spans", len(c.observed.signals.Spans))
	addCounted(row, Fail, lost, "%d spans %q have a parent that did not arrive",
		"the trace is broken: the spans below the gap look like a separate request")
	addCounted(row, Note, foreign, "%d spans %q belong to a trace that verify did not start",
		"another client called the service, or the code used the wrong context")
}

// checkSpans checks each declared span, then the undeclared ones.
func (c *checker) checkSpans() {
	declared := map[string]bool{}
	for _, d := range c.contract.Spans {
		for _, name := range d.Names {
			declared[name] = true
			c.checkDeclaredSpan(name, d)
		}
	}
	others := map[string][]*otlp.Span{}
	for _, span := range c.observed.signals.Spans {
		if !declared[span.Name] {
			others[maskIDs(span.Name)] = append(others[maskIDs(span.Name)], span)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(others)) {
		c.checkUndeclaredSpan(name, others[name])
	}
}

func (c *checker) checkDeclaredSpan(name string, d generator.Span) {
	found := c.observed.signals.SpansNamed(name)
	if len(found) == 0 && d.Conditional {
		return
	}
	row := c.row("span", name, d.Kind)
	row.Observed = fmt.Sprintf("%d×", len(found))
	if len(found) == 0 {
		row.add(Fail, "no such span arrived", "it is declared by "+d.Owner+": "+whyMissing)
		return
	}
	row.Observed = fmt.Sprintf("%s, %d×", found[0].Kind, len(found))
	if maskIDs(name) != name {
		row.add(Fail, "the declared name contains what looks like an ID", whyIDInName)
	}
	c.checkSpan(row, found, true, d)
}

// checkUndeclaredSpan checks spans that no preset declares. Their names are equal once IDs are masked.
func (c *checker) checkUndeclaredSpan(masked string, found []*otlp.Span) {
	row := c.row("span", masked, "not declared")
	row.Observed = fmt.Sprintf("%s, %d×", found[0].Kind, len(found))
	defer c.checkSpan(row, found, false, generator.Span{})
	names, keys := map[string]bool{}, map[string]bool{}
	for _, span := range found {
		names[span.Name] = true
		for key := range span.Attributes {
			keys[key] = true
		}
	}
	if c.isUnrouted(found[0], keys) {
		row.Expected = "server, for requests that no route answers"
		return
	}
	if masked != found[0].Name || len(names) > 1 {
		const format = "%d spans have %d names that seem to contain an ID, such as %q"
		row.add(c.addition, fmt.Sprintf(format, len(found), len(names), found[0].Name), whyIDInName)
	}
	list := cmp.Or(strings.Join(slices.Sorted(maps.Keys(keys)), ", "), "none")
	row.add(c.addition, fmt.Sprintf("the span %q is not declared; its attributes: %s", masked, list), whyUndeclared)
}

// isUnrouted reports whether a span is that of an HTTP request which no route matched. The conventions name it by its
// method.
func (c *checker) isUnrouted(span *otlp.Span, keys map[string]bool) bool {
	methods := c.registry.Attributes["http.request.method"].Values
	return span.Kind == otlp.KindServer && slices.Contains(methods, span.Name) && !keys["http.route"]
}

func (c *checker) checkSpan(row *Row, found []*otlp.Span, declared bool, d generator.Span) {
	all := make([]otlp.Attributes, len(found))
	failed := map[string]int{}
	for i, span := range found {
		all[i] = span.Attributes
		if declared && string(span.Kind) != d.Kind {
			row.add(Fail, fmt.Sprintf("its kind is %s, declared as %s", span.Kind, d.Kind),
				"service maps and request rates depend on span kinds")
		}
		if span.Status == otlp.StatusError {
			failed[cmp.Or(maskIDs(span.StatusMessage), "no message")]++
		}
	}
	for _, message := range slices.Sorted(maps.Keys(failed)) {
		row.add(Note, fmt.Sprintf("%d of %d failed: %s", failed[message], len(found), message),
			"verify sent only requests that should succeed")
	}
	c.checkAttributes(row, all, declared, d.Attributes, d.Optional)
}
