package generator

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/otelgen/otelgen/generator/signals"
)

const (
	manifestFile = "preset.yaml"
	skeletonFile = "skeleton.yaml"
	skeletonName = "skeleton" // the owner
	defaultOrder = 100
)

// manifestSkeleton is what skeleton.yaml declares: facts like those of a preset, and the openings that presets fill.
type manifestSkeleton struct {
	Preset
	axes     []Axis
	roles    []string
	slots    map[string]slotDecl
	reserved map[string]bool
}

// slotDecl is a typed opening in a file of the skeleton.
type slotDecl struct {
	kind string // go, yaml, text
	file string // "@root/compose.yaml"
	line int
}

// decodePreset decodes the manifest of a preset of the axis, which can name the shared facts of the library. All its errors are joined.
func decodePreset(axis *Axis, name string, dir *folder, facts *library) (*Preset, error) {
	p := &Preset{Axis: axis.Name, Name: name, Source: dir.source, Order: defaultOrder, dir: dir}
	data, err := dir.read(manifestFile, maxManifest)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Kind: KindPreset, Code: "manifest", What: "the manifest cannot be read", Why: err.Error(), Fix: "make it a file that may be read", Where: dir.position(manifestFile)}
	}
	if err != nil {
		return nil, &Error{Kind: KindPreset, Code: "manifest", What: fmt.Sprintf("the preset %s has no %s", p.ID(), manifestFile),
			Why: "each folder <axis>/<name> is a preset", Fix: "write the manifest, or remove the folder", Where: dir.position(manifestFile)}
	}
	d := &decoder{where: dir.position(manifestFile)}
	if root, ok := d.document(data); ok {
		fields, own := d.presetFields(p)
		var uses []factUse
		fields["facts"] = d.uses(facts, &uses)
		fields["group"] = func(n *yaml.Node) {
			d.text("group", &p.Group)(n)
			if axis.group(p.Group) == nil {
				d.fail(n.Line, fmt.Sprintf("the axis %s has no group %s", axis.Name, show(p.Group)), "its groups: "+list(axis.groupNames()), didYouMean(p.Group, axis.groupNames()))
			}
		}
		layout := fields["layout"]
		fields["layout"] = func(n *yaml.Node) {
			layout(n)
			if g := axis.group(p.Group); g != nil && (g.Min != 1 || g.Max != 1) {
				d.fail(n.Line, "this preset cannot give the layout", "a service has one layout, and "+describe(axis, *g)+" can be any number of presets", "take the layout out")
			}
		}
		// The group decides what else is right, so it is read first.
		if g := lookup(root, "group"); g != nil {
			fields["group"](g)
			fields["group"] = func(*yaml.Node) {}
		} else if axis.group("") == nil {
			d.fail(root.Line, "the manifest has no group", "the axis "+axis.Name+" has the groups "+list(axis.groupNames()), "add the key group")
		}
		d.object(root, "the manifest", fields, "title", "summary")
		d.items(p, uses, own)
		p.settle()
	}
	return p, errors.Join(d.errs...)
}

// decodeSkeleton decodes skeleton.yaml.
func decodeSkeleton(dir *folder) (*manifestSkeleton, error) {
	s := &manifestSkeleton{Preset: Preset{dir: dir, Source: dir.source}, slots: map[string]slotDecl{}, reserved: map[string]bool{}}
	data, err := dir.read(skeletonFile, maxManifest)
	if err != nil {
		return nil, &Error{Kind: KindPreset, Code: "manifest", What: "the skeleton has no " + skeletonFile, Why: err.Error(), Fix: "write it", Where: dir.position(skeletonFile)}
	}
	d := &decoder{where: dir.position(skeletonFile)}
	if root, ok := d.document(data); ok {
		fields, own := d.presetFields(&s.Preset)
		for _, key := range []string{"order", "default", "requires", "conflicts", "options"} {
			delete(fields, key)
		}
		fields["axes"] = d.list("axes", func(n *yaml.Node) { s.axes = append(s.axes, d.axis(n)) })
		fields["roles"] = d.texts("roles", &s.roles)
		fields["slots"] = d.list("slots", func(n *yaml.Node) { d.slot(n, s.slots) })
		var reserved []string
		fields["reserved"] = d.texts("reserved", &reserved)
		d.object(root, "the skeleton", fields, "axes", "roles", "layout")
		d.items(&s.Preset, nil, own)
		s.settle()
		for _, word := range reserved {
			s.reserved[word] = true
		}
	}
	return s, errors.Join(d.errs...)
}

