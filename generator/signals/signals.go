// Package signals derives from declared metrics what a backend shows of a service and when it pages someone: rows of
// panels, objectives and alerts. It knows no backend and no preset, and of the query languages only the names;
// templates do the rest.
package signals

import (
	"slices"
	"strings"
)

// Metric is a declared metric, as far as dashboards and alerts need it.
type Metric struct {
	Name, Instrument, Unit, Summary string
	Attributes, Optional            []string
	Conditional                     bool
	Row                             string // where its panels are shown
	Objectives                      []Objective
	Alerts                          []Threshold
}

// Objective is a share of what a histogram counts that has to be good: what did not fail, or what was fast enough.
type Objective struct {
	Name   string  `json:"name"`
	Target float64 `json:"target"`          // percent
	Below  float64 `json:"below,omitempty"` // what is fast enough, in the metric's unit, the bound of a bucket; 0 counts failures
	// Except leaves out what has these values of attributes, such as streams that are meant to be long.
	Except  map[string]string `json:"except,omitempty"`
	Summary string            `json:"summary"` // what the objective is
	Action  string            `json:"action"`  // what to do when it is in danger
}

// Threshold is a bound for a counter, within the time of For, or for the value of another instrument during it.
type Threshold struct {
	Name    string            `json:"name"`
	Above   float64           `json:"above"`
	Of      string            `json:"of,omitempty"`     // metric that the value is a share of
	With    map[string]string `json:"with,omitempty"`   // attributes of what is looked at
	Fleet   bool              `json:"fleet,omitempty"`  // it bounds the sum over all instances, not each of them
	Absent  bool              `json:"absent,omitempty"` // instead of a bound: no instance reports the metric
	For     string            `json:"for"`
	Summary string            `json:"summary"`
	Action  string            `json:"action"`
}

// Row is a part of a dashboard.
type Row struct {
	Title  string
	Panels []Panel
}

// Values that a panel shows of its metric.
const (
	Rate     = "rate"     // how often, by time
	Failures = "failures" // share of what has an error.type
	Spread   = "spread"   // median, 95th and 99th percentile
	Value    = "value"
)

// Panel is a query of one metric.
type Panel struct {
	Title  string
	Show   string
	Metric Metric
	By     []string // attributes that tell its lines apart
}

// SLO is an objective with the metric that tells whether it is met.
type SLO struct {
	Objective
	Metric Metric
}

// Alert pages someone: because the error budget of an objective burns too fast, or because of a threshold. The other
// is nil.
type Alert struct {
	Name      string // requests-availability
	Title     string // RequestsAvailability
	Summary   string
	Action    string
	Metric    Metric
	Objective *Objective
	Threshold *Threshold
	Of        *Metric // of a threshold that is a share
}

// Merge makes one metric of those that have the same name: several presets may report it. It has the attributes that each of them has, and
// is in the row of the first.
func Merge(metrics []Metric) []Metric {
	var merged []Metric
	for _, m := range metrics {
		at := slices.IndexFunc(merged, func(o Metric) bool { return o.Name == m.Name })
		if at < 0 {
			merged = append(merged, m)
			continue
		}
		o := &merged[at]
		o.Optional = slices.Concat(o.Optional, m.Optional)
		o.Attributes = slices.DeleteFunc(slices.Clone(o.Attributes), func(a string) bool { return !slices.Contains(m.Attributes, a) })
		o.Conditional = o.Conditional && m.Conditional
		for _, objective := range m.Objectives {
			if !slices.ContainsFunc(o.Objectives, func(known Objective) bool { return known.Name == objective.Name }) {
				o.Objectives = append(slices.Clip(o.Objectives), objective)
			}
		}
		for _, alert := range m.Alerts {
			if !slices.ContainsFunc(o.Alerts, func(known Threshold) bool { return known.Name == alert.Name }) {
				o.Alerts = append(slices.Clip(o.Alerts), alert)
			}
		}
	}
	return merged
}

