package matrix

import (
	"slices"
	"strconv"

	"github.com/otelgen/otelgen/generator"
)

// factor is one question: which preset of a group, whether a preset of a group of many, or which value of an option.
type factor struct {
	axis   generator.Axis // of presets
	group  generator.Group
	home   *generator.Preset // whose option it is
	option *generator.Option
	levels []level
}

// level is an answer to a factor: a preset, a value of an option or, if none is set, that there is neither.
type level struct {
	preset *generator.Preset
	value  string
	none   bool
}

var nothing = level{none: true}

// factors returns the questions of the catalog: presets first, then options.
func factors(c *generator.Catalog) ([]factor, error) {
	var presets, options []factor
	for _, axis := range c.Axes() {
		all, err := c.Presets(axis.Name)
		if err != nil {
			return nil, err
		}
		for _, g := range axis.Groups {
			presets = append(presets, presetFactors(axis, g, all)...)
		}
		for _, p := range all {
			for i := range p.Options {
				options = append(options, optionFactor(p, &p.Options[i]))
			}
		}
	}
	return append(presets, options...), nil
}

// presetFactors returns the factor of a group of which one preset can be chosen, the default first, or one for each preset of a group of
// many.
func presetFactors(axis generator.Axis, g generator.Group, all []*generator.Preset) (fs []factor) {
	var levels []level
	for _, p := range all {
		if p.Group == g.Name {
			levels = append(levels, level{preset: p})
		}
	}
	if g.Max != 1 {
		for _, l := range levels {
			fs = append(fs, factor{axis: axis, group: g, levels: []level{nothing, l}})
		}
		return fs
	}
	if at := slices.IndexFunc(levels, func(l level) bool { return l.preset.Default }); at > 0 {
		byDefault := levels[at]
		levels = slices.Insert(slices.Delete(levels, at, at+1), 0, byDefault)
	}
	if g.Min == 0 {
		levels = slices.Insert(levels, 0, nothing)
	}
	if len(levels) == 0 {
		return nil
	}
	return []factor{{axis: axis, group: g, levels: levels}}
}

func optionFactor(p *generator.Preset, o *generator.Option) factor {
	f := factor{home: p, option: o, levels: []level{nothing}}
	for _, v := range values(*o) {
		f.levels = append(f.levels, level{value: v})
	}
	return f
}

// values returns the values of an option that are worth trying, the default first.
func values(o generator.Option) []string {
	all := []string{o.Default}
	switch o.Type {
	case "bool":
		all = append(all, "true", "false")
	case "enum":
		all = append(all, o.Values...)
	case "int":
		for _, bound := range []*int64{o.Min, o.Max} {
			if bound != nil {
				all = append(all, strconv.FormatInt(*bound, 10))
			}
		}
	}
	var unique []string
	for _, v := range all {
		if !slices.Contains(unique, v) {
			unique = append(unique, v)
		}
	}
	return unique
}

// key is the option as answers name it.
func (f *factor) key() string { return f.home.ID() + "." + f.option.Name }

// text names an answer as a Meeting does.
func (f *factor) text(l level) string {
	switch {
	case f.option != nil:
		return f.key() + "=" + l.value
	case l.none:
		return "no " + f.axis.Name + " " + f.group.Name
	}
	return l.preset.ID()
}

// shared reports whether the presets of the axis are wired into the same Go files in every service. They are unless the axis is independent,
// or a service can have none or several of them.
func (f *factor) shared() bool {
	return f.option == nil && !f.axis.Independent && len(f.axis.Groups) == 1 && f.group.Min == 1 && f.group.Max == 1
}

// meet reports whether two answers have to meet: any two presets, an option with its preset, and options of one preset. If values of options
// also met every other preset, the services for it would cost more than they show. The absence of a preset has to meet all presets
// except those of independent axes.
func meet(f *factor, x level, g *factor, y level) bool {
	switch {
	case f.option == nil && g.option == nil:
		return !x.none && !y.none || !f.axis.Independent && !g.axis.Independent
	case f.option == nil:
		return x.preset == g.home && !y.none
	}
	return f.home == g.home && !x.none && !y.none
}
