package matrix_test

import (
	"cmp"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/otelgen/otelgen/internal/matrix"
)

// Services pass the linter that they bring the configuration of: a few, in which every preset takes part. Without the whole matrix, another
// one of them for each commit. A package is checked in the first service that has it with the same files.
func TestServicesPassTheirLinter(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	linter := findLinter()
	if linter == "" {
		t.Skip("golangci-lint is not there; build it with: scripts/tool.sh golangci-lint")
	}
	t.Parallel()
	c := builtin(t)
	rows := few(cover(t, c).Pairs)
	turn, _ := inTurn(t, len(rows))
	linted := proof{catalog: c, tested: map[string]bool{}}
	for i, a := range rows {
		if !turn(i) {
			continue
		}
		t.Run(matrix.Label(c, a), func(t *testing.T) {
			tree := render(t, c, a)
			packages := linted.untested(tree)
			args := []string{"run", "--allow-parallel-runners"}
			run := exec.CommandContext(t.Context(), linter, append(args, slices.Sorted(maps.Keys(packages))...)...)
			run.Dir, run.Env = writeTree(t, a.Name, tree), goEnvironment()
			if out, err := run.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			linted.passed(packages)
		})
	}
}

// findLinter returns the path of golangci-lint: what GOLANGCI_LINT names, what is in the path, or what scripts/tool.sh has built.
func findLinter() string {
	built, _ := filepath.Glob("../../.cache/tools/golangci-lint-*")
	installed, _ := exec.LookPath("golangci-lint")
	for _, name := range append([]string{os.Getenv("GOLANGCI_LINT"), installed}, built...) {
		if name, err := filepath.Abs(cmp.Or(name, ".")); err == nil {
			if info, err := os.Stat(name); err == nil && !info.IsDir() {
				return name
			}
		}
	}
	return ""
}
