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
		Why:  "otelgen never overwrites a file that it did not write",
		Mend: "choose another directory with --output DIR, or empty this one",
	}
}

// targetError says what an error of the operating system means for target.
func targetError(target string, err error) error {
	if known := (*generator.Error)(nil); errors.As(err, &known) {
		return err
	}
	reason := err.Error()
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		reason = pathErr.Err.Error() // without the path, which may lie in a staging folder that is gone by now
	}
	code, mend := "target-io", "see to the reason given, or choose another directory with --output DIR"
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		code, mend = "target-no-space", "free some space there, or choose a directory on another disk with --output DIR"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		code, mend = "target-permission", "choose a directory that you may write to with --output DIR"
	case errors.Is(err, syscall.ENOTDIR):
		code, mend = "target-parent", "a part of the path is no directory: choose another with --output DIR"
	case errors.Is(err, syscall.ENAMETOOLONG):
		code, mend = "target-too-long", "choose a shorter directory with --output DIR"
	case errors.Is(err, syscall.EBUSY), errors.Is(err, syscall.EXDEV):
		code, mend = "target-mount-point", "a mount point cannot be replaced in one step: choose a directory below it with --output DIR"
	}
	return &generator.Error{Kind: generator.KindTarget, Code: code, What: "cannot write " + target + ": nothing was written", Why: reason, Mend: mend}
}
