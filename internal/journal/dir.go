package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// open opens the folder of the state, and creates it if create is set. It refuses a folder that another user could
// have written to.
func (s *State) open(create bool) error {
	projects := filepath.Dir(s.dir)
	ours := filepath.Dir(projects)
	if create {
		if err := os.MkdirAll(filepath.Dir(ours), 0o700); err != nil {
			return err
		}
	}
	for _, dir := range []string{ours, projects, s.dir} {
		if create {
			if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
				return err
			}
		}
		if err := checkPrivate(dir); err != nil {
			return err
		}
	}
	files, err := os.OpenRoot(s.dir)
	s.files = files
	return err
}

// checkPrivate returns an error for what is no folder, or one that another user can write to.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("%s is a symbolic link", dir)
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	case !private(info):
		return fmt.Errorf("%s belongs to another user, or others can write to it", dir)
	}
	return nil
}

// checkOutside returns an error for a folder, which need not exist, that lies in the project.
func checkOutside(dir, project string) error {
	at, err := filepath.EvalSymlinks(dir)
	for ; err != nil && dir != filepath.Dir(dir); at, err = filepath.EvalSymlinks(dir) {
		dir = filepath.Dir(dir)
	}
	root, statErr := os.Stat(project)
	if err := errors.Join(err, statErr); err != nil {
		return err
	}
	for ; ; at = filepath.Dir(at) {
		if info, err := os.Stat(at); err == nil && os.SameFile(info, root) {
			return fmt.Errorf("the cache directory is in the project, %s", project)
		}
		if at == filepath.Dir(at) {
			return nil
		}
	}
}

// checkRegular returns an error if the path exists and is not a regular file.
func checkRegular(root *os.Root, name string) error {
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", filepath.Join(root.Name(), name))
	}
	return nil
}

// readFile returns the content of a regular file.
func readFile(root *os.Root, name string) ([]byte, error) {
	if err := checkRegular(root, name); err != nil {
		return nil, err
	}
	f, err := root.OpenFile(name, os.O_RDONLY|noBlock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
