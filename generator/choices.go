package generator

import (
	"fmt"
	"maps"
	"slices"
)

// Choices returns every preset of an axis and whether it fits with what sofar has chosen: on the other axes, and on this one
// what could be chosen beside it. A requirement that an axis not in sofar can still meet does not count against a preset.
func (c *Catalog) Choices(axisName string, sofar Answers) ([]Choice, error) {
	axis, err := c.findAxis(axisName)
	if err != nil {
		return nil, err
	}
	presets, err := c.Presets(axisName)
	if err != nil {
		return nil, err
	}
	var decided, open []*Preset
	for i := range c.skeleton.axes {
		other := &c.skeleton.axes[i]
		if other == axis {
			continue
		}
		names, ok := sofar.Presets[other.Name]
		chosen, err := c.named(other, names)
		if err != nil {
			return nil, err
		}
		decided = append(decided, chosen...)
		if !ok {
			all, err := c.Presets(other.Name)
			if err != nil {
				return nil, err
			}
			open = append(open, all...)
		}
	}
	// On the axis itself, what shares no group with a preset can be chosen beside it, and so can the rest of a group of many.
	mine, err := c.named(axis, sofar.Presets[axis.Name])
	if err != nil {
		return nil, err
	}
	choices := make([]Choice, 0, len(presets))
	for _, p := range presets {
		chosen, possible := append(slices.Clone(decided), p), slices.Clone(open)
		for _, q := range presets {
			if q == p || q.Group == p.Group && axis.group(p.Group).Max == 1 {
				continue
			}
			if slices.Contains(mine, q) {
				chosen = append(chosen, q)
			}
			possible = append(possible, q)
		}
		why := c.Misfit(chosen, possible)
		choices = append(choices, Choice{Preset: p, Fits: why == "", Why: why})
	}
	return choices, nil
}

// RulesOut returns what p would rule out on the axes that sofar leaves open, and why.
func (c *Catalog) RulesOut(p *Preset, sofar Answers) ([]Choice, error) {
	with := Answers{Presets: maps.Clone(sofar.Presets)}
	if with.Presets == nil {
		with.Presets = map[string][]string{}
	}
	with.Presets[p.Axis] = append(slices.Clip(with.Presets[p.Axis]), p.Name)
	var out []Choice
	for _, axis := range c.skeleton.axes {
		if _, decided := sofar.Presets[axis.Name]; decided || axis.Name == p.Axis {
			continue
		}
		before, err := c.Choices(axis.Name, sofar)
		if err != nil {
			return nil, err
		}
		after, err := c.Choices(axis.Name, with)
		if err != nil {
			return nil, err
		}
		for i := range after { // both are all presets of the axis, in the same order
			if before[i].Fits && !after[i].Fits {
				out = append(out, after[i])
			}
		}
	}
	return out, nil
}

// Misfit says why the decided presets cannot be in one selection with any of the open ones, or returns "" if they
// can.
func (c *Catalog) Misfit(decided, open []*Preset) string {
	if r := clash(decided); r != nil {
		return r.Reason
	}
	for _, p := range decided {
		for _, r := range p.Requires {
			met := c.met(decided, r) ||
				slices.ContainsFunc(open, func(q *Preset) bool {
					return slices.Contains(q.Provides, r.Capability) && clash(append(slices.Clone(decided), q)) == nil
				})
			if !met {
				return fmt.Sprintf("%s (%s %s)", r.Reason, p.Axis, p.Name)
			}
		}
	}
	return ""
}
