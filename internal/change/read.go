package change

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/otelgen/otelgen/generator"
)

// maxFile bounds what is read as one file of the project: no generated file is nearly as large.
const maxFile = 16 << 20

// notRegular is the error for a place that holds, or is behind, something other than a regular file. otelgen neither
// reads nor writes there.
type notRegular struct {
	at   string // the place itself, or the folder that is not one
	what string
}

func (e notRegular) Error() string { return e.at + " is " + e.what }

// Read returns the content of a file of the project, or nil if there is none. It follows no link: a place that holds
// anything but a regular file, or is behind a link, gives an error that IsNotRegular knows.
func Read(fsys fs.ReadLinkFS, name string) ([]byte, error) {
	if err := checkParents(fsys, path.Dir(name)); err != nil {
		return nil, err
	}
	info, err := fsys.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, unreadable(name, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, link(fsys, name)
	case !info.Mode().IsRegular():
		return nil, notRegular{name, "not a regular file"}
	case info.Size() > maxFile:
		return nil, notRegular{name, fmt.Sprintf("larger than %d MiB", maxFile>>20)}
	}
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, unreadable(name, err)
	}
	return append([]byte{}, content...), nil // not nil, which is for no file
}

// IsNotRegular reports whether err is Read's for something other than a regular file.
func IsNotRegular(err error) bool { return errors.As(err, new(notRegular)) }

// checkParents returns an error for a folder that is not one, or is reached through a link.
func checkParents(fsys fs.ReadLinkFS, dir string) error {
	if dir == "." {
		return nil
	}
	if err := checkParents(fsys, path.Dir(dir)); err != nil {
		return err
	}
	info, err := fsys.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return unreadable(dir, err)
	case info.Mode()&fs.ModeSymlink != 0:
		return link(fsys, dir)
	case !info.IsDir():
		return notRegular{dir, "not a directory"}
	}
	return nil
}

func link(fsys fs.ReadLinkFS, name string) error {
	what := "a symbolic link"
	if to, err := fsys.ReadLink(name); err == nil {
		what += " to " + filepath.ToSlash(to)
	}
	return notRegular{name, what}
}

func unreadable(name string, err error) error {
	return &generator.Error{
		Kind: generator.KindTarget, Code: "unreadable",
		What:  "cannot read " + name,
		Why:   err.Error(),
		Fix:   "make it a file that you can read",
		Where: name,
	}
}
