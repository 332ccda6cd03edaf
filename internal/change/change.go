// Package change plans a change of a project whose answers, presets or templates changed. It is a three-way merge of
// the files that otelgen generated (base), those it generates now (theirs) and the project (ours). Package writer
// applies the plan. Package change must not write to the project, and knows no axis or preset.
package change

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/merge"
)

// State says what happens to a file.
type State string

// The states of a file.
const (
	Added    State = "added"    // new
	Updated  State = "updated"  // the user has not touched it
	Merged   State = "merged"   // both sides have changed it
	Moved    State = "moved"    // to another place, and perhaps changed
	Removed  State = "removed"  // it is no longer part of the service
	Conflict State = "conflict" // needs a decision of the user's
	Kept     State = "kept"     // left as it is, although otelgen has a newer version
)

// File is what happens to one file of a project.
type File struct {
	Path      string `json:"path"`
	From      string `json:"from,omitempty"` // where it was, if it moves
	State     State  `json:"state"`
	Note      string `json:"note,omitempty"`
	Conflicts int    `json:"conflicts,omitempty"` // places with markers, or in the file of rejects
	Reject    bool   `json:"reject,omitempty"`    // it is a file of rejects, for another one

	Was, Content []byte      `json:"-"` // before, nil if there was none; and after, nil if it goes or is left alone
	Mode         fs.FileMode `json:"-"` // after
}

// Changes reports whether the file itself changes.
func (f File) Changes() bool {
	return f.From != "" || f.Content == nil || !bytes.Equal(f.Was, f.Content) || f.Was == nil
}

// Sides are the three sides of the merge.
type Sides struct {
	Base, Theirs *generator.Tree
	Ours         fs.ReadLinkFS // the project
	// Where both sides differ, keep the user's and put otelgen's into PATH.rej, rather than markers.
	Reject bool
}

// RejectSuffix is that of the files of rejects.
const RejectSuffix = ".rej"

