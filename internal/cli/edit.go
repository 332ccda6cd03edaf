package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kballard/go-shellquote"

	"github.com/otelgen/otelgen/generator"
)

// none is the name of the preset that stands for no preset of an axis. Removing the last preset selects it; adding
// another replaces it.
const none = "none"

// edits are changes of the answers of a project.
type edits struct {
	add, remove []string // AXIS/PRESET
	set         []string // AXIS=PRESET[,PRESET]
	options     []string // PRESET.KEY=VALUE
	entity      string   // that gets fields
	fields      []string // NAME:TYPE[:MODIFIER…]
}

// apply returns the answers with the changes made to them. They need not be a selection yet.
func (e edits) apply(catalog *generator.Catalog, answers generator.Answers) (generator.Answers, error) {
	answers.Presets, answers.Options = cloneLists(answers.Presets), maps.Clone(answers.Options)
	for _, id := range e.remove {
		axis, preset, err := findPreset(catalog, id)
		if err != nil {
			return answers, err
		}
		if err := removePreset(catalog, answers.Presets, axis, preset); err != nil {
			return answers, err
		}
	}
	for _, id := range e.add {
		axis, preset, err := findPreset(catalog, id)
		if err != nil {
			return answers, err
		}
		if err := addPreset(catalog, answers.Presets, axis, preset); err != nil {
			return answers, err
		}
	}
	for i, assignment := range e.set {
		name, names, ok := strings.Cut(assignment, "=")
		if !ok || names == "" {
			return answers, &generator.Error{
				Kind: generator.KindAnswers, Code: "usage", What: fmt.Sprintf("expected AXIS=PRESET, got %q", assignment),
				Why: "a preset is set as AXIS=PRESET", Fix: setLike(catalog, e.set[i:]),
			}
		}
		if err := noAxis(name, assignment); err != nil {
			return answers, err
		}
		var chosen []*generator.Preset
		for _, n := range strings.Split(names, ",") {
			preset, err := catalog.Preset(name, n)
			if err != nil {
				return answers, err
			}
			chosen = append(chosen, preset)
		}
		setPresets(catalog, answers.Presets, name, chosen)
	}
	for key := range answers.Options { // of a preset that is no longer chosen
		id, _, _ := strings.Cut(key, ".")
		if axis, name, ok := strings.Cut(id, "/"); ok && !slices.Contains(answers.Presets[axis], name) {
			delete(answers.Options, key)
		}
	}
	if len(e.fields) > 0 {
		if err := addFields(&answers, e.entity, e.fields); err != nil {
			return answers, err
		}
	}
	return answers, setOptions(&answers, e.options)
}

// addFields adds fields to the entity.
func addFields(answers *generator.Answers, entity string, fields []string) error {
	if known := cmp.Or(answers.Entity, generator.DefaultEntity); entity != known {
		return &generator.Error{
			Kind: generator.KindAnswers, Code: "unknown-entity", What: fmt.Sprintf("the project has no entity %q", entity),
			Why: "its entity is " + known, Fix: "otelgen add field " + shellquote.Join(append([]string{known}, fields...)...),
		}
	}
	if len(answers.Fields) == 0 { // the project is older than fields
		answers.Fields = generator.DefaultFields(generator.DefaultEntity)
	}
	answers.Fields = append(slices.Clone(answers.Fields), fields...)
	return nil
}

// checkAddedFields refuses a field that what exists could not have: the last count fields of the selection are new.
func checkAddedFields(selection *generator.Selection, count int) error {
	entity := selection.Entity()
	descriptions := selection.Answers().Fields
	for i := len(entity.Fields) - count; i < len(entity.Fields); i++ {
		f := entity.Fields[i]
		if f.Optional {
			continue
		}
		why, fix := "what exists has no value for it", "make it optional, or give it a default"
		if f.HasDefault {
			if selection.Provides("migrations") && !selection.Provides("event-sourcing") {
				continue
			}
			why, fix = "what is stored without it cannot be given the default", "make it optional"
		}
		return &generator.Error{
			Kind: generator.KindAnswers, Code: "bad-field",
			What: fmt.Sprintf("%q cannot be added to the entity", descriptions[i]), Why: why, Fix: fix,
		}
	}
	return nil
}

