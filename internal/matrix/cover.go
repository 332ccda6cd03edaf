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
	// Pairs are selections that together hold every two presets, and every value of the options of each preset.
	Pairs []generator.Answers
	// More are further selections. With these, every two values of the options of one preset meet, and every three presets of different
	// axes that share Go files. The rest of them are defaults where these fit.
	More []generator.Answers
	// Impossible are the meetings that the catalog does not accept in any selection.
	Impossible []Meeting
}

// All returns the selections of the set, pairs first.
func (s *Set) All() []generator.Answers { return slices.Concat(s.Pairs, s.More) }

// Cover returns the covering set of a catalog. It is the same for the same catalog. The error is that of a manifest.
func Cover(c *generator.Catalog) (*Set, error) {
	fs, err := factors(c)
	if err != nil {
		return nil, err
	}
	s := &search{catalog: c, factors: fs, open: map[tuple]int{}}
	s.number()
	pairs, more := s.meetings()
	set := &Set{}
	if set.Pairs, err = s.cover(pairs, 24); err != nil {
		return nil, err
	}
	if set.More, err = s.cover(more, 1); err != nil { // a row holds few of them
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

// tuple is the numbers of two or three answers, in order. The third number of a pair is unset.
type tuple [3]int

// search builds rows until none of the tuples is open.
type search struct {
	catalog    *generator.Catalog
	factors    []factor
	first      []int         // of each factor: the number of its first level, if levels are numbered through
	shared     []int         // factors of axes that share Go files
	open       map[tuple]int // what it is worth to cover a tuple; 0 if it is covered
	left       []int         // by the number of an answer: how many open tuples it is part of
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

// A pair that the first rows have to hold is worth more than any number of other tuples.
const (
	heavy = 1 << 20
	light = 1 << 10
)

// add opens a tuple that is worth so much.
func (s *search) add(worth int, answers []answer) {
	s.open[s.tupleOf(answers...)] = worth
	for _, a := range answers {
		s.left[s.first[a.at]+a.level]++
	}
}

// done marks a tuple as covered or, if it fits in no row, as impossible.
func (s *search) done(answers []answer) {
	delete(s.open, s.tupleOf(answers...))
	for _, a := range answers {
		s.left[s.first[a.at]+a.level]--
	}
}

// meetings opens all tuples that have to meet and returns them: the pairs of presets, or of a preset and an option, and the others.
func (s *search) meetings() (pairs, more [][]answer) {
	for _, t := range s.product(combinations(indexes(s.factors), 2)) {
		f, g := &s.factors[t[0].at], &s.factors[t[1].at]
		switch {
		case !meet(f, f.levels[t[0].level], g, g.levels[t[1].level]):
		case f.option == nil:
			pairs = append(pairs, t)
			s.add(heavy, t)
		default:
			more = append(more, t)
			s.add(light, t)
		}
	}
	for _, t := range s.product(combinations(s.shared, 3)) {
		more = append(more, t)
		s.add(light, t)
	}
	return pairs, more
}

// product returns all answers to each of the groups of factors.
func (s *search) product(groups [][]int) (all [][]answer) {
	for _, group := range groups {
		sofar := [][]answer{nil}
		for _, at := range group {
			var longer [][]answer
			for _, answers := range sofar {
				for l := range s.factors[at].levels {
					longer = append(longer, append(slices.Clip(answers), answer{at, l}))
				}
			}
			sofar = longer
		}
		all = append(all, sofar...)
	}
	return all
}

func indexes[T any](items []T) (all []int) {
	for i := range items {
		all = append(all, i)
	}
	return all
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
	isCovered := func(t []answer) bool { return s.open[s.tupleOf(t...)] == 0 }
	for todo = slices.DeleteFunc(todo, isCovered); len(todo) > 0; todo = slices.DeleteFunc(todo, isCovered) {
		best, err := s.best(todo, candidates)
		if err != nil {
			return nil, err
		}
		if best == nil {
			continue // each tuple that was tried is impossible
		}
		for _, t := range s.covers(best) {
			s.done(t)
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
		if n := s.worth(r); n > gain {
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
	s.done(t)
	var m Meeting
	for _, a := range t {
		m = append(m, s.factors[a.at].text(s.factors[a.at].levels[a.level]))
	}
	s.impossible = append(s.impossible, m)
}

// covers returns the open tuples that a row holds.
func (s *search) covers(r row) (covered [][]answer) {
	for _, group := range slices.Concat(combinations(indexes(r), 2), combinations(s.shared, 3)) {
		t := make([]answer, len(group))
		for i, at := range group {
			t[i] = answer{at, r[at]}
		}
		if s.open[s.tupleOf(t...)] > 0 {
			covered = append(covered, t)
		}
	}
	return covered
}

// worth is what a row covers.
func (s *search) worth(r row) (n int) {
	for _, t := range s.covers(r) {
		n += s.open[s.tupleOf(t...)]
	}
	return n
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
