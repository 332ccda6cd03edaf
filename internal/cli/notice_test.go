package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestUpdateNotice(t *testing.T) {
	for _, c := range []struct {
		current, latest string
		want            bool
	}{
		{"v1.2.0", "v1.3.0", true}, {"v1.9.0", "v1.10.0", true}, {"v1.3.0", "v1.3.0", false}, {"v1.4.0-rc.1", "v1.3.0", false},
		{"devel", "v1.3.0", false}, {"v1.2.0", "", false}, {"v1.2.0", "\x1b[31mv2", false},
	} {
		got := noticeOf(c.current, c.latest)
		if (got != "") != c.want ||
			c.want && !strings.Contains(got, "go install github.com/otelgen/otelgen/cmd/otelgen@"+c.latest) {
			t.Errorf("%s, %s: %q", c.current, c.latest, got)
		}
	}
}

// The go command is asked once a day, and its failures are remembered as well.
func TestLatestVersionIsAskedOnceADay(t *testing.T) {
	bin, file := t.TempDir(), filepath.Join(t.TempDir(), "otelgen", "latest")
	asked := filepath.Join(bin, "asked")
	script := "#!/bin/sh\necho >> " + asked + "\necho v1.5.0\n"
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	for range 3 {
		if got := latestVersion(t.Context(), file); got != "v1.5.0" {
			t.Fatalf("the latest version is %q", got)
		}
	}
	yesterday := time.Now().Add(-noticeEvery)
	if err := os.Chtimes(file, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	latestVersion(t.Context(), file)
	if log, err := os.ReadFile(asked); err != nil || len(log) != 2 {
		t.Errorf("the go command was asked %d times, want 2 (%v)", len(log), err)
	}
}
