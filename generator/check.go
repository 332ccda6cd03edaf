package generator

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"text/template/parse"
)

// Check decodes every manifest and parses every template of the catalog, and checks what they say of one another: slots, roles,
// capabilities, defaults. The error is a join of *Error, nil if there is nothing to say.
func (c *Catalog) Check() error {
	k := checker{c: c, provided: map[string]bool{}}
	owners := []*Preset{&c.skeleton.Preset}
	for i := range c.skeleton.axes {
		axis := &c.skeleton.axes[i]
		presets, err := c.Presets(axis.Name)
		k.add(err)
		k.partly = k.partly || err != nil
		k.defaults(axis, presets)
		owners = append(owners, presets...)
	}
	for _, o := range owners {
		for _, capability := range o.Provides {
			k.provided[capability] = true
		}
	}
	k.slotFiles()
	for _, l := range c.facts {
		for _, fact := range l.own {
			if body, err := fact.body(); err != nil {
				k.add(err)
			} else {
				k.facts(body.preset)
			}
		}
	}
	_, err := c.base()
	k.add(err)
	for _, o := range owners {
		k.owner(o)
	}
	return errors.Join(k.errs...)
}

// checker collects the errors of Check.
type checker struct {
	c        *Catalog
	provided map[string]bool
	partly   bool // some manifests could not be read, so that not all that is provided is known
	errs     []error
}

func (k *checker) add(err error) {
	if err != nil {
		k.errs = append(k.errs, err)
	}
}

// defaults holds each group that must be answered to one default.
func (k *checker) defaults(axis *Axis, presets []*Preset) {
	for _, g := range axis.Groups {
		var first *Preset
		for _, p := range presets {
			switch {
			case !p.Default || p.Group != g.Name:
			case g.Min == 0:
				k.add(&Error{Kind: KindPreset, Code: "default", What: fmt.Sprintf("%s cannot be a default", p.ID()), Why: "nothing has to be chosen of " + describe(axis, g),
					Fix: "take default: true out of it", Where: p.at(1)})
			case first != nil:
				k.add(twoDefaults(axis, first, p))
			default:
				first = p
			}
		}
		if first == nil && g.Min > 0 && presets != nil {
			k.add(&Error{Kind: KindPreset, Code: "default", What: fmt.Sprintf("%s has no default", describe(axis, g)),
				Why: "one of its presets has to be there if none is chosen", Fix: "write default: true in one manifest", Where: k.c.skeleton.at(1)})
		}
	}
}

// slotFiles holds each slot to a file of the skeleton that opens it.
func (k *checker) slotFiles() {
	dir := k.c.skeleton.dir
	for _, slot := range sortedKeys(k.c.skeleton.slots) {
		decl := k.c.skeleton.slots[slot]
		data, err := dir.read(path.Join("files", decl.file+templateSuffix), maxTemplate)
		switch {
		case err != nil:
			k.add(k.c.noSlotFile(slot))
		case !strings.Contains(string(data), fmt.Sprintf("slot %q", slot)):
			k.add(&Error{Kind: KindPreset, Code: "slot-file", What: fmt.Sprintf("%s does not open the slot %s", decl.file, slot),
				Why: "what presets put into the slot would be lost", Fix: fmt.Sprintf("write {{ slot %q }} in it", slot), Where: k.c.skeleton.at(decl.line)})
		}
	}
}

// anyLayout fills the placeholders of a path with something harmless.
var anyLayout = &layout{fill: strings.NewReplacer("{name}", "x", "{entity}", "x", "{entities}", "x")}

// owner checks what a preset or the skeleton says, and all its templates.
func (k *checker) owner(o *Preset) {
	rules := slices.Clone(o.Requires)
	for _, option := range o.Options {
		rules = append(rules, option.Requires...)
	}
	for _, r := range rules {
		k.capability(r.Capability, o.at(r.line))
	}
	for _, role := range sortedKeys(o.Layout) {
		k.role(role, o.at(1))
	}
	k.facts(o)
	_, err := o.dir.lock()
	k.add(err)
	files, slots, err := o.dir.scan()
	k.add(err)
	for _, name := range files {
		where := o.dir.position(path.Join("files", name))
		role, rest, err := splitRole(name, where)
		if k.add(err); err == nil {
			k.role(role, where)
			rest, err = anyLayout.expandFile(strings.TrimSuffix(rest, templateSuffix), where)
			if k.add(err); err == nil {
				k.add(checkPath(path.Join("x", rest), where))
			}
		}
		k.template(o, path.Join("files", name))
	}
	for _, slot := range slots {
		_, err := k.c.slot(slot, o)
		k.add(err)
		k.template(o, slotTemplate(slot))
	}
}

func (k *checker) role(role, where string) {
	if !slices.Contains(k.c.skeleton.roles, role) {
		k.add(unknownRole(role, k.c.skeleton.roles, where))
	}
}

func (k *checker) capability(capability, where string) {
	if k.partly || k.provided[capability] {
		return
	}
	known := sortedKeys(k.provided)
	k.add(&Error{Kind: KindPreset, Code: "unknown-capability", What: fmt.Sprintf("no preset provides %q", capability), Why: "known capabilities: " + list(known),
		Fix: didYouMean(capability, known), Where: where})
}

