package matrix

import (
	"maps"
	"slices"
	"strings"

	"github.com/otelgen/otelgen/generator"
)

// Pair is two answers to different questions, presets as "axis/name", options as "axis/name.key=value".
type Pair [2]string

func (p Pair) String() string { return p[0] + " with " + p[1] }

// Pairs returns selections that together hold every two presets that go together at all, and every two values of the options of one preset; and
// the pairs that do not go together.
func Pairs(c *generator.Catalog) (rows []generator.Answers, impossible []Pair, err error) {
	fs, err := factors(c)
	if err != nil {
		return nil, nil, err
	}
	s := newSearch(c, fs)
	var todo []pair
	for i := range fs {
		for j := i + 1; j < len(fs); j++ {
			if !meet(fs, i, j) {
				continue
			}
			for a, x := range fs[i].levels {
				for b, y := range fs[j].levels {
					if fs[i].counts(x) && fs[j].counts(y) && (fs[j].option == "" || fs[i].option != "" || fs[j].preset == fs[i].axis+"/"+x) {
						p := pair{answer{i, a}, answer{j, b}}
						todo = append(todo, p)
						s.mark(p, true)
					}
				}
			}
		}
	}
	for len(todo) > 0 {
		var best []int
		gain, tried := 0, 0
		for _, p := range todo {
			row, err := s.complete(p)
			if err != nil {
				return nil, nil, err
			}
			if row == nil {
				impossible = append(impossible, Pair{s.text(p[0]), s.text(p[1])})
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
		if best != nil {
			for _, p := range s.covers(best) {
				s.mark(p, false)
			}
			rows = append(rows, s.answers(best))
		}
		todo = slices.DeleteFunc(todo, func(p pair) bool { return !s.isOpen(p[0], p[1]) })
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

// meet reports whether the answers to factors i and j have to meet: presets with presets, and options with those of the same preset, and with the
// preset itself. That the values of an option meet every other preset too would cost more services than it tells.
func meet(fs []factor, i, j int) bool {
	switch {
	case fs[i].option == "" && fs[j].option == "":
		return true
	case fs[i].option == "":
		return fs[i].holds(fs[j].preset)
	}
	return fs[i].preset == fs[j].preset
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

// answer is a level of a factor, by their indexes.
type answer struct{ at, level int }

// pair is two answers, in the order of their factors.
type pair [2]answer

// search builds rows: the index of one level for each factor.
type search struct {
	catalog *generator.Catalog
	factors []factor
	first   []int           // of each factor: the number of its first level, if levels are numbered through
	levels  int             // all of them
	open    []bool          // by the numbers of two answers: not yet covered
	left    []int           // by the number of an answer: how many open pairs it is part of
	fits    map[string]bool // answers to the first factors → whether a row can begin with them
}

func newSearch(c *generator.Catalog, fs []factor) *search {
	s := &search{catalog: c, factors: fs, fits: map[string]bool{}}
	for _, f := range fs {
		s.first = append(s.first, s.levels)
		s.levels += len(f.levels)
	}
	s.open, s.left = make([]bool, s.levels*s.levels), make([]int, s.levels)
	return s
}

func (s *search) number(a answer) int { return s.first[a.at] + a.level }

func (s *search) text(a answer) string {
	return s.factors[a.at].answer(s.factors[a.at].levels[a.level])
}

// mark opens a pair, or covers it.
func (s *search) mark(p pair, open bool) {
	x, y, n := s.number(p[0]), s.number(p[1]), 1
	if !open {
		n = -1
	}
	s.open[x*s.levels+y], s.open[y*s.levels+x] = open, open
	s.left[x] += n
	s.left[y] += n
}

// isOpen reports whether a pair of answers is not yet covered.
func (s *search) isOpen(x, y answer) bool { return s.open[s.number(x)*s.levels+s.number(y)] }

// unset marks a factor that has no answer yet.
const unset = -1

// complete returns a row that holds the pair and many other open ones, or nil if there is none.
func (s *search) complete(p pair) ([]int, error) {
	row := slices.Repeat([]int{unset}, len(s.factors))
	for _, x := range p {
		if !s.fix(row, x) {
			return nil, nil
		}
	}
	return s.extend(row, 0)
}

// fix sets an answer and, if it is that of an option, chooses the preset.
func (s *search) fix(row []int, x answer) bool {
	if row[x.at] != unset {
		return row[x.at] == x.level
	}
	row[x.at] = x.level
	f := &s.factors[x.at]
	if f.option == "" {
		return true
	}
	home := slices.IndexFunc(s.factors, func(h factor) bool { return h.holds(f.preset) })
	_, name, _ := strings.Cut(f.preset, "/")
	return s.fix(row, answer{home, slices.Index(s.factors[home].levels, name)})
}

// extend answers the factors from at on.
func (s *search) extend(row []int, at int) ([]int, error) {
	for at < len(row) && row[at] != unset {
		at++
	}
	ok, err := s.possible(row, at)
	if !ok || err != nil {
		return nil, err
	}
	if at == len(row) {
		return row, nil
	}
	f := &s.factors[at]
	levels := make([]int, len(f.levels))
	for i := range levels {
		levels[i] = i
	}
	if f.option != "" {
		if s.chooses(row, f.preset) {
			levels = levels[1:]
		} else {
			levels = levels[:1]
		}
	}
	gains := make([]int, len(f.levels))
	for _, l := range levels {
		gains[l] = s.left[s.number(answer{at, l})] // what may be covered with the answers to come
		for j := range row {
			if row[j] != unset && s.isOpen(answer{at, l}, answer{j, row[j]}) {
				gains[l] += 1 << 16
			}
		}
	}
	slices.SortStableFunc(levels, func(a, b int) int { return gains[b] - gains[a] })
	for _, l := range levels {
		more := slices.Clone(row)
		more[at] = l
		if found, err := s.extend(more, at+1); err != nil || found != nil {
			return found, err
		}
	}
	return nil, nil
}

// possible reports whether a row whose first factors, up to at, are answered can still be completed.
func (s *search) possible(row []int, at int) (bool, error) {
	presets := slices.IndexFunc(s.factors, func(f factor) bool { return f.option != "" })
	if presets < 0 {
		presets = len(row)
	}
	if at >= presets { // what the options require is there or not
		return accepted(s.catalog, s.answers(row))
	}
	key := make([]byte, presets)
	for i, level := range row[:presets] {
		key[i] = byte(level)
	}
	if fits, known := s.fits[string(key)]; known {
		return fits, nil
	}
	sofar := map[string][]string{}
	open := map[string]bool{}
	for i, f := range s.factors[:presets] {
		if row[i] != unset {
			sofar[f.axis] = append(sofar[f.axis], chosen(f.levels[row[i]])...)
		} else {
			open[f.axis] = true
		}
	}
	maps.DeleteFunc(sofar, func(axis string, _ []string) bool { return open[axis] })
	fits, err := s.fit(sofar)
	s.fits[string(key)] = fits
	return fits, err
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

func (s *search) chooses(row []int, preset string) bool {
	for i, f := range s.factors {
		if f.option == "" && f.axis+"/"+f.levels[row[i]] == preset {
			return true
		}
	}
	return false
}

// covers returns the open pairs that a row holds.
func (s *search) covers(row []int) (covered []pair) {
	for i := range row {
		for j := i + 1; j < len(row); j++ {
			if p := (pair{answer{i, row[i]}, answer{j, row[j]}}); s.isOpen(p[0], p[1]) {
				covered = append(covered, p)
			}
		}
	}
	return covered
}

// answers are those that a row has so far.
func (s *search) answers(row []int) generator.Answers {
	a := generator.Answers{Name: Service, Presets: map[string][]string{}, Options: map[string]string{}}
	for i, f := range s.factors {
		level := none
		if row[i] != unset {
			level = f.levels[row[i]]
		}
		switch {
		case level == none:
		case f.option != "":
			a.Options[f.option] = level
		default:
			a.Presets[f.axis] = append(a.Presets[f.axis], level)
		}
	}
	return a
}
