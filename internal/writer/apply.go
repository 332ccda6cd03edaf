package writer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/journal"
)

// Change is what Apply does to one file of a directory.
type Change struct {
	Path    string      // relative, with forward slashes
	Was     []byte      // what the file must hold still; nil if there must be none
	Remove  bool        // the file goes; Mode and Content say nothing
	Mode    fs.FileMode // of the new file
	Exact   bool        // Mode is that of a file that was there: the umask does not apply
	Content []byte
}

// Apply makes all changes in the project that is locked, or none. The journal of the change is written first, to the
// state. New files are staged in a folder in the project, and each is renamed to its place. A failure, or the end of
// ctx, is undone at once; what a killed process has left half done is undone by Recover. Nothing is written through a
// link. Errors are *generator.Error of KindTarget or KindInterrupted.
func (w Writer) Apply(ctx context.Context, s *journal.State, changes []Change) error {
	if len(changes) == 0 {
		return nil
	}
	return w.run(ctx, s, changes, journal.Journal{Command: s.Command})
}

// Undo makes the changes that Revert returns, as Apply does. The last change is forgotten when, and only when, all are
// made.
func (w Writer) Undo(ctx context.Context, s *journal.State, changes []Change) error {
	if len(changes) > 0 {
		return w.run(ctx, s, changes, journal.Journal{Command: s.Command, Undo: true})
	}
	if err := s.Forget(); err != nil {
		return applyError(s.Root, err)
	}
	return nil
}

func (w Writer) run(ctx context.Context, s *journal.State, changes []Change, j journal.Journal) error {
	err := w.apply(ctx, s, changes, j)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return &generator.Error{
			Kind: generator.KindInterrupted, Code: "interrupted", What: "interrupted: nothing was changed",
			Why: "otelgen was stopped before all files were written", Fix: "run the same command again",
		}
	}
	return applyError(s.Root, err)
}

func (w Writer) apply(ctx context.Context, s *journal.State, changes []Change, j journal.Journal) error {
	dir, err := os.OpenRoot(s.Project())
	if err != nil {
		return err
	}
	defer dir.Close()
	if j.Stage, err = journal.NewStage(filepath.Base(s.Project())); err != nil {
		return err
	}
	t := transaction{Journal: j, root: dir, state: s}
	var before [][]byte
	for _, c := range changes {
		content, err := t.enter(c)
		if err != nil {
			return err
		}
		before = append(before, content)
	}
	if err := s.Begin(&t.Journal, before); err != nil {
		return err
	}
	if err := w.move(ctx, &t, changes); err != nil {
		_, undoErr := t.undo()
		return errors.Join(err, undoErr)
	}
	return nil
}

