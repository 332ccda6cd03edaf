package writer

import (
	"errors"
	"io/fs"
	"syscall"

	"github.com/otelgen/otelgen/generator"
)

func notEmpty(target string) error {
	return &generator.Error{
		Kind: generator.KindTarget, Code: "target-not-empty", What: target + " already exists and is not empty",
		Why: "otelgen never overwrites a file that it did not write",
		Fix: "choose another directory with --output DIR, or empty this one",
	}
}

// targetError says what an error of the operating system means for a target that is still to be made.
func targetError(target string, err error) error {
	if known := (*generator.Error)(nil); errors.As(err, &known) {
		return err
	}
	code, why, fix := reason(err)
	return &generator.Error{
		Kind: generator.KindTarget, Code: code, What: "cannot write " + target + ": nothing was written", Why: why,
		Fix: fix + ", or choose another directory with --output DIR",
	}
}

// applyError says what an error of the operating system means for a project that is to be changed.
func applyError(root string, err error) error {
	if known := (*generator.Error)(nil); errors.As(err, &known) {
		return known
	}
	if touched := (errTouched{}); errors.As(err, &touched) {
		return &generator.Error{
			Kind: generator.KindTarget, Code: "target-touched", What: touched.Error() + ": nothing was changed",
			Why: "another program writes to the project at the same time", Fix: "run the command again", Where: touched.path,
		}
	}
	if link := (errNotFile{}); errors.As(err, &link) {
		return &generator.Error{
			Kind: generator.KindTarget,
			Code: "target-not-file",
			What: link.Error() + ": nothing was changed",
			Why:  "otelgen replaces only regular files, and never writes through a link",
			Fix:  "replace it by a regular file or folder",
		}
	}
	code, why, fix := reason(err)
	if left := (errLeft{}); errors.As(err, &left) {
		return &generator.Error{
			Kind: generator.KindTarget,
			Code: code,
			What: "the change of " + root + " stopped halfway and could not be undone",
			Why:  why,
			Fix:  fix + "; then run otelgen undo: the files before the change are in " + left.state,
		}
	}
	return &generator.Error{
		Kind: generator.KindTarget,
		Code: code,
		What: "cannot change " + root + ": it is as it was",
		Why:  why,
		Fix:  fix,
	}
}

// errTouched is the error for a file that another program changes at the same time.
type errTouched struct{ path string }

func (e errTouched) Error() string { return e.path + " has changed in the meantime" }

// errLeft is the error for a change that could not be undone.
type errLeft struct {
	state string // folder with the journal
	err   error
}

func (e errLeft) Error() string { return e.err.Error() }
func (e errLeft) Unwrap() error { return e.err }

// reason says why the operating system refuses, and how to fix it.
func reason(err error) (code, why, fix string) {
	why = err.Error()
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		why = pathErr.Err.Error() // without the path, which may lie in a staging folder that is gone by now
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "target-no-space", why, "free some space there"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "target-permission", why, "make sure that you can write there"
	case errors.Is(err, syscall.ENOTDIR):
		return "target-parent", why, "a part of the path is not a directory: move that file away"
	case errors.Is(err, syscall.ENAMETOOLONG):
		return "target-too-long", why, "use shorter names"
	case errors.Is(err, syscall.EBUSY), errors.Is(err, syscall.EXDEV):
		return "target-mount-point", why, "a mount point cannot be replaced: use a directory below it"
	}
	return "target-io", why, "resolve the reason given"
}
