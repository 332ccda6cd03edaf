package e2e_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestLint holds that services are clean under the linters that they are generated with, in the version that tools/go.mod pins.
func TestLint(t *testing.T) {
	t.Parallel()
	tool, err := exec.Command("../../scripts/tool.sh", "--cached", "golangci-lint").Output()
	if err != nil {
		t.Skip("golangci-lint is not built; build it with: scripts/tool.sh golangci-lint")
	}
	for _, p := range []*project{shop, worker, plain, standard} {
		t.Run(p.name, func(t *testing.T) {
			cmd := exec.Command(strings.TrimSpace(string(tool)), "run")
			cmd.Dir = p.source(t)
			cmd.Env = append(os.Environ(), "NO_COLOR=1")
			if output, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("golangci-lint: %v\n%s", err, output)
			}
		})
	}
}
