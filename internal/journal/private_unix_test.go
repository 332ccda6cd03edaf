//go:build unix

package journal_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/journal"
)

// A state that another user may have written is neither used nor written to, and nothing is written through a link.
func TestStateIsPrivate(t *testing.T) {
	link := func(name string) func(state, outside string) error {
		return func(state, outside string) error {
			at := filepath.Join(state, name)
			return errors.Join(os.RemoveAll(at), os.Symlink(outside, at))
		}
	}
	tests := map[string]func(state, outside string) error{
		"otelgen is a link":  link("../.."),
		"projects is a link": link(".."),
		"the state is a link": func(state, outside string) error {
			return errors.Join(os.RemoveAll(state), os.Symlink(outside, state))
		},
		"others can write": func(state, _ string) error { return os.Chmod(state, 0o770) },
		"the folders above can be written to": func(state, _ string) error {
			return os.Chmod(filepath.Dir(state), 0o777)
		},
		"the holder is a link": func(state, outside string) error {
			at := filepath.Join(state, "holder")
			return errors.Join(os.Remove(at), os.Symlink(filepath.Join(outside, "file"), at))
		},
		"the lock is a pipe": func(state, _ string) error {
			at := filepath.Join(state, "lock")
			return errors.Join(os.Remove(at), syscall.Mkfifo(at, 0o600))
		},
	}
	for name, plant := range tests {
		t.Run(name, func(t *testing.T) {
			s, root := locked(t)
			if err := errors.Join(s.Begin(someJournal(t), [][]byte{[]byte("one")}), s.Close()); err != nil {
				t.Fatal(err)
			}
			outside := t.TempDir()
			file := filepath.Join(outside, "file")
			err := errors.Join(os.WriteFile(file, []byte("mine"), 0o600), plant(filepath.Clean(s.Dir()), outside))
			if err != nil {
				t.Fatal(err)
			}
			again, err := journal.Lock(t.Context(), root, "otelgen")
			if err == nil {
				again.Close()
			}
			wantNoJournal(t, err)
			if entries, _ := os.ReadDir(outside); len(entries) != 1 {
				t.Errorf("outside there are %v", entries)
			}
			if content, _ := os.ReadFile(file); string(content) != "mine" {
				t.Errorf("the file outside holds %q", content)
			}
		})
	}
}

// A link in the state of a project leads nowhere.
func TestStateFollowsNoLink(t *testing.T) {
	s, _ := locked(t)
	outside := t.TempDir()
	file := filepath.Join(outside, "journal.json")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Symlink(outside, filepath.Join(s.Dir(), "last")),
		os.Symlink(outside, filepath.Join(s.Dir(), "kept"))); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Begin(someJournal(t), nil), s.Complete()); err == nil {
		t.Error("a change completes through a link")
	}
	if at, err := s.Keep("main.go", []byte("one")); err == nil {
		t.Errorf("a file is kept in %s", at)
	}
	if entries, _ := os.ReadDir(outside); len(entries) != 1 {
		t.Errorf("outside there are %v", entries)
	}
}

func TestStateInTheProject(t *testing.T) {
	root := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", filepath.Join(root, "new", "cache"))
	_, err := journal.Lock(t.Context(), root, "otelgen")
	wantNoJournal(t, err)
	if entries, _ := os.ReadDir(root); len(entries) > 0 {
		t.Errorf("the project holds %v", entries)
	}
	if j, err := journal.Interrupted(root); j != nil || err != nil {
		t.Errorf("interrupted is %v, %v", j, err)
	}
}

func wantNoJournal(t *testing.T, err error) {
	t.Helper()
	var e *generator.Error
	if !errors.As(err, &e) || e.Code != "no-journal" {
		t.Errorf("the error is %v", err)
	}
}

// A change that cannot begin names the folder of the state, and leaves nothing there.
func TestBeginLeavesNothing(t *testing.T) {
	s, _ := locked(t)
	broken := someJournal(t)
	broken.Command = strings.Repeat("x", 1<<20)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 16, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	err := s.Begin(broken, [][]byte{[]byte("one")})
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	wantNoJournal(t, err)
	if err != nil && !strings.Contains(fmt.Sprint(err), s.Dir()) {
		t.Errorf("%v does not name %s", err, s.Dir())
	}
	if _, err := os.Lstat(filepath.Join(s.Dir(), "pending")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("pending is there: %v", err)
	}
}
