package generator

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"
)

// testCatalog is testdata/catalog.txtar with files of edits, itself an archive, put over it; an empty file removes one.
func testCatalog(t testing.TB, edits string) (skeleton, presets fstest.MapFS) {
	t.Helper()
	data, err := os.ReadFile("testdata/catalog.txtar")
	if err != nil {
		t.Fatal(err)
	}
	all := fstest.MapFS{}
	for _, f := range append(txtar.Parse(data).Files, txtar.Parse([]byte(edits)).Files...) {
		all[f.Name] = &fstest.MapFile{Data: f.Data}
		if len(f.Data) == 0 {
			delete(all, f.Name)
		}
	}
	return subFS(all, "skeleton/"), subFS(all, "presets/")
}

func subFS(all fstest.MapFS, prefix string) fstest.MapFS {
	sub := fstest.MapFS{}
	for name, f := range all {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			sub[rest] = f
		}
	}
	return sub
}

func newCatalog(t testing.TB, edits string) *Catalog {
	t.Helper()
	skeleton, presets := testCatalog(t, edits)
	c, err := NewCatalog(skeleton, Source{Name: BuiltIn, FS: presets})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// generate goes all the way from an edited catalog and answers to a tree.
func generate(t testing.TB, edits string, a Answers) (*Tree, error) {
	t.Helper()
	skeleton, presets := testCatalog(t, edits)
	return generateFrom(skeleton, presets, a)
}

func generateFrom(skeleton, presets fs.FS, a Answers) (*Tree, error) {
	c, err := NewCatalog(skeleton, Source{Name: BuiltIn, FS: presets})
	if err != nil {
		return nil, err
	}
	s, err := c.Select(a)
	if err != nil {
		return nil, err
	}
	p, err := s.Plan()
	if err != nil {
		return nil, err
	}
	return p.Render()
}

func mustGenerate(t testing.TB, edits string, a Answers) *Tree {
	t.Helper()
	tree, err := generate(t, edits, a)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func content(t testing.TB, tree *Tree, path string) string {
	t.Helper()
	for _, f := range tree.Files {
		if f.Path == path {
			return string(f.Content)
		}
	}
	t.Fatalf("no file %s", path)
	return ""
}

// all returns the errors that err joins.
func all(err error) (errs []*Error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			errs = append(errs, all(e)...)
		}
		return errs
	}
	var e *Error
	if errors.As(err, &e) {
		errs = append(errs, e)
	}
	return errs
}

// wantError holds err to a kind and to words that it must say.
func wantError(t testing.TB, err error, kind Kind, words ...string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is not an *Error: %v", err)
	}
	if e.Kind != kind {
		t.Errorf("kind is %d, want %d", e.Kind, kind)
	}
	for _, e := range all(err) {
		if e.Code == "" || e.What == "" || e.Why == "" || e.Fix == "" {
			t.Errorf("error without code, what, why or fix: %#v", e)
		}
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error does not say %q:\n%v", w, err)
		}
	}
}