func (d *decoder) axis(n *yaml.Node) Axis {
	var a Axis
	d.object(n, "an axis", map[string]field{
		"name": d.line1("name", &a.Name), "title": d.line1("title", &a.Title), "question": d.line1("question", &a.Question), "row": d.line1("row", &a.Row),
		"independent": d.boolean("independent", &a.Independent),
		"groups": d.list("groups", func(n *yaml.Node) {
			var lo, hi int64 = 0, -1
			var g Group
			d.object(n, "a group", map[string]field{
				"name": d.line1("name", &g.Name), "min": d.integer("min", &lo), "max": d.integer("max", &hi), "row": d.line1("row", &g.Row), "question": d.line1("question", &g.Question),
			}, "name", "min", "max")
			g.Min, g.Max = int(lo), int(hi)
			a.Groups = append(a.Groups, g)
		}),
	}, "name", "title", "question")
	if len(a.Groups) == 0 {
		a.Groups = []Group{{Min: 1, Max: 1}}
	}
	return a
}

func (d *decoder) slot(n *yaml.Node, slots map[string]slotDecl) {
	s := slotDecl{line: n.Line}
	var name string
	d.object(n, "a slot", map[string]field{
		"name": d.line1("name", &name), "type": d.oneOf("type", &s.kind, "go", "yaml", "text", "lines"), "file": d.line1("file", &s.file),
		"summary": d.line1("summary", new(string)), // for the reader of the manifest
	}, "name", "type", "file")
	if _, ok := slots[name]; ok {
		d.fail(n.Line, fmt.Sprintf("the slot %q is declared twice", name), "a slot is in one file", "remove one of them")
	}
	slots[name] = s
}

// presetFields decodes what a preset and the skeleton have in common into p. The items of facts are only collected, by kind: their decoding
// waits for the shared facts.
func (d *decoder) presetFields(p *Preset) (fields map[string]field, own map[string][]*yaml.Node) {
	order := int64(p.Order)
	own = map[string][]*yaml.Node{}
	fields = map[string]field{
		"title":     d.line1("title", &p.Title),
		"summary":   d.line1("summary", &p.Summary),
		"order":     func(n *yaml.Node) { d.integer("order", &order)(n); p.Order = int(order) },
		"default":   d.boolean("default", &p.Default),
		"provides":  d.texts("provides", &p.Provides),
		"requires":  d.rules("requires", &p.Requires),
		"conflicts": d.rules("conflicts", &p.Conflicts),
		"options":   d.options(&p.Options),
		"modules":   d.textMap("modules", &p.Modules),
		"layout":    d.layout(&p.Layout),
		"types":     d.types(&p.Types),
		"events":    d.texts("events", &p.Events),
		"ports":     d.list("ports", func(n *yaml.Node) { p.Ports = append(p.Ports, d.port(n, false)) }),
	}
	for _, k := range factKinds {
		fields[k.kind] = d.list(k.kind, func(n *yaml.Node) { own[k.kind] = append(own[k.kind], n) })
	}
	return fields, own
}

// settle derives what a manifest need not repeat.
func (p *Preset) settle() {
	var provided []string
	for _, capability := range p.Provides {
		if !slices.Contains(provided, capability) {
			provided = append(provided, capability)
		}
	}
	p.Provides = provided
	for _, s := range p.Servers {
		for _, port := range s.Ports {
			port.When = strings.TrimSpace(s.When + " " + port.When)
			p.Ports = append(p.Ports, port)
		}
	}
}