// noAxis returns an error for what is set in another way than a preset, or not at all.
func noAxis(name, assignment string) error {
	switch {
	case strings.Contains(name, "."):
		return &generator.Error{
			Kind: generator.KindAnswers, Code: "usage", What: fmt.Sprintf("%q is an option, not an axis", name),
			Why: "an option is set by --option", Fix: "otelgen set --option " + shellquote.Join(assignment),
		}
	case name == "entity":
		return &generator.Error{
			Kind: generator.KindAnswers,
			Code: "usage",
			What: "the entity of a project cannot be set",
			Why:  "a service has one entity, named when the service is generated",
			Fix:  "generate another service: otelgen new NAME --entity ENTITY",
		}
	}
	return nil
}

// setLike says how to write the first of the arguments, written like AXIS/PRESET or AXIS PRESET, or gives an example.
func setLike(catalog *generator.Catalog, args []string) string {
	if _, preset, err := findPreset(catalog, args[0]); err == nil {
		return fmt.Sprintf("otelgen set %s=%s", preset.Axis, preset.Name)
	}
	if len(args) > 1 {
		if preset, err := catalog.Preset(args[0], args[1]); err == nil {
			return fmt.Sprintf("otelgen set %s=%s", preset.Axis, preset.Name)
		}
	}
	return "write it as in: otelgen set broker=nats"
}

// setOptions adds options, given as PRESET.KEY=VALUE, to answers.
func setOptions(answers *generator.Answers, options []string) error {
	if answers.Options == nil {
		answers.Options = map[string]string{}
	}
	for _, option := range options {
		key, value, ok := strings.Cut(option, "=")
		if !ok || key == "" {
			return &generator.Error{
				Kind: generator.KindAnswers, Code: "usage", What: fmt.Sprintf("--option %s has no value", shellquote.Join(option)),
				Why: "an option is given as PRESET.KEY=VALUE", Fix: "write it as in: --option nats.max-attempts=5",
			}
		}
		for old := range answers.Options { // nats.x and broker/nats.x are one option
			if strings.HasSuffix(old, "/"+key) || strings.HasSuffix(key, "/"+old) {
				delete(answers.Options, old)
			}
		}
		answers.Options[key] = value
	}
	return nil
}

// findPreset finds the preset named AXIS/PRESET, or PRESET where only one axis has it.
func findPreset(catalog *generator.Catalog, id string) (axis generator.Axis, preset *generator.Preset, err error) {
	name, rest, ok := strings.Cut(id, "/")
	if !ok {
		if name, err = axisWith(catalog, id); err != nil {
			return axis, nil, err
		}
		rest = id
	}
	if preset, err = catalog.Preset(name, rest); err != nil {
		return axis, nil, err
	}
	return axisOf(catalog, name), preset, nil
}

// axisWith returns the only axis that has a preset of the name.
func axisWith(catalog *generator.Catalog, name string) (string, error) {
	var ids []string
	for _, axis := range catalog.Axes() {
		if _, err := catalog.Preset(axis.Name, name); err == nil {
			ids = append(ids, axis.Name+"/"+name)
		}
	}
	switch len(ids) {
	case 1:
		return strings.TrimSuffix(ids[0], "/"+name), nil
	case 0:
		return "", &generator.Error{
			Kind: generator.KindAnswers, Code: "unknown-preset", What: shellquote.Join(name) + " is not a preset",
			Why: "no axis has a preset with that name", Fix: presetLike(catalog, name),
		}
	}
	return "", &generator.Error{
		Kind: generator.KindAnswers, Code: "usage", What: shellquote.Join(name) + " is ambiguous",
		Why: "several axes have a preset with that name", Fix: "use one of " + strings.Join(ids, ", "),
	}
}

// presetLike says how to write a preset that was written like AXIS=PRESET, or where to look for one.
func presetLike(catalog *generator.Catalog, name string) string {
	if axis, rest, ok := strings.Cut(name, "="); ok {
		if _, err := catalog.Preset(axis, rest); err == nil {
			return fmt.Sprintf("write it as %s/%s", axis, rest)
		}
	}
	return "otelgen list shows all presets; custom ones need --presets DIR"
}

