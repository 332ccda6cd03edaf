package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/otelgen/otelgen/generator"
)

// checkClean refuses a project with changes that git does not know yet: what otelgen changes could then not be told from them, or undone.
// A project that is in no git repository is not refused.
func checkClean(ctx context.Context, root string) error {
	if !inRepository(root) {
		return nil
	}

	cmd := exec.CommandContext(ctx, "git", "status", "--porcelain", "--", ".")
	cmd.Dir = root
	said, err := cmd.Output()
	if err != nil {
		why := err.Error()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(exit.Stderr) > 0 {
			why, _, _ = strings.Cut(string(exit.Stderr), "\n")
		}
		return &generator.Error{
			Kind: generator.KindTarget, Code: "git", What: "git does not say whether the project has uncommitted changes", Why: why,
			Mend: "make git status work there, or change the project nonetheless with --allow-dirty",
		}
	}
	lines := strings.Split(strings.TrimRight(string(said), "\n"), "\n")
	if lines[0] == "" {
		return nil
	}
	why := "git status shows:"
	for i, line := range lines {
		if i == 3 && len(lines) > 4 {
			why += ", …"
			break
		}
		why += strings.Repeat(",", min(i, 1)) + " " + strings.TrimSpace(line)
	}
	return &generator.Error{Kind: generator.KindTarget, Code: "dirty", What: "the project has uncommitted changes", Why: why, Mend: "commit or stash them, or change the project nonetheless with --allow-dirty"}
}

// inRepository reports whether the directory is in a git repository.
func inRepository(dir string) bool {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return false
	}
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
		if dir == filepath.Dir(dir) {
			return false
		}
		dir = filepath.Dir(dir)
	}
}
