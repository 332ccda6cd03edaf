package writer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/gofrs/flock"

	"github.com/otelgen/otelgen/generator"
)

// Change is what Apply does to one file of a directory.
type Change struct {
	Path    string      // relative, with forward slashes
	Was     []byte      // what the file must hold still; nil if there must be none
	Remove  bool        // the file goes; Mode and Content say nothing
	Mode    fs.FileMode // of the new file
	Content []byte
}

const (
	oldName     = "old"     // in a staging folder: the files as they were
	journalName = "journal" // … and what is to be undone, should the process end before it removes this file
)

// journal says how to undo a change that is under way.
type journal struct {
	Changed []string // files that were there, and are in old as soon as they are touched
	Created []string // files that were not
	Dirs    []string // that were made for them, outermost first
}

// Apply makes all changes below the directory root, or none: new files are written to a staging folder in root, then every file is moved aside
// and its successor into its place. What fails, and whatever ends ctx, is undone; what a killed process has left half done is undone by the
// next Apply or Recover. Nothing is written through a link that leads out of root. Errors are *generator.Error of
// KindTarget or KindInterrupted.
func (w Writer) Apply(ctx context.Context, root string, changes []Change) error {
	if err := Recover(root); err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	err := w.apply(ctx, root, changes)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return &generator.Error{
			Kind: generator.KindInterrupted, Code: "interrupted", What: "interrupted: nothing was changed",
			Why: "the run was told to stop before all files were in place", Mend: "run the same command again",
		}
	}
	return applyError(root, err)
}

func (w Writer) apply(ctx context.Context, root string, changes []Change) error {
	abs, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	stage, err := newStaging(abs, filepath.Base(abs))
	if err != nil {
		return err
	}
	defer stage.remove()
	dir, err := os.OpenRoot(abs)
	if err != nil {
		return err
	}
	defer dir.Close()
	t := transaction{root: dir, stage: filepath.Base(stage.dir)}

	var files []generator.File
	for _, c := range changes {
		if c.Was == nil {
			t.Created = append(t.Created, c.Path)
			t.missing(path.Dir(c.Path))
		} else {
			t.Changed = append(t.Changed, c.Path)
		}
		if !c.Remove {
			files = append(files, generator.File{Path: c.Path, Mode: c.Mode, Content: c.Content})
		}
	}
	if err := w.fill(ctx, stage.tree(), files); err != nil {
		return err
	}
	if err := t.begin(); err != nil {
		return err
	}
	for _, c := range changes {
		err := t.move(c)
		if err == nil && w.Moved != nil {
			w.Moved(ctx, c.Path)
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return errors.Join(err, t.undo())
		}
	}
	if err := dir.Remove(t.at(journalName)); err != nil { // from here on there is no way back
		return errors.Join(err, t.undo())
	}
	for _, c := range changes {
		for d := path.Dir(c.Path); c.Remove && d != "." && dir.Remove(filepath.FromSlash(d)) == nil; d = path.Dir(d) {
		}
	}
	return nil
}

// transaction is a change of many files that can be undone until its journal is removed.
type transaction struct {
	journal
	root  *os.Root
	stage string // name of the staging folder in root
}

// at is the place of a file in the staging folder.
func (t *transaction) at(parts ...string) string {
	return filepath.Join(append([]string{t.stage}, parts...)...)
}

// missing adds the parents of a file that do not exist yet.
func (t *transaction) missing(dir string) {
	var dirs []string
	for ; dir != "." && !slices.Contains(t.Dirs, dir); dir = path.Dir(dir) {
		if _, err := t.root.Stat(filepath.FromSlash(dir)); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		dirs = append(dirs, dir)
	}
	slices.Reverse(dirs)
	t.Dirs = append(t.Dirs, dirs...)
}

func (t *transaction) begin() error {
	data, err := json.Marshal(t.journal)
	if err != nil {
		return err
	}
	// Under another name first: a journal is whole, or is none.
	if err := t.root.WriteFile(t.at(journalName+".new"), data, 0o600); err != nil {
		return err
	}
	return t.root.Rename(t.at(journalName+".new"), t.at(journalName))
}

