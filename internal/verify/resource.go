package verify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/otelgen/otelgen/internal/otlp"
)

// signalResource is the resource of one span, metric or log record.
type signalResource struct {
	signal   string
	resource *otlp.Resource
}

// checkResource checks that all signals carry the same identity, and that their attributes follow the conventions.
func (c *checker) checkResource() {
	resources := c.resources()
	for _, key := range []string{"service.name", "service.version", "service.instance.id"} {
		c.checkIdentity(key, resources)
	}
	values := map[string][]any{}
	for _, r := range resources {
		for key, v := range r.resource.Attributes {
			if values[key] == nil || typeOf(v) == "string" && !slices.Contains(values[key], v) {
				values[key] = append(values[key], v)
			}
		}
	}
	row := c.row("resource", "attributes", "named by the conventions")
	row.Observed = fmt.Sprintf("%d attributes", len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		c.checkConventions(row, key, values[key], false)
	}
}

// resources returns the resource of everything that the service exported.
func (c *checker) resources() (all []signalResource) {
	for _, s := range c.observed.signals.Spans {
		all = append(all, signalResource{"spans", s.Resource})
	}
	for _, m := range c.observed.signals.Metrics {
		all = append(all, signalResource{"metrics", m.Resource})
	}
	for _, l := range c.observed.signals.Logs {
		all = append(all, signalResource{"log records", l.Resource})
	}
	return slices.DeleteFunc(all, func(r signalResource) bool { return fromDriver(r.resource) })
}

// checkIdentity checks that an attribute is on all resources, with one value.
func (c *checker) checkIdentity(key string, resources []signalResource) {
	row := c.row("resource", key, "the same on all signals")
	signals := map[string][]string{} // by value
	for _, r := range resources {
		v := r.resource.Attributes.Text(key)
		if !slices.Contains(signals[v], r.signal) {
			signals[v] = append(signals[v], r.signal)
		}
	}
	row.Observed = strings.Join(slices.Sorted(maps.Keys(signals)), ", ")
	if missing := signals[""]; len(missing) > 0 || len(resources) == 0 {
		row.add(Fail, "it is missing on "+cmp.Or(strings.Join(missing, ", "), "all signals"),
			"the signals of several services and instances cannot be distinguished")
	}
	if len(signals) > 1 {
		row.add(Fail, "it differs between the signals: "+row.Observed, "related signals cannot be correlated")
	}
}
