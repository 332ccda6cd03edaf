package generator

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	entityfield "github.com/otelgen/otelgen/generator/field"
	"github.com/otelgen/otelgen/generator/golang"
	"github.com/otelgen/otelgen/generator/signals"
)

// context is the dot of every template.
type context struct {
	Name      string // shop
	NameSnake string // shop, as the beginning of the names of tables
	Module    string // example.com/shop
	GoVersion string // 1.26
	Entity    Entity
	Presets   []presetRef                 // in the order of the axes; for documents only, code asks has
	Options   map[string]any              // of the preset that the template belongs to
	Types     map[entityfield.Type]string // of the same
	Env       []Env
	Ports     []Port
	Servers   []Server
	Events    []string // created, and what else the use cases handle
	Spans     []Span
	Metrics   []Metric
	Sections  []Section

	Rows       []signals.Row // panels of the metrics
	Objectives []signals.SLO
	Alerts     []signals.Alert
	Alert      *signals.Alert // that a file named {alert} is for
	Field      *golang.Field  // that a step named {field} adds
}

type presetRef struct{ Axis, Name, Title, Summary string }

// Section is a part of the service's typed configuration.
type Section struct {
	Name   string
	Fields []Env
}

// facts merges what the skeleton and the presets declare into ctx. Every text may hold template actions.
func (p *Plan) facts() error {
	w, err := p.newWorker()
	if err != nil {
		return err
	}
	// Texts see the context without the facts: these are made of those.
	ctx := p.context
	for _, preset := range p.owners {
		for _, event := range preset.Events {
			if !slices.Contains(ctx.Events, event) {
				ctx.Events = append(ctx.Events, event)
			}
		}
	}
	var shown []signals.Metric
	for _, preset := range p.owners {
		f := factRenderer{w: w, preset: preset, ctx: p.contextOf(preset)}
		if err := ctx.add(&f, p); err != nil {
			return err
		}
		for _, m := range ctx.Metrics[len(shown):] {
			shown = append(shown, signals.Metric{
				Name: m.Name, Instrument: m.Instrument, Unit: m.Unit, Summary: m.Summary, Attributes: m.Attributes,
				Optional: m.Optional, Conditional: m.Conditional, Row: p.row(preset), Objectives: m.Objectives, Alerts: m.Alerts,
			})
		}
	}
	for _, e := range ctx.Env {
		if e.Field == "" {
			continue
		}
		at := slices.IndexFunc(ctx.Sections, func(s Section) bool { return s.Name == e.Section })
		if at < 0 {
			at = len(ctx.Sections)
			ctx.Sections = append(ctx.Sections, Section{Name: e.Section})
		}
		ctx.Sections[at].Fields = append(ctx.Sections[at].Fields, e)
	}
	if err := p.alarms(&ctx, shown); err != nil {
		return err
	}
	p.context = ctx
	return nil
}

// add adds the facts of one preset whose conditions hold.
func (c *context) add(f *factRenderer, p *Plan) error {
	servers := f.servers(p)
	for _, s := range servers {
		if f.err == nil {
			f.err = c.addServer(s)
		}
	}
	for _, e := range f.preset.Env {
		if !p.applies(f.preset, e.When) {
			continue
		}
		f.where, e.Owner = e.where, f.preset.ID()
		e.Default, e.Summary = f.text(cmp.Or(e.Default, provided(servers, e.Name))), f.text(e.Summary)
		e.Develop = f.text(e.Develop)
		if f.err == nil {
			f.err = c.addEnv(e)
		}
	}
	for _, port := range f.preset.Ports {
		// Presets that share a server share its ports.
		known := slices.ContainsFunc(c.Ports, func(o Port) bool { return o.Port == port.Port })
		if !known && p.applies(f.preset, port.When) {
			port.Owner = f.preset.ID()
			c.Ports = append(c.Ports, port)
		}
	}
	c.addSignals(f, p)
	return f.err
}

// addSignals adds the spans and metrics of one preset whose conditions hold.
func (c *context) addSignals(f *factRenderer, p *Plan) {
	for _, s := range f.preset.Spans {
		if !p.applies(f.preset, s.When) {
			continue
		}
		f.where, s.Owner = s.where, f.preset.ID()
		s.Names, s.Summary = f.texts(eachEvent(s.Names, c.Events)), f.text(s.Summary)
		s.Attributes, s.Optional = f.texts(s.Attributes), f.texts(s.Optional)
		c.Spans = append(c.Spans, s)
	}
	for _, m := range f.preset.Metrics {
		if !p.applies(f.preset, m.When) {
			continue
		}
		f.where, m.Owner = m.where, f.preset.ID()
		m.Name, m.Unit, m.Summary = f.text(m.Name), f.text(m.Unit), f.text(m.Summary)
		m.Attributes, m.Optional = f.texts(m.Attributes), f.texts(m.Optional)
		m.Objectives, m.Alerts = f.objectives(m.Objectives), f.thresholds(m.Alerts)
		c.Metrics = append(c.Metrics, m)
	}
}

// provided returns where a server that provides the variable is reached from the host, or "".
func provided(servers []Server, variable string) string {
	for _, s := range servers {
		for _, p := range s.Provides {
			if p.Name == variable {
				return p.Outside
			}
		}
	}
	return ""
}

