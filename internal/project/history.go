package project

import (
	"io/fs"
	"maps"
	"path"
	"slices"

	"github.com/otelgen/otelgen/generator"
)

// History returns what the schema of the project has been through. The content of its steps is that of base, the
// project as it was generated, which may be nil. The versions of the user's own files are read from ours.
func (p *Project) History(base *generator.Tree, ours fs.FS) generator.History {
	content := map[string]string{}
	if base != nil {
		for _, f := range base.Files {
			content[f.Path] = string(f.Content)
		}
	}
	steps := p.steps()
	for i, step := range steps {
		if step.Content == "" {
			steps[i].Content = content[step.Path]
		}
	}
	return generator.History{Steps: steps, Versions: func(dir string) []int64 { return versions(ours, dir) }}
}

// steps returns the recorded steps. For a record without a list of steps, it derives them from the files.
func (p *Project) steps() (steps []generator.Step) {
	if p.Steps != nil {
		return slices.Clone(p.Steps)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		if version, _ := generator.Version(name); version > 0 && path.Ext(name) == ".sql" {
			steps = append(steps, generator.Step{Owner: p.Files[name].Owner, Path: name})
		}
	}
	return steps
}

// versions returns the versions of the files in a directory. One that cannot be read has none.
func versions(ours fs.FS, dir string) (all []int64) {
	entries, err := fs.ReadDir(ours, dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if version, _ := generator.Version(e.Name()); version > 0 {
			all = append(all, version)
		}
	}
	return all
}
