package matrix_test

import (
	"slices"
	"strings"
	"testing"

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
	a := generator.Answers{
		Name: "shop", Presets: map[string][]string{"framework": {"none"}, "pattern": {"a", "b"}},
		Options: map[string]string{"broker/nats.max-attempts": "9"},
	}
	const want = "new shop --no-input --framework none --pattern a,b --option broker/nats.max-attempts=9"
	if got := strings.Join(matrix.Arguments(c, a), " "); got != want {
		t.Errorf("command is %q, want %q", got, want)
	}
}