// alarms derives dashboard rows, objectives and alerts from the metrics.
func (p *Plan) alarms(ctx *context, metrics []signals.Metric) error {
	// The skeleton's metrics come last: they matter when no other panel shows the problem.
	if at := slices.IndexFunc(metrics, func(m signals.Metric) bool { return m.Row != runtimeRow }); at > 0 {
		metrics = slices.Concat(metrics[at:], metrics[:at])
	}
	metrics = signals.Merge(metrics)
	var missing string
	ctx.Rows, ctx.Objectives = signals.Rows(metrics), signals.SLOs(metrics)
	ctx.Alerts, missing = signals.Alerts(metrics)
	if missing != "" {
		return &Error{Kind: KindPreset, Code: "alert", What: fmt.Sprintf("the alert %s is a share of a metric that is not there", missing),
			Why: "nothing in the service declares what of names", Fix: "name a metric of the same preset", Where: p.position(missing)}
	}
	seen := map[string]signals.Alert{}
	for _, a := range ctx.Alerts {
		if other, ok := seen[a.Name]; ok {
			return &Error{Kind: KindPreset, Code: "alert", What: fmt.Sprintf("two metrics have an objective or alert %s", a.Name),
				Why: other.Metric.Name + " has it, too, and there is one runbook for a name", Fix: "rename one of them", Where: p.position(a.Name)}
		}
		seen[a.Name] = a
	}
	return nil
}

// eachEvent repeats the names that hold {event} for each event.
func eachEvent(names, events []string) (all []string) {
	for _, name := range names {
		if !strings.Contains(name, "{event}") {
			all = append(all, name)
			continue
		}
		for _, event := range events {
			all = append(all, strings.ReplaceAll(name, "{event}", "{{ .Entity.PluralSnake }}."+event))
		}
	}
	return all
}

// runtimeRow has the panels of what the skeleton declares.
const runtimeRow = "Runtime"

// row is where the panels of a preset's metrics are.
func (p *Plan) row(preset *Preset) string {
	for _, axis := range p.selection.catalog.skeleton.axes {
		if axis.Name == preset.Axis {
			return cmp.Or(axis.group(preset.Group).Row, axis.Row, axis.Title)
		}
	}
	return runtimeRow
}

// position is where the last metric with this objective or alert is declared.
func (p *Plan) position(alert string) (where string) {
	for _, o := range p.owners {
		for _, m := range o.Metrics {
			if slices.ContainsFunc(m.Objectives, func(s signals.Objective) bool { return s.Name == alert }) ||
				slices.ContainsFunc(m.Alerts, func(t signals.Threshold) bool { return t.Name == alert }) {
				where = m.where
			}
		}
	}
	return where
}

// optionPrefix begins a condition on an option of the same preset: options.NAME, which is on, or options.NAME=VALUE.
const optionPrefix = "options."

// applies reports whether all conditions of a fact of the preset hold: capabilities that the service has and options of the preset, or with !
// the opposite.
func (p *Plan) applies(preset *Preset, when string) bool {
	for _, condition := range strings.Fields(when) {
		name, not := strings.CutPrefix(condition, "!")
		has := p.selection.provides(name)
		if option, ok := strings.CutPrefix(name, optionPrefix); ok {
			option, want, _ := strings.Cut(option, "=")
			has = fmt.Sprint(p.selection.options[preset][option]) == cmp.Or(want, "true")
		}
		if has == not {
			return false
		}
	}
	return true
}

// addEnv adds a variable. Two owners may declare the same one, but not differently.
func (c *context) addEnv(e Env) error {
	for _, other := range c.Env {
		sameField := e.Field != "" && e.Section == other.Section && e.Field == other.Field
		if e.Name != other.Name && !sameField {
			continue
		}
		if e.Name == other.Name && e.Section == other.Section && e.Field == other.Field && e.Type == other.Type && e.Default == other.Default {
			return nil
		}
		what := "the variable " + e.Name
		if e.Name != other.Name {
			what = fmt.Sprintf("the configuration field %s.%s", e.Section, e.Field)
		}
		return &Error{Kind: KindPreset, Code: "env-twice", What: fmt.Sprintf("%s is declared differently by %s", what, other.Owner),
			Why: "one variable has one meaning in the whole service", Fix: "declare it as there, or give it another name", Where: e.where}
	}
	c.Env = append(c.Env, e)
	return nil
}

// at is a position in the manifest.
func (p *Preset) at(line int) string {
	name := manifestFile
	if p.Axis == "" {
		name = skeletonFile
	}
	return fmt.Sprintf("%s:%d", p.dir.position(name), line)
}

// factRenderer renders the texts of one manifest and keeps the first error.
type factRenderer struct {
	w      *worker
	preset *Preset
	ctx    *context
	where  string // of the fact
	err    error
}

func (f *factRenderer) text(s string) string {
	if f.err != nil || !strings.Contains(s, "{{") {
		return s
	}
	t, err := parseTemplate(f.where, s)
	if err == nil {
		s, err = f.w.execute(t, f.ctx)
	}
	f.err = err
	return s
}

func (f *factRenderer) objectives(list []signals.Objective) []signals.Objective {
	list = slices.Clone(list)
	for i := range list {
		list[i].Summary, list[i].Action = f.text(list[i].Summary), f.text(list[i].Action)
		list[i].Except = f.values(list[i].Except)
	}
	return list
}

func (f *factRenderer) thresholds(list []signals.Threshold) []signals.Threshold {
	list = slices.Clone(list)
	for i := range list {
		list[i].Summary, list[i].Action = f.text(list[i].Summary), f.text(list[i].Action)
		list[i].With = f.values(list[i].With)
	}
	return list
}

func (f *factRenderer) values(of map[string]string) map[string]string {
	of = maps.Clone(of)
	for key, value := range of {
		of[key] = f.text(value)
	}
	return of
}

func (f *factRenderer) texts(list []string) []string {
	if !slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, "{{") }) {
		return list
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = f.text(s)
	}
	return out
}
