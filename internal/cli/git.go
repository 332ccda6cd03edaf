package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/otelgen/otelgen/generator"
)

// gitEnv are the variables that git gets of the user's: where it is, and where the user's own configuration is.
var gitEnv = []string{
	"PATH",
	"HOME",
	"USERPROFILE",
	"XDG_CONFIG_HOME",
	"GIT_CONFIG_GLOBAL",
	"SYSTEMROOT",
	"TMPDIR",
	"TEMP",
}

// git returns a git command for dir, whose repository is not trusted. It runs no hook, monitor or pager, ignores bare
// repositories among the files, and fetches nothing.
func git(ctx context.Context, dir string, args ...string) *exec.Cmd {
	safe := []string{
		"-c",
		"safe.bareRepository=explicit",
		"-c",
		"core.fsmonitor=",
		"-c",
		"core.hooksPath=" + os.DevNull,
		"--no-pager",
	}
	cmd := exec.CommandContext(ctx, "git", append(safe, args...)...)
	cmd.Dir = dir
	cmd.Env = []string{
		"LC_ALL=C",
		"GIT_OPTIONAL_LOCKS=0",
		"GIT_TERMINAL_PROMPT=0",
		"GIT_NO_LAZY_FETCH=1",
		"GIT_ALLOW_PROTOCOL=none",
	}
	for _, name := range gitEnv {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	return cmd
}

// gitPatience is how long git may take: the files that its configuration names may have no end.
const gitPatience = time.Minute

// status returns what git status says of dir. It runs no filter, not even those of the user's own configuration: Git
// LFS, for one, runs programs that the repository configures. A file that needs a filter to be compared, and whose
// time has changed, is reported as modified. filtered reports whether there are filters that it left out.
func status(ctx context.Context, dir string) (_ []byte, filtered bool, _ error) {
	ctx, cancel := context.WithTimeout(ctx, gitPatience)
	defer cancel()
	settings, err := saferSettings(ctx, dir)
	if err != nil {
		return nil, false, err
	}
	cmd := git(ctx, dir, "status", "--porcelain", "--ignore-submodules=dirty", "--", ".")
	// As options on git's command line, names could not contain an equals sign.
	for i, s := range settings {
		cmd.Env = append(
			cmd.Env,
			fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", i, s[0]),
			fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", i, s[1]),
		)
	}
	cmd.Env = append(cmd.Env, fmt.Sprintf("GIT_CONFIG_COUNT=%d", len(settings)))
	out, err := cmd.Output()
	return out, len(settings) > 0, err
}

// saferSettings returns keys and values of git's configuration with which it has no programs for filters, and reads
// no files that the repository itself names.
func saferSettings(ctx context.Context, dir string) (settings [][2]string, _ error) {
	output, err := git(
		ctx,
		dir,
		"config",
		"--null",
		"--show-scope",
		"--name-only",
		"--get-regexp",
		`^(filter\.|core\.(attributes|excludes)file$)`,
	).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 { // there are none
		return nil, nil
	}
	fields := strings.Split(strings.TrimSuffix(string(output), "\x00"), "\x00")
	known := map[string]bool{}
	for i := 0; i+1 < len(fields); i += 2 {
		scope, key := fields[i], fields[i+1]
		name, isFilter := strings.CutPrefix(key, "filter.")
		switch end := strings.LastIndexByte(name, '.'); {
		case isFilter && end >= 0 && !known[name[:end]]:
			known[name[:end]] = true
			of := "filter." + name[:end]
			settings = append(
				settings,
				[2]string{of + ".clean", ""},
				[2]string{of + ".process", ""},
				[2]string{of + ".required", "false"},
			)
		case !isFilter && scope != "global" && scope != "system":
			settings = append(settings, [2]string{key, os.DevNull})
		}
	}
	return settings, err
}

// checkClean refuses a project with uncommitted changes, because the user could not distinguish otelgen's change from
// them. It accepts a project outside of a git repository.
func checkClean(ctx context.Context, root string) error {
	if !inRepository(root) {
		return nil
	}
	output, filtered, err := status(ctx, root)
	if err != nil {
		why := err.Error()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(exit.Stderr) > 0 {
			why, _, _ = strings.Cut(string(exit.Stderr), "\n")
		}
		return &generator.Error{
			Kind: generator.KindTarget, Code: "git",
			What: "git status failed, so uncommitted changes cannot be ruled out",
			Why:  why,
			Fix:  "fix git status, or add --allow-dirty to change the project anyway",
		}
	}
	hint := ""
	if filtered {
		hint = "; if only timestamps of filtered files changed, run git status first"
	}
	lines := strings.Split(strings.TrimRight(string(output), "\n"), "\n")
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
		Fix:  "commit or stash them, or add --allow-dirty to change the project anyway" + hint,
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
