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
	cmd = exec.Command("otelgen", append([]string{"new"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), holdEnv+"=1")
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
		t.Fatalf("said %q instead of staging a file", lines.Text())
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
			said := rest()
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != 130 {
				t.Errorf("exit code %d, want 130", code)
			}
			if !strings.Contains(said, "interrupted: nothing was written") {
				t.Errorf("said %q", said)
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
