// Package matrix names what a catalog can be combined to: every selection, a small set of selections in which every two
// answers meet, and the selection nearest to the defaults that holds a preset. It must not render, write or run any of them.
package matrix

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/otelgen/otelgen/generator"
)

// Service is the name of the services that are named here.
const Service = "shop"

// factor is one question: a group of an axis of which one preset is chosen, one preset of a group of many, or an option of a preset.
type factor struct {
	axis   string
	group  *generator.Group
	preset string   // of an option, "axis/name"
	option string   // its key, "axis/name.key"
	levels []string // answers; none ("") where nothing may be chosen, or where the option's preset is not
}

const none = ""

// factors returns the questions of the catalog: presets first, then options.
func factors(c *generator.Catalog) ([]factor, error) {
	var presets, options []factor
	for _, axis := range c.Axes() {
		all, err := c.Presets(axis.Name)
		if err != nil {
			return nil, err
		}
		for i := range axis.Groups {
			g := &axis.Groups[i]
			one := factor{axis: axis.Name, group: g}
			for _, p := range all {
				switch {
				case p.Group != g.Name:
				case g.Max == 1:
					one.levels = append(one.levels, p.Name)
				default:
					presets = append(presets, factor{axis: axis.Name, group: g, levels: []string{none, p.Name}})
				}
			}
			if g.Max == 1 && g.Min == 0 {
				one.levels = append([]string{none}, one.levels...)
			}
			if len(one.levels) > 0 {
				presets = append(presets, one)
			}
		}
		for _, p := range all {
			for _, o := range p.Options {
				options = append(options, factor{preset: p.ID(), option: p.ID() + "." + o.Name, levels: append([]string{none}, values(o)...)})
			}
		}
	}
	return append(presets, options...), nil
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

// All returns every selection that the catalog accepts, with all options at their defaults. Of presets that can be chosen
// together in any number, it tries none, each alone, and all.
func All(c *generator.Catalog) ([]generator.Answers, error) {
	fs, err := factors(c)
	if err != nil {
		return nil, err
	}
	combinations := []map[string][]string{{}}
	for _, choice := range choices(fs) {
		var next []map[string][]string
		for _, sofar := range combinations {
			for _, names := range choice.sets {
				more := maps.Clone(sofar)
				more[choice.axis] = append(slices.Clone(more[choice.axis]), names...)
				next = append(next, more)
			}
		}
		combinations = next
	}
	var all []generator.Answers
	for _, presets := range combinations {
		answers := generator.Answers{Name: Service, Presets: presets}
		ok, err := accepted(c, answers)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, answers)
		}
	}
	return all, nil
}

// choice is an axis and the sets of presets to try on it.
type choice struct {
	axis string
	sets [][]string
}

func choices(fs []factor) (all []choice) {
	many := map[*generator.Group]int{} // → index in all
	for _, f := range fs {
		if f.option != "" {
			continue
		}
		if f.group.Max == 1 {
			one := choice{axis: f.axis}
			for _, name := range f.levels {
				one.sets = append(one.sets, chosen(name))
			}
			all = append(all, one)
			continue
		}
		at, ok := many[f.group]
		if !ok {
			at = len(all)
			many[f.group] = at
			all = append(all, choice{axis: f.axis, sets: [][]string{nil, nil}}) // none, all
		}
		c := &all[at]
		name := f.levels[1]
		c.sets[1] = append(c.sets[1], name)
		if len(c.sets[1]) == 2 { // the first one alone is not yet there
			c.sets = append(c.sets, c.sets[1][:1:1])
		}
		if len(c.sets[1]) > 1 {
			c.sets = append(c.sets, []string{name})
		}
	}
	return all
}

func chosen(name string) []string {
	if name == none {
		return nil
	}
	return []string{name}
}

// accepted reports whether the presets go together. Any other fault is an error.
func accepted(c *generator.Catalog, a generator.Answers) (bool, error) {
	_, err := c.Select(a)
	var e *generator.Error
	if errors.As(err, &e) && (e.Code == "conflict" || e.Code == "requires") {
		return false, nil
	}
	return err == nil, err
}

