package matrix_test

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/matrix"
)

// Where telemetry goes is nobody's business but the telemetry package's: another backend changes no Go file outside of it.
func TestBackendChangesTelemetryAlone(t *testing.T) {
	c := builtin(t)
	backends, err := c.Presets("backend")
	if err != nil {
		t.Fatal(err)
	}
	goFiles := func(backend string) map[string][]byte {
		files := map[string][]byte{}
		answers := generator.Answers{Name: matrix.Service, Presets: map[string][]string{"backend": {backend}}}
		for _, f := range render(t, c, answers).Files {
			if path.Ext(f.Path) == ".go" && path.Base(path.Dir(f.Path)) != "telemetry" {
				files[f.Path] = withoutStart(t, f)
			}
		}
		return files
	}
	first := goFiles(backends[0].Name)
	if len(first) == 0 || len(backends) < 2 {
		t.Fatal("there is nothing to compare: the test shows nothing")
	}
	for _, other := range backends[1:] {
		files := goFiles(other.Name)
		for name := range first {
			if _, ok := files[name]; !ok {
				files[name] = nil
			}
		}
		var changed []string
		for name, content := range files {
			if !bytes.Equal(content, first[name]) {
				changed = append(changed, name)
			}
		}
		slices.Sort(changed)
		if len(changed) > 0 {
			t.Errorf("%s changes %v", other.ID(), changed)
		}
	}
}

// withoutStart returns a Go file without blank lines and the statements by which its backend prepares the service for development.
func withoutStart(t *testing.T, f generator.File) []byte {
	t.Helper()
	content := strings.ReplaceAll(string(f.Content), "\n\n", "\n")
	for _, fragment := range f.Fragments {
		if fragment.Slot != "dev.environment" || !strings.HasPrefix(fragment.Owner, "backend/") {
			continue
		}
		_, statements, _ := strings.Cut(string(fragment.Text), "\n\n") // after its imports
		indented := "\t" + strings.ReplaceAll(strings.TrimSpace(statements), "\n", "\n\t") + "\n"
		if !strings.Contains(content, indented) {
			t.Fatalf("%s does not hold what its backend has put there:\n%s", f.Path, indented)
		}
		content = strings.Replace(content, indented, "", 1)
	}
	return []byte(content)
}
