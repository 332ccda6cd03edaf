package matrix_test

import (
	"bytes"
	"path"
	"slices"
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
				files[f.Path] = f.Content
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
			if name == "cmd/dev/main.go" {
				continue // where console hides the logs beside its traces
			}
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
