package writer

import (
	"errors"
	"os"
	"slices"

	"github.com/otelgen/otelgen/internal/journal"
)

// Revert returns the changes that undo the last change of a locked project, and the files that are no longer as that
// change left them, for which there are none. It returns a nil journal if there is no change to undo. Errors are
// *generator.Error of KindTarget.
func Revert(s *journal.State) (last *journal.Journal, changes []Change, edited []string, err error) {
	if last, err = s.Last(); err != nil || last == nil {
		return nil, nil, nil, err
	}
	root, err := os.OpenRoot(s.Project())
	if err != nil {
		return nil, nil, nil, applyError(s.Root, err)
	}
	defer root.Close()
	for _, e := range last.Entries {
		now, mode, err := readFile(root, e.Path)
		if err != nil && !errors.As(err, new(errNotFile)) {
			return nil, nil, nil, applyError(s.Root, err)
		}
		var version *journal.Version
		if now != nil {
			version = journal.Of(now, mode)
		}
		switch {
		case err == nil && version.Same(e.Before) && !e.After.Same(e.Before):
			continue // undone by the user
		case err != nil || !version.Same(e.After):
			edited = append(edited, e.Path)
			continue
		}
		c := Change{Path: e.Path, Was: now, Remove: e.Before == nil}
		if !c.Remove {
			c.Mode, c.Exact = e.Before.Mode, true
			if c.Content, err = s.Before(e); err != nil {
				return nil, nil, nil, applyError(s.Root, err)
			}
		}
		changes = append(changes, c)
	}
	slices.Sort(edited)
	return last, changes, edited, nil
}
