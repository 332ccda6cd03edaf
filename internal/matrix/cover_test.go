package matrix_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/matrix"
)

// cover returns the covering set of a catalog, each row of which the catalog must accept.
func cover(t testing.TB, c *generator.Catalog) *matrix.Set {
	t.Helper()
	set, err := matrix.Cover(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range set.All() {
		if _, err := c.Select(row); err != nil {
			t.Errorf("%s: %v", matrix.Label(c, row), err)
		}
	}
	return set
}

// meeting is the same for the same answers in any order.
func meeting(answers ...string) string {
	return strings.Join(slices.Sorted(slices.Values(answers)), " ")
}

// meetings returns what meets in rows, by two and by three.
func meetings(c *generator.Catalog, rows []generator.Answers) map[string]bool {
	met := map[string]bool{}
	for _, row := range rows {
		all := answersOf(c, row)
		for i, x := range all {
			for j, y := range all[i+1:] {
				met[meeting(x, y)] = true
				for _, z := range all[i+j+2:] {
					met[meeting(x, y, z)] = true
				}
			}
		}
	}
	return met
}

// answersOf returns the answers of a row as "axis/name" and "axis/name.key=value".
func answersOf(c *generator.Catalog, row generator.Answers) (all []string) {
	for _, axis := range c.Axes() {
		for _, name := range row.Presets[axis.Name] {
			all = append(all, axis.Name+"/"+name)
		}
	}
	for key, value := range row.Options {
		all = append(all, key+"="+value)
	}
	return all
}

func impossible(set *matrix.Set) map[string]bool {
	all := map[string]bool{}
	for _, m := range set.Impossible {
		all[meeting(m...)] = true
	}
	return all
}

// Every two presets that can be chosen together meet in the rows for pairs.
func TestCoverHoldsEveryPair(t *testing.T) {
	c := builtin(t)
	set := cover(t, c)
	t.Logf("%d rows for pairs, %d more", len(set.Pairs), len(set.More))
	met, all, excluded := meetings(c, set.Pairs), meetings(c, set.All()), impossible(set)
	for _, p := range allPresets(t, c) {
		for _, axis := range c.Axes() {
			choices, err := c.Choices(axis.Name, generator.Answers{Presets: map[string][]string{p.Axis: {p.Name}}})
			if err != nil {
				t.Fatal(err)
			}
			for _, other := range choices {
				q := other.Preset
				if p == q || p.Axis == q.Axis && p.Group == q.Group && groupOf(axis, p).Max == 1 {
					continue
				}
				if pair := meeting(p.ID(), q.ID()); met[pair] != other.Fits || excluded[pair] == other.Fits {
					t.Errorf("%s: fits %v, is in a row %v, is reported as impossible %v", pair, other.Fits, met[pair], excluded[pair])
				}
			}
		}
		for _, want := range optionPairs(p) {
			if !all[want] {
				t.Errorf("%s: in no row", want)
			}
		}
		for _, want := range optionValues(p) {
			if !met[want] {
				t.Errorf("%s: in no row for pairs", want)
			}
		}
	}
}

func groupOf(axis generator.Axis, p *generator.Preset) generator.Group {
	return axis.Groups[slices.IndexFunc(axis.Groups, func(g generator.Group) bool { return g.Name == p.Group })]
}

// optionValues returns the values that the options of a preset name, each with the preset.
func optionValues(p *generator.Preset) (all []string) {
	for _, o := range p.Options {
		for _, value := range named(o) {
			all = append(all, meeting(p.ID(), p.ID()+"."+o.Name+"="+value))
		}
	}
	return all
}

// optionPairs returns every two of the values that the options of a preset name.
func optionPairs(p *generator.Preset) (all []string) {
	for i, o := range p.Options {
		for _, value := range named(o) {
			for _, other := range p.Options[i+1:] {
				for _, also := range named(other) {
					all = append(all, meeting(p.ID()+"."+o.Name+"="+value, p.ID()+"."+other.Name+"="+also))
				}
			}
		}
	}
	return all
}

// named returns the values of an option that its manifest names.
func named(o generator.Option) []string {
	if o.Type == "bool" {
		return []string{"true", "false"}
	}
	return append(slices.Clone(o.Values), o.Default)
}

// Every framework, broker and database meet, with the rest at its defaults where they go together so.
func TestCoverHoldsEveryTripleOfSharedGo(t *testing.T) {
	c := builtin(t)
	set := cover(t, c)
	met, excluded := meetings(c, set.All()), impossible(set)
	for _, f := range presetsOf(t, c, "framework") {
		for _, b := range presetsOf(t, c, "broker") {
			for _, d := range presetsOf(t, c, "database") {
				triple := meeting(f.ID(), b.ID(), d.ID())
				presets := map[string][]string{f.Axis: {f.Name}, b.Axis: {b.Name}, d.Axis: {d.Name}}
				_, err := c.Select(generator.Answers{Name: matrix.Service, Presets: presets})
				if err == nil && !met[triple] || met[triple] == excluded[triple] {
					t.Errorf("%s: accepted %v, is in a row %v, is reported as impossible %v", triple, err == nil, met[triple], excluded[triple])
				}
			}
		}
	}
}

func presetsOf(t testing.TB, c *generator.Catalog, axis string) []*generator.Preset {
	t.Helper()
	all, err := c.Presets(axis)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// testCatalog returns a catalog of the axes and of presets, "axis/name" with the rest of the manifest.
func testCatalog(t testing.TB, axes string, presets map[string]string) *generator.Catalog {
	t.Helper()
	skeleton := "title: T\nsummary: S\nroles: [root]\nlayout: {root: .}\naxes:\n" + axes
	files := fstest.MapFS{}
	for name, more := range presets {
		files[name+"/preset.yaml"] = &fstest.MapFile{Data: []byte("title: T\nsummary: S\n" + more + "\n")}
	}
	c, err := generator.NewCatalog(fstest.MapFS{"skeleton.yaml": {Data: []byte(skeleton)}}, generator.Source{Name: "test", FS: files})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Presets that can be chosen in any number are each present and absent, together with every preset of the other axes.
func TestCoverOfGroupsOfMany(t *testing.T) {
	c := testCatalog(t, `
  - {name: broker, title: B, question: Q}
  - {name: pattern, title: P, question: Q, groups: [{name: style, min: 1, max: 1}, {name: tactic, min: 0, max: -1}]}
`, map[string]string{
		"broker/a":      "default: true\nprovides: [queue]",
		"broker/b":      "options: {on: {type: bool, default: \"false\", summary: S}}",
		"pattern/plain": "group: style\ndefault: true",
		"pattern/fancy": "group: style",
		"pattern/retry": "group: tactic\noptions: {times: {type: int, default: \"3\", min: 1, max: 9, summary: S}}",
		"pattern/cache": "group: tactic",
		"pattern/saga":  "group: tactic\nrequires: [{capability: queue, reason: R}]",
	})
	set := cover(t, c)
	met := meetings(c, set.Pairs)
	for _, row := range set.Pairs {
		for _, tactic := range []string{"retry", "cache", "saga"} {
			if !slices.Contains(row.Presets["pattern"], tactic) {
				met[row.Presets["broker"][0]+" without "+tactic] = true
			}
		}
	}
	for _, want := range []string{
		meeting("pattern/retry", "pattern/cache"), meeting("pattern/saga", "pattern/cache"), meeting("broker/a", "pattern/saga"),
		meeting("pattern/retry", "pattern/retry.times=9"), meeting("pattern/retry", "pattern/retry.times=1"),
		meeting("broker/b", "broker/b.on=true"), meeting("broker/b", "broker/b.on=false"),
		"a without saga", "b without retry", "a without cache",
	} {
		if !met[want] {
			t.Errorf("%s: in no row", want)
		}
	}
	if want := meeting("broker/b", "pattern/saga"); !impossible(set)[want] {
		t.Errorf("%v are reported as impossible, and not %s", set.Impossible, want)
	}
	saga, err := matrix.Nearest(c, "pattern", "saga")
	if err != nil || len(saga.Presets) != 1 {
		t.Errorf("nearest to saga: %v, %v, want the defaults with it", saga, err)
	}
}

// The presets of an independent axis meet every other preset, in rows that are there anyway.
func TestIndependentAxesNeedNoRows(t *testing.T) {
	presets := map[string]string{}
	for _, name := range []string{"a", "b", "c"} {
		presets["broker/"+name], presets["database/"+name], presets["cache/"+name], presets["deploy/"+name] = "", "", "", ""
	}
	const axes = "  - {name: broker, title: T, question: Q}\n  - {name: database, title: T, question: Q}\n  - {name: cache, title: T, question: Q}\n"
	c := testCatalog(t, axes+"  - {name: deploy, title: T, question: Q, independent: true}\n", presets)
	set := cover(t, c)
	if n := len(set.All()); n != 3*3*3 {
		t.Errorf("%d rows, want those of the triples of the other axes: 27", n)
	}
	met := meetings(c, set.Pairs)
	for _, axis := range []string{"broker", "database", "cache"} {
		for _, name := range []string{"a", "b", "c"} {
			for _, deploy := range []string{"a", "b", "c"} {
				if pair := meeting(axis+"/"+name, "deploy/"+deploy); !met[pair] {
					t.Errorf("%s: in no row", pair)
				}
			}
		}
	}
}

const (
	manyAxes    = 10
	manyPresets = 10 // of each axis
)

// hundred returns a catalog of a hundred presets over ten axes: three that share Go files, four optional and three independent ones. Every
// third preset of most axes conflicts with one of the next axis. Some presets of the first two axes require what half of the fifth provides.
func hundred(t testing.TB) (c *generator.Catalog, allowed func(p, q string) bool) {
	t.Helper()
	var axes strings.Builder
	presets, forbidden := map[string]string{}, map[string]bool{}
	for a := range manyAxes {
		more := ""
		switch {
		case a >= 7:
			more = ", independent: true"
		case a >= 3:
			more = ", groups: [{name: g, min: 0, max: 1}]"
		}
		fmt.Fprintf(&axes, "  - {name: x%d, title: T, question: Q%s}\n", a, more)
		for p := range manyPresets {
			id := fmt.Sprintf("x%d/p%d", a, p)
			lines := []string{fmt.Sprintf("provides: [is-%d-%d%s]", a, p, map[bool]string{true: ", ledger"}[a == 4 && p%2 == 0])}
			if a >= 3 && a < 7 {
				lines = append(lines, "group: g")
			}
			if p == 0 && (a < 3 || a >= 7) {
				lines = append(lines, "default: true")
			}
			if p%3 == 1 && a != 3 && a != 4 && a+1 < manyAxes {
				lines = append(lines, fmt.Sprintf("conflicts: [{capability: is-%d-%d, reason: R}]", a+1, p))
				forbidden[meeting(id, fmt.Sprintf("x%d/p%d", a+1, p))] = true
			}
			if a < 2 && p%5 == 2 {
				lines = append(lines, "requires: [{capability: ledger, reason: R}]")
				for odd := 1; odd < manyPresets; odd += 2 {
					forbidden[meeting(id, fmt.Sprintf("x4/p%d", odd))] = true
				}
			}
			presets[id] = strings.Join(lines, "\n")
		}
	}
	return testCatalog(t, axes.String(), presets), func(p, q string) bool { return !forbidden[meeting(p, q)] }
}

func TestCoverOfAHundredPresets(t *testing.T) {
	c, allowed := hundred(t)
	set := cover(t, c)
	t.Logf("%d rows for pairs, %d more", len(set.Pairs), len(set.More))
	pairs, all, excluded := meetings(c, set.Pairs), meetings(c, set.All()), impossible(set)
	presets := allPresets(t, c)
	for i, p := range presets {
		for j, q := range presets[i+1:] {
			if p.Axis == q.Axis {
				continue
			}
			pair, may := meeting(p.ID(), q.ID()), allowed(p.ID(), q.ID())
			if pairs[pair] != may || excluded[pair] == may {
				t.Errorf("%s: allowed %v, is in a row %v, is reported as impossible %v", pair, may, pairs[pair], excluded[pair])
			}
			for _, r := range presets[i+j+2:] {
				if p.Axis != "x0" || q.Axis != "x1" || r.Axis != "x2" {
					continue
				}
				if triple := meeting(p.ID(), q.ID(), r.ID()); all[triple] != (may && allowed(q.ID(), r.ID())) {
					t.Errorf("%s: is in a row %v", triple, all[triple])
				}
			}
		}
	}
}

func BenchmarkCover(b *testing.B) {
	for name, c := range map[string]func(testing.TB) *generator.Catalog{
		"built-in": builtin,
		"hundred":  func(t testing.TB) *generator.Catalog { c, _ := hundred(t); return c },
	} {
		b.Run(name, func(b *testing.B) {
			catalog := c(b)
			for b.Loop() {
				if _, err := matrix.Cover(catalog); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
