package verify

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/otlp"
	"github.com/otelgen/otelgen/internal/semconv"
)

// seen is all that a run of the service showed.
type seen struct {
	signals  otlp.Signals
	requests []request
	stdout   []logLine
	// driven is when the first request was made, ended when the service was told to.
	driven, ended time.Time
}

// request is something that was asked of the service, by HTTP or by an event, in a trace of our own.
type request struct {
	name      string
	traceID   string
	spanID    string // ours: the parent of what the service does
	answered  bool   // with any status, or by having handled the event
	accepted  bool   // it created an entity
	confirmed bool   // its entity was confirmed before the service was told to end
}

// logLine is a line of JSON that the service wrote to standard output within a span.
type logLine struct {
	Message string `json:"msg"`
	TraceID string `json:"trace_id"`
	SpanID  string `json:"span_id"`
}

// judge compares what was seen with what is declared, and with the conventions.
type judge struct {
	contract generator.Contract
	registry *semconv.Registry
	seen     seen
	// addition is the verdict on what nobody has declared: a note on a project that has been edited, a failure on one that has not.
	addition Verdict

	rows  []*Row
	spans map[string]*otlp.Span // by id
}

// check returns a row for each thing that was looked at.
func check(contract generator.Contract, s seen, addition Verdict) []*Row {
	j := &judge{contract: contract, registry: semconv.Load(), seen: s, addition: addition, spans: map[string]*otlp.Span{}}
	for _, span := range s.signals.Spans {
		j.spans[span.ID] = span
	}
	j.checkTraces()
	j.checkSpans()
	j.checkMetrics()
	j.checkLogs()
	j.checkResource()
	j.checkLosses()
	return j.rows
}

func (j *judge) row(group, name, expected string) *Row {
	row := newRow(group, name, expected)
	j.rows = append(j.rows, row)
	return row
}

