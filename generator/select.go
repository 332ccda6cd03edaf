package generator

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Selection is answers resolved against the catalog.
type Selection struct {
	catalog *Catalog
	answers Answers
	presets []*Preset
	entity  Entity
	options map[*Preset]map[string]any
}

// Answers returns the answers with every default filled in.
func (s *Selection) Answers() Answers {
	a := s.answers
	a.Presets = maps.Clone(a.Presets)
	a.Options = maps.Clone(a.Options)
	a.Fields = slices.Clone(a.Fields)
	return a
}

// Presets returns the chosen presets in the order of the axes; within one by group, order and name.
func (s *Selection) Presets() []*Preset { return slices.Clone(s.presets) }

// provides reports whether a chosen preset or the skeleton provides the capability.
func (s *Selection) provides(capability string) bool {
	return provider(s.presets, capability) != nil || slices.Contains(s.catalog.skeleton.Provides, capability)
}

func provider(presets []*Preset, capability string) *Preset {
	for _, p := range presets {
		if slices.Contains(p.Provides, capability) {
			return p
		}
	}
	return nil
}

// Select checks the answers, fills in the defaults, and holds the presets to what they require of one another. Every
// error is an *Error: of KindAnswers, or of KindPreset if a manifest is wrong.
func (c *Catalog) Select(a Answers) (*Selection, error) {
	if err := CheckName(a.Name); err != nil {
		return nil, err
	}
	if a.Module == "" {
		a.Module = "example.com/" + a.Name
	}
	if err := CheckModule(a.Module); err != nil {
		return nil, err
	}
	if a.Entity == "" {
		a.Entity = DefaultEntity
	}
	go c.warm()
	s := &Selection{catalog: c, options: map[*Preset]map[string]any{}}
	var err error
	reserved := c.skeleton.reserved
	if a.Existing {
		reserved = nil
	}
	if s.entity, err = newEntity(a.Entity, a.EntityPlural, reserved); err != nil {
		return nil, err
	}
	a.EntityPlural = s.entity.Plural
	if len(a.Fields) == 0 {
		a.Fields = DefaultFields(a.Entity)
		if a.Existing { // it was generated before entities had fields
			a.Fields = DefaultFields(DefaultEntity)
		}
	}
	if s.entity.Fields, err = newFields(s.entity.Type, a.Fields); err != nil {
		return nil, err
	}
	if s.presets, a.Presets, err = c.choose(a.Presets); err != nil {
		return nil, err
	}
	if err := c.settle(s.presets); err != nil {
		return nil, err
	}
	if err := s.checkPins(a.Module); err != nil {
		return nil, err
	}
	if a.Options, err = s.setOptions(a.Options); err != nil {
		return nil, err
	}
	s.answers = a
	return s, nil
}

// choose finds the presets that are named and adds the defaults. The names are those of all of them, in the order given.
func (c *Catalog) choose(named map[string][]string) (chosen []*Preset, names map[string][]string, err error) {
	for _, name := range sortedKeys(named) {
		if _, err := c.findAxis(name); err != nil {
			return nil, nil, err
		}
	}
	names = map[string][]string{}
	for i := range c.skeleton.axes {
		axis := &c.skeleton.axes[i]
		presets, err := c.named(axis, named[axis.Name])
		if err != nil {
			return nil, nil, err
		}
		for _, g := range axis.Groups {
			in := inGroup(presets, g.Name)
			if len(in) == 0 && g.Min > 0 {
				p, err := c.defaultOf(axis, g.Name)
				if err != nil {
					return nil, nil, err
				}
				if p == nil {
					return nil, nil, &Error{Kind: KindAnswers, Code: "no-default", What: fmt.Sprintf("no %s is chosen", describe(axis, g)),
						Why: "there is no default", Fix: fmt.Sprintf("choose one: --%s %s", axis.Name, strings.Join(sortedKeys(c.entries[axis.Name]), "|"))}
				}
				presets, in = append(presets, p), append(in, p.Name)
			}
			if len(in) < g.Min {
				return nil, nil, &Error{Kind: KindAnswers, Code: "too-few", What: fmt.Sprintf("%s needs more than %s", describe(axis, g), strings.Join(in, ", ")),
					Why: fmt.Sprintf("at least %d have to be chosen", g.Min), Fix: fmt.Sprintf("choose more of them: --%s %s", axis.Name, strings.Join(sortedKeys(c.entries[axis.Name]), ","))}
			}
			if g.Max >= 0 && len(in) > g.Max {
				return nil, nil, &Error{Kind: KindAnswers, Code: "too-many", What: fmt.Sprintf("%s cannot be %s at once", describe(axis, g), strings.Join(in, " and ")),
					Why: fmt.Sprintf("at most %d can be chosen", g.Max), Fix: fmt.Sprintf("keep one of them: --%s %s", axis.Name, in[0])}
			}
		}
		for _, p := range presets {
			names[axis.Name] = append(names[axis.Name], p.Name)
		}
		axis.sort(presets)
		chosen = append(chosen, presets...)
	}
	return chosen, names, nil
}

