package matrix_test

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/matrix"
)

// The presets of an independent axis change no Go file outside of the packages that they have files in. Statements that prepare the service
// for development are excepted.
func TestIndependentPresetsChangeNoOtherGo(t *testing.T) {
	c := builtin(t)
	for _, axis := range c.Axes() {
		if !axis.Independent {
			continue
		}
		all := presetsOf(t, c, axis.Name)
		if len(all) < 2 {
			t.Fatalf("axis %s: there is nothing to compare", axis.Name)
		}
		own := ownPackages(t, c, all)
		first := otherGo(t, c, all[0], own)
		if len(first) == 0 {
			t.Fatalf("axis %s: there is nothing to compare", axis.Name)
		}
		for _, p := range all[1:] {
			if changed := differing(first, otherGo(t, c, p, own)); len(changed) > 0 {
				t.Errorf("%s is not independent: it changes %v", p.ID(), changed)
			}
		}
	}
}

// ownPackages returns the folders in which the presets have Go files.
func ownPackages(t *testing.T, c *generator.Catalog, presets []*generator.Preset) map[string]bool {
	own := map[string]bool{}
	for _, p := range presets {
		for _, f := range serviceOf(t, c, p).Files {
			if f.Owner == p.ID() && path.Ext(f.Path) == ".go" {
				own[path.Dir(f.Path)] = true
			}
		}
	}
	return own
}

func serviceOf(t *testing.T, c *generator.Catalog, p *generator.Preset) *generator.Tree {
	t.Helper()
	return render(t, c, generator.Answers{Name: matrix.Service, Presets: map[string][]string{p.Axis: {p.Name}}})
}

// otherGo returns the Go files of the service with a preset outside of some packages.
func otherGo(t *testing.T, c *generator.Catalog, p *generator.Preset, except map[string]bool) map[string][]byte {
	files := map[string][]byte{}
	for _, f := range serviceOf(t, c, p).Files {
		if path.Ext(f.Path) == ".go" && !except[path.Dir(f.Path)] {
			files[f.Path] = withoutStart(t, f, p.Axis)
		}
	}
	return files
}

// differing returns the names of the files that are not the same in both.
func differing(a, b map[string][]byte) []string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	maps.DeleteFunc(all, func(name string, _ []byte) bool { return bytes.Equal(a[name], b[name]) })
	return slices.Sorted(maps.Keys(all))
}

// withoutStart returns a Go file without blank lines and the statements by which presets of an axis prepare the service for development.
func withoutStart(t *testing.T, f generator.File, axis string) []byte {
	t.Helper()
	content := strings.ReplaceAll(string(f.Content), "\n\n", "\n")
	for _, fragment := range f.Fragments {
		if fragment.Slot != "dev.environment" || !strings.HasPrefix(fragment.Owner, axis+"/") {
			continue
		}
		_, statements, _ := strings.Cut(string(fragment.Text), "\n\n") // after its imports
		indented := "\t" + strings.ReplaceAll(strings.TrimSpace(statements), "\n", "\n\t") + "\n"
		if !strings.Contains(content, indented) {
			t.Fatalf("%s does not hold the fragment of its %s:\n%s", f.Path, axis, indented)
		}
		content = strings.Replace(content, indented, "", 1)
	}
	return []byte(content)
}