// removable says what of an axis can be removed.
func removable(axis generator.Axis, names []string) string {
	for _, name := range names {
		if name != none {
			return fmt.Sprintf("remove what it has, as in: otelgen remove %s/%s", axis.Name, name)
		}
	}
	return "leave it out"
}

// axisOf returns an axis that the catalog has.
func axisOf(catalog *generator.Catalog, name string) generator.Axis {
	axes := catalog.Axes()
	return axes[slices.IndexFunc(axes, func(a generator.Axis) bool { return a.Name == name })]
}

func groupOf(axis generator.Axis, preset *generator.Preset) generator.Group {
	return axis.Groups[slices.IndexFunc(axis.Groups, func(g generator.Group) bool { return g.Name == preset.Group })]
}

// inGroup returns which of the names are presets of the group. Names that the catalog does not know are left for the
// selection to refuse.
func inGroup(catalog *generator.Catalog, axis, group string, names []string) (in []string) {
	for _, name := range names {
		if p, err := catalog.Preset(axis, name); err == nil && p.Group == group {
			in = append(in, name)
		}
	}
	return in
}

func addPreset(
	catalog *generator.Catalog,
	chosen map[string][]string,
	axis generator.Axis,
	preset *generator.Preset,
) error {
	names := chosen[axis.Name]
	if slices.Contains(names, preset.Name) {
		return &generator.Error{
			Kind: generator.KindAnswers,
			Code: "already-chosen",
			What: fmt.Sprintf("the project has %s already", preset.ID()),
			Why:  "its answers in .otelgen.yaml list it",
			Fix:  "leave it out; otelgen check shows whether its files are unchanged",
		}
	}
	group := groupOf(axis, preset)
	others := inGroup(catalog, axis.Name, group.Name, names)
	if group.Max == 1 && len(others) == 1 && others[0] != none {
		return &generator.Error{
			Kind: generator.KindAnswers,
			Code: "already-chosen",
			What: fmt.Sprintf("the project has %s/%s already", axis.Name, others[0]),
			Why:  "a service has only one " + axis.Name,
			Fix:  fmt.Sprintf("swap them: otelgen set %s=%s", axis.Name, preset.Name),
		}
	}
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == none })
	chosen[axis.Name] = append(names, preset.Name)
	return nil
}

func removePreset(
	catalog *generator.Catalog,
	chosen map[string][]string,
	axis generator.Axis,
	preset *generator.Preset,
) error {
	names := chosen[axis.Name]
	if !slices.Contains(names, preset.Name) {
		return &generator.Error{
			Kind: generator.KindAnswers, Code: "not-chosen", What: fmt.Sprintf("the project has no %s", preset.ID()),
			Why: "its " + axis.Name + " is " + strings.Join(names, ", "), Fix: removable(axis, names),
		}
	}
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == preset.Name })
	group := groupOf(axis, preset)
	if len(inGroup(catalog, axis.Name, group.Name, names)) < group.Min {
		absent, err := catalog.Preset(axis.Name, none)
		if err != nil || absent == preset || absent.Group != preset.Group {
			return &generator.Error{
				Kind: generator.KindAnswers,
				Code: "cannot-remove",
				What: fmt.Sprintf("%s cannot be removed", preset.ID()),
				Why:  "a service cannot be without " + axis.Name,
				Fix:  fmt.Sprintf("swap it for another: otelgen set %s=NAME; otelgen list shows them", axis.Name),
			}
		}
		names = append(names, absent.Name)
	}
	chosen[axis.Name] = names
	return nil
}

// setPresets swaps the presets of each group that one of the new ones is in.
func setPresets(catalog *generator.Catalog, chosen map[string][]string, axis string, presets []*generator.Preset) {
	names := slices.Clone(chosen[axis])
	for _, p := range presets {
		in := inGroup(catalog, axis, p.Group, names)
		names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(in, name) })
	}
	for _, p := range presets {
		names = append(names, p.Name)
	}
	chosen[axis] = names
}

func cloneLists(lists map[string][]string) map[string][]string {
	out := make(map[string][]string, len(lists))
	for key, list := range lists {
		out[key] = slices.Clone(list)
	}
	return out
}
