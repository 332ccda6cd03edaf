// Package writer writes a rendered tree to disk: all of it under its final name, or nothing.
//
// It stages the tree in a folder next to the target, on the same file system, and renames it into place. A staging
// folder is locked while its process runs. The next run removes those without a lock, which a killed process left
// behind. So an interrupt, a full disk, a crash or a kill leaves all of the target or nothing.
//
// The files are not flushed. After a power failure within seconds of a run, the file system decides what is left, as
// for files saved by an editor or git. Flushing would take 9 ms on an idle disk and 50 ms on a busy one, more than
// the rest of a run (ADR 9).
//
// The package must not know what it writes: no presets, answers or project file.
package writer

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/otelgen/otelgen/generator"
)

// Writer writes trees. The zero value is ready for use.
type Writer struct {
	// Staged, if set, is called after each file has reached the staging folder, with the context of the run. It is where a
	// test holds a run still.
	Staged func(ctx context.Context, path string)
	// Moved, if set, is called after Apply has dealt with a file.
	Moved func(ctx context.Context, path string)
}

// Check reports why a tree cannot be written to target, as far as it can tell without writing. The target must be
// absent or an empty directory, and not a link. The error is a *generator.Error of KindTarget.
func Check(target string) error { return CheckDir(target, nil) }

// CheckDir is Check for a directory that may also hold the entries which ignore accepts.
func CheckDir(target string, ignore func(fs.DirEntry) bool) error {
	info, err := os.Lstat(filepath.Clean(target)) // a slash at the end would lead through a link
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return targetError(target, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return &generator.Error{
			Kind: generator.KindTarget, Code: "target-link", What: target + " is a symbolic link",
			Why: "otelgen never writes through a link, because it can point anywhere",
			Fix: "name the directory itself with --output DIR, or remove the link",
		}
	case !info.IsDir():
		return &generator.Error{
			Kind: generator.KindTarget, Code: "target-file", What: target + " exists and is not a directory",
			Why: "a service needs its own directory, and otelgen never replaces a file that it did not write",
			Fix: "choose another directory with --output DIR, or move the file away",
		}
	}
	dir, err := os.Open(target)
	if err != nil {
		return targetError(target, err)
	}
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(16)
		if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return ignore == nil || !ignore(e) }) {
			return notEmpty(target)
		}
		if err != nil || len(entries) == 0 {
			return nil
		}
	}
}

// Write writes the files below target, which must be absent or an empty directory. Missing parent directories are made.
// When it returns an error, or ctx ends before the tree is complete, the file system is as it was. Errors are
// *generator.Error of KindTarget or KindInterrupted.
func (w Writer) Write(ctx context.Context, target string, files []generator.File) error {
	if err := Check(target); err != nil {
		return err
	}
	err := w.write(ctx, target, files)
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return &generator.Error{
			Kind: generator.KindInterrupted, Code: "interrupted", What: "interrupted: nothing was written",
			Why: "the run was stopped before all files were written", Fix: "run the same command again",
		}
	}
	if err != nil {
		return targetError(target, err)
	}
	return nil
}

func (w Writer) write(ctx context.Context, target string, files []generator.File) (err error) {
	abs, err := filepath.Abs(target)
	if err != nil {
		return err
	}
	parent := filepath.Dir(abs)
	removeParents, err := makeParents(parent)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			removeParents()
		}
	}()

	removeStale(parent)
	stage, err := newStaging(parent, filepath.Base(abs))
	if err != nil {
		return err
	}
	defer stage.remove()

	if err := w.fill(ctx, stage.tree(), files); err != nil {
		return err
	}
	return replace(stage.tree(), abs)
}

// fill writes the files below tree, one by one: more at once are no faster.
func (w Writer) fill(ctx context.Context, tree string, files []generator.File) error {
	root, err := os.OpenRoot(tree)
	if err != nil {
		return err
	}
	defer root.Close()
	made := map[string]bool{}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if dir := path.Dir(f.Path); !made[dir] {
			if err := root.MkdirAll(filepath.FromSlash(dir), 0o777); err != nil {
				return err
			}
			made[dir] = true
		}
		if err := writeFile(root, f); err != nil {
			return err
		}
		if w.Staged != nil {
			w.Staged(ctx, f.Path)
		}
	}
	return ctx.Err()
}

func writeFile(root *os.Root, f generator.File) error {
	file, err := root.OpenFile(filepath.FromSlash(f.Path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.Mode.Perm()|0o200)
	if err != nil {
		return err
	}
	_, err = file.Write(f.Content)
	return errors.Join(err, file.Close()) // some file systems say only now that they are full
}

// replace moves tree to target in one step. The rename itself refuses a target that has appeared or been filled
// since it was checked.
func replace(tree, target string) error {
	if info, err := os.Lstat(target); err == nil && info.IsDir() {
		if err := os.Chmod(tree, info.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := rename(tree, target); err != nil {
		return cmp.Or(Check(target), err)
	}
	return nil
}

// makeParents makes dir and its parents, and returns how to remove those it made, as far as they are empty.
func makeParents(dir string) (remove func(), err error) {
	var missing []string // deepest first
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		missing = append(missing, d)
	}
	remove = func() {
		for _, d := range missing {
			if os.Remove(d) != nil {
				return
			}
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		remove()
		return nil, err
	}
	return remove, nil
}