// facts parses the templates in the manifest, and checks the capabilities that its facts go with.
func (k *checker) facts(o *Preset) {
	text := func(where string, texts ...string) {
		for _, s := range texts {
			if strings.Contains(s, "{{") {
				_, err := parseTemplate(where, s)
				k.add(err)
			}
		}
	}
	for _, e := range o.Env {
		k.when(o, e.where, e.When)
		text(e.where, e.Default, e.Develop, e.Summary)
	}
	for _, s := range o.Servers {
		k.server(o, s)
		text(s.where, s.texts()...)
	}
	for _, s := range o.Spans {
		k.when(o, s.where, s.When)
		text(s.where, slices.Concat(s.Names, s.Attributes, s.Optional, []string{s.Summary})...)
	}
	for _, m := range o.Metrics {
		k.when(o, m.where, m.When)
		text(m.where, slices.Concat(m.Attributes, m.Optional, []string{m.Name, m.Unit, m.Summary})...)
		for _, objective := range m.Objectives {
			text(m.where, objective.Summary, objective.Action)
			text(m.where, slices.Collect(maps.Values(objective.Except))...)
		}
		for _, alert := range m.Alerts {
			text(m.where, alert.Summary, alert.Action)
			text(m.where, slices.Collect(maps.Values(alert.With))...)
		}
	}
}

// server checks the conditions in a server, and the servers and variables that it names.
func (k *checker) server(o *Preset, s Server) {
	k.when(o, s.where, s.When)
	for _, p := range s.Ports {
		k.when(o, s.where, p.When)
	}
	for _, name := range s.After {
		if !slices.ContainsFunc(o.Servers, func(other Server) bool { return other.Name == name && name != s.Name }) {
			k.add(&Error{Kind: KindPreset, Code: "server", What: fmt.Sprintf("the server %s starts after %s", s.Name, show(name)), Why: "the preset has no other server of this name",
				Fix: "name one of its servers", Where: s.where})
		}
	}
	for _, p := range s.Provides {
		k.when(o, s.where, p.When)
	}
}

// when checks the conditions of a fact.
func (k *checker) when(o *Preset, where, conditions string) {
	for _, c := range strings.Fields(conditions) {
		c = strings.TrimPrefix(c, "!")
		name, ok := strings.CutPrefix(c, optionPrefix)
		if !ok {
			k.capability(c, where)
			continue
		}
		name, value, has := strings.Cut(name, "=")
		at := slices.IndexFunc(o.Options, func(o Option) bool { return o.Name == name && (has || o.Type == "bool") })
		if at < 0 {
			k.add(&Error{Kind: KindPreset, Code: "when", What: fmt.Sprintf("%s has no option %s that is on or off", o.ID(), show(name)),
				Why: "a condition is about an option of type bool of the same preset, or about a value: options.NAME=VALUE", Fix: "declare it under options, or name another", Where: where})
			continue
		}
		if _, why := o.Options[at].parse(value); has && why != "" {
			k.add(&Error{Kind: KindPreset, Code: "when", What: fmt.Sprintf("the option %s is never %s", name, show(value)), Why: why, Fix: "name a value that it can have", Where: where})
		}
	}
}

// template parses one, and checks the roles, capabilities and slots that it calls by a literal.
func (k *checker) template(o *Preset, file string) {
	t, err := k.c.template(o.dir, file)
	if err != nil {
		k.add(err)
		return
	}
	for _, tree := range t.trees {
		calls(tree.Root, func(function, arg string, n parse.Node) {
			location, _ := tree.ErrorContext(n)
			where := firstLine(location)
			switch function {
			case "pkg", "importpath", "dir":
				k.role(arg, where)
			case "has":
				k.capability(arg, where)
			case "slot":
				if decl, ok := k.c.skeleton.slots[arg]; !ok || o != &k.c.skeleton.Preset || path.Join("files", decl.file+templateSuffix) != file {
					k.add(&Error{Kind: KindPreset, Code: "unknown-slot", What: fmt.Sprintf("%q is no slot of this file", arg), Why: "a slot is declared in " + skeletonFile + " with its file",
						Fix: didYouMean(arg, sortedKeys(k.c.skeleton.slots)), Where: where})
				}
			}
		})
	}
}

// calls finds every call of a function whose first argument is a string literal.
func calls(n parse.Node, f func(function, arg string, n parse.Node)) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, item := range n.Nodes {
				calls(item, f)
			}
		}
	case *parse.ActionNode:
		calls(n.Pipe, f)
	case *parse.IfNode:
		branch(&n.BranchNode, f)
	case *parse.RangeNode:
		branch(&n.BranchNode, f)
	case *parse.WithNode:
		branch(&n.BranchNode, f)
	case *parse.TemplateNode:
		calls(n.Pipe, f)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				calls(c, f)
			}
		}
	case *parse.CommandNode:
		if id, ok := n.Args[0].(*parse.IdentifierNode); ok && len(n.Args) > 1 {
			if s, ok := n.Args[1].(*parse.StringNode); ok {
				f(id.Ident, s.Text, id)
			}
		}
		for _, a := range n.Args {
			calls(a, f)
		}
	}
}

func branch(n *parse.BranchNode, f func(string, string, parse.Node)) {
	calls(n.Pipe, f)
	calls(n.List, f)
	calls(n.ElseList, f)
}
