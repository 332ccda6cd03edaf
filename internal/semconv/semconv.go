// Package semconv knows the registry of OpenTelemetry's semantic conventions: which attributes and metrics there are,
// of which type, unit and instrument, and which there were in older versions. It is read from a table that the
// generator in gen makes of the Go package go.opentelemetry.io/otel/semconv, so that a binary has it without that
// package. It judges nothing.
package semconv

import (
	_ "embed"
	"strings"
	"sync"
)

//go:generate go run ./gen

//go:embed registry.txt
var table string

// Attribute is one that the conventions define.
type Attribute struct {
	Type   string   // string, int, double, boolean, string[], int[] or any; empty where the package does not say it
	Values []string // the well-known values of an enumeration
}

// Metric is one that the conventions define.
type Metric struct {
	Unit       string
	Instrument string // counter, updowncounter, gauge or histogram
}

// Old is an attribute or a metric that the conventions no longer have.
type Old struct {
	Last string // the last version that had it: "v1.25.0"
	Now  string // what stands for it today, "" if that is not known or nothing does
}

// Registry is one version of the conventions.
type Registry struct {
	Version    string // "v1.43.0"
	Attributes map[string]Attribute
	Metrics    map[string]Metric
	// OldAttributes and OldMetrics are in none of the above, but were in an older version.
	OldAttributes, OldMetrics map[string]Old

	namespaces map[string]bool
}

// Load returns the registry of the newest version that the Go module has.
var Load = sync.OnceValue(func() *Registry {
	r := &Registry{
		Attributes:    map[string]Attribute{},
		Metrics:       map[string]Metric{},
		OldAttributes: map[string]Old{},
		OldMetrics:    map[string]Old{},
		namespaces:    map[string]bool{},
	}
	for line := range strings.Lines(table) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch f[0] {
		case "version":
			r.Version = f[1]
		case "attribute":
			a := Attribute{Type: f[2]}
			if f[3] != "" {
				a.Values = strings.Split(f[3], ",")
			}
			r.Attributes[f[1]] = a
			r.own(f[1])
		case "metric":
			r.Metrics[f[1]] = Metric{Unit: f[2], Instrument: f[3]}
			r.own(f[1])
		case "old attribute":
			r.OldAttributes[f[1]] = Old{Last: f[2], Now: renamed[f[1]]}
		case "old metric":
			r.OldMetrics[f[1]] = Old{Last: f[2], Now: renamed[f[1]]}
		}
	}
	return r
})

func (r *Registry) own(name string) {
	if namespace, _, ok := strings.Cut(name, "."); ok {
		r.namespaces[namespace] = true
	}
}

// Owns reports whether a name lies in a namespace of the conventions: http.anything, db.anything.
func (r *Registry) Owns(name string) bool {
	namespace, _, ok := strings.Cut(name, ".")
	return ok && r.namespaces[namespace]
}
