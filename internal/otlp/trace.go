package otlp

import (
	"slices"
	"strings"
	"time"
)

// Span is one finished span. Ids are lower-case hexadecimal.
type Span struct {
	TraceID  string
	ID       string
	ParentID string // empty for the root of a trace
	Name     string
	Kind     Kind

	Start, End    time.Time
	Attributes    Attributes
	Events        []Event
	Links         []Link
	Status        Status
	StatusMessage string
	Resource      *Resource
	Scope         *Scope
}

// Kind says which side of a call a span is.
type Kind string

// The kinds of spans.
const (
	KindUnspecified Kind = "unspecified"
	KindInternal    Kind = "internal"
	KindServer      Kind = "server"
	KindClient      Kind = "client"
	KindProducer    Kind = "producer"
	KindConsumer    Kind = "consumer"
)

// Status is the outcome of a span.
type Status string

// The outcomes of a span. An ordinary success is left unset.
const (
	StatusUnset Status = "unset"
	StatusOK    Status = "ok"
	StatusError Status = "error"
)

// Event is something that happened during a span.
type Event struct {
	Time       time.Time
	Name       string
	Attributes Attributes
}

// Link names another span that a span has to do with.
type Link struct {
	TraceID    string
	SpanID     string
	Attributes Attributes
}

// Trace is the spans of one trace as trees. A span whose parent was not received, or not yet, is a root like the true
// one.
type Trace struct {
	ID    string
	Roots []*Node
}

// Node is a span with those that it is the parent of, in order of their start.
type Node struct {
	*Span
	Children []*Node
}

// Trace returns the trace with the id: without roots, if no span of it was received.
func (s Signals) Trace(id string) Trace {
	return newTrace(id, only(s.Spans, func(span *Span) bool { return span.TraceID == id }))
}

// Traces returns all traces, in order of the arrival of their first span.
func (s Signals) Traces() []Trace {
	var ids []string
	spans := make(map[string][]*Span)
	for _, span := range s.Spans {
		if _, ok := spans[span.TraceID]; !ok {
			ids = append(ids, span.TraceID)
		}
		spans[span.TraceID] = append(spans[span.TraceID], span)
	}
	traces := make([]Trace, len(ids))
	for i, id := range ids {
		traces[i] = newTrace(id, spans[id])
	}
	return traces
}

func newTrace(id string, spans []*Span) Trace {
	nodes := make(map[string]*Node, len(spans))
	for _, span := range spans {
		nodes[span.ID] = &Node{Span: span}
	}
	spans = slices.Clone(spans)
	slices.SortStableFunc(spans, func(a, b *Span) int { return a.Start.Compare(b.Start) })

	trace := Trace{ID: id}
	for _, span := range spans {
		node := nodes[span.ID]
		// A span that claims to be its own parent must not vanish from the tree.
		if parent, ok := nodes[span.ParentID]; ok && parent != node {
			parent.Children = append(parent.Children, node)
		} else {
			trace.Roots = append(trace.Roots, node)
		}
	}
	return trace
}

// Spans returns the spans of the trace, each before its children.
func (t Trace) Spans() []*Span {
	var spans []*Span
	t.walk(func(node *Node, _ int) { spans = append(spans, node.Span) })
	return spans
}

// String shows the trace as a tree: a line for each span with its kind and name, indented by two spaces below its
// parent. Failed spans are marked.
func (t Trace) String() string {
	var b strings.Builder
	t.walk(func(node *Node, depth int) {
		b.WriteString(strings.Repeat("  ", depth) + string(node.Kind) + " " + node.Name)
		if node.Status == StatusError {
			b.WriteString(" (failed)")
		}
		b.WriteByte('\n')
	})
	return b.String()
}

func (t Trace) walk(visit func(node *Node, depth int)) {
	var walk func(nodes []*Node, depth int)
	walk = func(nodes []*Node, depth int) {
		for _, node := range nodes {
			visit(node, depth)
			walk(node.Children, depth+1)
		}
	}
	walk(t.Roots, 0)
}
