package writer_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/writer"
)

// holdEnv makes the test binary a program that writes to the directory it names and stops half-way, until it is killed.
const holdEnv = "OTELGEN_TEST_WRITE"

func TestMain(m *testing.M) {
	if root := os.Getenv(applyEnv); root != "" {
		holdApply(root)
	}
	if target := os.Getenv(holdEnv); target != "" {
		var staged atomic.Int32
		w := writer.Writer{Staged: func(context.Context, string) {
			if staged.Add(1) == 5 {
				fmt.Println("half-way")
				os.Stdin.Read(make([]byte, 1)) // ends with the pipe, and so with the test
			}
		}}
		fmt.Println(w.Write(context.Background(), target, tree()))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func tree() []generator.File {
	files := []generator.File{
		{Path: "README.md", Mode: 0o644, Content: []byte("# shop\n")},
		{Path: "run.sh", Mode: 0o755, Content: []byte("#!/bin/sh\n")},
	}
	for i := range 20 {
		files = append(files, generator.File{Path: fmt.Sprintf("a/b%d/c.go", i), Mode: 0o644, Content: []byte("package c\n")})
	}
	return files
}

// list returns every path below dir, as "path mode content".
func list(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		info, err := d.Info()
		if err != nil {
			return err
		}
		var content []byte
		if info.Mode().IsRegular() {
			content, err = os.ReadFile(path)
		}
		all = append(all, fmt.Sprintf("%s %s %q", rel, info.Mode(), content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantComplete(t *testing.T, dir string) {
	t.Helper()
	for _, f := range tree() {
		got, err := os.ReadFile(filepath.Join(dir, f.Path))
		if err != nil || string(got) != string(f.Content) {
			t.Errorf("%s = %q, %v; want %q", f.Path, got, err, f.Content)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "run.sh"))
	if err == nil && runtime.GOOS != "windows" && info.Mode()&0o100 == 0 {
		t.Errorf("run.sh is not executable: %s", info.Mode())
	}
}

func wantCode(t *testing.T, err error, kind generator.Kind, code string) {
	t.Helper()
	var e *generator.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Code != code {
		t.Fatalf("error = %v; want kind %d, code %s", err, kind, code)
	}
	if e.What == "" || e.Why == "" || e.Fix == "" {
		t.Errorf("error does not say what, why and fix: %#v", e)
	}
}

func TestWrite(t *testing.T) {
	t.Run("absent, with absent parents", func(t *testing.T) {
		dir := t.TempDir()
		if err := (writer.Writer{}).Write(t.Context(), filepath.Join(dir, "x", "y", "shop"), tree()); err != nil {
			t.Fatal(err)
		}
		wantComplete(t, filepath.Join(dir, "x", "y", "shop"))
		got := list(t, filepath.Join(dir, "x", "y"))
		if slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "otelgen-") }) {
			t.Errorf("staging folder left: %q", got)
		}
	})
	t.Run("empty directory keeps its mode", func(t *testing.T) {
		target := filepath.Join(t.TempDir(), "shop")
		if err := os.Mkdir(target, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := (writer.Writer{}).Write(t.Context(), target, tree()); err != nil {
			t.Fatal(err)
		}
		wantComplete(t, target)
		if info, _ := os.Stat(target); runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
			t.Errorf("mode = %s, want 0700", info.Mode())
		}
	})
	t.Run("the working directory itself", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("Windows does not replace a directory in use")
		}
		dir := t.TempDir()
		t.Chdir(dir)
		if err := (writer.Writer{}).Write(t.Context(), ".", tree()); err != nil {
			t.Fatal(err)
		}
		wantComplete(t, dir)
	})
	t.Run("long name", func(t *testing.T) {
		target := filepath.Join(t.TempDir(), strings.Repeat("é", 120))
		if err := (writer.Writer{}).Write(t.Context(), target, tree()); err != nil {
			t.Fatal(err)
		}
		wantComplete(t, target)
	})
}

func TestWriteRefuses(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs links and modes")
	}
	tests := []struct {
		name, target, code string
		prepare            func(dir string) error
		files              []generator.File
	}{
		{name: "directory with a file", target: "shop", code: "target-not-empty", prepare: func(dir string) error {
			return errors.Join(
				os.Mkdir(filepath.Join(dir, "shop"), 0o755),
				os.WriteFile(filepath.Join(dir, "shop", ".hidden"), []byte("mine"), 0o600),
			)
		}},
		{name: "file", target: "shop", code: "target-file", prepare: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "shop"), []byte("mine"), 0o600)
		}},
		{name: "link to an empty directory", target: "shop", code: "target-link", prepare: func(dir string) error {
			return errors.Join(os.Mkdir(filepath.Join(dir, "real"), 0o755), os.Symlink("real", filepath.Join(dir, "shop")))
		}},
		{name: "dangling link", target: "shop", code: "target-link", prepare: func(dir string) error {
			return os.Symlink("nowhere", filepath.Join(dir, "shop"))
		}},
		{name: "below a file", target: "file/shop", code: "target-parent", prepare: func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "file"), []byte("mine"), 0o600)
		}},
		{name: "name too long", target: "new/" + strings.Repeat("x", 300), code: "target-too-long"},
		{
			name:   "path out of the target",
			target: "new/shop",
			code:   "target-io",
			files:  []generator.File{{Path: "../evil", Mode: 0o644}},
		},
		{
			name:   "two files of one path",
			target: "new/shop",
			code:   "target-io",
			files:  []generator.File{{Path: "a", Mode: 0o644}, {Path: "a/b", Mode: 0o644}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if test.prepare != nil {
				if err := test.prepare(dir); err != nil {
					t.Fatal(err)
				}
			}
			before := list(t, dir)
			files := test.files
			if files == nil {
				files = tree()
			}
			wantCode(
				t,
				writer.Writer{}.Write(t.Context(), filepath.Join(dir, test.target), files),
				generator.KindTarget,
				test.code,
			)
			if after := list(t, dir); !slices.Equal(before, after) {
				t.Errorf("changed the disk:\nbefore %q\nafter  %q", before, after)
			}
		})
	}
}

