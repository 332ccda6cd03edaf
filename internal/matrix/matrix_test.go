package matrix_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/matrix"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

func builtin(t testing.TB) *generator.Catalog {
	t.Helper()
	c, err := generator.NewCatalog(templates.FS, generator.Source{Name: generator.BuiltIn, FS: presets.FS})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// allPresets returns every preset of the catalog.
func allPresets(t testing.TB, c *generator.Catalog) (all []*generator.Preset) {
	t.Helper()
	for _, axis := range c.Axes() {
		presets, err := c.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, presets...)
	}
	return all
}

// render returns the tree of answers.
func render(t testing.TB, c *generator.Catalog, a generator.Answers) *generator.Tree {
	t.Helper()
	tree, err := c.Generate(a)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// Every two answers that go together meet in a row, and those that are said not to go together are in no selection at all.
func TestEveryPairMeets(t *testing.T) {
	c := builtin(t)
	rows, impossible, err := matrix.Pairs(c)
	if err != nil {
		t.Fatal(err)
	}
	met := map[matrix.Pair]bool{}
	for _, row := range rows {
		t.Log(matrix.Label(c, row))
		for _, p := range matrix.PairsOf(c, row) {
			met[p] = true
		}
	}
	t.Log("not to be had:", impossible)

	for _, p := range impossible {
		met[p] = true
	}
	all, err := matrix.All(c)
	if err != nil {
		t.Fatal(err)
	}
	together := map[matrix.Pair]bool{}
	for _, a := range all {
		for _, p := range matrix.PairsOf(c, a) {
			together[p] = true
			if !met[p] {
				t.Errorf("%s: in no row", p)
			}
			if slices.Contains(impossible, p) {
				t.Errorf("%s: said to be impossible, but accepted", p)
			}
		}
	}

	// The same for the values of a preset's options.
	for _, p := range allPresets(t, c) {
		for i, o := range p.Options {
			for _, value := range values(o) {
				pick := p.ID() + "." + o.Name + "=" + value
				if !met[matrix.Pair{p.ID(), pick}] {
					t.Errorf("%s: in no row", pick)
				}
				for _, other := range p.Options[i+1:] {
					for _, also := range values(other) {
						pair := matrix.Pair{pick, p.ID() + "." + other.Name + "=" + also}
						if !met[pair] && !met[matrix.Pair{pair[1], pair[0]}] {
							t.Errorf("%s: in no row", pair)
						}
					}
				}
			}
		}
	}
}

// Of presets that can be chosen in any number each is there and not there, with all that is chosen elsewhere.
func TestPairsOfMany(t *testing.T) {
	const skeleton = `
title: T
summary: S
axes:
  - {name: broker, title: B, question: Q}
  - {name: pattern, title: P, question: Q, groups: [{name: style, min: 1, max: 1}, {name: tactic, min: 0, max: -1}]}
roles: [root]
layout: {root: .}
`
	files := fstest.MapFS{}
	for name, more := range map[string]string{
		"broker/a":      "default: true\nprovides: [queue]",
		"broker/b":      "options: {on: {type: bool, default: \"false\", summary: S}}",
		"pattern/plain": "group: style\ndefault: true",
		"pattern/fancy": "group: style",
		"pattern/retry": "group: tactic\noptions: {times: {type: int, default: \"3\", min: 1, max: 9, summary: S}}",
		"pattern/cache": "group: tactic",
		"pattern/saga":  "group: tactic\nrequires: [{capability: queue, reason: R}]",
	} {
		files[name+"/preset.yaml"] = &fstest.MapFile{Data: []byte("title: T\nsummary: S\n" + more + "\n")}
	}
	c, err := generator.NewCatalog(fstest.MapFS{"skeleton.yaml": {Data: []byte(skeleton)}}, generator.Source{Name: "test", FS: files})
	if err != nil {
		t.Fatal(err)
	}
	all, err := matrix.All(c)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2*5+2*3 { // brokers × styles × (no tactic, each, all), but what needs a queue
		t.Errorf("%d selections: %v", len(all), all)
	}
	rows, impossible, err := matrix.Pairs(c)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, row := range rows {
		if _, err := c.Select(row); err != nil {
			t.Error(err)
		}
		for _, p := range matrix.PairsOf(c, row) {
			got[p[0]+" "+p[1]], got[p[1]+" "+p[0]] = true, true
		}
		for _, broker := range row.Presets["broker"] {
			for _, tactic := range []string{"retry", "cache", "saga"} {
				if !slices.Contains(row.Presets["pattern"], tactic) {
					got[broker+" without "+tactic] = true
				}
			}
		}
	}
	for _, want := range []string{
		"pattern/retry pattern/cache", "pattern/saga pattern/cache", "pattern/retry pattern/retry.times=9", "pattern/retry pattern/retry.times=1",
		"broker/b broker/b.on=true", "broker/b broker/b.on=false", "broker/a pattern/saga", "a without saga", "b without retry", "a without cache",
	} {
		if !got[want] {
			t.Errorf("%s: in no row", want)
		}
	}
	if want := (matrix.Pair{"broker/b", "pattern/saga"}); !slices.Contains(impossible, want) {
		t.Errorf("%v are said to be impossible, and not %s", impossible, want)
	}
	saga, err := matrix.Nearest(c, "pattern", "saga")
	if err != nil || len(saga.Presets) != 1 {
		t.Errorf("nearest to saga: %v, %v, want the defaults with it", saga, err)
	}
}

// values returns those values of an option that its manifest names.
func values(o generator.Option) []string {
	if o.Type == "bool" {
		return []string{"true", "false"}
	}
	return append(slices.Clone(o.Values), o.Default)
}

func TestNearestKeepsTheDefaults(t *testing.T) {
	c := builtin(t)
	for _, p := range allPresets(t, c) {
		a, err := matrix.Nearest(c, p.Axis, p.Name)
		if err != nil {
			t.Error(err)
			continue
		}
		s, err := c.Select(a)
		if err != nil {
			t.Errorf("%s: %v", p.ID(), err)
			continue
		}
		if !slices.Contains(s.Answers().Presets[p.Axis], p.Name) {
			t.Errorf("nearest to %s: %v does not hold it", p.ID(), a.Presets)
		}
	}
	a := generator.Answers{Name: "shop", Presets: map[string][]string{"framework": {"none"}, "pattern": {"a", "b"}}, Options: map[string]string{"broker/nats.max-attempts": "9"}}
	const want = "new shop --no-input --framework none --pattern a,b --option broker/nats.max-attempts=9"
	if got := strings.Join(matrix.Arguments(c, a), " "); got != want {
		t.Errorf("command is %q, want %q", got, want)
	}
}
