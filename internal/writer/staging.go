package writer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// infix parts the target's name from a random number in the name of a staging folder: .shop.otelgen-123 is one for
// shop.
const infix = ".otelgen-"

// Limits of a staging folder.
const (
	lockName = "lock" // held by the process until it ends
	treeName = "tree" // becomes the target
)

// maxBase is the part of the target's name in that of the staging folder: names have a limit.
const maxBase = 64

type staging struct {
	dir  string
	lock *flock.Flock
}

func (s *staging) tree() string { return filepath.Join(s.dir, treeName) }

// newStaging makes a locked staging folder in parent. Another process may take the folder for a stale one before it is
// locked, and remove it; then a new one is made.
func newStaging(parent, base string) (*staging, error) {
	base = strings.ToValidUTF8(base[:min(len(base), maxBase)], "")
	for {
		dir, err := os.MkdirTemp(parent, "."+base+infix+"*")
		if err != nil {
			return nil, err
		}
		s := &staging{dir: dir, lock: flock.New(filepath.Join(dir, lockName))}
		locked, err := s.lock.TryLock()
		if errors.Is(err, fs.ErrNotExist) || err == nil && !locked {
			s.remove()
			continue
		}
		// Any other error: no locks on this file system. Then no process ever gets this one either, and none removes
		// the folder.
		if err := os.Mkdir(s.tree(), 0o777); err != nil {
			s.remove()
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			return nil, err
		}
		return s, nil
	}
}

// remove removes the folder.
func (s *staging) remove() {
	os.RemoveAll(s.tree())
	s.lock.Close() // first, as Windows removes no open file
	os.Remove(s.lock.Path())
	os.Remove(s.dir)
}

// removeStale removes the staging folders in parent whose processes have ended. It touches nothing that does not look
// in every respect like a staging folder, and says nothing where it fails: that does no harm to this run.
func removeStale(parent string) {
	dir, err := os.Open(parent)
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if isStaging(name) {
			removeIfStale(parent, name)
		}
	}
}

func isStaging(name string) bool {
	at := strings.LastIndex(name, infix)
	return at > 0 && name[0] == '.' && len(name) > at+len(infix) && strings.Trim(name[at+len(infix):], "0123456789") == ""
}

func removeIfStale(parent, name string) {
	dir := filepath.Join(parent, name)
	if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	if len(entries) == 0 { // its process was killed before it made the lock; one that lives makes another folder
		os.Remove(dir)
		return
	}
	hasLock := false
	for _, entry := range entries {
		switch {
		case entry.Name() == lockName && entry.Type().IsRegular():
			hasLock = true
		case entry.Name() == treeName && entry.IsDir():
		default:
			return
		}
	}
	if !hasLock {
		return
	}
	root, err := os.OpenRoot(dir) // so that no other process can replace the folder by a link while it is emptied
	if err != nil {
		return
	}
	defer root.Close()
	lock := flock.New(filepath.Join(dir, lockName), flock.SetFlag(os.O_RDWR))
	defer lock.Close()
	if dead, err := lock.TryLock(); err != nil || !dead {
		return
	}
	root.RemoveAll(treeName)
	root.Remove(lockName)
	lock.Close()
	root.Remove(lockName) // again, for Windows, which removes no open file
	os.Remove(dir)
}
