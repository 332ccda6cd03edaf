package matrix

import (
	"slices"

	"github.com/otelgen/otelgen/generator"
)

// complete returns a row that holds the answers and many other open tuples, or nil if there is none.
func (s *search) complete(answers []answer) (row, error) {
	r := slices.Repeat(row{unset}, len(s.factors))
	for _, x := range answers {
		if !s.set(r, x) {
			return nil, nil
		}
	}
	if !s.possible(r) {
		return nil, nil
	}
	return s.extend(r, 0)
}

// set answers a factor and, if it is an option, chooses the preset. It reports whether nothing else was chosen before.
func (s *search) set(r row, x answer) bool {
	if r[x.at] != unset {
		return r[x.at] == x.level
	}
	r[x.at] = x.level
	f := &s.factors[x.at]
	if f.option == nil {
		return true
	}
	home, ok := s.find(f.home)
	return ok && s.set(r, home)
}

// find returns the answer that is the preset.
func (s *search) find(p *generator.Preset) (answer, bool) {
	for i := range s.factors {
		if at := slices.IndexFunc(s.factors[i].levels, func(l level) bool { return l.preset == p }); at >= 0 {
			return answer{i, at}, true
		}
	}
	return answer{}, false
}

// extend answers the factors from at on: each with the level that closes most tuples, if the row can be completed with it.
func (s *search) extend(r row, at int) (row, error) {
	for at < len(r) && r[at] != unset {
		at++
	}
	if at == len(r) {
		ok, err := accepted(s.catalog, s.answers(r))
		if !ok {
			return nil, err
		}
		return r, nil
	}
	for _, l := range s.levels(r, at) {
		more := slices.Clone(r)
		more[at] = l
		if !s.possible(more) {
			continue
		}
		if found, err := s.extend(more, at+1); err != nil || found != nil {
			return found, err
		}
	}
	return nil, nil
}

// levels returns the levels of a factor that a row can have, the most promising first. A value of an option is one if the preset is chosen.
func (s *search) levels(r row, at int) []int {
	levels := make([]int, len(s.factors[at].levels))
	gains := make([]int, len(levels))
	for l := range levels {
		levels[l], gains[l] = l, s.gain(r, answer{at, l})
	}
	if f := &s.factors[at]; f.option != nil {
		home, _ := s.find(f.home) // the factors of presets come first: it is answered
		if r[home.at] != home.level {
			return levels[:1]
		}
		levels = levels[1:]
	}
	slices.SortStableFunc(levels, func(a, b int) int { return gains[b] - gains[a] })
	return levels
}

// gain weighs an answer by the open tuples that it closes with those of the row, then by what it may close with the answers to come.
func (s *search) gain(r row, x answer) int {
	gain := min(s.left[s.first[x.at]+x.level], light-1)
	for j := range r {
		if r[j] != unset {
			gain += s.open[s.tupleOf(x, answer{j, r[j]})]
		}
	}
	if !slices.Contains(s.shared, x.at) {
		return gain
	}
	for _, two := range combinations(s.shared, 2) {
		i, j := two[0], two[1]
		if i != x.at && j != x.at && r[i] != unset && r[j] != unset {
			gain += s.open[s.tupleOf(x, answer{i, r[i]}, answer{j, r[j]})]
		}
	}
	return gain
}

// possible reports whether a row can still be completed, as far as the presets say.
func (s *search) possible(r row) bool {
	var chosen, open []*generator.Preset
	for i := range s.factors {
		f := &s.factors[i]
		switch {
		case f.option != nil && r[i] != unset && f.levels[r[i]].value == "true":
			chosen = append(chosen, &generator.Preset{Requires: f.option.Requires})
		case f.option != nil:
		case r[i] == unset:
			for _, l := range f.levels {
				if !l.none {
					open = append(open, l.preset)
				}
			}
		case !f.levels[r[i]].none:
			chosen = append(chosen, f.levels[r[i]].preset)
		}
	}
	return s.catalog.Misfit(chosen, open) == ""
}
