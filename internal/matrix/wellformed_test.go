package matrix_test

import (
	"bytes"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/matrix"
)

// Every service of the covering set has well-formed files, mentions no preset that was not chosen, and is the same when it is generated
// again.
func TestServicesAreWellFormed(t *testing.T) {
	c, again := builtin(t), builtin(t)
	set := cover(t, c)
	all := set.All()
	for _, a := range set.Pairs {
		a.Name, a.Module, a.Entity = "front-desk", "github.com/acme/front-desk", "line-item"
		all = append(all, a)
	}
	check := serviceCheck{catalog: c, again: again, unchosen: newUnchosen(allPresets(t, c))}
	var reported sync.Map
	each(all, func(a generator.Answers) {
		for _, fault := range check.faults(a) {
			if _, again := reported.LoadOrStore(fault, true); !again {
				t.Errorf("%s: %s", matrix.Label(c, a), fault)
			}
		}
	})
	t.Logf("%d services", len(all))
}

// each calls f for every item, as many at once as there are processors.
func each[T any](items []T, f func(T)) {
	jobs := make(chan T)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for item := range jobs {
				f(item)
			}
		})
	}
	for _, item := range items {
		jobs <- item
	}
	close(jobs)
	wg.Wait()
}

type serviceCheck struct {
	catalog, again *generator.Catalog
	unchosen       *unchosen
	files          fileCheck
}

// faults says what is wrong with the service of the answers.
func (s *serviceCheck) faults(a generator.Answers) (faults []string) {
	selection, err := s.catalog.Select(a)
	if err != nil {
		return []string{err.Error()}
	}
	tree, err := s.catalog.Generate(a)
	if err != nil {
		return []string{err.Error()}
	}
	for _, f := range tree.Files {
		found := append(s.files.faults(f), s.unchosen.mentions(f, selection.Presets())...)
		if line := longLine(f); line != "" {
			found = append(found, fmt.Sprintf("a line of %d bytes: %s", len(line), line))
		}
		for _, part := range f.Fragments {
			if len(bytes.TrimSpace(part.Text)) == 0 {
				found = append(found, fmt.Sprintf("the fragment %s of %s is empty", part.Slot, part.Owner))
			}
		}
		for _, fault := range found {
			faults = append(faults, f.Path+": "+fault)
		}
	}
	return append(faults, s.differences(a, tree)...)
}

// differences says which files another catalog makes differently of the same answers.
func (s *serviceCheck) differences(a generator.Answers, tree *generator.Tree) (faults []string) {
	other, err := s.again.Generate(a)
	switch {
	case err != nil:
		return []string{err.Error()}
	case len(other.Files) != len(tree.Files):
		return []string{fmt.Sprintf("%d files, and then %d", len(tree.Files), len(other.Files))}
	}
	for i, f := range tree.Files {
		if o := other.Files[i]; o.Path != f.Path || o.Mode != f.Mode || !bytes.Equal(o.Content, f.Content) {
			faults = append(faults, f.Path+" differs when it is generated again")
		}
	}
	return faults
}
