package cli

import (
	"slices"
	"strings"

	"github.com/otelgen/otelgen/generator"
)

// factsOf returns what a preset declares, in the names of a service called shop: also what goes with capabilities and
// options that are off by default.
func factsOf(catalog *generator.Catalog, p *generator.Preset) (all generator.Contract, err error) {
	seen := map[string]bool{}
	add := func(owner, key string) bool {
		added := owner == p.ID() && !seen[key]
		seen[key] = seen[key] || added
		return added
	}
	for _, condition := range conditions(p) {
		selection, err := serviceWith(catalog, p, condition)
		if err != nil {
			return all, err
		}
		plan, err := selection.Plan()
		if err != nil {
			return all, err
		}
		contract := plan.Contract()
		for _, e := range contract.Env {
			if add(e.Owner, "env "+e.Name) {
				all.Env = append(all.Env, e)
			}
		}
		for _, s := range contract.Servers {
			if add(s.Owner, "server "+s.Name) {
				all.Servers = append(all.Servers, s)
			}
		}
		for _, s := range contract.Spans {
			if add(s.Owner, "span "+strings.Join(s.Names, " ")) {
				all.Spans = append(all.Spans, s)
			}
		}
		for _, m := range contract.Metrics {
			if add(m.Owner, "metric "+m.Name) {
				all.Metrics = append(all.Metrics, m)
			}
		}
	}
	return all, nil
}

// conditions returns what the facts of a preset go with, each once, none first.
func conditions(p *generator.Preset) []string {
	all := []string{""}
	for _, e := range p.Env {
		all = append(all, e.When)
	}
	for _, s := range p.Servers {
		all = append(all, s.When)
	}
	for _, s := range p.Spans {
		all = append(all, s.When)
	}
	for _, m := range p.Metrics {
		all = append(all, m.When)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// serviceWith selects a service that has a preset and meets the conditions of one of its facts; else the defaults where
// they fit.
func serviceWith(catalog *generator.Catalog, p *generator.Preset, conditions string) (*generator.Selection, error) {
	capabilities, options := wanted(p, conditions)
	answers := generator.Answers{Name: "shop", Presets: map[string][]string{p.Axis: {p.Name}}, Options: options}
	provides := func(c generator.Choice) bool {
		return slices.ContainsFunc(c.Preset.Provides, func(has string) bool { return slices.Contains(capabilities, has) })
	}
	rank := func(c generator.Choice) int {
		switch {
		case !c.Fits:
			return 3
		case provides(c):
			return 0
		case c.Preset.Default:
			return 1
		}
		return 2
	}
	for _, axis := range catalog.Axes() {
		choices, err := catalog.Choices(axis.Name, answers)
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(choices, func(x, y generator.Choice) int { return rank(x) - rank(y) })
		switch best := choices[0]; {
		case axis.Name != p.Axis:
			answers.Presets[axis.Name] = []string{best.Preset.Name}
		case rank(best) == 0 && best.Preset.Name != p.Name && (best.Preset.Group != p.Group || axis.Max(p.Group) != 1):
			answers.Presets[axis.Name] = append(answers.Presets[axis.Name], best.Preset.Name)
		}
	}
	return catalog.Select(answers)
}

// wanted returns the capabilities among the conditions, and the options of the preset with their values.
func wanted(p *generator.Preset, conditions string) (capabilities []string, options map[string]string) {
	options = map[string]string{}
	for _, condition := range strings.Fields(conditions) {
		option, ok := strings.CutPrefix(condition, "options.")
		if !ok {
			capabilities = append(capabilities, condition)
			continue
		}
		name, value, hasValue := strings.Cut(option, "=")
		if !hasValue {
			value = "true"
		}
		options[p.ID()+"."+name] = value
	}
	return capabilities, options
}