// shaped matches what looks like an id: a UUID, a long hexadecimal or decimal number.
var shaped = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{16,}\b|\d{6,}`)

// shape is a text with what looks like an id replaced.
func shape(s string) string { return shaped.ReplaceAllString(s, "{id}") }

const (
	whyMissing    = "dashboards, alerts and searches that rely on it stay empty"
	whyUndeclared = "the README and the contract test do not list it, so users cannot rely on it"
	whyOld        = "what is built upon the current conventions does not find it, and backends stop understanding it"
	whyType       = "backends keep one type for each name, and drop or split what has another"
	whyReserved   = "a later version of the conventions may give the name another meaning; use a namespace of your own"
	whyIDInName   = "each id makes a name of its own: such spans cannot be grouped, counted or searched by name, and backends charge for or drop them; put the id into an attribute"
	whyIDInMetric = "each value makes a time series of its own, which is never given up: memory and cost grow without end; put it on the span instead"
)

// of is the verdict on something wrong with what is, or is not, declared.
func (j *judge) of(declared bool) Verdict {
	if declared {
		return Fail
	}
	return j.addition
}

// attributes holds the attributes of some spans or points to what is declared and to the conventions. values has those of each
// attribute, of is how many spans or points there are.
func (j *judge) attributes(row *Row, all []otlp.Attributes, declared bool, required, optional []string) {
	values := map[string][]any{}
	for _, attributes := range all {
		for key, value := range attributes {
			values[key] = append(values[key], value)
		}
	}
	for _, key := range required {
		switch n := len(values[key]); {
		case n == 0:
			row.find(Fail, "the attribute "+key+" is missing", whyMissing)
		case n < len(all) && !j.unrouted(key, all):
			row.find(Fail, fmt.Sprintf("the attribute %s is missing on %d of %d", key, len(all)-n, len(all)), whyMissing)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		known := slices.Contains(required, key) || slices.Contains(optional, key)
		if declared && !known {
			row.find(j.addition, fmt.Sprintf("the attribute %s is not declared (seen: %s)", key, sample(values[key])), whyUndeclared)
		}
		j.conventions(row, key, values[key], known)
	}
}

// unrouted reports whether an attribute is http.route, and missing only where no route has answered.
func (j *judge) unrouted(key string, all []otlp.Attributes) bool {
	if key != "http.route" {
		return false
	}
	for _, attributes := range all {
		status := attributes.Text("http.response.status_code")
		if _, ok := attributes[key]; !ok && status != "404" && status != "405" {
			return false
		}
	}
	return true
}

// conventions holds an attribute to the semantic conventions.
func (j *judge) conventions(row *Row, key string, values []any, declared bool) {
	verdict := j.of(declared)
	if old, ok := j.registry.OldAttributes[key]; ok {
		row.find(verdict, deprecated("attribute", key, old, j.registry.Version), whyOld)
		return
	}
	a, ok := j.registry.Attributes[key]
	if !ok {
		if j.registry.Owns(key) {
			row.find(Note, fmt.Sprintf("the conventions %s know no attribute %s, though the namespace is theirs", j.registry.Version, key), whyReserved)
		}
		return
	}
	for _, value := range values {
		if got := typeOf(value); a.Type != "" && a.Type != "any" && got != a.Type {
			row.find(verdict, fmt.Sprintf("the attribute %s is of type %s, the conventions say %s", key, got, a.Type), whyType)
			continue
		}
		if text, ok := value.(string); ok && len(a.Values) > 0 && !open(key) && !slices.Contains(a.Values, text) {
			row.find(verdict, fmt.Sprintf("the attribute %s is %q, the conventions know %s", key, text, strings.Join(a.Values, ", ")), whyMissing)
		}
	}
}

func deprecated(what, name string, old semconv.Old, version string) string {
	said := fmt.Sprintf("the %s %s is deprecated: the conventions %s no longer have it (the last were %s)", what, name, version, old.Last)
	if old.Now != "" {
		said += "; now it is " + old.Now
	}
	return said
}

// open reports whether an attribute has well-known values, and others are just as good.
func open(key string) bool {
	return key == "error.type" || strings.HasSuffix(key, ".system") || strings.HasSuffix(key, ".system.name")
}

// typeOf is a value's type as the conventions call it.
func typeOf(value any) string {
	switch v := value.(type) {
	case string:
		return "string"
	case int64:
		return "int"
	case float64:
		return "double"
	case bool:
		return "boolean"
	case []any:
		if len(v) == 0 {
			return "string[]"
		}
		return typeOf(v[0]) + "[]"
	}
	return "other"
}

// sample shows a few distinct values.
func sample(values []any) string {
	var texts []string
	for _, v := range values {
		if text := short(fmt.Sprint(v), 60); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
		if len(texts) == 3 {
			break
		}
	}
	return strings.Join(texts, ", ")
}

// checkTraces holds what happened to a request to be one trace.
func (j *judge) checkTraces() {
	row := j.row("trace", "one for each "+j.contract.Entity.Words, "from the request to the consumer, one root, no gap")
	kinds := map[string]bool{}
	for _, s := range j.contract.Spans {
		if !s.Conditional {
			kinds[s.Kind] = true
		}
	}
	followed, spans := 0, 0
	batches := j.batches()
	for _, r := range j.seen.requests {
		trace := j.seen.signals.Trace(r.traceID)
		if !r.confirmed && !slices.ContainsFunc(trace.Spans(), func(s *otlp.Span) bool { return s.Kind == otlp.KindConsumer }) {
			continue
		}
		followed++
		spans = max(spans, len(trace.Spans()))
		j.checkTrace(row, r, trace, batches[r.traceID], kinds)
	}
	row.Seen = fmt.Sprintf("%d followed, up to %d spans each", followed, spans)
	if followed == 0 {
		row.find(Fail, "no "+j.contract.Entity.Words+" could be followed to its confirmation", "nothing is known of the trace from end to end")
	}

	row = j.row("trace", "no span without its parent", "each parent arrives")
	ours, lost, foreign := map[string]bool{}, map[string]int{}, map[string]int{}
	for _, r := range j.seen.requests {
		ours[r.traceID], ours[r.spanID] = true, true
	}
	for _, span := range j.seen.signals.Spans {
		switch {
		case span.ParentID == "" || j.spans[span.ParentID] != nil || ours[span.ParentID]:
		case ours[span.TraceID]:
			lost[shape(span.Name)]++
		case span.Kind == otlp.KindConsumer: // of an event that somebody else has sent, or an earlier run
		default:
			foreign[shape(span.Name)]++
		}
	}
	row.Seen = fmt.Sprintf("%d spans", len(j.seen.signals.Spans))
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		row.find(Fail, fmt.Sprintf("%d spans %q have a parent that did not arrive", lost[name], name), "the trace falls apart: what is below the gap looks like a request of its own")
	}
	for _, name := range slices.Sorted(maps.Keys(foreign)) {
		row.find(Note, fmt.Sprintf("%d spans %q belong to a trace that was not begun here", foreign[name], name), "another client calls the service, or a context was mixed up")
	}
}

const whyBroken = "a request can no longer be followed from end to end"

// batches returns, by the traces that their events come from, the spans of what was done with several events at once. They are in traces of
// their own, with links.
func (j *judge) batches() map[string][]*otlp.Span {
	all := map[string][]*otlp.Span{}
	for _, span := range j.seen.signals.Spans {
		if _, ok := span.Attributes["messaging.batch.message_count"]; !ok {
			continue
		}
		for _, link := range span.Links {
			if producer := j.spans[link.SpanID]; producer != nil && producer.Kind == otlp.KindProducer {
				all[link.TraceID] = append(all[link.TraceID], span)
			}
		}
	}
	return all
}

func (j *judge) checkTrace(row *Row, r request, trace otlp.Trace, batches []*otlp.Span, kinds map[string]bool) {
	if len(trace.Roots) == 0 {
		row.find(Fail, r.name+" has no span in the trace of its caller", whyBroken)
		return
	}
	for _, root := range trace.Roots {
		if root.ParentID != r.spanID {
			row.find(Fail, fmt.Sprintf("%s: the span %q is not below that of the request", r.name, shape(root.Name)), whyBroken)
		}
	}
	if len(trace.Roots) > 1 {
		row.find(Fail, fmt.Sprintf("%s: the trace has %d roots", r.name, len(trace.Roots)), whyBroken)
	}
	has := map[string]bool{}
	for _, batch := range batches {
		for _, span := range j.seen.signals.Trace(batch.TraceID).Spans() {
			has[string(span.Kind)] = true
		}
	}
	for _, span := range trace.Spans() {
		has[string(span.Kind)] = true
		if span.Kind != otlp.KindConsumer {
			continue
		}
		producer := j.spans[span.ParentID]
		if producer == nil || producer.Kind != otlp.KindProducer {
			row.find(Fail, fmt.Sprintf("the span %q is not a child of the producer's", shape(span.Name)), whyBroken)
		} else if !slices.ContainsFunc(span.Links, func(l otlp.Link) bool { return l.SpanID == producer.ID }) {
			row.find(Fail, fmt.Sprintf("the span %q is not linked to the producer's", shape(span.Name)), "the conventions for messaging ask for the link, and backends show it")
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if !has[kind] {
			row.find(Fail, fmt.Sprintf("%s: the trace has no %s span, though one is declared", r.name, kind), whyBroken)
		}
	}
}

func (j *judge) checkSpans() {
	declared := map[string]bool{}
	for _, d := range j.contract.Spans {
		for _, name := range d.Names {
			declared[name] = true
			found := j.seen.signals.SpansNamed(name)
			if len(found) == 0 && d.Conditional {
				continue
			}
			row := j.row("span", name, d.Kind)
			row.Seen = fmt.Sprintf("%d×", len(found))
			if len(found) == 0 {
				row.find(Fail, "no such span arrived", "it is declared by "+d.Owner+": "+whyMissing)
				continue
			}
			row.Seen = fmt.Sprintf("%s, %d×", found[0].Kind, len(found))
			if shape(name) != name {
				row.find(Fail, "the declared name holds what looks like an id", whyIDInName)
			}
			j.checkSpan(row, found, true, d)
		}
	}
	others := map[string][]*otlp.Span{}
	for _, span := range j.seen.signals.Spans {
		if !declared[span.Name] {
			others[shape(span.Name)] = append(others[shape(span.Name)], span)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(others)) {
		found := others[name]
		names := map[string]bool{}
		for _, span := range found {
			names[span.Name] = true
		}
		row := j.row("span", name, "nothing: it is not declared")
		row.Seen = fmt.Sprintf("%s, %d×", found[0].Kind, len(found))
		keys := keysOf(found)
		if j.unnamed(found[0], keys) {
			row.Expected = "server, for requests that no route answers"
			j.checkSpan(row, found, false, generator.Span{})
			continue
		}
		if name != found[0].Name || len(names) > 1 {
			row.find(j.addition, fmt.Sprintf("%d spans have %d names that look like they hold an id, such as %q", len(found), len(names), found[0].Name), whyIDInName)
		}
		row.find(j.addition, fmt.Sprintf("the span %q is not declared; its attributes: %s", name, cmp.Or(strings.Join(keys, ", "), "none")), whyUndeclared)
		j.checkSpan(row, found, false, generator.Span{})
	}
}

// unnamed reports whether a span is one of an HTTP request that no route has answered: the conventions name it by its method alone.
func (j *judge) unnamed(span *otlp.Span, keys []string) bool {
	return span.Kind == otlp.KindServer && slices.Contains(j.registry.Attributes["http.request.method"].Values, span.Name) && !slices.Contains(keys, "http.route")
}

// keysOf are the attributes that some spans have.
func keysOf(spans []*otlp.Span) []string {
	keys := map[string]bool{}
	for _, s := range spans {
		for key := range s.Attributes {
			keys[key] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

func (j *judge) checkSpan(row *Row, found []*otlp.Span, declared bool, d generator.Span) {
	all := make([]otlp.Attributes, len(found))
	failed := map[string]int{}
	for i, span := range found {
		all[i] = span.Attributes
		if declared && string(span.Kind) != d.Kind {
			row.find(Fail, fmt.Sprintf("it is of kind %s, declared as %s", span.Kind, d.Kind), "service maps and request rates are made of the kinds")
		}
		if span.Status == otlp.StatusError {
			failed[cmp.Or(shape(span.StatusMessage), "no message")]++
		}
	}
	for _, message := range slices.Sorted(maps.Keys(failed)) {
		row.find(Note, fmt.Sprintf("%d of %d failed: %s", failed[message], len(found), message), "nothing was asked of the service that it should fail at")
	}
	j.attributes(row, all, declared, d.Attributes, d.Optional)
}

func (j *judge) checkMetrics() {
	declared := map[string]bool{}
	for _, d := range j.contract.Metrics {
		declared[d.Name] = true
		found := j.seen.signals.MetricsNamed(d.Name)
		if len(found) == 0 && d.Conditional {
			continue
		}
		row := j.row("metric", d.Name, d.Instrument+" in "+d.Unit)
		if len(found) == 0 {
			row.find(Fail, "no such metric arrived", "it is declared by "+d.Owner+": "+whyMissing)
			continue
		}
		j.checkMetric(row, found, true, d)
	}
	var others []string
	for _, m := range j.seen.signals.Metrics {
		if !declared[m.Name] && !slices.Contains(others, m.Name) {
			others = append(others, m.Name)
		}
	}
	slices.Sort(others)
	shapes := map[string][]string{}
	for _, name := range others {
		shapes[shape(name)] = append(shapes[shape(name)], name)
	}
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		row := j.row("metric", name, "nothing: it is not declared")
		if names := shapes[name]; names[0] != name {
			row.find(j.addition, fmt.Sprintf("%d metrics have names that look like they hold an id, such as %s", len(names), names[0]), whyIDInMetric)
		} else {
			row.find(j.addition, "the metric "+name+" is not declared", whyUndeclared)
		}
		var found []*otlp.Metric
		for _, one := range shapes[name] {
			found = append(found, j.seen.signals.MetricsNamed(one)...)
		}
		j.checkMetric(row, found, false, generator.Metric{})
	}
}

func (j *judge) checkMetric(row *Row, found []*otlp.Metric, declared bool, d generator.Metric) {
	var all []otlp.Attributes
	series := map[string]bool{}
	for _, m := range found {
		instrument := instrumentOf(m)
		if declared && instrument != d.Instrument {
			row.find(Fail, fmt.Sprintf("it comes from a %s, declared as %s", instrument, d.Instrument), whyMissing)
		}
		if declared && m.Unit != d.Unit {
			row.find(Fail, fmt.Sprintf("its unit is %q, declared as %q", m.Unit, d.Unit), "a dashboard that expects the other unit is wrong by orders of magnitude")
		}
		j.conventionalMetric(row, m, instrument, declared)
		for _, p := range m.Points {
			all = append(all, p.Attributes)
			series[fmt.Sprint(p.Attributes)] = true
		}
	}
	row.Seen = fmt.Sprintf("%s %s, %d series", instrumentOf(found[0]), cmp.Or(found[0].Unit, "without unit"), len(series))
	j.attributes(row, all, declared, d.Attributes, d.Optional)
	j.cardinality(row, all, append(slices.Clone(d.Attributes), d.Optional...))
}

// conventionalMetric holds a metric to the semantic conventions.
func (j *judge) conventionalMetric(row *Row, m *otlp.Metric, instrument string, declared bool) {
	verdict := j.of(declared)
	if old, ok := j.registry.OldMetrics[m.Name]; ok {
		row.find(verdict, deprecated("metric", m.Name, old, j.registry.Version), whyOld)
		return
	}
	want, ok := j.registry.Metrics[m.Name]
	switch {
	case !ok && j.registry.Owns(m.Name):
		row.find(Note, fmt.Sprintf("the conventions %s know no metric %s, though the namespace is theirs", j.registry.Version, m.Name), whyReserved)
	case !ok:
	case m.Unit != want.Unit:
		row.find(verdict, fmt.Sprintf("its unit is %q, the conventions say %q", m.Unit, want.Unit), "a dashboard that expects the other unit is wrong by orders of magnitude")
	case instrument != want.Instrument:
		row.find(verdict, fmt.Sprintf("it comes from a %s, the conventions say %s", instrument, want.Instrument), whyMissing)
	}
}

func instrumentOf(m *otlp.Metric) string {
	switch m.Type {
	case otlp.Histogram, otlp.ExponentialHistogram:
		return "histogram"
	case otlp.Gauge:
		return "gauge"
	case otlp.Sum:
		if m.Monotonic {
			return "counter"
		}
		return "updowncounter"
	}
	return string(m.Type)
}

// fewest is how many different values make an attribute suspicious.
const fewest = 10

// cardinality finds attributes of a metric that have a new value for each request, or hold ids.
func (j *judge) cardinality(row *Row, all []otlp.Attributes, declared []string) {
	accepted := 0
	for _, r := range j.seen.requests {
		if r.accepted {
			accepted++
		}
	}
	values := map[string]map[string]bool{}
	for _, attributes := range all {
		for key := range attributes {
			if values[key] == nil {
				values[key] = map[string]bool{}
			}
			values[key][attributes.Text(key)] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		verdict := j.of(slices.Contains(declared, key))
		distinct := slices.Sorted(maps.Keys(values[key]))
		held := slices.IndexFunc(distinct, func(s string) bool { return shape(s) != s })
		switch {
		case held >= 0:
			row.find(verdict, fmt.Sprintf("the attribute %s has values that look like ids, such as %q", key, short(distinct[held], 60)), whyIDInMetric)
		case len(distinct) >= fewest && len(distinct) >= accepted:
			row.find(verdict, fmt.Sprintf("the attribute %s has %d values for %d requests, such as %q", key, len(distinct), accepted, short(distinct[0], 60)), whyIDInMetric)
		}
	}
}

func (j *judge) checkLogs() {
	row := j.row("log", "correlated", "what a request logs has the ids of its trace and span")
	correlated, traces := 0, map[string]bool{}
	unknown, outside := map[string]int{}, map[string]int{}
	for _, record := range j.seen.signals.Logs {
		body := shape(short(fmt.Sprint(record.Body), 80))
		switch span := j.spans[record.SpanID]; {
		case record.TraceID == "":
			if !ofDriver(record.Resource) && !record.Time.Before(j.seen.driven) && record.Time.Before(j.seen.ended) {
				outside[body]++
			}
		case span == nil || span.TraceID != record.TraceID:
			unknown[body]++
		default:
			correlated++
			traces[record.TraceID] = true
		}
	}
	for trace, batches := range j.batches() {
		traces[trace] = traces[trace] || slices.ContainsFunc(batches, func(batch *otlp.Span) bool { return traces[batch.TraceID] })
	}
	row.Seen = fmt.Sprintf("%d of %d records", correlated, len(j.seen.signals.Logs))
	without := map[string]int{}
	for _, r := range j.seen.requests {
		if r.accepted && !traces[r.traceID] {
			without[r.name]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(without)) {
		row.find(Fail, fmt.Sprintf("%d of %s have no log record in their trace", without[name], name), "logs cannot be found from a trace, nor traces from a log line")
	}
	for _, body := range slices.Sorted(maps.Keys(unknown)) {
		row.find(Fail, fmt.Sprintf("%d records %q belong to a span that did not arrive", unknown[body], body), "a jump from the log to the trace leads nowhere")
	}
	for _, body := range slices.Sorted(maps.Keys(outside)) {
		row.find(Note, fmt.Sprintf("%d records %q were written outside of any span while requests were handled", outside[body], body), "if a request wrote it, it was logged without the request's context and cannot be found from its trace")
	}
}

// ofDriver reports whether it was the driver that reported, and not the service.
func ofDriver(r *otlp.Resource) bool { return r.Attributes.Text("service.name") == driverName }

func (j *judge) checkResource() {
	type of struct {
		signal   string
		resource *otlp.Resource
	}
	var all []of
	for _, s := range j.seen.signals.Spans {
		all = append(all, of{"spans", s.Resource})
	}
	for _, m := range j.seen.signals.Metrics {
		all = append(all, of{"metrics", m.Resource})
	}
	for _, l := range j.seen.signals.Logs {
		all = append(all, of{"log records", l.Resource})
	}
	all = slices.DeleteFunc(all, func(one of) bool { return ofDriver(one.resource) })
	values := map[string][]any{}
	for _, key := range []string{"service.name", "service.version", "service.instance.id"} {
		row := j.row("resource", key, "the same on all signals")
		signals := map[string][]string{} // value → who has it
		for _, one := range all {
			v := one.resource.Attributes.Text(key)
			if !slices.Contains(signals[v], one.signal) {
				signals[v] = append(signals[v], one.signal)
			}
		}
		row.Seen = strings.Join(slices.Sorted(maps.Keys(signals)), ", ")
		if missing := signals[""]; len(missing) > 0 || len(all) == 0 {
			row.find(Fail, "it is missing on "+cmp.Or(strings.Join(missing, ", "), "all signals"), "the signals of several services and instances cannot be distinguished")
		}
		if len(signals) > 1 {
			row.find(Fail, "it differs between the signals: "+row.Seen, "what belongs together is not found together")
		}
	}
	for _, one := range all {
		for key, v := range one.resource.Attributes {
			if !slices.Contains(values[key], any(fmt.Sprint(v))) && typeOf(v) == "string" || values[key] == nil {
				values[key] = append(values[key], v)
			}
		}
	}
	row := j.row("resource", "attributes", "as the conventions name them")
	row.Seen = fmt.Sprintf("%d attributes", len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		j.conventions(row, key, values[key], false)
	}
}

// checkLosses compares what the service has done, as its callers and its standard output know it, with what arrived.
func (j *judge) checkLosses() {
	const why = "the last seconds before a restart are those that are asked for after a failure"
	traces := map[string]bool{}
	for _, s := range j.seen.signals.Spans {
		traces[s.TraceID] = true
	}
	answered, accepted, unclear := 0, 0, 0
	missing := 0
	for _, r := range j.seen.requests {
		switch {
		case r.accepted:
			accepted++
		case !r.answered:
			unclear++
		}
		if r.answered {
			answered++
			if !traces[r.traceID] {
				missing++
			}
		}
	}
	row := j.row("shutdown", "no span lost", "each request that was answered has its spans")
	row.Seen = fmt.Sprintf("%d answered, %d with spans", answered, answered-missing)
	if missing > 0 {
		row.find(Fail, fmt.Sprintf("of %d requests that were answered, %d have no span", answered, missing), why)
	}

	row = j.row("shutdown", "no log record lost", "each line on stdout with a span arrives, and the span, too")
	type line struct{ message, span string }
	arrived := map[line]int{}
	for _, r := range j.seen.signals.Logs {
		arrived[line{fmt.Sprint(r.Body), r.SpanID}]++
	}
	lost, spanless := map[string]int{}, map[string]int{}
	for _, l := range j.seen.stdout {
		key := line{l.Message, l.SpanID}
		if arrived[key]--; arrived[key] < 0 {
			lost[shape(l.Message)]++
		}
		if j.spans[l.SpanID] == nil {
			spanless[shape(l.Message)]++
		}
	}
	row.Seen = fmt.Sprintf("%d lines compared", len(j.seen.stdout))
	for _, message := range slices.Sorted(maps.Keys(lost)) {
		row.find(Fail, fmt.Sprintf("%d records %q are on standard output and did not arrive", lost[message], message), why)
	}
	for _, message := range slices.Sorted(maps.Keys(spanless)) {
		row.find(Fail, fmt.Sprintf("the spans of %d records %q did not arrive", spanless[message], message), why)
	}
	if len(j.seen.stdout) == 0 {
		row.find(Skipped, "the service writes no JSON with trace_id and span_id to standard output", "what it logs cannot be compared with what arrives")
	}

	name := j.contract.Entity.PluralSnake + ".created"
	if !slices.ContainsFunc(j.contract.Metrics, func(m generator.Metric) bool { return m.Name == name }) {
		return
	}
	row = j.row("shutdown", name, "as many as were accepted")
	counted := total(j.seen.signals.MetricsNamed(name))
	row.Seen = fmt.Sprintf("%v counted, %d accepted", counted, accepted)
	if counted < float64(accepted) || counted > float64(accepted+unclear) {
		row.find(Fail, fmt.Sprintf("%d were accepted, and the counter says %v", accepted, counted), why)
	}
}

// total is what the points of a counter come to at the end.
func total(exports []*otlp.Metric) (sum float64) {
	for _, m := range exports {
		if m.Temporality == otlp.Cumulative {
			sum = 0 // each export says it all
		}
		for _, p := range m.Points {
			sum += p.Value
		}
	}
	return sum
}
