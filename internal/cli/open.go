package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kballard/go-shellquote"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/journal"
	"github.com/otelgen/otelgen/internal/project"
	"github.com/otelgen/otelgen/internal/writer"
)

// loadedProject is a generated project with the catalog that it was generated from.
type loadedProject struct {
	root    string // as the user would name it
	project *project.Project
	catalog *generator.Catalog
	sources sources        // what the catalog was made of
	state   *journal.State // locked; nil if the project is only read
}

// open opens the project that dir is in, for reading. It reports an interrupted change, but does not undo it.
func (a *app) open(ctx context.Context, dir string, from sourceFlags) (*loadedProject, error) {
	root, err := findRoot(dir)
	if err != nil {
		return nil, err
	}
	if err := checkInterrupted(root); err != nil {
		return nil, err
	}
	return a.load(ctx, &loadedProject{root: root}, from)
}

// checkInterrupted returns an error for a project that an interrupted change has left half done.
func checkInterrupted(root string) error {
	switch pending, err := journal.Interrupted(root); {
	case err != nil:
		return err
	case pending != nil:
		return &generator.Error{
			Kind: generator.KindDrift, Code: "interrupted-change",
			What: "a change was interrupted" + in(root) + ": some files are changed, others are not",
			Why:  pending.Command + " did not complete", Fix: "run otelgen undo: it restores the files",
		}
	}
	return nil
}

// openToChange opens the project that dir is in, and locks it. An interrupted change is undone first. The caller
// closes the project.
func (a *app) openToChange(ctx context.Context, dir string, from sourceFlags) (*loadedProject, error) {
	root, err := findRoot(dir)
	if err != nil {
		return nil, err
	}
	o := &loadedProject{root: root}
	if o.state, err = a.lock(ctx, root); err != nil {
		return nil, err
	}
	if _, err := a.load(ctx, o, from); err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

// close releases the lock.
func (o *loadedProject) close() {
	if o.state != nil {
		_ = o.state.Close()
	}
}

func (a *app) load(ctx context.Context, o *loadedProject, from sourceFlags) (_ *loadedProject, err error) {
	if o.project, err = project.Read(filepath.Join(o.root, project.FileName)); err != nil {
		return nil, err
	}
	o.project.Answers.Existing = true
	o.catalog, o.sources, err = a.catalogFor(ctx, from, o.project)
	return o, err
}

// findRoot returns the root of the project that dir is in, as the user would name it.
func findRoot(dir string) (string, error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", &generator.Error{
			Kind: generator.KindAnswers,
			Code: "no-project",
			What: dir + " is not a directory",
			Why:  "a project is given by its directory",
			Fix:  "leave it out to use the current project, or give another directory",
		}
	}
	root, err := project.Find(filepath.Join(dir, project.FileName))
	if err != nil {
		return "", err
	}
	if here, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(here, root); err == nil && filepath.IsLocal(rel) {
			root = rel
		}
	}
	return root, nil
}

// lock locks a project for a change, and undoes a change that was interrupted.
func (a *app) lock(ctx context.Context, root string) (*journal.State, error) {
	state, _, _, _, err := a.lockAndRecover(ctx, root)
	return state, err
}

// lockAndRecover locks a project. It returns the interrupted change that it has undone and the files that it has left
// as they are, or the change whose journal it has discarded.
func (a *app) lockAndRecover(
	ctx context.Context,
	root string,
) (_ *journal.State, undone *journal.Journal, left []writer.Left, forgotten *journal.Journal, _ error) {
	state, err := journal.Lock(ctx, root, "otelgen "+shellquote.Join(a.args...))
	if err != nil {
		return nil, nil, nil, nil, err
	}
	pending, _ := state.Pending() // Recover returns the error
	undone, left, err = writer.Recover(state)
	if err != nil {
		_ = state.Close()
		return nil, nil, nil, nil, err
	}
	if pending != nil && undone == nil {
		forgotten = pending
		a.note("discarded the journal of an interrupted change%s that left no partial changes: %s", in(root), pending.Command)
	}
	if undone != nil {
		a.note("undid the interrupted change%s: %s", in(root), undone.Command)
	}
	for _, l := range left {
		a.note("kept %s, which changed after the interruption", l.Path)
		if l.Copy != "" {
			a.note("  its content before the change is in %s", l.Copy)
		}
	}
	return state, undone, left, forgotten, nil
}

// note tells the user something on standard error.
func (a *app) note(format string, args ...any) {
	fmt.Fprintln(a.stderr, generator.Visible("otelgen: "+fmt.Sprintf(format, args...)))
}

// files returns the project as a file system that no link leads out of.
func (o *loadedProject) files() (fs.ReadLinkFS, error) {
	root, err := os.OpenRoot(o.root)
	if err != nil {
		return nil, &generator.Error{
			Kind: generator.KindTarget, Code: "unreadable",
			What: "cannot read " + o.root,
			Why:  err.Error(),
			Fix:  "make it a directory that you can read",
		}
	}
	return root.FS().(fs.ReadLinkFS), nil
}

// pristine returns the project as it was generated.
func (o *loadedProject) pristine() (*generator.Tree, error) {
	return o.project.ReadPristine(o.root, func() (*generator.Tree, error) { return o.again(nil) })
}

// again returns what this otelgen would generate from the project's answers and the history of its schema.
func (o *loadedProject) again(base *generator.Tree) (*generator.Tree, error) {
	ours, err := o.files()
	if err != nil {
		return nil, err
	}
	return o.catalog.Continue(o.project.Answers, o.project.History(base, ours))
}