func (t *transaction) move(c Change) error {
	name := filepath.FromSlash(c.Path)
	if c.Was != nil {
		old := t.at(oldName, name)
		if err := t.root.MkdirAll(filepath.Dir(old), 0o700); err != nil {
			return err
		}
		if err := t.root.Rename(name, old); errors.Is(err, fs.ErrNotExist) {
			return errTouched{c.Path}
		} else if err != nil {
			return err
		}
		if now, err := t.root.ReadFile(old); err != nil {
			return err
		} else if !bytes.Equal(now, c.Was) {
			return errTouched{c.Path}
		}
	} else if _, err := t.root.Lstat(name); err == nil {
		return errTouched{c.Path}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if c.Remove {
		return nil
	}
	if err := t.root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return t.root.Rename(t.at(treeName, name), name)
}

// undo makes everything as the journal says that it was. It may be called again if it was cut short.
func (t *transaction) undo() error {
	var errs []error
	for _, p := range t.Changed {
		name := filepath.FromSlash(p)
		if _, err := t.root.Lstat(t.at(oldName, name)); err == nil {
			errs = append(errs, t.root.MkdirAll(filepath.Dir(name), 0o777), t.root.Rename(t.at(oldName, name), name))
		}
	}
	for _, p := range t.Created {
		name := filepath.FromSlash(p)
		if _, err := t.root.Lstat(t.at(treeName, name)); errors.Is(err, fs.ErrNotExist) { // it was moved
			if err := t.root.Rename(name, t.at(treeName, name)); !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return errLeft{t.stage, err} // the journal stays, for the next run
	}
	for _, dir := range slices.Backward(t.Dirs) {
		t.root.Remove(filepath.FromSlash(dir))
	}
	return t.root.Remove(t.at(journalName))
}

// Recover undoes what an Apply has left half done whose process was killed. It does nothing where there is nothing to undo, or the process still runs.
// Errors are *generator.Error of KindTarget.
func Recover(root string) error {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return applyError(root, err)
	}
	defer dir.Close()
	f, err := dir.Open(".")
	if err != nil {
		return applyError(root, err)
	}
	names, err := f.Readdirnames(-1)
	f.Close()
	if err != nil {
		return applyError(root, err)
	}
	for _, name := range names {
		if isStaging(name) {
			if err := recoverFrom(dir, name); err != nil {
				return applyError(root, err)
			}
		}
	}
	return nil
}

func recoverFrom(root *os.Root, stage string) error {
	if info, err := root.Lstat(stage); err != nil || !info.IsDir() {
		return nil
	}
	lock := flock.New(filepath.Join(root.Name(), stage, lockName), flock.SetFlag(os.O_RDWR))
	defer lock.Close()
	if dead, err := lock.TryLock(); err != nil || !dead {
		if err == nil {
			return &generator.Error{
				Kind: generator.KindTarget, Code: "busy", What: "another otelgen is changing " + root.Name(), Why: stage + " is locked by it",
				Mend: "wait until it has ended, and run the command again",
			}
		}
		return nil // no lock: not one of ours, or one that has not begun
	}
	t := transaction{root: root, stage: stage}
	data, err := root.ReadFile(t.at(journalName))
	switch {
	case errors.Is(err, fs.ErrNotExist): // it had not begun, or had ended
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(data, &t.journal); err != nil {
			return err
		}
		for _, p := range slices.Concat(t.Changed, t.Created, t.Dirs) {
			if !filepath.IsLocal(filepath.FromSlash(p)) {
				return fmt.Errorf("its journal names %q", p)
			}
		}
		if err := t.undo(); err != nil {
			return err
		}
	}
	for _, name := range []string{treeName, oldName, journalName, journalName + ".new"} {
		root.RemoveAll(t.at(name))
	}
	lock.Close() // Windows removes no open file
	root.Remove(t.at(lockName))
	root.Remove(stage) // unless it holds something that is not ours
	return nil
}
