package change

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/otelgen/otelgen/generator"
)

// ownSteps has the user's own migrations follow when the layout moves those of otelgen, and refuses a version that two
// migrations would have.
func (p *planner) ownSteps() error {
	after := map[string]string{} // directory of the steps → one of them
	for _, step := range p.Theirs.Steps {
		if _, ok := p.theirs[step.Path]; ok {
			after[path.Dir(step.Path)] = step.Path
		}
	}
	before := map[string]bool{}
	for _, step := range p.Base.Steps {
		before[path.Dir(step.Path)] = true
	}
	for to := range after {
		for from := range before {
			if _, stays := after[from]; stays {
				continue
			}
			if err := p.moveSteps(from, to); err != nil {
				return err
			}
		}
		if err := p.distinct(to); err != nil {
			return err
		}
	}
	return nil
}

// stepsIn returns the user's own migrations in a directory.
func (p *planner) stepsIn(dir string) (names []string) {
	entries, err := fs.ReadDir(p.Ours, dir)
	if err != nil {
		return nil // there is none
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		_, generated := p.base[name]
		if version, _ := generator.Version(name); version > 0 && !generated && e.Type().IsRegular() {
			names = append(names, name)
		}
	}
	return names
}

func (p *planner) moveSteps(from, to string) error {
	for _, name := range p.stepsIn(from) {
		content, err := p.read(name)
		if err != nil {
			return err
		}
		mode, err := p.mode(name)
		if err != nil {
			return err
		}
		f := File{
			Path:    path.Join(to, path.Base(name)),
			From:    name,
			State:   Moved,
			Note:    "your own migration follows",
			Was:     content,
			Content: content,
			Mode:    mode,
		}
		other, err := p.read(f.Path)
		if err != nil {
			return err
		}
		if _, generated := p.theirs[f.Path]; generated || other != nil {
			f = File{Path: name, State: Conflict, Note: "it belongs to " + f.Path + " now, where there is another file"}
		}
		p.add(f)
	}
	return nil
}

// distinct returns an error if two migrations in a directory would have the same version.
func (p *planner) distinct(dir string) error {
	names := p.stepsIn(dir)
	for _, f := range p.files {
		if f.From != "" && path.Dir(f.Path) == dir {
			names = append(names, f.Path)
		}
	}
	for name := range p.theirs {
		if path.Dir(name) == dir {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	seen := map[int64]string{}
	for _, name := range slices.Compact(names) {
		version, _ := generator.Version(name)
		if other := seen[version]; version > 0 && other != "" {
			return &generator.Error{
				Kind: generator.KindTarget,
				Code: "step-twice",
				What: fmt.Sprintf("two migrations have version %d", version),
				Why: fmt.Sprintf(
					"%s and %s",
					other,
					name,
				),
				Fix:   "give your migration a higher version: git mv it to another number",
				Where: name,
			}
		}
		seen[version] = name
	}
	return nil
}
