package matrix

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/otelgen/otelgen/generator"
)

// Pair is two answers to different questions, presets as "axis/name", options as "axis/name.key=value".
type Pair [2]string

func (p Pair) String() string { return p[0] + " with " + p[1] }

// Pairs returns selections that together hold every two answers, option values included, that go together at all, and the
// pairs that do not.
func Pairs(c *generator.Catalog) (rows []generator.Answers, impossible []Pair, err error) {
	fs, err := factors(c)
	if err != nil {
		return nil, nil, err
	}
	s := search{catalog: c, factors: fs, open: map[pair]bool{}, left: map[answer]int{}, fits: map[string]bool{}}
	var todo []pair
	for i := range fs {
		for j := i + 1; j < len(fs); j++ {
			if !independent(fs, i, j) {
				continue
			}
			for _, a := range fs[i].levels {
				for _, b := range fs[j].levels {
					if fs[i].counts(a) && fs[j].counts(b) {
						p := pair{i, j, a, b}
						todo = append(todo, p)
						s.mark(p, true)
					}
				}
			}
		}
	}
	for len(s.open) > 0 {
		todo = slices.DeleteFunc(todo, func(p pair) bool { return !s.open[p] })
		var best []string
		gain, tried := 0, 0
		for _, p := range todo {
			row, err := s.complete(p)
			if err != nil {
				return nil, nil, err
			}
			if row == nil {
				impossible = append(impossible, Pair{fs[p.i].answer(p.a), fs[p.j].answer(p.b)})
				s.mark(p, false)
				continue
			}
			if n := len(s.covers(row)); n > gain {
				best, gain = row, n
			}
			if tried++; tried == candidates {
				break
			}
		}
		if best == nil {
			break
		}
		for _, p := range s.covers(best) {
			s.mark(p, false)
		}
		rows = append(rows, s.answers(best))
	}
	return rows, impossible, nil
}

// candidates is how many rows are tried for the one that covers most.
const candidates = 24

