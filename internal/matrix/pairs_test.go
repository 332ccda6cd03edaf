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

func TestX(t *testing.T) {
	c := builtin(t)
	all, err := matrix.All(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(all))
	rows, imp, err := matrix.Pairs(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Log(matrix.Label(c, r))
	}
	t.Log(imp)
	_ = slices.Sorted[string]
	_ = strings.Cut
}
