package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/otelgen/otelgen/generator"
)

// gitEnv are the variables that git gets of the user's: where it is, and where the user's own configuration is.
var gitEnv = []string{"PATH", "HOME", "USERPROFILE", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "SYSTEMROOT", "TMPDIR", "TEMP"}

// git returns a git command for dir, whose repository may be a stranger's: it runs no hook, no monitor and no pager, takes
// no bare repository among the files for the one that is meant, and fetches nothing.
func git(ctx context.Context, dir string, args ...string) *exec.Cmd {
	safe := []string{"-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=", "-c", "core.hooksPath=" + os.DevNull, "--no-pager"}
	cmd := exec.CommandContext(ctx, "git", append(safe, args...)...)
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none"}
	for _, name := range gitEnv {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd
}

// status returns what git status says of dir. It runs the filters of the user's own configuration, such as those of
// Git LFS, and none that the repository configures.
func status(ctx context.Context, dir string) ([]byte, error) {
	filters, err := repositoryFilters(ctx, dir)
	if err != nil {
		return nil, err
	}
	cmd := git(ctx, dir, "status", "--porcelain", "--ignore-submodules=dirty", "--", ".")
	cmd.Env = append(cmd.Env, noPrograms(filters)...)
	return cmd.Output()
}

// repositoryFilters returns the names of the filters that the repository itself configures.
func repositoryFilters(ctx context.Context, dir string) (names []string, _ error) {
	said, err := git(ctx, dir, "config", "--null", "--show-scope", "--name-only", "--get-regexp", `^filter\.`).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 { // there are none
		return nil, nil
	}
	fields := strings.Split(strings.TrimSuffix(string(said), "\x00"), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		scope, key := fields[i], strings.TrimPrefix(fields[i+1], "filter.")
		end := strings.LastIndexByte(key, '.')
		if scope != "global" && scope != "system" && end >= 0 && !slices.Contains(names, key[:end]) {
			names = append(names, key[:end])
		}
	}
	return names, err
}

// noPrograms returns the environment in which git has no programs for the filters. As options on its command line, names
// could not contain an equals sign.
func noPrograms(filters []string) (env []string) {
	settings := 0
	for _, name := range filters {
		for _, setting := range [][2]string{{"clean", ""}, {"process", ""}, {"required", "false"}} {
			env = append(env, fmt.Sprintf("GIT_CONFIG_KEY_%d=filter.%s.%s", settings, name, setting[0]),
				fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", settings, setting[1]))
			settings++
		}
	}
	return append(env, fmt.Sprintf("GIT_CONFIG_COUNT=%d", settings))
}

// checkClean refuses a project with changes that git does not know yet: otelgen's change could not be told from them
// afterwards. A project that is in no git repository is not refused.
func checkClean(ctx context.Context, root string) error {
	if !inRepository(root) {
		return nil
	}
	said, err := status(ctx, root)
	if err != nil {
		why := err.Error()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(exit.Stderr) > 0 {
			why, _, _ = strings.Cut(string(exit.Stderr), "\n")
		}
		return &generator.Error{
			Kind: generator.KindTarget, Code: "git",
			What: "git does not say whether the project has uncommitted changes",
			Why:  why,
			Fix:  "make git status work there, or change the project nonetheless with --allow-dirty",
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
	return &generator.Error{
		Kind: generator.KindTarget, Code: "dirty",
		What: "the project has uncommitted changes",
		Why:  why,
		Fix:  "commit or stash them, or change the project nonetheless with --allow-dirty",
	}
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