// Rows returns the panels of merged metrics, in the order in which their rows come up.
func Rows(metrics []Metric) []Row {
	var rows []Row
	for _, m := range metrics {
		at := slices.IndexFunc(rows, func(r Row) bool { return r.Title == m.Row })
		if at < 0 {
			at = len(rows)
			rows = append(rows, Row{Title: m.Row})
		}
		rows[at].Panels = append(rows[at].Panels, panels(m)...)
	}
	return rows
}

func panels(m Metric) []Panel {
	var shows []string
	switch {
	case m.Instrument == "counter":
		shows = []string{Rate}
	case m.Instrument != "histogram":
		shows = []string{Value}
	case m.Unit != "s":
		shows = []string{Spread}
	case m.Fails():
		shows = []string{Rate, Failures, Spread}
	default:
		shows = []string{Rate, Spread}
	}
	titles := map[string]string{Rate: ": rate", Failures: ": failures", Spread: ": percentiles"}
	var list []Panel
	for _, show := range shows {
		list = append(list, Panel{Title: m.Name + titles[show], Show: show, Metric: m, By: breakdown(m.Attributes)})
	}
	return list
}

// Fails reports whether the metric distinguishes failures.
func (m Metric) Fails() bool {
	return slices.Contains(m.Attributes, "error.type") || slices.Contains(m.Optional, "error.type")
}

// Aggregate is how values of several instances become one: sum, or max for a gauge or a percentage, whose values do not add up.
func (m Metric) Aggregate() string {
	if m.Instrument == "gauge" || m.Unit == "%" {
		return "max"
	}
	return "sum"
}

// maxBreakdown is the number of attributes that distinguish the lines of a panel. More would be unreadable.
const maxBreakdown = 2

// breakdown returns the attributes that tell most: the first of those that are always there and differ within one service.
func breakdown(attributes []string) []string {
	var by []string
	for _, a := range attributes {
		if !constant(a) && len(by) < maxBreakdown {
			by = append(by, a)
		}
	}
	return by
}

// constant reports whether an attribute of the conventions describes the surroundings, which are mostly the same for a whole service.
func constant(attribute string) bool {
	for _, prefix := range []string{"server.", "client.", "network.", "url."} {
		if strings.HasPrefix(attribute, prefix) {
			return true
		}
	}
	return slices.Contains([]string{"db.system.name", "db.namespace", "db.client.connection.pool.name", "messaging.system", "messaging.operation.type",
		"messaging.consumer.group.name", "rpc.system.name"}, attribute)
}

// SLOs returns the objectives of merged metrics.
func SLOs(metrics []Metric) []SLO {
	var slos []SLO
	for _, m := range metrics {
		for _, o := range m.Objectives {
			slos = append(slos, SLO{o, m})
		}
	}
	return slos
}

// Alerts returns those of merged metrics, of objectives first. Where one is a share of a metric that is not there, missing is its name.
func Alerts(metrics []Metric) (alerts []Alert, missing string) {
	for _, s := range SLOs(metrics) {
		alerts = append(alerts, Alert{Name: s.Name, Title: title(s.Name), Summary: s.Summary, Action: s.Action, Metric: s.Metric, Objective: &s.Objective})
	}
	for _, m := range metrics {
		for _, t := range m.Alerts {
			a := Alert{Name: t.Name, Title: title(t.Name), Summary: t.Summary, Action: t.Action, Metric: m, Threshold: &t}
			if t.Of != "" {
				at := slices.IndexFunc(metrics, func(o Metric) bool { return o.Name == t.Of })
				if at < 0 {
					return nil, t.Name
				}
				a.Of = &metrics[at]
			}
			alerts = append(alerts, a)
		}
	}
	return alerts, ""
}

// title makes RequestsAvailability of requests-availability.
func title(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		if word != "" {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}
