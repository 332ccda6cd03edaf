//go:build unix

package verify

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/otelgen/otelgen/internal/project"
)

// A pipe without a writer never ends. A project may have one in place of a file.
func TestPipesAreNotRead(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "app.go"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := modulePath(dir); err == nil {
		t.Error("a pipe was read as go.mod")
	}
	if _, _, _, err := findConstructor(dir); err == nil {
		t.Error("a pipe was read as a Go file")
	}
	edited, err := edits(dir, map[string]project.File{"app.go": {}})
	if err != nil || len(edited) == 0 {
		t.Errorf("got %v, %v, want app.go", edited, err)
	}
}