// Nearest returns the answers that choose the preset and as few others that are no defaults as possible. Only these are named.
func Nearest(c *generator.Catalog, axis, name string) (generator.Answers, error) {
	fs, err := factors(c)
	if err != nil {
		return generator.Answers{}, err
	}
	own := map[string][]string{axis: {name}}
	others := slices.DeleteFunc(fs, func(f factor) bool {
		return f.option != "" || f.group.Max == 1 && slices.Contains(f.levels, name) && f.axis == axis
	})
	for changes := range len(others) + 1 {
		found, err := change(c, own, others, changes)
		if err != nil || found != nil {
			return generator.Answers{Name: Service, Presets: found}, err
		}
	}
	return generator.Answers{}, fmt.Errorf("%s/%s goes with nothing", axis, name)
}

// Around returns the selections that show most of a preset: the nearest to the defaults; the same in each other layout; with each value of
// its options that is worth trying; and about another entity.
func Around(c *generator.Catalog, axis, name string) (layouts, variants []generator.Answers, err error) {
	nearest, err := Nearest(c, axis, name)
	if err != nil {
		return nil, nil, err
	}
	selection, err := c.Select(nearest)
	if err != nil {
		return nil, nil, err
	}
	layouts = []generator.Answers{nearest}
	var preset *generator.Preset
	for _, chosen := range selection.Presets() {
		if chosen.Axis == axis && chosen.Name == name {
			preset = chosen
		}
		if len(chosen.Layout) == 0 || chosen.Axis == axis && chosen.Name == name {
			continue
		}
		others, err := c.Presets(chosen.Axis)
		if err != nil {
			return nil, nil, err
		}
		for _, other := range others {
			if other.Group != chosen.Group || other.Name == chosen.Name {
				continue
			}
			a := nearest
			a.Presets = maps.Clone(nearest.Presets)
			a.Presets[chosen.Axis] = append(slices.DeleteFunc(slices.Clone(a.Presets[chosen.Axis]), func(n string) bool { return n == chosen.Name }), other.Name)
			ok, err := accepted(c, a)
			if err != nil {
				return nil, nil, err
			}
			if ok {
				layouts = append(layouts, a)
			}
		}
	}
	for _, o := range preset.Options {
		for _, v := range values(o)[1:] {
			a := nearest
			a.Options = map[string]string{preset.ID() + "." + o.Name: v}
			variants = append(variants, a)
		}
	}
	other := nearest
	other.Entity, other.Module = "line-item", "github.com/acme/"+Service
	return layouts, append(variants, other), nil
}

// change returns presets with exactly n more of the factors answered, if any such go together.
func change(c *generator.Catalog, presets map[string][]string, fs []factor, n int) (map[string][]string, error) {
	if n == 0 {
		ok, err := accepted(c, generator.Answers{Name: Service, Presets: presets})
		if !ok {
			return nil, err
		}
		return presets, nil
	}
	for i, f := range fs {
		for _, level := range f.levels {
			if level == none {
				continue
			}
			more := maps.Clone(presets)
			more[f.axis] = append(slices.Clone(more[f.axis]), level)
			if found, err := change(c, more, fs[i+1:], n-1); err != nil || found != nil {
				return found, err
			}
		}
	}
	return nil, nil
}

// Label names a selection by its presets, and by what else is not a default: "chi+nats+sqlite+hexagonal+console".
func Label(c *generator.Catalog, a generator.Answers) string {
	var parts []string
	for _, axis := range c.Axes() {
		parts = append(parts, a.Presets[axis.Name]...)
	}
	for _, key := range slices.Sorted(maps.Keys(a.Options)) {
		_, short, _ := strings.Cut(key, "/")
		parts = append(parts, short+"="+a.Options[key])
	}
	if a.Entity != "" {
		parts = append(parts, a.Entity)
	}
	return strings.Join(parts, "+")
}

// Arguments returns the command line, after "otelgen", that writes the service of the answers.
func Arguments(c *generator.Catalog, a generator.Answers) []string {
	args := []string{"new", a.Name, "--no-input"}
	add := func(flag, value string) {
		if value != "" {
			args = append(args, "--"+flag, value)
		}
	}
	add("module", a.Module)
	for _, axis := range c.Axes() {
		add(axis.Name, strings.Join(a.Presets[axis.Name], ","))
	}
	add("entity", a.Entity)
	add("entity-plural", a.EntityPlural)
	for _, key := range slices.Sorted(maps.Keys(a.Options)) {
		add("option", key+"="+a.Options[key])
	}
	return args
}
