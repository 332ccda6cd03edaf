package writer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/journal"
	"github.com/otelgen/otelgen/internal/writer"
)

// applyEnv makes the test binary a program that changes the project it names and stops at the step that stepEnv says,
// until it is killed.
const (
	applyEnv = "OTELGEN_TEST_APPLY"
	stepEnv  = "OTELGEN_TEST_STEP"
)

func holdApply(root string) {
	var step int
	fmt.Sscan(os.Getenv(stepEnv), &step)
	var steps atomic.Int32
	hold := func(context.Context, string) {
		if int(steps.Add(1)) == step {
			fmt.Println("holding")
			os.Stdin.Read(make([]byte, 1))
		}
	}
	s, err := journal.Lock(context.Background(), root, "otelgen set a=b")
	if err == nil {
		w := writer.Writer{Staged: hold, Moved: hold}
		last, back, _, _ := writer.Revert(s)
		if last != nil {
			err = w.Undo(context.Background(), s, back)
		} else {
			err = w.Apply(context.Background(), s, changes())
		}
	}
	fmt.Println("done", err)
	os.Exit(0)
}

// lock locks a project, whose state is in a folder of the test.
func lock(t *testing.T, root string) *journal.State {
	t.Helper()
	s, err := journal.Lock(t.Context(), root, "otelgen set a=b")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// project writes a project that changes fits to.
func project(t *testing.T) (root string) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	root = filepath.Join(t.TempDir(), "shop")
	for name, content := range map[string]string{
		"main.go": "one\n", "empty": "", "old/deep/gone.go": "gone\n", "old/stays.go": "stays\n", "lone/gone.go": "gone\n", "mine.txt": "mine\n",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func changes() []writer.Change {
	return []writer.Change{
		{Path: "main.go", Was: []byte("one\n"), Mode: 0o644, Content: []byte("two\n")},
		{Path: "empty", Was: []byte{}, Mode: 0o755, Content: []byte("#!/bin/sh\n")},
		{Path: "old/deep/gone.go", Was: []byte("gone\n"), Remove: true},
		{Path: "lone/gone.go", Was: []byte("gone\n"), Remove: true},
		{Path: "new/deep/file.go", Mode: 0o644, Content: []byte("new\n")},
		{Path: "new/other.go", Mode: 0o644, Content: []byte("other\n")},
	}
}

// moments is how often Apply calls Staged and Moved for changes.
const moments = 4 + 6

func TestApply(t *testing.T) {
	root := project(t)
	if err := (writer.Writer{}).Apply(t.Context(), lock(t, root), changes()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`empty -rwxr-xr-x "#!/bin/sh\n"`,
		`main.go -rw-r--r-- "two\n"`,
		`mine.txt -rw-r--r-- "mine\n"`,
		`new drwxr-xr-x ""`,
		`new/deep drwxr-xr-x ""`,
		`new/deep/file.go -rw-r--r-- "new\n"`,
		`new/other.go -rw-r--r-- "other\n"`,
		`old drwxr-xr-x ""`,
		`old/stays.go -rw-r--r-- "stays\n"`,
	}
	if got := list(t, root); !slices.Equal(got, want) {
		t.Errorf("after the change there is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// An interrupt, whenever it comes, leaves the project as it was.
func TestApplyInterrupted(t *testing.T) {
	for moment := 1; moment <= moments; moment++ {
		root := project(t)
		before := list(t, root)
		ctx, cancel := context.WithCancel(t.Context())
		var passed atomic.Int32
		at := func(context.Context, string) {
			if int(passed.Add(1)) == moment {
				cancel()
			}
		}
		err := writer.Writer{Staged: at, Moved: at}.Apply(ctx, lock(t, root), changes())
		var e *generator.Error
		if !errors.As(err, &e) || e.Kind != generator.KindInterrupted {
			t.Errorf("interrupted at %d: the error is %v", moment, err)
		}
		if got := list(t, root); !slices.Equal(got, before) {
			t.Errorf("interrupted at %d there is\n%s", moment, strings.Join(got, "\n"))
		}
	}
}

// An existing file keeps its mode under every umask; the mode of a new file follows the umask.
func TestApplyKeepsModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs modes")
	}
	root := project(t)
	umask(t, 0o077)
	err := (writer.Writer{}).Apply(t.Context(), lock(t, root), []writer.Change{
		{Path: "main.go", Was: []byte("one\n"), Mode: 0o644, Exact: true, Content: []byte("two\n")},
		{Path: "new.go", Mode: 0o644, Content: []byte("new\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"main.go": 0o644, "new.go": 0o600} {
		if info, err := os.Stat(filepath.Join(root, name)); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v; want mode %v", name, info.Mode(), err, want)
		}
	}
}

// killAt starts a change of the project, and kills it at the given step.
func killAt(t *testing.T, root string, moment int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), applyEnv+"="+root, fmt.Sprintf("%s=%d", stepEnv, moment))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(stdout).ReadString('\n'); line != "holding\n" {
		t.Fatalf("moment %d: the process says %q", moment, line)
	}
	// As long as it lives, no other process touches the project.
	wantBusy := func(err error) {
		t.Helper()
		var e *generator.Error
		if !errors.As(err, &e) || e.Code != "busy" || !strings.Contains(e.Why, "otelgen set a=b (process") {
			t.Errorf("moment %d: beside a running process the error is %v", moment, err)
		}
	}
	_, err = journal.Interrupted(root)
	wantBusy(err)
	if moment == 1 { // it waits, so once is enough
		_, err = journal.Lock(t.Context(), root, "otelgen")
		wantBusy(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
}

func TestRecoverAfterKill(t *testing.T) {
	for moment := 1; moment <= moments; moment++ {
		root := project(t)
		before := list(t, root)
		killAt(t, root, moment)
		if j, err := journal.Interrupted(root); err != nil || j == nil || j.Command != "otelgen set a=b" {
			t.Errorf("moment %d: %v, %v; want the interrupted change", moment, j, err)
		}
		s := lock(t, root)
		undone, left, err := writer.Recover(s)
		if err != nil || undone == nil || len(left) > 0 {
			t.Fatalf("moment %d: %v, %v, %v", moment, undone, left, err)
		}
		if got := list(t, root); !slices.Equal(got, before) {
			t.Errorf("killed at %d, then recovered, there is\n%s", moment, strings.Join(got, "\n"))
		}
		if again, _, err := writer.Recover(s); err != nil || again != nil {
			t.Errorf("moment %d: a second recovery undoes %v, %v", moment, again, err)
		}
	}
}

// An undo that is killed leaves the last change to be undone; the next one does it, and never makes the change again.
func TestUndoAfterKill(t *testing.T) {
	for _, moment := range []int{1, 4, 5, moments} {
		root := project(t)
		before := list(t, root)
		s := lock(t, root)
		if err := (writer.Writer{}).Apply(t.Context(), s, changes()); err != nil {
			t.Fatal(err)
		}
		after := list(t, root)
		s.Close()
		killAt(t, root, moment)
		s = lock(t, root)
		undone, left, err := writer.Recover(s)
		if err != nil || undone == nil || !undone.Undo || len(left) > 0 {
			t.Fatalf("moment %d: %+v, %v, %v", moment, undone, left, err)
		}
		if got := list(t, root); !slices.Equal(got, after) {
			t.Errorf("undo killed at %d, then recovered, there is\n%s", moment, strings.Join(got, "\n"))
		}
		last, back, _, err := writer.Revert(s)
		if err != nil || last == nil || len(back) != len(changes()) {
			t.Fatalf("moment %d: to undo are %v, %v, %v", moment, last, back, err)
		}
		if err := (writer.Writer{}).Undo(t.Context(), s, back); err != nil {
			t.Fatal(err)
		}
		if got := list(t, root); !slices.Equal(got, before) {
			t.Errorf("undo killed at %d, then undone, there is\n%s", moment, strings.Join(got, "\n"))
		}
		if last, err := s.Last(); last != nil || err != nil {
			t.Errorf("moment %d: after the undo %v, %v is left to undo", moment, last, err)
		}
	}
}

func TestRecoverKeepsLaterEdits(t *testing.T) {
	root := project(t)
	killAt(t, root, moments)
	edits := map[string]string{"main.go": "two\nmine\n", "new/other.go": "other\nmine\n", "lone/gone.go": "mine\n"}
	for name, content := range edits {
		file := filepath.Join(root, filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(file), 0o755)
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	_, left, err := writer.Recover(lock(t, root))
	if err != nil {
		t.Fatal(err)
	}
	copies := map[string]string{}
	for _, l := range left {
		content, _ := os.ReadFile(l.Copy)
		copies[l.Path] = string(content)
	}
	if want := map[string]string{
		"main.go":      "one\n",
		"new/other.go": "",
		"lone/gone.go": "gone\n",
	}; !maps.Equal(
		copies,
		want,
	) {
		t.Errorf("the copies are %q, want %q", copies, want)
	}
	for name, want := range edits {
		if got, _ := os.ReadFile(filepath.Join(root, filepath.FromSlash(name))); string(got) != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got, _ := os.ReadFile(filepath.Join(root, "old/deep/gone.go")); string(got) != "gone\n" {
		t.Error("a file that was not edited is not restored")
	}
}

// Another project may stand where one was that a change of was interrupted.
func TestRecoverLeavesAnotherProject(t *testing.T) {
	root := project(t)
	killAt(t, root, moments)
	err := errors.Join(
		os.RemoveAll(root),
		os.Mkdir(root, 0o755),
		os.WriteFile(filepath.Join(root, "theirs"), []byte("x"), 0o644),
	)
	if err != nil {
		t.Fatal(err)
	}
	before := list(t, root)
	if undone, left, err := writer.Recover(lock(t, root)); undone != nil || left != nil || err != nil {
		t.Errorf("%v, %v, %v; want nothing", undone, left, err)
	}
	if got := list(t, root); !slices.Equal(got, before) {
		t.Errorf("there is %q, want %q", got, before)
	}
}

// A change that was committed, or that is in place, is not undone: the staging folder is missing, and no file is as
// before.
func TestRecoverLeavesAWholeChange(t *testing.T) {
	root := project(t)
	killAt(t, root, moments)
	staged, err := filepath.Glob(filepath.Join(root, ".shop.otelgen-*"))
	if err != nil || len(staged) != 1 {
		t.Fatalf("staged is %q, %v", staged, err)
	}
	if err := os.RemoveAll(staged[0]); err != nil {
		t.Fatal(err)
	}
	whole := list(t, root)
	s := lock(t, root)
	if undone, left, err := writer.Recover(s); undone != nil || left != nil || err != nil {
		t.Errorf("%v, %v, %v; want nothing", undone, left, err)
	}
	if got := list(t, root); !slices.Equal(got, whole) {
		t.Errorf("there is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(whole, "\n"))
	}
	if pending, err := s.Pending(); pending != nil || err != nil {
		t.Errorf("pending is %v, %v", pending, err)
	}
}

// A folder in the project that looks like the staging folder of a change is not believed.
func TestRecoverIgnoresTheProject(t *testing.T) {
	root := project(t)
	for name, content := range map[string]string{"lock": "", "tree/keep": "", "journal": `{"Changed":[],"Created":["main.go","mine.txt"],"Dirs":[]}`} {
		file := filepath.Join(root, ".x.otelgen-1", filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(file), 0o755)
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before := list(t, root)
	if undone, _, err := writer.Recover(lock(t, root)); undone != nil || err != nil {
		t.Errorf("%v, %v; want nothing", undone, err)
	}
	if got := list(t, root); !slices.Equal(got, before) {
		t.Errorf("there is %q, want %q", got, before)
	}
}

func TestRevert(t *testing.T) {
	root := project(t)
	before := list(t, root)
	s := lock(t, root)
	if err := (writer.Writer{}).Apply(t.Context(), s, changes()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "main.go"), []byte("three\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, edited, err := writer.Revert(s); err != nil || !slices.Equal(edited, []string{"main.go"}) {
		t.Errorf("edited is %v, %v; want main.go", edited, err)
	}
	if err := os.WriteFile(filepath.Join(root, "main.go"), []byte("one\n"), 0o644); err != nil { // undone by the user
		t.Fatal(err)
	}
	_, back, edited, err := writer.Revert(s)
	if err != nil || len(edited) > 0 || len(back) != len(changes())-1 {
		t.Fatalf("%d changes, %v, %v", len(back), edited, err)
	}
	if err := (writer.Writer{}).Apply(t.Context(), s, back); err != nil {
		t.Fatal(err)
	}
	if got := list(t, root); !slices.Equal(got, before) {
		t.Errorf("there is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(before, "\n"))
	}
}

func TestApplyRefuses(t *testing.T) {
	tests := map[string]struct {
		prepare func(root string) error
		change  writer.Change
		code    string
	}{
		"edited meanwhile": {
			change: writer.Change{Path: "main.go", Was: []byte("other\n"), Content: []byte("x")},
			code:   "target-touched",
		},
		"removed meanwhile": {
			change: writer.Change{Path: "nowhere", Was: []byte("other\n"), Content: []byte("x")},
			code:   "target-touched",
		},
		"made meanwhile": {change: writer.Change{Path: "mine.txt", Content: []byte("x")}, code: "target-touched"},
		"below a file":   {change: writer.Change{Path: "mine.txt/x", Content: []byte("x")}, code: "target-not-file"},
		"through a link": {
			prepare: func(root string) error { return os.Symlink(filepath.Dir(root), filepath.Join(root, "out")) },
			change:  writer.Change{Path: "out/x", Content: []byte("x")}, code: "target-not-file",
		},
		"outside": {change: writer.Change{Path: "../x", Content: []byte("x")}, code: "target-io"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			root := project(t)
			if test.prepare != nil {
				if err := test.prepare(root); err != nil {
					t.Fatal(err)
				}
			}
			before := list(t, filepath.Dir(root))
			test.change.Mode = 0o644
			err := (writer.Writer{}).Apply(t.Context(), lock(t, root), append(changes()[1:], test.change))
			var e *generator.Error
			if !errors.As(err, &e) || e.Kind != generator.KindTarget || e.Code != test.code || e.Fix == "" {
				t.Errorf("the error is %v", err)
			}
			if got := list(t, filepath.Dir(root)); !slices.Equal(got, before) {
				t.Errorf("there is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(before, "\n"))
			}
		})
	}
}
