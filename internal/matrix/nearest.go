package matrix

import (
	"fmt"
	"maps"
	"slices"

	"github.com/otelgen/otelgen/generator"
)

// Nearest returns the answers that choose the preset and as few others that are no defaults as possible. Only these are named.
func Nearest(c *generator.Catalog, axis, name string) (generator.Answers, error) {
	fs, err := factors(c)
	if err != nil {
		return generator.Answers{}, err
	}
	own := map[string][]string{axis: {name}}
	others := slices.DeleteFunc(fs, func(f factor) bool { return f.option != nil || f.group.Max == 1 && f.holds(axis, name) })
	for changes := range len(others) + 1 {
		found, err := change(c, own, others, changes)
		if err != nil || found != nil {
			return generator.Answers{Name: Service, Presets: found}, err
		}
	}
	return generator.Answers{}, fmt.Errorf("%s/%s goes with nothing", axis, name)
}

// holds reports whether the preset is an answer to f.
func (f *factor) holds(axis, name string) bool {
	return slices.ContainsFunc(f.levels, func(l level) bool { return !l.none && l.preset.Axis == axis && l.preset.Name == name })
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
		for _, l := range f.levels {
			if l.none {
				continue
			}
			more := maps.Clone(presets)
			more[f.axis.Name] = append(slices.Clone(more[f.axis.Name]), l.preset.Name)
			if found, err := change(c, more, fs[i+1:], n-1); err != nil || found != nil {
				return found, err
			}
		}
	}
	return nil, nil
}

// Around returns the selections that show most of a preset. Layouts are the nearest to the defaults, and the same in each other layout.
// Variants have each value of its options that is worth trying, and another entity.
func Around(c *generator.Catalog, axis, name string) (layouts, variants []generator.Answers, err error) {
	preset, err := c.Preset(axis, name)
	if err != nil {
		return nil, nil, err
	}
	nearest, err := Nearest(c, axis, name)
	if err != nil {
		return nil, nil, err
	}
	others, err := otherLayouts(c, nearest, preset)
	if err != nil {
		return nil, nil, err
	}
	other := nearest
	other.Entity, other.Fields, other.Module = "line-item", EveryField, "github.com/acme/"+Service
	return append([]generator.Answers{nearest}, others...), append(optionValues(nearest, preset), other), nil
}

// otherLayouts returns the answers with each other preset in the place of one that supplies a layout, except for the kept one.
func otherLayouts(c *generator.Catalog, a generator.Answers, kept *generator.Preset) (all []generator.Answers, err error) {
	selection, err := c.Select(a)
	if err != nil {
		return nil, err
	}
	for _, chosen := range selection.Presets() {
		if len(chosen.Layout) == 0 || chosen == kept {
			continue
		}
		others, err := c.Presets(chosen.Axis)
		if err != nil {
			return nil, err
		}
		for _, other := range others {
			if other.Group != chosen.Group || other == chosen {
				continue
			}
			swapped := swap(a, chosen, other)
			ok, err := accepted(c, swapped)
			if err != nil {
				return nil, err
			}
			if ok {
				all = append(all, swapped)
			}
		}
	}
	return all, nil
}

// swap returns the answers with one preset in the place of another of its axis.
func swap(a generator.Answers, was, now *generator.Preset) generator.Answers {
	a.Presets = maps.Clone(a.Presets)
	kept := slices.DeleteFunc(slices.Clone(a.Presets[was.Axis]), func(name string) bool { return name == was.Name })
	a.Presets[was.Axis] = append(kept, now.Name)
	return a
}

// optionValues returns the answers with each value of an option of the preset that is no default and worth trying.
func optionValues(a generator.Answers, p *generator.Preset) (all []generator.Answers) {
	for _, o := range p.Options {
		for _, v := range values(o)[1:] {
			with := a
			with.Options = map[string]string{p.ID() + "." + o.Name: v}
			all = append(all, with)
		}
	}
	return all
}
