package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// swaps says what has become of the answers: presets, then the module, then options.
func (c *changeReport) swaps() (all []string) {
	axes := maps.Clone(c.Before.Presets)
	maps.Copy(axes, c.Answers.Presets)
	for _, axis := range slices.Sorted(maps.Keys(axes)) {
		gone := without(c.Before.Presets[axis], c.Answers.Presets[axis])
		come := without(c.Answers.Presets[axis], c.Before.Presets[axis])
		switch {
		case len(gone) > 0 && len(come) > 0:
			all = append(all, fmt.Sprintf("%s %s → %s", axis, strings.Join(gone, ", "), strings.Join(come, ", ")))
		case len(come) > 0:
			all = append(all, "added "+axis+" "+strings.Join(come, ", "))
		case len(gone) > 0:
			all = append(all, "removed "+axis+" "+strings.Join(gone, ", "))
		}
	}
	if c.Before.Module != c.Answers.Module {
		all = append(all, fmt.Sprintf("module %s → %s", c.Before.Module, c.Answers.Module))
	}
	for _, key := range slices.Sorted(maps.Keys(c.Answers.Options)) {
		if was, had := c.Before.Options[key]; had && was != c.Answers.Options[key] {
			all = append(all, fmt.Sprintf("option %s %s → %s", key, was, c.Answers.Options[key]))
		}
	}
	return all
}

// without returns the names that are not among the others.
func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}

// called names a project at the beginning of a sentence.
func called(project string) string {
	if project == "." {
		return "The project"
	}
	return project
}

// in names a project at the end of a sentence, unless it is where the command runs.
func in(project string) string {
	if project == "." {
		return ""
	}
	return " in " + project
}
