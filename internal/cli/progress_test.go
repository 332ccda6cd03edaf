//go:build linux || darwin

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A slow step is shown on the terminal while it runs, and then removed.
func TestProgressOnScreen(t *testing.T) {
	bin := t.TempDir()
	pipe := filepath.Join(bin, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	slow := "#!/bin/sh\nread line <" + pipe + "\nexit 1\n" // a go command that ends when the test writes to the pipe
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(slow), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	s := onScreen(t, 80, 24, "new", "shop", "--no-input", "--presets", "example.com/acme/presets@v1.0.0")
	s.sees("fetching example.com/acme/presets@v1.0.0 (0s)")
	if err := os.WriteFile(pipe, []byte("end\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	shown := s.sees("exit code 4", "!fetching")
	if !strings.HasPrefix(shown, "otelgen: the presets example.com/acme/presets@v1.0.0 cannot be fetched\n") {
		t.Errorf("the error is not where the line was:\n%s", shown)
	}
}
