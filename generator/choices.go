package generator

import (
	"fmt"
	"slices"
)

// Choices returns every preset of an axis and whether it fits with what sofar has chosen on the others. A
// requirement that an axis not in sofar can still meet does not count against a preset.
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
	choices := make([]Choice, 0, len(presets))
	for _, p := range presets {
		var beside []*Preset
		for _, q := range presets {
			if q != p && (q.Group != p.Group || axis.group(p.Group).Max != 1) {
				beside = append(beside, q)
			}
		}
		why := c.misfit(append(slices.Clone(decided), p), append(beside, open...))
		choices = append(choices, Choice{Preset: p, Fits: why == "", Why: why})
	}
	return choices, nil
}

// misfit says why the decided presets cannot be completed by open ones, or "".
func (c *Catalog) misfit(decided, open []*Preset) string {
	if r := clash(decided); r != nil {
		return r.Reason
	}
	for _, p := range decided {
		for _, r := range p.Requires {
			met := provider(decided, r.Capability) != nil || slices.Contains(c.skeleton.Provides, r.Capability) ||
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
