package journal_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/journal"
)

func locked(t *testing.T) (*journal.State, string) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	root := t.TempDir()
	s, err := journal.Lock(t.Context(), root, "otelgen set a=b")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, root
}

func someJournal(t *testing.T) *journal.Journal {
	t.Helper()
	stage, err := journal.NewStage("shop")
	if err != nil {
		t.Fatal(err)
	}
	return &journal.Journal{Command: "otelgen set a=b", Stage: stage, Entries: []journal.Entry{
		{Path: "main.go", Before: journal.Of([]byte("one"), 0o644), After: journal.Of([]byte("two"), 0o644)},
	}}
}

func TestJournalIsKept(t *testing.T) {
	s, root := locked(t)
	j := someJournal(t)
	if err := s.Begin(j, [][]byte{[]byte("one")}); err != nil {
		t.Fatal(err)
	}
	if content, err := s.Before(j.Entries[0]); err != nil || string(content) != "one" {
		t.Errorf("before the pending change: %q, %v", content, err)
	}
	if err := s.Complete(); err != nil {
		t.Fatal(err)
	}
	last, err := s.Last()
	if err != nil || last == nil || last.Command != "otelgen set a=b" || !last.Entries[0].After.Same(j.Entries[0].After) {
		t.Errorf("the last change is %+v, %v", last, err)
	}
	if content, err := s.Before(j.Entries[0]); err != nil || string(content) != "one" {
		t.Errorf("before the last change: %q, %v", content, err)
	}
	if pending, err := s.Pending(); pending != nil || err != nil {
		t.Errorf("pending is %v, %v", pending, err)
	}
	if !journal.Known(root) {
		t.Error("the change is not known")
	}
	if err := s.Forget(); err != nil || journal.Known(root) {
		t.Errorf("the change is not forgotten: %v", err)
	}
}

// An undo that is complete leaves nothing to undo, itself neither.
func TestUndoIsNoLastChange(t *testing.T) {
	s, root := locked(t)
	if err := errors.Join(s.Begin(someJournal(t), [][]byte{[]byte("one")}), s.Complete()); err != nil {
		t.Fatal(err)
	}
	undo := someJournal(t)
	undo.Undo = true
	if err := s.Begin(undo, [][]byte{[]byte("two")}); err != nil {
		t.Fatal(err)
	}
	if last, err := s.Last(); err != nil || last == nil || last.Undo {
		t.Errorf("while it is undone, the last change is %+v, %v", last, err)
	}
	if err := s.Complete(); err != nil {
		t.Fatal(err)
	}
	if last, err := s.Last(); last != nil || err != nil || journal.Known(root) {
		t.Errorf("undone, the last change is %+v, %v", last, err)
	}
}

// A journal names no path outside of the project or in its repository.
func TestJournalNamesNoOtherPaths(t *testing.T) {
	s, root := locked(t)
	for _, name := range []string{".git", ".git/HEAD", ".GIT/config", "a/.git./x", "../x", "/etc/passwd", "a/../b", "", ".", "a\\b", "a\nb", "\x1b[2J", "git~1/x"} {
		j := someJournal(t)
		j.Entries[0].Path = name
		if err := s.Begin(j, nil); err == nil {
			t.Errorf("a journal of %q begins", name)
		}
	}
	j := someJournal(t)
	if err := s.Begin(j, [][]byte{[]byte("one")}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*journal.Journal){
		"another path":    func(j *journal.Journal) { j.Entries[0].Path = ".git/HEAD" },
		"another folder":  func(j *journal.Journal) { j.Stage = "internal" },
		"another project": func(j *journal.Journal) { j.Project = filepath.Dir(root) },
	} {
		forged := *j
		forged.Entries = append([]journal.Entry{}, j.Entries...)
		change(&forged)
		data, _ := json.Marshal(forged)
		if err := os.WriteFile(filepath.Join(s.Dir(), "pending", "journal.json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if read, err := s.Pending(); err == nil {
			t.Errorf("%s: the journal %+v is believed", name, read)
		}
	}
}

func TestDamagedCopyIsRefused(t *testing.T) {
	s, _ := locked(t)
	j := someJournal(t)
	if err := s.Begin(j, [][]byte{[]byte("one")}); err != nil {
		t.Fatal(err)
	}
	err := os.WriteFile(filepath.Join(s.Dir(), "pending", j.Entries[0].Before.SHA256), []byte("other"), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := s.Before(j.Entries[0]); err == nil {
		t.Errorf("the copy %q is taken", content)
	}
}

func TestLockGivesUpWhenInterrupted(t *testing.T) {
	_, root := locked(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := journal.Lock(ctx, root, "otelgen")
	var e *generator.Error
	if !errors.As(err, &e) || e.Kind != generator.KindInterrupted {
		t.Errorf("the error is %v", err)
	}
}

func TestLockWithoutACache(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", file)
	_, err := journal.Lock(t.Context(), t.TempDir(), "otelgen")
	var e *generator.Error
	if !errors.As(err, &e) || e.Code != "no-journal" || !strings.Contains(e.Fix, "XDG_CACHE_HOME") {
		t.Errorf("the error is %v", err)
	}
}

// The next change of any project removes states that are unused for months, but for those of interrupted changes.
func TestLockRemovesOldStates(t *testing.T) {
	s, _ := locked(t)
	if err := errors.Join(s.Begin(someJournal(t), [][]byte{[]byte("one")}), s.Complete()); err != nil {
		t.Fatal(err)
	}
	interrupted, err := journal.Lock(t.Context(), t.TempDir(), "otelgen")
	if err != nil {
		t.Fatal(err)
	}
	if err := interrupted.Begin(someJournal(t), [][]byte{[]byte("one")}); err != nil {
		t.Fatal(err)
	}
	old := time.Now().AddDate(-1, 0, 0)
	for _, state := range []*journal.State{s, interrupted} {
		state.Close()
		if err := os.Chtimes(filepath.Join(state.Dir(), "holder"), old, old); err != nil {
			t.Fatal(err)
		}
	}
	next, err := journal.Lock(t.Context(), t.TempDir(), "otelgen")
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if _, err := os.Stat(s.Dir()); err == nil {
		t.Error("the old state is there")
	}
	for _, state := range []*journal.State{interrupted, next} {
		if _, err := os.Stat(state.Dir()); err != nil {
			t.Error(err)
		}
	}
}