// Files returns what happens to the files, sorted by path. Those that stay as they are, because otelgen has nothing
// new for them, are left out. go.mod and go.sum are not among them: see Modules. The error is one of reading the
// project.
func (s *Sides) Files() ([]File, error) {
	p := planner{Sides: s, base: index(s.Base), theirs: index(s.Theirs)}
	if err := p.follow(); err != nil {
		return nil, err
	}
	taken := p.link()
	for _, was := range p.Base.Files {
		if isModule(was.Path) {
			continue
		}
		if err := p.planExisting(was); err != nil {
			return nil, err
		}
	}
	for _, now := range p.Theirs.Files {
		if _, ok := p.base[now.Path]; ok || isModule(now.Path) || taken[now.Path] {
			continue
		}
		if err := p.planNew(p.place(now)); err != nil {
			return nil, err
		}
	}
	p.checkImports()
	if err := p.ownSteps(); err != nil {
		return nil, err
	}
	slices.SortFunc(p.files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return p.files, nil
}

func isModule(name string) bool { return name == "go.mod" || name == "go.sum" }

func index(tree *generator.Tree) map[string]generator.File {
	files := make(map[string]generator.File, len(tree.Files))
	for _, f := range tree.Files {
		files[f.Path] = f
	}
	return files
}

type planner struct {
	*Sides
	base, theirs map[string]generator.File
	// Path in base → path in theirs of the file from the same template, which another layout has moved.
	successors map[string]string
	moves      map[string]string // path in base → where the user has moved the file to; nil until looked for
	module     string
	packages   map[string]movedPackage // by directory in base
	files      []File
}

// link finds the files that another layout has moved: those from the same template, of the same owner if possible. It
// returns their new paths.
func (p *planner) link() (taken map[string]bool) {
	p.successors, taken = map[string]string{}, map[string]bool{}
	for _, key := range []func(generator.File) string{
		func(f generator.File) string { return f.Owner + " " + f.Template },
		func(f generator.File) string { return f.Template },
	} {
		from := map[string]string{}
		for _, f := range p.Base.Files {
			if _, stays := p.theirs[f.Path]; !stays && p.successors[f.Path] == "" {
				from[key(f)] = f.Path
			}
		}
		for _, f := range p.Theirs.Files {
			before, ok := from[key(f)]
			if version, _ := generator.Version(f.Path); f.Repeated() || version > 0 && !sameName(before, f.Path) {
				continue // its template is that of its siblings, or it is a migration for another database
			}
			if _, old := p.base[f.Path]; ok && !old && !taken[f.Path] && p.successors[before] == "" {
				p.successors[before], taken[f.Path] = f.Path, true
			}
		}
	}
	return taken
}

func sameName(a, b string) bool { return path.Base(a) == path.Base(b) }

// planExisting plans the change of a file that otelgen wrote.
func (p *planner) planExisting(was generator.File) error {
	now, wanted := p.theirs[was.Path]
	if !wanted {
		now, wanted = p.theirs[p.successors[was.Path]]
	}
	if wanted && now.Path == was.Path && now.Mode == was.Mode && bytes.Equal(now.Content, was.Content) {
		return nil
	}
	at, ours, err := p.find(was)
	switch {
	case IsNotRegular(err):
		p.leave(at, was.Content, now, err)
		return nil
	case err != nil:
		return err
	case ours == nil:
		if wanted {
			p.add(File{Path: was.Path, State: Kept, Note: "you deleted it, so it stays deleted"})
		}
		return nil
	case !wanted:
		p.planObsolete(at, was, ours)
		return nil
	}
	return p.merge(at, was, now, ours)
}

// find returns the path and content of a file that otelgen wrote, where the user has it now. The content is nil if
// the user deleted the file.
func (p *planner) find(was generator.File) (at string, ours []byte, err error) {
	ours, err = p.read(was.Path)
	if err != nil || ours != nil {
		return was.Path, ours, err
	}
	if at, err = p.moved(was); err != nil || at == "" {
		return at, nil, err
	}
	ours, err = p.read(at)
	return at, ours, err
}

// planObsolete plans the change of a file that is no longer part of the service: it is removed unless the user moved
// or edited it.
func (p *planner) planObsolete(at string, was generator.File, ours []byte) {
	switch {
	case at != was.Path && p.packages[path.Dir(was.Path)].dir != path.Dir(at):
		note := fmt.Sprintf("you moved it from %s, which is no longer part of the service", was.Path)
		p.add(File{Path: at, State: Kept, Note: note})
	case bytes.Equal(ours, was.Content):
		p.add(File{Path: at, State: Removed, Was: ours})
	default:
		p.add(File{Path: at, State: Conflict, Note: "you edited it, and it is no longer part of the service: kept"})
	}
}

// merge plans the change of a file that all three sides have.
func (p *planner) merge(at string, was, now generator.File, ours []byte) error {
	m := text(now.Path, was.Content, ours, now.Content)
	f := File{Path: at, State: Merged, Was: ours, Content: m.Text, Conflicts: m.Conflicts}
	mode, err := p.mode(at)
	if err != nil {
		return err
	}
	if f.Mode = mode; now.Mode != was.Mode {
		f.Mode = withExecutable(mode, now.Mode)
	}
	if now.Path != was.Path && at == was.Path { // the layout moves it, and the user has not
		other, err := p.read(now.Path)
		switch {
		case err != nil || other != nil:
			f.State, f.Note = Conflict, "it would move to "+now.Path+", where you have a file"
		default:
			f.Path, f.From, f.State = now.Path, at, Moved
		}
	}
	switch {
	case m.Conflicts > 0:
		f.State = Conflict
		p.addConflict(f, m)
		return nil
	case f.State != Merged:
	case bytes.Equal(ours, m.Text) && f.Mode == mode:
		return nil // the user has made the same change
	case bytes.Equal(ours, was.Content):
		f.State = Updated
	}
	p.add(f)
	return nil
}

// planNew plans the change of a file that otelgen has not written before.
func (p *planner) planNew(now generator.File) error {
	ours, err := p.read(now.Path)
	switch {
	case IsNotRegular(err):
		p.leave(now.Path, nil, now, err)
		return nil
	case err != nil:
		return err
	case ours == nil:
		p.add(File{Path: now.Path, State: Added, Content: now.Content, Mode: now.Mode})
		return nil
	case bytes.Equal(ours, now.Content):
		return nil
	}
	m := text(now.Path, nil, ours, now.Content)
	mode, err := p.mode(now.Path)
	if err != nil {
		return err
	}
	p.addConflict(
		File{
			Path:      now.Path,
			State:     Conflict,
			Note:      "you have a file there",
			Was:       ours,
			Content:   m.Text,
			Mode:      mode,
			Conflicts: m.Conflicts,
		},
		m,
	)
	return nil
}

// leave reports a place where otelgen cannot write, and puts what it would change there into a file of rejects.
func (p *planner) leave(name string, was []byte, now generator.File, err error) {
	why, at := err.Error(), name+RejectSuffix
	if where := (notRegular{}); errors.As(err, &where) && where.at == name {
		why = "now " + where.what
	} else if errors.As(err, &where) {
		at = where.at + RejectSuffix + strings.TrimPrefix(name, where.at) + RejectSuffix // beside the folder that is not one
	}
	if now.Path == "" {
		p.add(File{Path: name, State: Conflict, Note: why + ": kept, although it is no longer part of the service"})
		return
	}
	p.add(File{Path: name, State: Conflict, Note: why + ", where otelgen does not write: apply " + at + " by hand"})
	p.reject(at, udiff.Unified("a/"+name, "b/"+name, string(was), string(now.Content)))
}

// reject adds a file of rejects, in place of one of an earlier change.
func (p *planner) reject(name, text string) {
	was, err := p.read(name)
	if err != nil {
		return // there is something else, which stays
	}
	f := File{
		Path:    name,
		State:   Conflict,
		Note:    "holds what could not be merged",
		Reject:  true,
		Was:     was,
		Content: []byte(text),
		Mode:    0o644,
	}
	if mode, err := p.mode(name); err == nil {
		f.Mode = mode
	}
	p.add(f)
}

func (p *planner) add(f File) { p.files = append(p.files, f) }

func (p *planner) addConflict(f File, m merge.Merged) {
	if !p.Reject {
		p.add(f)
		return
	}
	f.Content = m.Ours
	p.add(f)
	header := fmt.Sprintf("--- %s\n+++ %s\n", f.Path, f.Path)
	p.reject(f.Path+RejectSuffix, header+m.Rejected)
}

func text(name string, base, ours, theirs []byte) merge.Merged {
	switch {
	case path.Ext(name) == ".go":
		return merge.Go(base, ours, theirs)
	case isIgnore(name):
		return merge.Ignore(base, ours, theirs)
	}
	return merge.Text(base, ours, theirs)
}

// isIgnore reports whether the file lists what git or Docker ignores.
func isIgnore(name string) bool {
	return strings.HasPrefix(path.Base(name), ".") && strings.HasSuffix(name, "ignore")
}

// read returns a file of the project: nil if there is none.
func (p *planner) read(name string) ([]byte, error) { return Read(p.Ours, name) }

// withExecutable returns the mode, executable for those who may read the file if like is executable.
func withExecutable(mode, like fs.FileMode) fs.FileMode {
	if like&0o111 == 0 {
		return mode &^ 0o111
	}
	return mode | mode&0o444>>2
}

func (p *planner) mode(name string) (fs.FileMode, error) {
	info, err := p.Ours.Lstat(name)
	if err != nil {
		return 0, unreadable(name, err)
	}
	return info.Mode().Perm(), nil
}
