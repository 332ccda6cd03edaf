package verify

import (
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

// observation is everything that one run of the service produced.
type observation struct {
	signals  otlp.Signals
	requests []request
	stdout   []logLine
	// driven is the time of the first request, ended that of SIGTERM.
	driven, ended time.Time
}

// request is an HTTP request, RPC or event that verify sent, in its own trace.
type request struct {
	name      string
	traceID   string
	spanID    string // the parent of the service's spans
	answered  bool   // with any status; for an event: handled
	accepted  bool   // it created an entity
	confirmed bool   // its entity was confirmed before SIGTERM
}

// logLine is a line of JSON with a span ID that the service wrote to standard output.
type logLine struct {
	Message string `json:"msg"`
	TraceID string `json:"trace_id"`
	SpanID  string `json:"span_id"`
}

// checker compares an observation with the contract and with the semantic conventions.
type checker struct {
	contract generator.Contract
	registry *semconv.Registry
	observed observation
	// addition is the verdict on undeclared telemetry: Note if the project was edited, Fail otherwise.
	addition Verdict

	rows  []*Row
	spans map[string]*otlp.Span // by id
}

// check returns one row per check. Undeclared telemetry gets the verdict addition.
func check(contract generator.Contract, observed observation, addition Verdict) []*Row {
	c := &checker{
		contract: contract, registry: semconv.Load(), observed: observed, addition: addition,
		spans: map[string]*otlp.Span{},
	}
	for _, span := range observed.signals.Spans {
		c.spans[span.ID] = span
	}
	c.checkTraces()
	c.checkParents()
	c.checkSpans()
	c.checkMetrics()
	c.checkLogs()
	c.checkResource()
	c.checkLostSpans()
	c.checkLostLogs()
	c.checkLostCounts()
	return c.rows
}

func (c *checker) row(group, name, expected string) *Row {
	row := newRow(group, name, expected)
	c.rows = append(c.rows, row)
	return row
}

// idPattern matches UUIDs and long hexadecimal or decimal numbers.
var idPattern = regexp.MustCompile(
	`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{16,}\b|\d{6,}`)

// maskIDs replaces everything in s that looks like an ID by {id}.
func maskIDs(s string) string { return idPattern.ReplaceAllString(s, "{id}") }

const (
	whyMissing    = "dashboards, alerts and searches that rely on it stay empty"
	whyUndeclared = "neither the README nor the contract test lists it, so users cannot rely on it"
	whyOld        = "tools built on the current conventions do not find it, and backends drop support for it"
	whyType       = "backends keep one type per name, and drop or split values of another type"
	whyReserved   = "a later version of the conventions may give the name another meaning; use a custom namespace"
	whyIDInName   = "each ID creates a new name: the spans cannot be grouped, counted or searched by name, " +
		"and backends charge for or drop them; put the ID into an attribute"
	whyIDInMetric = "each value creates a time series that never expires: memory and cost grow without limit; " +
		"put the value on the span instead"
	whyUnit = "a dashboard that expects the other unit shows values that are wrong by orders of magnitude"
)

// verdict returns Fail for a problem with declared telemetry, and addition for one with undeclared telemetry.
func (c *checker) verdict(declared bool) Verdict {
	if declared {
		return Fail
	}
	return c.addition
}

// checkAttributes compares the attributes of spans or points with the declared keys and with the conventions.
func (c *checker) checkAttributes(row *Row, all []otlp.Attributes, declared bool, required, optional []string) {
	values := map[string][]any{}
	for _, attributes := range all {
		for key, value := range attributes {
			values[key] = append(values[key], value)
		}
	}
	for _, key := range required {
		switch n := len(values[key]); {
		case n == 0:
			row.add(Fail, "the attribute "+key+" is missing", whyMissing)
		case n < len(all) && !missingOnlyUnrouted(key, all):
			row.add(Fail, fmt.Sprintf("the attribute %s is missing on %d of %d", key, len(all)-n, len(all)), whyMissing)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		known := slices.Contains(required, key) || slices.Contains(optional, key)
		if declared && !known {
			what := fmt.Sprintf("the attribute %s is not declared (seen: %s)", key, sample(values[key]))
			row.add(c.addition, what, whyUndeclared)
		}
		c.checkConventions(row, key, values[key], known)
	}
}

// missingOnlyUnrouted reports whether key is http.route, and is missing only where no route matched.
func missingOnlyUnrouted(key string, all []otlp.Attributes) bool {
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

// checkConventions compares the values of an attribute with its definition in the semantic conventions.
func (c *checker) checkConventions(row *Row, key string, values []any, declared bool) {
	verdict, version := c.verdict(declared), c.registry.Version
	if old, ok := c.registry.OldAttributes[key]; ok {
		row.add(verdict, deprecated("attribute", key, old, version), whyOld)
		return
	}
	definition, ok := c.registry.Attributes[key]
	if !ok {
		if c.registry.Owns(key) {
			row.add(Note, undefined("attribute", key, version), whyReserved)
		}
		return
	}
	for _, value := range values {
		if got := typeOf(value); definition.Type != "" && definition.Type != "any" && got != definition.Type {
			what := fmt.Sprintf("the attribute %s has type %s, the conventions require %s", key, got, definition.Type)
			row.add(verdict, what, whyType)
			continue
		}
		text, ok := value.(string)
		if ok && len(definition.Values) > 0 && !hasOpenValues(key) && !slices.Contains(definition.Values, text) {
			allowed := strings.Join(definition.Values, ", ")
			row.add(verdict, fmt.Sprintf("the attribute %s is %q, the conventions allow %s", key, text, allowed), whyMissing)
		}
	}
}

func deprecated(kind, name string, old semconv.Old, version string) string {
	const format = "the %s %s is deprecated: the conventions %s no longer define it (last defined in %s)"
	what := fmt.Sprintf(format, kind, name, version, old.Last)
	if old.Now != "" {
		what += "; use " + old.Now
	}
	return what
}

func undefined(kind, name, version string) string {
	const format = "the conventions own the namespace of the %s %s, but version %s does not define it"
	return fmt.Sprintf(format, kind, name, version)
}

// hasOpenValues reports whether the conventions list values of an attribute, but allow others.
func hasOpenValues(key string) bool {
	return key == "error.type" || strings.HasSuffix(key, ".system") || strings.HasSuffix(key, ".system.name")
}

// typeOf returns the type of a value in the terms of the conventions.
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

// sample joins up to three distinct values.
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

// addCounted adds a finding per key, sorted. The format takes the count, then the key.
func addCounted(row *Row, v Verdict, counts map[string]int, format, why string) {
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		row.add(v, fmt.Sprintf(format, counts[key], key), why)
	}
}