// PairsOf returns the pairs that a selection of Pairs holds.
func PairsOf(c *generator.Catalog, a generator.Answers) []Pair {
	var answers []string
	for _, axis := range c.Axes() {
		for _, name := range a.Presets[axis.Name] {
			answers = append(answers, axis.Name+"/"+name)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(a.Options)) {
		answers = append(answers, key+"="+a.Options[key])
	}
	var all []Pair
	for i, x := range answers {
		for _, y := range answers[i+1:] {
			all = append(all, Pair{x, y})
		}
	}
	return all
}

// independent reports whether an answer to factor i leaves open the one to j. That of an option does not leave open which preset is chosen
// where its own is, nor, if only one is, the options of the others.
func independent(fs []factor, i, j int) bool {
	home := func(i int) int {
		if fs[i].option == "" {
			return i
		}
		return slices.IndexFunc(fs, func(h factor) bool { return h.holds(fs[i].preset) })
	}
	return home(i) != home(j) || fs[i].option != "" && fs[i].preset == fs[j].preset
}

// holds reports whether the preset, "axis/name", is an answer to f.
func (f *factor) holds(preset string) bool {
	axis, name, _ := strings.Cut(preset, "/")
	return f.option == "" && f.axis == axis && slices.Contains(f.levels, name)
}

// counts reports whether an answer to f has to meet others: that an option is not there says nothing.
func (f *factor) counts(level string) bool { return f.option == "" || level != none }

func (f *factor) answer(level string) string {
	switch {
	case f.option != "":
		return f.option + "=" + level
	case level == none:
		return "no " + f.axis + " " + f.group.Name
	}
	return f.axis + "/" + level
}

// pair is answers a and b to the factors i and j.
type pair struct {
	i, j int
	a, b string
}

// search builds rows: one answer for each factor.
type search struct {
	catalog *generator.Catalog
	factors []factor
	open    map[pair]bool   // not yet covered
	left    map[answer]int  // how many open pairs an answer is part of
	fits    map[string]bool // answers of presets, as text → whether a row can hold them
}

// answer is a level of a factor.
type answer struct {
	at    int
	level string
}

// mark opens a pair, or covers it.
func (s *search) mark(p pair, open bool) {
	n := 1
	if open {
		s.open[p] = true
	} else {
		delete(s.open, p)
		n = -1
	}
	s.left[answer{p.i, p.a}] += n
	s.left[answer{p.j, p.b}] += n
}

// isOpen reports whether a pair of answers is not yet covered.
func (s *search) isOpen(x, y answer) bool {
	if x.at > y.at {
		x, y = y, x
	}
	return s.open[pair{x.at, y.at, x.level, y.level}]
}

// complete returns a row that holds the pair and many other open ones, or nil if there is none.
func (s *search) complete(p pair) ([]string, error) {
	row := make([]string, len(s.factors))
	fixed := make([]bool, len(s.factors))
	for _, x := range []struct {
		at    int
		level string
	}{{p.i, p.a}, {p.j, p.b}} {
		if !s.fix(row, fixed, x.at, x.level) {
			return nil, nil
		}
	}
	return s.extend(row, fixed, 0)
}

// fix sets an answer and, if it is that of an option, chooses the preset.
func (s *search) fix(row []string, fixed []bool, at int, level string) bool {
	if fixed[at] {
		return row[at] == level
	}
	row[at], fixed[at] = level, true
	if s.factors[at].option == "" {
		return true
	}
	home := slices.IndexFunc(s.factors, func(f factor) bool { return f.holds(s.factors[at].preset) })
	_, name, _ := strings.Cut(s.factors[at].preset, "/")
	return s.fix(row, fixed, home, name)
}

// extend answers the factors from at on.
func (s *search) extend(row []string, fixed []bool, at int) ([]string, error) {
	for at < len(row) && fixed[at] {
		at++
	}
	ok, err := s.possible(row, fixed, at)
	if !ok || err != nil {
		return nil, err
	}
	if at == len(row) {
		return row, nil
	}
	f := &s.factors[at]
	levels := slices.Clone(f.levels)
	if f.option != "" {
		if s.chooses(row, f.preset) {
			levels = levels[1:]
		} else {
			levels = levels[:1]
		}
	}
	gains := map[string]int{}
	for _, l := range levels {
		gains[l] = s.left[answer{at, l}] // what may be covered with the answers to come
		for j := range row {
			if fixed[j] && s.isOpen(answer{at, l}, answer{j, row[j]}) {
				gains[l] += 1 << 16
			}
		}
	}
	slices.SortStableFunc(levels, func(a, b string) int { return gains[b] - gains[a] })
	for _, l := range levels {
		more, also := slices.Clone(row), slices.Clone(fixed)
		more[at], also[at] = l, true
		if found, err := s.extend(more, also, at+1); err != nil || found != nil {
			return found, err
		}
	}
	return nil, nil
}

// possible reports whether a row whose first presets, up to at, are answered can still be completed.
func (s *search) possible(row []string, fixed []bool, at int) (bool, error) {
	if at < len(row) && s.factors[at].option != "" {
		return true, nil // the presets are settled
	}
	sofar := map[string][]string{}
	open := map[string]bool{}
	for i, f := range s.factors {
		if f.option != "" {
			break
		}
		if fixed[i] {
			sofar[f.axis] = append(sofar[f.axis], chosen(row[i])...)
		} else {
			open[f.axis] = true
		}
	}
	maps.DeleteFunc(sofar, func(axis string, _ []string) bool { return open[axis] })
	key := fmt.Sprint(at == len(row), sofar)
	fits, known := s.fits[key]
	if !known {
		var err error
		if at == len(row) {
			fits, err = accepted(s.catalog, generator.Answers{Name: Service, Presets: sofar})
		} else {
			fits, err = s.fit(sofar)
		}
		if err != nil {
			return false, err
		}
		s.fits[key] = fits
	}
	return fits, nil
}

// fit reports whether presets, by axis, can be chosen together.
func (s *search) fit(presets map[string][]string) (bool, error) {
	for _, axis := range s.catalog.Axes() {
		if len(presets[axis.Name]) == 0 {
			continue
		}
		choices, err := s.catalog.Choices(axis.Name, generator.Answers{Presets: presets})
		if err != nil {
			return false, err
		}
		for _, c := range choices {
			if !c.Fits && slices.Contains(presets[axis.Name], c.Preset.Name) {
				return false, nil
			}
		}
	}
	return true, nil
}

func (s *search) chooses(row []string, preset string) bool {
	for i, f := range s.factors {
		if f.option == "" && f.axis+"/"+row[i] == preset {
			return true
		}
	}
	return false
}

// covers returns the open pairs that a row holds.
func (s *search) covers(row []string) (covered []pair) {
	for i := range row {
		for j := i + 1; j < len(row); j++ {
			if p := (pair{i, j, row[i], row[j]}); s.open[p] {
				covered = append(covered, p)
			}
		}
	}
	return covered
}

func (s *search) answers(row []string) generator.Answers {
	a := generator.Answers{Name: Service, Presets: map[string][]string{}, Options: map[string]string{}}
	for i, f := range s.factors {
		switch {
		case row[i] == none:
		case f.option != "":
			a.Options[f.option] = row[i]
		default:
			a.Presets[f.axis] = append(a.Presets[f.axis], row[i])
		}
	}
	return a
}
