package change

import (
	"bytes"
	"slices"
	"strings"

	"github.com/otelgen/otelgen/internal/merge"
)

// FileState says how a generated file differs from what it should be.
type FileState string

// The ways in which a file differs.
const (
	Edited     FileState = "edited"     // the user has changed it
	Missing    FileState = "missing"    // the user has deleted or moved it
	Unresolved FileState = "unresolved" // it has conflict markers
	Stale      FileState = "stale"      // the vendor folder is not what go.mod requires
	Outdated   FileState = "outdated"   // otelgen would write another one now, none any more, or one where there was none
)

// Status is how one file differs.
type Status struct {
	Path  string    `json:"path"`
	State FileState `json:"state"`
	To    string    `json:"to,omitempty"` // where a missing file has been moved to
}

// Check returns how the project differs from its answers, sorted by path: files that the user changed, and files that
// this otelgen generates differently. The error is one of reading the project.
func (s *Sides) Check() ([]Status, error) {
	p := planner{Sides: s, base: index(s.Base), theirs: index(s.Theirs)}
	all := []Status{}
	for _, f := range s.Base.Files {
		ours, err := p.read(f.Path)
		switch {
		case IsNotRegular(err):
			all = append(all, Status{Path: f.Path, State: Edited})
		case err != nil:
			return nil, err
		case ours == nil:
			to, err := p.moved(f)
			if err != nil {
				return nil, err
			}
			all = append(all, Status{Path: f.Path, State: Missing, To: to})
		case merge.Unresolved(ours):
			all = append(all, Status{Path: f.Path, State: Unresolved})
		case isIgnore(f.Path) && merge.Extends(ours, f.Content): // with lines that a change has left there, or the user's own
		case !bytes.Equal(merge.LF(ours), merge.LF(f.Content)):
			all = append(all, Status{Path: f.Path, State: Edited})
		}
		if now, ok := p.theirs[f.Path]; !ok || now.Mode != f.Mode || !bytes.Equal(now.Content, f.Content) {
			all = append(all, Status{Path: f.Path, State: Outdated})
		}
	}
	for _, f := range s.Theirs.Files {
		if _, old := p.base[f.Path]; !old {
			all = append(all, Status{Path: f.Path, State: Outdated})
		}
	}
	if staleVendor(s.Ours) {
		all = append(all, Status{Path: VendorList, State: Stale})
	}
	slices.SortStableFunc(all, func(a, b Status) int { return strings.Compare(a.Path, b.Path) })
	return all, nil
}
