package matrix

import (
	"slices"
	"strings"

	"github.com/otelgen/otelgen/generator"
)

// Meeting is two or three answers to different questions: presets as "axis/name", options as "axis/name.key=value".
type Meeting []string

func (m Meeting) String() string { return strings.Join(m, " with ") }

// Set is a small set of selections in which all answers meet that have to. It grows with the square of the presets of the largest axes.
type Set struct {
	// Pairs are selections that together hold every two presets, and every two values of the options of one preset.
	Pairs []generator.Answers
	// Triples are further selections, in which every three presets of different axes meet if the axes share Go files. The rest of them are
	// defaults.
	Triples []generator.Answers
	// Impossible are the meetings that the catalog does not accept in any selection.
	Impossible []Meeting
}

// All returns the selections of the set, pairs first.
func (s *Set) All() []generator.Answers { return slices.Concat(s.Pairs, s.Triples) }

// Cover returns the covering set of a catalog. It is the same for the same catalog. The error is that of a manifest.
func Cover(c *generator.Catalog) (*Set, error) {
	fs, err := factors(c)
	if err != nil {
		return nil, err
	}
	s := &search{catalog: c, factors: fs, open: map[tuple]bool{}}
	s.number()
	set := &Set{}
	pairs := s.openPairs()
	triples := s.openTriples()
	if set.Pairs, err = s.cover(pairs, 24); err != nil {
		return nil, err
	}
	if set.Triples, err = s.cover(triples, 1); err != nil { // a row holds few of them
		return nil, err
	}
	set.Impossible = s.impossible
	return set, nil
}

// answer is a level of a factor, by their indexes.
type answer struct{ at, level int }

// row is the index of one level for each factor, or unset.
type row []int

const unset = -1

// tuple is the numbers of two or three answers, in order. Of two, the last number is unset.
type tuple [3]int

// search builds rows until none of the tuples is open.
type search struct {
	catalog    *generator.Catalog
	factors    []factor
	first      []int // of each factor: the number of its first level, if levels are numbered through
	shared     []int // factors of axes that share Go files
	open       map[tuple]bool
	left       []int // by the number of an answer: how many open tuples it is part of
	impossible []Meeting
}

func (s *search) number() {
	levels := 0
	for i := range s.factors {
		s.first = append(s.first, levels)
		levels += len(s.factors[i].levels)
		if s.factors[i].shared() {
			s.shared = append(s.shared, i)
		}
	}
	s.left = make([]int, levels)
}

// tupleOf returns the tuple of two or three answers to different factors.
func (s *search) tupleOf(answers ...answer) tuple {
	t := tuple{unset, unset, unset}
	for i, a := range answers {
		t[i] = s.first[a.at] + a.level
	}
	slices.Sort(t[:len(answers)])
	return t
}

// mark opens a tuple of answers, or covers it.
func (s *search) mark(open bool, answers ...answer) {
	t := s.tupleOf(answers...)
	if s.open[t] == open {
		return
	}
	change := 1
	if open {
		s.open[t] = true
	} else {
		delete(s.open, t)
		change = -1
	}
	for _, a := range answers {
		s.left[s.first[a.at]+a.level] += change
	}
}

// openPairs opens all pairs that have to meet and returns them.
func (s *search) openPairs() (todo [][]answer) {
	for i := range s.factors {
		for j := i + 1; j < len(s.factors); j++ {
			f, g := &s.factors[i], &s.factors[j]
			for a, x := range f.levels {
				for b, y := range g.levels {
					if meet(f, x, g, y) {
						todo = append(todo, []answer{{i, a}, {j, b}})
					}
				}
			}
		}
	}
	for _, pair := range todo {
		s.mark(true, pair...)
	}
	return todo
}

// openTriples opens the triples of the axes that share Go files and returns them.
func (s *search) openTriples() (todo [][]answer) {
	for _, three := range combinations(s.shared, 3) {
		for a := range s.factors[three[0]].levels {
			for b := range s.factors[three[1]].levels {
				for c := range s.factors[three[2]].levels {
					todo = append(todo, []answer{{three[0], a}, {three[1], b}, {three[2], c}})
				}
			}
		}
	}
	for _, triple := range todo {
		s.mark(true, triple...)
	}
	return todo
}

// combinations returns every n of the items, in their order.
func combinations(items []int, n int) (all [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for i, item := range items {
		for _, rest := range combinations(items[i+1:], n-1) {
			all = append(all, append([]int{item}, rest...))
		}
	}
	return all
}

// cover returns selections that hold all of the tuples that are open, and notes those that no selection holds. Each is the best of some
// candidates.
func (s *search) cover(todo [][]answer, candidates int) (rows []generator.Answers, err error) {
	isCovered := func(t []answer) bool { return !s.open[s.tupleOf(t...)] }
	for todo = slices.DeleteFunc(todo, isCovered); len(todo) > 0; todo = slices.DeleteFunc(todo, isCovered) {
		best, err := s.best(todo, candidates)
		if err != nil {
			return nil, err
		}
		if best == nil {
			continue // each tuple that was tried is impossible
		}
		for _, t := range s.covers(best) {
			s.mark(false, t...)
		}
		rows = append(rows, s.answers(best))
	}
	return rows, nil
}

// best returns the row that covers most, of those that begin with one of the first tuples. It closes the tuples that fit in no row.
func (s *search) best(todo [][]answer, candidates int) (best row, err error) {
	gain, tried := 0, 0
	for _, t := range todo {
		r, err := s.complete(t)
		if err != nil {
			return nil, err
		}
		if r == nil {
			s.exclude(t)
			continue
		}
		if n := len(s.covers(r)); n > gain {
			best, gain = r, n
		}
		if tried++; tried == candidates {
			break
		}
	}
	return best, nil
}

// exclude notes that a tuple is in no selection.
func (s *search) exclude(t []answer) {
	s.mark(false, t...)
	var m Meeting
	for _, a := range t {
		m = append(m, s.factors[a.at].text(s.factors[a.at].levels[a.level]))
	}
	s.impossible = append(s.impossible, m)
}

// covers returns the open tuples that a row holds.
func (s *search) covers(r row) (covered [][]answer) {
	add := func(factors []int) {
		t := make([]answer, len(factors))
		for i, at := range factors {
			t[i] = answer{at, r[at]}
		}
		if s.open[s.tupleOf(t...)] {
			covered = append(covered, t)
		}
	}
	for i := range r {
		for j := i + 1; j < len(r); j++ {
			add([]int{i, j})
		}
	}
	for _, three := range combinations(s.shared, 3) {
		add(three)
	}
	return covered
}

// answers are those of a row.
func (s *search) answers(r row) generator.Answers {
	a := generator.Answers{Name: Service, Presets: map[string][]string{}, Options: map[string]string{}}
	for i := range s.factors {
		f := &s.factors[i]
		switch l := f.levels[r[i]]; {
		case l.none:
		case f.option != nil:
			a.Options[f.key()] = l.value
		default:
			a.Presets[f.axis.Name] = append(a.Presets[f.axis.Name], l.preset.Name)
		}
	}
	return a
}