// A run that is canceled after any file leaves nothing, not even the parent directories that it created.
func TestWriteInterrupted(t *testing.T) {
	for n := range len(tree()) {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		var staged atomic.Int32
		w := writer.Writer{Staged: func(context.Context, string) {
			if int(staged.Add(1)) == n+1 {
				cancel()
			}
		}}
		wantCode(t, w.Write(ctx, filepath.Join(dir, "x", "y", "shop"), tree()), generator.KindInterrupted, "interrupted")
		if left := list(t, dir); len(left) > 0 {
			t.Errorf("left after file %d: %q", n, left)
		}
	}
}

// A target that appears while the tree is staged is not overwritten.
func TestWriteTargetAppears(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "shop")
	w := writer.Writer{Staged: func(context.Context, string) {
		os.Mkdir(target, 0o755)
		os.WriteFile(filepath.Join(target, "mine"), []byte("mine"), 0o600)
	}}
	wantCode(t, w.Write(t.Context(), target, tree()), generator.KindTarget, "target-not-empty")
	if left := list(t, dir); len(left) != 2 {
		t.Errorf("left: %q, want the other's directory and file only", left)
	}
}

func TestWriteRace(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "shop")
	var won atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := (writer.Writer{}).Write(t.Context(), target, tree()); err == nil {
				won.Add(1)
			} else {
				wantCode(t, err, generator.KindTarget, "target-not-empty")
			}
		})
	}
	all.Wait()
	if won.Load() != 1 {
		t.Errorf("%d runs wrote the target, want exactly one", won.Load())
	}
	wantComplete(t, target)
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left: %v", entries)
	}
}

// A killed run leaves a staging folder, never a half-written target. The next run removes it. It keeps the folder of
// a running process, and folders with a similar name.
func TestWriteAfterKill(t *testing.T) {
	dir := t.TempDir()
	hold := func(target string) *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), holdEnv+"="+filepath.Join(dir, target))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
		if _, err := out.Read(make([]byte, 1)); err != nil { // it has arrived half-way
			t.Fatal(err)
		}
		return cmd
	}
	staged := func(target string) []string {
		found, _ := filepath.Glob(filepath.Join(dir, "."+target+".otelgen-*"))
		return found
	}
	killed, alive := hold("killed"), hold("alive")
	killed.Process.Kill()
	killed.Wait()
	if len(staged("killed")) != 1 {
		t.Fatal("the killed run left no staging folder: the test shows nothing")
	}
	if _, err := os.Lstat(filepath.Join(dir, "killed")); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the killed run left a target: %v", err)
	}
	lookAlikes := []string{
		".mine.otelgen-1/notes",
		".mine.otelgen-2/tree/x",
		".mine.otelgen-x/lock",
		".mine.otelgen-3/lock/x",
		".mine.otelgen-4/lock",
		".mine.otelgen-4/other",
	}
	for _, path := range lookAlikes {
		path = filepath.Join(dir, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("mine"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, ".early.otelgen-5"), 0o700); err != nil { // killed before it made its lock
		t.Fatal(err)
	}

	if err := (writer.Writer{}).Write(t.Context(), filepath.Join(dir, "killed"), tree()); err != nil {
		t.Fatal(err)
	}
	wantComplete(t, filepath.Join(dir, "killed"))
	if left := append(staged("killed"), staged("early")...); len(left) > 0 {
		t.Errorf("stale staging folders not removed: %q", left)
	}
	if len(staged("alive")) != 1 {
		t.Error("removed the staging folder of a run that is alive")
	}
	for _, path := range lookAlikes {
		if _, err := os.Lstat(filepath.Join(dir, path)); err != nil {
			t.Errorf("removed what is not otelgen's: %v", err)
		}
	}
	alive.Process.Kill()
	alive.Wait()
	if err := (writer.Writer{}).Write(t.Context(), filepath.Join(dir, "other"), tree()); err != nil {
		t.Fatal(err)
	}
	if left := staged("alive"); len(left) > 0 {
		t.Errorf("stale staging folder of another target not removed: %q", left)
	}
}

func BenchmarkWrite(b *testing.B) {
	files := tree()
	for i := range 48 {
		files = append(
			files,
			generator.File{Path: fmt.Sprintf("internal/p%d/f%d.go", i%12, i), Mode: 0o644, Content: make([]byte, 3000)},
		)
	}
	dir := b.TempDir()
	for i := 0; b.Loop(); i++ {
		if err := (writer.Writer{}).Write(b.Context(), filepath.Join(dir, fmt.Sprint(i)), files); err != nil {
			b.Fatal(err)
		}
	}
}
