package journal

import (
	"os"
	"path/filepath"
	"time"
)

// useful is how long the state of a project is kept after its last change.
const useful = 90 * 24 * time.Hour

// prune removes the states of other projects that are no longer useful, as far as it can. It keeps those with a
// change that was interrupted.
func (s *State) prune() {
	states, err := os.ReadDir(filepath.Dir(s.dir))
	if err != nil {
		return
	}
	for _, e := range states {
		dir := filepath.Join(filepath.Dir(s.dir), e.Name())
		holder, err := os.Lstat(filepath.Join(dir, holderName))
		if dir == s.dir || err != nil || checkPrivate(dir) != nil || time.Since(holder.ModTime()) < useful {
			continue
		}
		if _, err := os.Lstat(filepath.Join(dir, pendingName, journalName)); err == nil {
			continue
		}
		lock := newLock(dir, 0)
		if locked, err := lock.TryLock(); err == nil && locked {
			os.RemoveAll(filepath.Join(dir, lastName))
			os.RemoveAll(filepath.Join(dir, keptName))
			lock.Close() // first, as Windows removes no open file
			os.RemoveAll(dir)
		}
	}
}
