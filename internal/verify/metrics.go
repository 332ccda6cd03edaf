package verify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/otlp"
)

// checkMetrics checks each declared metric, then the undeclared ones.
func (c *checker) checkMetrics() {
	declared := map[string]bool{}
	for _, d := range c.contract.Metrics {
		declared[d.Name] = true
		c.checkDeclaredMetric(d)
	}
	others := map[string][]string{} // names, by name with masked IDs
	for _, m := range c.observed.signals.Metrics {
		masked := maskIDs(m.Name)
		if !declared[m.Name] && !slices.Contains(others[masked], m.Name) {
			others[masked] = append(others[masked], m.Name)
		}
	}
	for _, masked := range slices.Sorted(maps.Keys(others)) {
		slices.Sort(others[masked])
		c.checkUndeclaredMetric(masked, others[masked])
	}
}

func (c *checker) checkDeclaredMetric(d generator.Metric) {
	found := c.observed.signals.MetricsNamed(d.Name)
	if len(found) == 0 && d.Conditional {
		return
	}
	row := c.row("metric", d.Name, d.Instrument+" in "+d.Unit)
	if len(found) == 0 {
		row.add(Fail, "no such metric arrived", "it is declared by "+d.Owner+": "+whyMissing)
		return
	}
	c.checkMetric(row, found, true, d)
}

// checkUndeclaredMetric checks metrics that no preset declares. Their names are equal once IDs are masked.
func (c *checker) checkUndeclaredMetric(masked string, names []string) {
	row := c.row("metric", masked, "not declared")
	if names[0] != masked {
		const format = "%d metrics have names that seem to contain an ID, such as %s"
		row.add(c.addition, fmt.Sprintf(format, len(names), names[0]), whyIDInMetric)
	} else {
		row.add(c.addition, "the metric "+masked+" is not declared", whyUndeclared)
	}
	var found []*otlp.Metric
	for _, name := range names {
		found = append(found, c.observed.signals.MetricsNamed(name)...)
	}
	c.checkMetric(row, found, false, generator.Metric{})
}

func (c *checker) checkMetric(row *Row, found []*otlp.Metric, declared bool, d generator.Metric) {
	var all []otlp.Attributes
	series := map[string]bool{}
	for _, m := range found {
		instrument := instrumentOf(m)
		if declared && instrument != d.Instrument {
			row.add(Fail, fmt.Sprintf("its instrument is a %s, declared as %s", instrument, d.Instrument), whyMissing)
		}
		if declared && m.Unit != d.Unit {
			row.add(Fail, fmt.Sprintf("its unit is %q, declared as %q", m.Unit, d.Unit), whyUnit)
		}
		c.checkMetricConventions(row, m, instrument, declared)
		for _, p := range m.Points {
			all = append(all, p.Attributes)
			series[fmt.Sprint(p.Attributes)] = true
		}
	}
	unit := cmp.Or(found[0].Unit, "without unit")
	row.Observed = fmt.Sprintf("%s %s, %d series", instrumentOf(found[0]), unit, len(series))
	c.checkAttributes(row, all, declared, d.Attributes, d.Optional)
	c.checkCardinality(row, all, slices.Concat(d.Attributes, d.Optional))
}

// checkMetricConventions compares a metric with its definition in the semantic conventions.
func (c *checker) checkMetricConventions(row *Row, m *otlp.Metric, instrument string, declared bool) {
	verdict, version := c.verdict(declared), c.registry.Version
	if old, ok := c.registry.OldMetrics[m.Name]; ok {
		row.add(verdict, deprecated("metric", m.Name, old, version), whyOld)
		return
	}
	want, ok := c.registry.Metrics[m.Name]
	switch {
	case !ok && c.registry.Owns(m.Name):
		row.add(Note, undefined("metric", m.Name, version), whyReserved)
	case !ok:
	case m.Unit != want.Unit:
		row.add(verdict, fmt.Sprintf("its unit is %q, the conventions require %q", m.Unit, want.Unit), whyUnit)
	case instrument != want.Instrument:
		what := fmt.Sprintf("its instrument is a %s, the conventions require %s", instrument, want.Instrument)
		row.add(verdict, what, whyMissing)
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

// minSuspicious is the number of distinct values from which an attribute of a metric is checked for high cardinality.
const minSuspicious = 10

// checkCardinality finds attributes of a metric whose values are IDs, or are different for each request.
func (c *checker) checkCardinality(row *Row, all []otlp.Attributes, declared []string) {
	accepted := c.countAccepted()
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
		verdict := c.verdict(slices.Contains(declared, key))
		distinct := slices.Sorted(maps.Keys(values[key]))
		id := slices.IndexFunc(distinct, func(s string) bool { return maskIDs(s) != s })
		switch {
		case id >= 0:
			const format = "the attribute %s has values that look like ids, such as %q"
			row.add(verdict, fmt.Sprintf(format, key, short(distinct[id], 60)), whyIDInMetric)
		case len(distinct) >= minSuspicious && len(distinct) >= accepted:
			const format = "the attribute %s has %d values for %d requests, such as %q"
			row.add(verdict, fmt.Sprintf(format, key, len(distinct), accepted, short(distinct[0], 60)), whyIDInMetric)
		}
	}
}

// countAccepted returns how many requests created an entity.
func (c *checker) countAccepted() (n int) {
	for _, r := range c.observed.requests {
		if r.accepted {
			n++
		}
	}
	return n
}
