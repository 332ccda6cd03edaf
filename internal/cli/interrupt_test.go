//go:build unix

package cli

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// startHeld starts `otelgen new` in dir and returns when it has staged a file and waits. rest is what it then says.
func startHeld(t *testing.T, dir string, args ...string) (cmd *exec.Cmd, rest func() string) {
	t.Helper()
	return hold(t, dir, holdEnv+"=1", append([]string{"new"}, args...)...)
}

// hold starts otelgen in dir with a variable that makes it wait, and returns when it does.
func hold(t *testing.T, dir, env string, args ...string) (cmd *exec.Cmd, rest func() string) {
	t.Helper()
	cmd = exec.Command("otelgen", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env)
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "staged" {
		t.Fatalf("output %q instead of staging a file", lines.Text())
	}
	return cmd, func() string {
		var all []string
		for lines.Scan() {
			all = append(all, lines.Text())
		}
		return strings.Join(all, "\n")
	}
}

func TestSignalLeavesNothing(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			dir := t.TempDir()
			cmd, rest := startHeld(t, dir, "shop", "--output", "a/b/shop")
			cmd.Process.Signal(sig)
			output := rest()
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 130 {
				t.Errorf("exit code %d, want 130", code)
			}
			if !strings.Contains(output, "interrupted: nothing was written") {
				t.Errorf("output %q", output)
			}
			if entries, _ := os.ReadDir(dir); len(entries) > 0 {
				t.Errorf("left %v", entries)
			}
		})
	}
}

func TestKillLeavesWhatTheNextRunRemoves(t *testing.T) {
	dir := t.TempDir()
	cmd, _ := startHeld(t, dir, "shop")
	cmd.Process.Kill()
	cmd.Wait()
	staged := func() []string {
		found, _ := filepath.Glob(filepath.Join(dir, ".shop.otelgen-*"))
		return found
	}
	if _, err := os.Lstat(filepath.Join(dir, "shop")); !errors.Is(err, fs.ErrNotExist) || len(staged()) != 1 {
		t.Fatalf("after the kill: target %v, staged %q; want no target and one staging folder", err, staged())
	}
	next := exec.Command("otelgen", "new", "shop")
	next.Dir = dir
	if out, err := next.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 || entries[0].Name() != "shop" {
		t.Errorf("after the next run: %v, want shop alone", entries)
	}
}

// A change that a kill has left half done is reported by commands that read, and taken back by undo; what was edited
// since stays.
func TestKilledChange(t *testing.T) {
	dir := t.TempDir()
	cache := "XDG_CACHE_HOME=" + filepath.Join(dir, "cache")
	run := func(want int, args ...string) string {
		t.Helper()
		cmd := exec.Command("otelgen", args...)
		cmd.Dir = filepath.Join(dir, "shop")
		cmd.Env = append(os.Environ(), cache)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Fatalf("otelgen %v: exit code %d, want %d:\n%s", args, code, want, out)
		}
		return string(out)
	}
	os.Mkdir(filepath.Join(dir, "shop"), 0o755)
	run(0, "new", "shop", "--output", ".", "--no-input")
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	cmd, _ := hold(t, filepath.Join(dir, "shop"), holdEnv+"=moved", "set", "database=postgres")
	output := run(4, "set", "broker=none")
	if !strings.Contains(output, "locked by otelgen set database=postgres (process") {
		t.Errorf("a second change says %s", output)
	}
	cmd.Process.Kill()
	cmd.Wait()

	edited := filepath.Join(dir, "shop", "README.md")
	f, err := os.OpenFile(edited, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString("mine\n")
	f.Close()
	for _, args := range [][]string{{"check"}, {"diff"}, {"explain", "README.md"}, {"update", "--dry-run"}} {
		if output := run(5, args...); !strings.Contains(output, "otelgen set database=postgres did not complete") {
			t.Errorf("otelgen %v says %s", args, output)
		}
	}
	output = run(0, "undo")
	if !strings.Contains(output, "kept README.md, which changed after the interruption") ||
		!strings.Contains(output, "its content before the change is in "+filepath.Join(dir, "cache")) {
		t.Errorf("undo says %s", output)
	}
	content, _ := os.ReadFile(edited)
	if !strings.HasSuffix(string(content), "mine\n") || !strings.Contains(string(content), "PostgreSQL") {
		t.Error("the edit is gone")
	}
	if output := run(5, "check"); !strings.Contains(output, "files: 1 edited") {
		t.Errorf("check says %s", output)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "shop", ".shop.otelgen-*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// An undo that a kill has left half done is done by the next one, even where the change has ejected the project.
func TestKilledUndo(t *testing.T) {
	dir := t.TempDir()
	shop := filepath.Join(dir, "shop")
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	run := func(want int, args ...string) {
		t.Helper()
		cmd := exec.Command("otelgen", args...)
		cmd.Dir = shop
		if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != want {
			t.Fatalf("otelgen %v: exit code %d, want %d:\n%s", args, cmd.ProcessState.ExitCode(), want, out)
		}
	}
	os.Mkdir(shop, 0o755)
	run(0, "new", "shop", "--output", ".", "--no-input")
	run(0, "eject")
	cmd, _ := hold(t, shop, holdEnv+"=1", "undo")
	cmd.Process.Kill()
	cmd.Wait()
	run(0, "undo")
	run(0, "check")
	run(2, "undo")
}

// Where an interrupted change is not half done, it is forgotten; the change before it stays.
func TestKilledChangeIsForgotten(t *testing.T) {
	dir := t.TempDir()
	shop := filepath.Join(dir, "shop")
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	os.Mkdir(shop, 0o755)
	run := func(want int, args ...string) string {
		t.Helper()
		cmd := exec.Command("otelgen", args...)
		cmd.Dir = shop
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != want {
			t.Fatalf("otelgen %v: exit code %d, want %d:\n%s", args, code, want, out)
		}
		return string(out)
	}
	run(0, "new", "shop", "--output", ".", "--no-input")
	run(0, "set", "database=postgres")
	cmd, _ := hold(t, shop, holdEnv+"=1", "set", "database=mysql")
	cmd.Process.Kill()
	cmd.Wait()
	staged, _ := filepath.Glob(filepath.Join(shop, ".shop.otelgen-*"))
	if len(staged) != 1 || os.RemoveAll(staged[0]) != nil {
		t.Fatalf("staged is %q", staged)
	}
	output := run(2, "undo")
	if !strings.Contains(output, "discarded the journal of an interrupted change that left no partial changes") {
		t.Errorf("undo says %s", output)
	}
	run(0, "check")
	if content, _ := os.ReadFile(filepath.Join(shop, ".otelgen.yaml")); !strings.Contains(string(content), "postgres") {
		t.Error("the change before is undone")
	}
}
