package generator

import (
	"fmt"
	"slices"
	"strings"
)

// context is the dot of every template.
type context struct {
	Name      string // shop
	Module    string // example.com/shop
	GoVersion string // 1.26
	Entity    Entity
	Presets   []presetRef    // in the order of the axes; for documents only, code asks has
	Options   map[string]any // of the preset that the template belongs to
	Env       []Env
	Ports     []Port
	Spans     []Span
	Metrics   []Metric
	Sections  []Section
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
		f := factRenderer{w: w, preset: preset, ctx: p.contextOf(preset)}
		for _, e := range preset.Env {
			if !p.applies(e.When) {
				continue
			}
			f.line = e.line
			e.Owner, e.Default, e.Summary = preset.ID(), f.text(e.Default), f.text(e.Summary)
			if err := ctx.addEnv(e, preset); err != nil {
				return err
			}
		}
		for _, port := range preset.Ports {
			port.Owner = preset.ID()
			ctx.Ports = append(ctx.Ports, port)
		}
		for _, s := range preset.Spans {
			if !p.applies(s.When) {
				continue
			}
			f.line = s.line
			s.Owner, s.Names, s.Attributes, s.Optional, s.Summary = preset.ID(), f.texts(s.Names), f.texts(s.Attributes), f.texts(s.Optional), f.text(s.Summary)
			ctx.Spans = append(ctx.Spans, s)
		}
		for _, m := range preset.Metrics {
			if !p.applies(m.When) {
				continue
			}
			f.line = m.line
			m.Owner, m.Name, m.Unit, m.Attributes, m.Optional, m.Summary = preset.ID(), f.text(m.Name), f.text(m.Unit), f.texts(m.Attributes), f.texts(m.Optional), f.text(m.Summary)
			ctx.Metrics = append(ctx.Metrics, m)
		}
		if f.err != nil {
			return f.err
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
	p.context = ctx
	return nil
}

// applies reports whether a fact that goes with a capability, if not empty, is one of this service.
func (p *Plan) applies(when string) bool {
	return when == "" || p.selection.provides(when)
}

// addEnv adds a variable. Two owners may declare the same one, but not differently.
func (c *context) addEnv(e Env, preset *Preset) error {
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
			Why: "one variable has one meaning in the whole service", Mend: "declare it as there, or give it another name", Where: preset.at(e.line)}
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
	line   int
	err    error
}

func (f *factRenderer) text(s string) string {
	if f.err != nil || !strings.Contains(s, "{{") {
		return s
	}
	t, err := parseTemplate(f.preset.at(f.line), s)
	if err == nil {
		s, err = f.w.execute(t, f.ctx)
	}
	f.err = err
	return s
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