// move stages the new files, puts each into its place, and completes the change.
func (w Writer) move(ctx context.Context, t *transaction, changes []Change) error {
	if err := t.root.MkdirAll(t.at(treeName), 0o700); err != nil {
		return err
	}
	var files []generator.File
	for _, c := range changes {
		if !c.Remove {
			files = append(files, generator.File{Path: c.Path, Mode: c.Mode, Content: c.Content})
		}
	}
	if err := w.fill(ctx, filepath.Join(t.root.Name(), t.at(treeName)), files); err != nil {
		return err
	}
	for _, c := range changes {
		if err := t.move(c); err != nil {
			return err
		}
		if w.Moved != nil {
			w.Moved(ctx, c.Path)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	for _, c := range changes {
		for d := path.Dir(c.Path); c.Remove && d != "." && t.root.Remove(filepath.FromSlash(d)) == nil; d = path.Dir(d) {
		}
	}
	if err := t.state.Complete(); err != nil {
		return err
	}
	t.root.RemoveAll(t.Stage) // else the next change does it
	return nil
}

// transaction is a change of many files that can be undone until it is complete.
type transaction struct {
	journal.Journal
	root  *os.Root
	state *journal.State
}

// at is the place of a file in the staging folder.
func (t *transaction) at(parts ...string) string {
	return filepath.Join(append([]string{t.Stage}, parts...)...)
}

// enter adds a change to the journal, and returns the content that its file has now.
func (t *transaction) enter(c Change) ([]byte, error) {
	now, mode, err := readFile(t.root, c.Path)
	switch {
	case err != nil:
		return nil, err
	case (now == nil) != (c.Was == nil) || !bytes.Equal(now, c.Was):
		return nil, errTouched{c.Path}
	}
	entry := journal.Entry{Path: c.Path}
	if now != nil {
		entry.Before = journal.Of(now, mode)
	}
	if !c.Remove {
		entry.After = journal.Of(c.Content, c.Mode.Perm())
		t.missing(path.Dir(c.Path))
	}
	t.Entries = append(t.Entries, entry)
	return now, nil
}

// missing adds the parents of a file that do not exist yet.
func (t *transaction) missing(dir string) {
	var dirs []string
	for ; dir != "." && !slices.Contains(t.Dirs, dir); dir = path.Dir(dir) {
		if _, err := t.root.Lstat(filepath.FromSlash(dir)); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		dirs = append(dirs, dir)
	}
	slices.Reverse(dirs)
	t.Dirs = append(t.Dirs, dirs...)
}

// move puts one file into its place, if that is still as it was.
func (t *transaction) move(c Change) error {
	now, _, err := readFile(t.root, c.Path)
	switch {
	case err != nil:
		return err
	case (now == nil) != (c.Was == nil) || !bytes.Equal(now, c.Was):
		return errTouched{c.Path}
	}
	name := filepath.FromSlash(c.Path)
	if c.Remove {
		return t.root.Remove(name)
	}
	staged := t.at(treeName, name)
	if c.Exact {
		if err := t.root.Chmod(staged, c.Mode.Perm()); err != nil {
			return err
		}
	}
	if err := t.root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return t.root.Rename(staged, name)
}

// errNotFile is the error for a place that holds, or is behind, something that otelgen neither reads nor replaces.
type errNotFile struct{ path, what string }

func (e errNotFile) Error() string { return e.path + " is " + e.what }

// readFile returns the content of a regular file, nil if there is none. It follows no link.
func readFile(root *os.Root, name string) ([]byte, fs.FileMode, error) {
	if err := checkParents(root, path.Dir(name)); err != nil {
		return nil, 0, err
	}
	info, err := root.Lstat(filepath.FromSlash(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, nil
	case err != nil:
		return nil, 0, err
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, 0, errNotFile{name, "a symbolic link"}
	case !info.Mode().IsRegular():
		return nil, 0, errNotFile{name, "not a regular file"}
	}
	content, err := root.ReadFile(filepath.FromSlash(name))
	return append([]byte{}, content...), info.Mode().Perm(), err // not nil, which is for no file
}

// checkParents returns an error for a folder that is not one, or is reached through a link.
func checkParents(root *os.Root, dir string) error {
	if dir == "." {
		return nil
	}
	if err := checkParents(root, path.Dir(dir)); err != nil {
		return err
	}
	info, err := root.Lstat(filepath.FromSlash(dir))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return errNotFile{dir, "a symbolic link"}
	case !info.IsDir():
		return errNotFile{dir, "not a directory"}
	}
	return nil
}

// Left is what Recover could not put back: a file that has changed since otelgen was interrupted.
type Left struct {
	Path string // in the project; it is as it was found
	Copy string // of the content before the change; empty if there was no file
}

// Recover undoes the change of a locked project that a killed process has left half done. It returns the change, nil
// if there was none, and the files that were edited since, which are kept. Errors are *generator.Error of KindTarget.
func Recover(s *journal.State) (undone *journal.Journal, left []Left, err error) {
	pending, err := s.Pending()
	if err == nil && pending == nil {
		return nil, nil, sweep(s)
	}
	if err != nil {
		return nil, nil, &generator.Error{
			Kind: generator.KindTarget, Code: "no-journal",
			What: "a change of " + s.Root + " was interrupted and cannot be undone",
			Why:  err.Error(),
			Fix:  "restore the project from version control, and remove " + s.Dir(),
		}
	}
	dir, err := os.OpenRoot(s.Project())
	if err != nil {
		return nil, nil, applyError(s.Root, err)
	}
	defer dir.Close()
	t := transaction{Journal: *pending, root: dir, state: s}
	if !t.halfDone() {
		if err := s.Drop(); err != nil {
			return nil, nil, applyError(s.Root, err)
		}
		return nil, nil, nil
	}
	if left, err = t.undo(); err != nil {
		return nil, nil, applyError(s.Root, err)
	}
	return pending, left, nil
}

// sweep removes the staging folder of the last change, whose process may have been killed before it did.
func sweep(s *journal.State) error {
	last, err := s.Completed()
	if err != nil || last == nil {
		return nil
	}
	dir, err := os.OpenRoot(s.Project())
	if err != nil {
		return applyError(s.Root, err)
	}
	defer dir.Close()
	dir.RemoveAll(last.Stage)
	return nil
}

// halfDone reports whether the change was applied only in part. If its staging folder is missing, the project may
// have been replaced by a new clone, or the whole change may have been committed. Then it is half done only if some
// files are as before, and some as after the change.
func (t *transaction) halfDone() bool {
	if info, err := t.root.Lstat(t.Stage); err == nil && info.IsDir() {
		return true
	}
	var before, after bool
	for _, e := range t.Entries {
		now, mode, err := readFile(t.root, e.Path)
		if err != nil || e.After.Same(e.Before) {
			continue
		}
		var version *journal.Version
		if now != nil {
			version = journal.Of(now, mode)
		}
		before = before || version.Same(e.Before)
		after = after || now != nil && version.Same(e.After)
	}
	return before && after
}

// undo makes every file as it was that is still as the change left it, and returns the others. It may be called again
// if it was cut short.
func (t *transaction) undo() ([]Left, error) {
	var left []Left
	for _, e := range slices.Backward(t.Entries) {
		kept, err := t.restore(e)
		if err != nil {
			return nil, errLeft{t.state.Dir(), err} // the journal stays, for the next run
		}
		if kept != nil {
			left = append(left, *kept)
		}
	}
	t.root.RemoveAll(t.Stage)
	for _, dir := range slices.Backward(t.Dirs) {
		t.root.Remove(filepath.FromSlash(dir))
	}
	if err := t.state.Drop(); err != nil {
		return nil, errLeft{t.state.Dir(), err}
	}
	return left, nil
}

// restore makes one file as it was, unless it is no longer as the change left it.
func (t *transaction) restore(e journal.Entry) (*Left, error) {
	content, mode, err := readFile(t.root, e.Path)
	var now *journal.Version
	if content != nil {
		now = journal.Of(content, mode)
	}
	foreign := errors.As(err, new(errNotFile))
	switch {
	case err != nil && !foreign:
		return nil, err
	case !foreign && now.Same(e.Before):
		return nil, nil
	case foreign || !now.Same(e.After):
		return t.keep(e)
	case e.Before == nil:
		return nil, t.root.Remove(filepath.FromSlash(e.Path))
	}
	before, err := t.state.Before(e)
	if err != nil {
		return nil, err
	}
	return nil, t.putBack(e, before)
}

func (t *transaction) putBack(e journal.Entry, content []byte) error {
	name, staged := filepath.FromSlash(e.Path), t.at("restored")
	if err := errors.Join(t.root.MkdirAll(t.Stage, 0o700), t.root.MkdirAll(filepath.Dir(name), 0o777)); err != nil {
		return err
	}
	err := errors.Join(t.root.WriteFile(staged, content, 0o600), t.root.Chmod(staged, e.Before.Mode.Perm()))
	if err != nil {
		return err
	}
	return t.root.Rename(staged, name)
}

// keep stores the content before the change of a file that has been edited since.
func (t *transaction) keep(e journal.Entry) (*Left, error) {
	if e.Before == nil {
		return &Left{Path: e.Path}, nil
	}
	content, err := t.state.Before(e)
	if err != nil {
		return nil, err
	}
	at, err := t.state.Keep(e.Path, content)
	if err != nil {
		return nil, fmt.Errorf("keep a copy of %s: %w", e.Path, err)
	}
	return &Left{Path: e.Path, Copy: at}, nil
}