func (c *Catalog) named(axis *Axis, names []string) (presets []*Preset, err error) {
	for _, name := range names {
		p, err := c.Preset(axis.Name, name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(presets, p) {
			presets = append(presets, p)
		}
	}
	return presets, nil
}

func inGroup(presets []*Preset, group string) (names []string) {
	for _, p := range presets {
		if p.Group == group {
			names = append(names, p.Name)
		}
	}
	return names
}

func describe(axis *Axis, g Group) string {
	if g.Name == "" {
		return axis.Name
	}
	return axis.Name + " (" + g.Name + ")"
}

// settle holds the presets to their requirements and conflicts.
func (c *Catalog) settle(presets []*Preset) error {
	for _, p := range presets {
		for _, r := range p.Conflicts {
			if other := provider(presets, r.Capability); other != nil {
				return &Error{Kind: KindAnswers, Code: "conflict", What: fmt.Sprintf("%s %s and %s %s do not go together", p.Axis, p.Name, other.Axis, other.Name),
					Why: r.Reason, Fix: c.alternatives(other.Axis, presets)}
			}
		}
		for _, r := range p.Requires {
			if !c.met(presets, r) {
				return &Error{Kind: KindAnswers, Code: "requires", What: fmt.Sprintf("%s %s needs %s, which nothing chosen provides", p.Axis, p.Name, r.Capability),
					Why: r.Reason, Fix: cmp.Or(c.additions(r.Capability), "choose another "+p.Axis), Needs: p, Providers: c.providers(r.Capability)}
			}
		}
	}
	return nil
}

// met reports whether one of the presets provides what is required, or every service does.
func (c *Catalog) met(presets []*Preset, r Rule) bool {
	return provider(presets, r.Capability) != nil || slices.Contains(c.skeleton.Provides, r.Capability)
}

// additions names the presets that would provide a capability, or returns "" if none does.
func (c *Catalog) additions(capability string) string {
	var flags []string
	for _, p := range c.providers(capability) {
		flags = append(flags, "--"+p.Axis+" "+p.Name)
	}
	if len(flags) == 0 {
		return ""
	}
	return "add one of: " + list(flags)
}

// providers returns every preset of the catalog that provides the capability and can be decoded.
func (c *Catalog) providers(capability string) (found []*Preset) {
	for _, a := range c.skeleton.axes {
		presets, err := c.Presets(a.Name)
		if err != nil {
			continue
		}
		for _, p := range presets {
			if slices.Contains(p.Provides, capability) {
				found = append(found, p)
			}
		}
	}
	return found
}

// alternatives names the presets of an axis that would go with the others.
func (c *Catalog) alternatives(axis string, presets []*Preset) string {
	others := slices.DeleteFunc(slices.Clone(presets), func(p *Preset) bool { return p.Axis == axis })
	all, err := c.Presets(axis)
	if err != nil {
		return ""
	}
	var fit []string
	for _, p := range all {
		if clash(append(slices.Clone(others), p)) == nil {
			fit = append(fit, p.Name)
		}
	}
	if len(fit) == 0 {
		return "leave one of them out"
	}
	return fmt.Sprintf("use another %s: %s", axis, strings.Join(fit, ", "))
}

// clash returns the first conflict among presets, if any.
func clash(presets []*Preset) *Rule {
	for _, p := range presets {
		for i := range p.Conflicts {
			if provider(presets, p.Conflicts[i].Capability) != nil {
				return &p.Conflicts[i]
			}
		}
	}
	return nil
}

// checkPins refuses a module path above that of a module the service uses: its packages would be taken for the service's own.
func (s *Selection) checkPins(module string) error {
	for _, p := range append([]*Preset{&s.catalog.skeleton.Preset}, s.presets...) {
		for _, pin := range sortedKeys(p.Modules) {
			if pin == module || strings.HasPrefix(pin, module+"/") {
				return &Error{Kind: KindAnswers, Code: "bad-module", What: fmt.Sprintf("%q cannot be the module path", module),
					Why: "the service uses the module " + pin, Fix: "use another path, such as --module example.com/shop"}
			}
		}
	}
	return nil
}

// setOptions gives every option of every chosen preset its value, and returns the values under their full keys.
func (s *Selection) setOptions(given map[string]string) (map[string]string, error) {
	all := map[string]string{}
	for _, p := range s.presets {
		s.options[p] = map[string]any{}
		for _, o := range p.Options {
			all[p.ID()+"."+o.Name] = o.Default
			s.options[p][o.Name], _ = o.parse(o.Default)
		}
	}
	set := map[string]string{} // full key → key as given
	for _, key := range sortedKeys(given) {
		p, o, err := s.findOption(key, sortedKeys(all))
		if err != nil {
			return nil, err
		}
		full := p.ID() + "." + o.Name
		if other, ok := set[full]; ok {
			return nil, &Error{Kind: KindAnswers, Code: "bad-option", What: fmt.Sprintf("the options %s and %s are the same", other, key),
				Why: "an option has one value", Fix: "give it once"}
		}
		set[full] = key
		v, why := o.parse(given[key])
		if why != "" {
			return nil, &Error{Kind: KindAnswers, Code: "bad-option", What: fmt.Sprintf("the option %s cannot be %s", key, show(given[key])),
				Why: why, Fix: fmt.Sprintf("use such a value, as in --option %s=%s", key, o.Default)}
		}
		if v == true {
			if err := s.permits(key, o); err != nil {
				return nil, err
			}
		}
		s.options[p][o.Name], all[full] = v, given[key]
	}
	return all, nil
}

// permits holds an option that is on to its requirements.
func (s *Selection) permits(key string, o *Option) error {
	for _, r := range o.Requires {
		if s.catalog.met(s.presets, r) {
			continue
		}
		fix := "leave out --option " + key
		if additions := s.catalog.additions(r.Capability); additions != "" {
			fix += ", or " + additions
		}
		return &Error{Kind: KindAnswers, Code: "requires", What: fmt.Sprintf("the option %s needs %s, which nothing chosen provides", key, r.Capability), Why: r.Reason, Fix: fix}
	}
	return nil
}

// findOption finds the option of "axis/preset.key" or "preset.key" among the chosen presets; known is all there are.
func (s *Selection) findOption(key string, known []string) (*Preset, *Option, error) {
	unknown := func(why, fix string) error {
		return &Error{Kind: KindAnswers, Code: "unknown-option", What: fmt.Sprintf("%s is not an option", show(key)), Why: why, Fix: fix}
	}
	preset, name, _ := strings.Cut(key, ".")
	var found []*Preset
	for _, p := range s.presets {
		if p.ID() == preset || p.Name == preset {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return nil, nil, unknown(fmt.Sprintf("no preset %s is chosen; the options of those chosen: %s", show(preset), list(known)), didYouMean(key, known))
	case 1:
	default:
		return nil, nil, unknown(fmt.Sprintf("both %s and %s are chosen", found[0].ID(), found[1].ID()), "name the axis, as in "+found[0].ID()+"."+name)
	}
	var names []string
	for i := range found[0].Options {
		o := &found[0].Options[i]
		if o.Name == name {
			return found[0], o, nil
		}
		names = append(names, o.Name)
	}
	return nil, nil, unknown(fmt.Sprintf("options of %s: %s", found[0].ID(), list(names)), didYouMean(name, names))
}

// parse returns the typed value of text, or why it is none.
func (o *Option) parse(text string) (value any, why string) {
	switch o.Type {
	case "int":
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err != nil:
			return nil, "it must be a whole number"
		case o.Min != nil && n < *o.Min:
			return nil, fmt.Sprintf("it must be at least %d", *o.Min)
		case o.Max != nil && n > *o.Max:
			return nil, fmt.Sprintf("it must be at most %d", *o.Max)
		}
		return n, ""
	case "bool":
		if text != "true" && text != "false" {
			return nil, "it must be true or false"
		}
		return text == "true", ""
	case "enum":
		if !slices.Contains(o.Values, text) {
			return nil, "it must be one of: " + list(o.Values)
		}
	}
	for _, r := range text {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return nil, "it must be one line of text without control characters"
		}
	}
	return text, ""
}