// env decodes a variable.
func (d *decoder) env(n *yaml.Node) Env {
	e := Env{Type: "text", where: d.at(n.Line)}
	d.object(n, "an env variable", map[string]field{
		"name": d.line1("name", &e.Name), "section": d.line1("section", &e.Section), "field": d.line1("field", &e.Field),
		"type":    d.oneOf("type", &e.Type, "text", "int", "bool", "duration", "url", "address", "level"),
		"default": d.text("default", &e.Default), "secret": d.boolean("secret", &e.Secret),
		"development": d.line1("development", &e.Develop),
		"summary":     d.line1("summary", &e.Summary), "when": d.line1("when", &e.When),
	}, "name", "summary")
	if (e.Section == "") != (e.Field == "") {
		d.fail(n.Line, e.Name+" has only one of section and field", "together they name a field of the configuration", "write both, or neither")
	}
	return e
}

// span decodes spans that have everything but the name in common.
func (d *decoder) span(n *yaml.Node) Span {
	v := Span{where: d.at(n.Line)}
	d.object(n, "a span", map[string]field{
		"names": d.texts("names", &v.Names), "kind": d.oneOf("kind", &v.Kind, "internal", "server", "client", "producer", "consumer"),
		"attributes": d.texts("attributes", &v.Attributes), "optional": d.texts("optional", &v.Optional),
		"summary": d.line1("summary", &v.Summary), "conditional": d.boolean("conditional", &v.Conditional),
		"when": d.line1("when", &v.When),
	}, "names", "kind", "summary")
	return v
}

// metric decodes a metric with its objectives and alerts.
func (d *decoder) metric(n *yaml.Node) Metric {
	v := Metric{where: d.at(n.Line)}
	d.object(n, "a metric", map[string]field{
		"name": d.line1("name", &v.Name), "unit": d.text("unit", &v.Unit),
		"instrument": d.oneOf("instrument", &v.Instrument, "counter", "updowncounter", "gauge", "histogram"),
		"attributes": d.texts("attributes", &v.Attributes), "optional": d.texts("optional", &v.Optional),
		"summary": d.line1("summary", &v.Summary), "conditional": d.boolean("conditional", &v.Conditional),
		"when":       d.line1("when", &v.When),
		"objectives": d.list("objectives", func(n *yaml.Node) { v.Objectives = append(v.Objectives, d.objective(n)) }),
		"alerts":     d.list("alerts", func(n *yaml.Node) { v.Alerts = append(v.Alerts, d.threshold(n)) }),
	}, "name", "instrument", "unit", "summary")
	d.alarms(n.Line, &v)
	return v
}

// objective decodes what share of a metric has to be good.
func (d *decoder) objective(n *yaml.Node) signals.Objective {
	var o signals.Objective
	d.object(n, "an objective", map[string]field{
		"name": d.slug("name", &o.Name), "target": d.number("target", &o.Target), "below": d.number("below", &o.Below),
		"except":  d.textMap("except", &o.Except),
		"summary": d.line1("summary", &o.Summary), "action": d.line1("action", &o.Action),
	}, "name", "target", "summary", "action")
	if o.Target < 95 || o.Target >= 100 {
		d.fail(n.Line, fmt.Sprintf("an objective cannot be %v percent", o.Target), "100 leaves no room for errors, and below 95 even a service that always fails burns it too slowly for the fastest alert",
			"write a number from 95 to below 100, such as 99.9")
	}
	return o
}

// threshold decodes a bound of a metric.
func (d *decoder) threshold(n *yaml.Node) signals.Threshold {
	var t signals.Threshold
	var above *float64
	d.object(n, "an alert", map[string]field{
		"name": d.slug("name", &t.Name), "of": d.line1("of", &t.Of), "with": d.textMap("with", &t.With),
		"above":   func(n *yaml.Node) { above = &t.Above; d.number("above", above)(n) },
		"fleet":   d.boolean("fleet", &t.Fleet),
		"absent":  d.boolean("absent", &t.Absent),
		"for":     d.oneOf("for", &t.For, "5m", "10m", "15m", "30m", "1h"), // times that every backend has
		"summary": d.line1("summary", &t.Summary), "action": d.line1("action", &t.Action),
	}, "name", "for", "summary", "action")
	if t.Absent == (above != nil) {
		d.fail(n.Line, fmt.Sprintf("the alert %s has no one condition", t.Name), "an alert is about a value above a bound, or about a metric that is absent", "write either above or absent: true")
	}
	if t.Absent && (t.Of != "" || t.With != nil || t.Fleet) {
		d.fail(n.Line, fmt.Sprintf("the alert %s cannot be narrowed", t.Name), "absent means that no instance reports the metric at all", "take of, with and fleet out")
	}
	return t
}

