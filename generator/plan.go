package generator

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	entityfield "github.com/otelgen/otelgen/generator/field"
	"github.com/otelgen/otelgen/generator/golang"
	"github.com/otelgen/otelgen/generator/golang/gomod"
	"github.com/otelgen/otelgen/generator/signals"
)

// Plan is every file and fragment of a service with its owner, before any byte of it. go.mod and go.sum, which depend on
// what the files will import, are not in it.
type Plan struct {
	Files []PlannedFile // sorted by path

	// History is what the schema of the project has been through; set it before Render.
	History    History
	fieldSteps []PlannedFile     // steps that add a field to a table, of which Render makes one for each field that the table lacks
	added      map[string]string // by path of such a step: the description of its field

	// Rendered, if set, is called by Render after all templates are executed and before anything is formatted.
	Rendered func()

	selection *Selection
	layout    *layout
	context   context
	owners    []*Preset // the skeleton first
	locks     []locked
}

// PlannedFile is a file to be rendered. Its template may still turn out to leave it out.
type PlannedFile struct {
	Path      string
	Owner     string
	Template  string     // in the folder of the owner
	Fragments []Fragment // in the order in which they go into their slots

	owner *Preset
	named bool           // the name or entity is part of the path
	alert *signals.Alert // that the file is for, if it is repeated for each
	field *golang.Field  // that the file is for, if it is a step that adds one
}

// owners returns the skeleton and the presets.
func (s *Selection) owners() []*Preset {
	return append([]*Preset{&s.catalog.skeleton.Preset}, s.presets...)
}

// Plan decides which files the service has, who gives them, and the facts that all templates see. Errors are *Error, of
// KindPreset but where the answers are to blame for a clash of paths.
func (s *Selection) Plan() (*Plan, error) {
	p := &Plan{selection: s, owners: s.owners()}
	steps := []func() error{p.list, p.readLocks, p.parsePartials}
	if err := inParallel(len(steps), func(_, i int) error { return steps[i]() }); err != nil {
		return nil, err
	}
	goVersion := strings.SplitN(gomod.GoVersion(p.lockFiles()...), ".", 3)
	p.context = context{Name: s.answers.Name, NameSnake: nameSnake(s.answers.Name), Module: s.answers.Module, GoVersion: strings.Join(goVersion[:min(2, len(goVersion))], "."),
		Entity: s.entity}
	for _, preset := range s.presets {
		p.context.Presets = append(p.context.Presets, presetRef{preset.Axis, preset.Name, preset.Title, preset.Summary})
	}
	if err := p.facts(); err != nil {
		return nil, err
	}
	if err := p.repeat(); err != nil {
		return nil, err
	}
	return p, p.mounted()
}

// repeat replaces each file that is for an alert by one for each alert.
func (p *Plan) repeat() error {
	if !slices.ContainsFunc(p.Files, func(f PlannedFile) bool { return forAlert(f.Path) }) {
		return nil
	}
	var files []PlannedFile
	for _, f := range p.Files {
		if !forAlert(f.Path) {
			files = append(files, f)
			continue
		}
		for i := range p.context.Alerts {
			one := f
			one.alert = &p.context.Alerts[i]
			one.Path = path.Join(path.Dir(f.Path), one.alert.Name+strings.TrimPrefix(path.Base(f.Path), alertPlaceholder))
			files = append(files, one)
		}
	}
	slices.SortStableFunc(files, func(a, b PlannedFile) int { return cmp.Compare(a.Path, b.Path) })
	p.Files = files
	return checkClashes(p.Files, func(f PlannedFile) string { return f.position() })
}

// parsePartials has the partials ready for the facts.
func (p *Plan) parsePartials() error {
	_, err := p.selection.catalog.base()
	return err
}

// list finds the files of all owners and hands the fragments to theirs.
func (p *Plan) list() (err error) {
	if p.layout, err = p.selection.layout(); err != nil {
		return err
	}
	fragments := map[string][]Fragment{} // by template of the skeleton's file
	for _, o := range p.owners {
		files, slots, err := o.dir.scan()
		if err != nil {
			return err
		}
		for _, name := range files {
			f := PlannedFile{Owner: o.ID(), Template: path.Join("files", name), owner: o}
			if f.Path, f.named, err = p.layout.file(name, o.dir.position(f.Template)); err != nil {
				return err
			}
			if strings.HasSuffix(f.Path, fieldEnding) {
				p.fieldSteps = append(p.fieldSteps, f)
				continue
			}
			p.Files = append(p.Files, f)
		}
		for _, slot := range slots {
			decl, err := p.selection.catalog.slot(slot, o)
			if err != nil {
				return err
			}
			file := path.Join("files", decl.file+templateSuffix)
			fragments[file] = append(fragments[file], Fragment{Slot: slot, Owner: o.ID(), Template: slotTemplate(slot)})
		}
	}
	for i := range p.Files {
		if f := &p.Files[i]; f.Owner == skeletonName {
			f.Fragments = fragments[f.Template]
			delete(fragments, f.Template)
		}
	}
	for _, file := range sortedKeys(fragments) {
		return p.selection.catalog.noSlotFile(fragments[file][0].Slot)
	}
	slices.SortStableFunc(p.Files, func(a, b PlannedFile) int { return cmp.Compare(a.Path, b.Path) })
	return checkClashes(p.Files, func(f PlannedFile) string { return f.position() })
}

func slotTemplate(slot string) string { return path.Join("slots", slot+templateSuffix) }

// slot returns the declaration of a slot that o has a fragment for.
func (c *Catalog) slot(name string, o *Preset) (slotDecl, error) {
	decl, ok := c.skeleton.slots[name]
	if !ok {
		known := sortedKeys(c.skeleton.slots)
		return decl, &Error{Kind: KindPreset, Code: "unknown-slot", What: fmt.Sprintf("%q is no slot", name), Why: "known slots: " + list(known),
			Fix: didYouMean(name, known), Where: o.dir.position(slotTemplate(name))}
	}
	return decl, nil
}

func (c *Catalog) noSlotFile(slot string) error {
	decl := c.skeleton.slots[slot]
	return &Error{Kind: KindPreset, Code: "slot-file", What: fmt.Sprintf("the file %s of the slot %s does not exist", decl.file, slot),
		Why: "a slot is in a file of the skeleton", Fix: "name the file that opens it, or take the slot out", Where: c.skeleton.at(decl.line)}
}

// position is where the template of the file is.
func (f *PlannedFile) position() string { return f.owner.dir.position(f.Template) }

// contextOf returns the dot for a template of an owner. Each execution gets its own: a template can change its options.
func (p *Plan) contextOf(o *Preset) *context {
	c := p.context
	c.Options = map[string]any{}
	for k, v := range p.selection.options[o] {
		c.Options[k] = v
	}
	c.Types = map[entityfield.Type]string{}
	for name, column := range o.Types {
		c.Types[entityfield.Type(name)] = column
	}
	return &c
}
