package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/otelgen/otelgen/internal/project"
)

// Each of two concurrent changes is applied, or is refused because of the other.
func TestChangesAtOnce(t *testing.T) {
	dir := t.TempDir()
	run := func(args ...string) (output string, err error) {
		cmd := exec.Command("otelgen", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"))
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if output, err := run("new", "shop", "--no-input"); err != nil {
		t.Fatal(output)
	}
	for _, pair := range [][2]string{{"backend=otlp", "broker=none"}, {"backend=console", "broker=nats"}, {"database=memory", "backend=otlp"}} {
		var output [2]string
		var failed [2]error
		var both sync.WaitGroup
		for i, change := range pair {
			both.Go(func() { output[i], failed[i] = run("set", "--yes", "--project", "shop", change) })
		}
		both.Wait()
		after, err := project.Read(filepath.Join(dir, "shop", project.FileName))
		if err != nil {
			t.Fatal(err)
		}
		for i, change := range pair {
			axis, preset, _ := strings.Cut(change, "=")
			switch {
			case failed[i] == nil && !slices.Contains(after.Answers.Presets[axis], preset):
				t.Errorf("%s succeeded, and the project has %v", change, after.Answers.Presets)
			case failed[i] != nil && !strings.Contains(output[i], "another otelgen is changing"):
				t.Errorf("%s: %s", change, output[i])
			}
		}
	}
}
