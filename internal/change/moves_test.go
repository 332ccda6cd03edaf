package change_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/internal/change"
)

// source returns a Go file with lines that no other has, and some that all have.
func source(i, lines int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "package p%d\n\nimport (\n\t\"context\"\n\t\"errors\"\n)\n", i)
	for n := range lines {
		fmt.Fprintf(&b, "\nfunc F%d_%d(ctx context.Context) error {\n\treturn errors.New(\"%d of %d\")\n}\n", i, n, n, i)
	}
	return b.String()
}

// moved returns a base of n files, the project after the user has moved and edited all of them, and where each is now.
func moved(n int) (base, ours, want map[string]string) {
	base, ours, want = map[string]string{}, map[string]string{}, map[string]string{}
	for i := range n {
		from, to := fmt.Sprintf("internal/a%d/file.go", i), fmt.Sprintf("internal/b/file%d.go", i)
		base[from], want[from] = source(i, 10), to
		ours[to] = strings.Replace(base[from], fmt.Sprintf("package p%d", i), "package b\n\n// Edited by the user.", 1)
	}
	return base, ours, want
}

// reads counts how often each file is opened.
type reads struct {
	fs.ReadLinkFS
	count map[string]int
}

func (r reads) Open(name string) (fs.File, error) {
	r.count[name]++
	return r.ReadLinkFS.Open(name)
}

func TestCheckFindsEachMovedFileAmongSimilarOnes(t *testing.T) {
	base, ours, want := moved(40)
	for i := range 200 {
		ours[fmt.Sprintf("own/own%d.go", i)] = source(1000+i, 10)
	}
	files := reads{project(ours), map[string]int{}}
	statuses, err := (&change.Sides{Base: tree(base), Theirs: tree(base), Ours: files}).Check()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range statuses {
		got[s.Path] = s.To
	}
	for from, to := range want {
		if got[from] != to {
			t.Errorf("%s moved to %q, want %q", from, got[from], to)
		}
	}
	for name, times := range files.count {
		if path.Ext(name) == ".go" && times > 1 {
			t.Errorf("%s was read %d times", name, times)
		}
	}
}

func TestCheckPrefersTheFileOfTheSameName(t *testing.T) {
	content := source(1, 5)
	ours := map[string]string{"a/other.go": content, "b/store.go": content, "c/copy.go": content}
	base := tree(map[string]string{"internal/store.go": content})
	statuses, err := (&change.Sides{Base: base, Theirs: base, Ours: project(ours)}).Check()
	if err != nil {
		t.Fatal(err)
	}
	if len(statuses) != 1 || statuses[0].To != "b/store.go" {
		t.Errorf("statuses = %+v, want one that moved to b/store.go", statuses)
	}
}

// BenchmarkMoved checks a project whose 100 files were all moved within a repository of 10,000 other files.
func BenchmarkMoved(b *testing.B) {
	base, ours, _ := moved(100)
	for i := range 10_000 {
		ours[fmt.Sprintf("own/%d/own.go", i)] = source(1000+i, 20)
	}
	dir := b.TempDir()
	for name, content := range ours {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	sides := &change.Sides{Base: tree(base), Theirs: tree(base), Ours: os.DirFS(dir).(fs.ReadLinkFS)}
	for b.Loop() {
		if _, err := sides.Check(); err != nil {
			b.Fatal(err)
		}
	}
}