// alarms holds the objectives and alerts of a metric to what its instrument can tell.
func (d *decoder) alarms(line int, m *Metric) {
	fails := signals.Metric{Attributes: m.Attributes, Optional: m.Optional}.Fails()
	for _, o := range m.Objectives {
		switch {
		case m.Instrument != "histogram":
			d.fail(line, fmt.Sprintf("%s can have no objective", m.Name), "an objective is a share of what a histogram counts, and this is a "+m.Instrument, "write an alert")
		case o.Below == 0 && !fails:
			d.fail(line, fmt.Sprintf("the objective %s cannot be told", o.Name), "without below it counts failures, and "+m.Name+" has no error.type", "write below, or declare error.type")
		case o.Below < 0:
			d.fail(line, fmt.Sprintf("the objective %s cannot be met", o.Name), "nothing is below zero", "write the bound of a bucket")
		}
	}
	for _, t := range m.Alerts {
		switch {
		case m.Instrument == "histogram":
			d.fail(line, fmt.Sprintf("%s can have no alert", m.Name), "a histogram has no one value", "write an objective")
		case m.Instrument == "counter" && t.Of != "":
			d.fail(line, fmt.Sprintf("the alert %s cannot be a share", t.Name), "what a counter counts in a time is no part of another value", "take of out")
		}
	}
}

func (d *decoder) rules(what string, dst *[]Rule) field {
	return d.list(what, func(n *yaml.Node) {
		r := Rule{line: n.Line}
		d.object(n, "an item of "+what, map[string]field{
			"capability": d.line1("capability", &r.Capability), "reason": d.line1("reason", &r.Reason),
		}, "capability", "reason")
		*dst = append(*dst, r)
	})
}

func (d *decoder) options(dst *[]Option) field {
	return func(n *yaml.Node) {
		d.mapping(n, "options", func(k, v *yaml.Node) {
			o := Option{Name: k.Value}
			var lo, hi int64
			seen := map[string]bool{}
			mark := func(key string, f field) field { return func(n *yaml.Node) { seen[key] = true; f(n) } }
			d.object(v, "the option "+k.Value, map[string]field{
				"type":    d.oneOf("type", &o.Type, "string", "int", "bool", "enum"),
				"default": d.text("default", &o.Default), "summary": d.line1("summary", &o.Summary), "values": d.texts("values", &o.Values),
				"min": mark("min", d.integer("min", &lo)), "max": mark("max", d.integer("max", &hi)),
				"requires": d.rules("requires", &o.Requires),
			}, "type", "default", "summary")
			if seen["min"] {
				o.Min = &lo
			}
			if seen["max"] {
				o.Max = &hi
			}
			if !isSlug(o.Name) {
				d.fail(k.Line, show(o.Name)+" cannot name an option", "a name is lower-case letters, digits and hyphens, a letter first", "rename it")
			}
			if o.Type != "" {
				if _, why := o.parse(o.Default); why != "" {
					d.fail(v.Line, fmt.Sprintf("the default of the option %s cannot be %s", o.Name, show(o.Default)), why, "correct the default")
				}
			}
			if len(o.Requires) > 0 && (o.Type != "bool" || o.Default != "false") {
				d.fail(v.Line, "the option "+o.Name+" cannot require anything", "only what has to be switched on can be refused", "make it a bool whose default is false")
			}
			*dst = append(*dst, o)
		})
		slices.SortFunc(*dst, func(a, b Option) int { return cmp.Compare(a.Name, b.Name) })
	}
}

func (d *decoder) layout(dst *map[string]string) field {
	return func(n *yaml.Node) {
		d.textMap("layout", dst)(n)
		for _, role := range sortedKeys(*dst) {
			if dir := (*dst)[role]; path.IsAbs(dir) || path.Clean(dir) != dir || strings.HasPrefix(dir, "..") {
				d.fail(n.Line, fmt.Sprintf("the directory of the role %s cannot be %s", role, show(dir)), "it is a clean relative path inside of the project", "write it as in internal/"+role)
			}
		}
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
