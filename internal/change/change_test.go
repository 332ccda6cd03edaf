package change_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/change"
)

// tree makes a tree of files, "path" or "path@template", and their contents.
func tree(files map[string]string) *generator.Tree {
	t := &generator.Tree{}
	for name, content := range files {
		path, template, ok := strings.Cut(name, "@")
		if !ok {
			template = path
		}
		t.Files = append(
			t.Files,
			generator.File{Path: path, Mode: 0o644, Owner: "skeleton", Template: template, Content: []byte(content)},
		)
	}
	slices.SortFunc(t.Files, func(a, b generator.File) int { return strings.Compare(a.Path, b.Path) })
	return t
}

// project makes the user's project of files.
func project(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for path, content := range files {
		m[path] = &fstest.MapFile{Data: []byte(content), Mode: 0o644}
	}
	return m
}

// apply makes the changes in a copy of the project.
func apply(t *testing.T, ours fstest.MapFS, files []change.File) map[string]string {
	t.Helper()
	after := map[string]string{}
	for path, f := range ours {
		after[path] = string(f.Data)
	}
	for _, f := range files {
		if f.State == change.Kept {
			continue
		}
		if f.From != "" {
			delete(after, f.From)
		}
		switch {
		case f.State == change.Removed:
			delete(after, f.Path)
		case f.Content != nil && f.Mode == 0:
			t.Errorf("%s would be written without permissions", f.Path)
		case f.Content != nil:
			after[f.Path] = string(f.Content)
		}
	}
	return after
}

const text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n"

func replaced(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(text) }

func TestFiles(t *testing.T) {
	type files = map[string]string
	tests := []struct {
		name               string
		base, theirs, ours files
		reject             bool
		want               files
		say                []string // "state path", or "state path < from"
	}{
		{
			name: "untouched files follow",
			base: files{"a": "1\n", "b": "1\n", "gone": "1\n"}, ours: files{"a": "1\n", "b": "1\n", "gone": "1\n", "mine": "x"},
			theirs: files{"a": "2\n", "b": "1\n", "new/c": "3\n"},
			want:   files{"a": "2\n", "b": "1\n", "new/c": "3\n", "mine": "x"},
			say:    []string{"updated a", "removed gone", "added new/c"},
		},
		{
			name: "edits stay",
			base: files{
				"a": text,
				"b": text,
			},
			theirs: files{"a": replaced("9", "nine"), "b": text},
			ours:   files{"a": replaced("1", "one"), "b": "mine\n"},
			want:   files{"a": replaced("1", "one", "9", "nine"), "b": "mine\n"},
			say:    []string{"merged a"},
		},
		{
			name: "conflict",
			base: files{"a": text}, theirs: files{"a": replaced("5", "five")}, ours: files{"a": replaced("5", "V", "9", "IX")},
			want: files{"a": replaced("5", "<<<<<<< yours\nV\n=======\nfive\n>>>>>>> otelgen", "9", "IX")},
			say:  []string{"conflict a"},
		},
		{
			name:   "conflict, rejected",
			reject: true,
			base:   files{"a": text},
			theirs: files{"a": replaced("1", "one", "5", "five")},
			ours:   files{"a": replaced("5", "V")},
			want: files{
				"a":     replaced("1", "one", "5", "V"),
				"a.rej": "--- a\n+++ a\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n",
			},
			say: []string{"conflict a", "conflict a.rej"},
		},
		{
			name: "what is deleted stays away",
			base: files{"a": text, "b": text}, theirs: files{"a": replaced("5", "five"), "b": text}, ours: files{},
			want: files{},
			say:  []string{"kept a"},
		},
		{
			name: "what is moved stays there, and follows",
			base: files{
				"a/a.txt": text,
				"b.txt":   "x\n",
			},
			theirs: files{"a/a.txt": replaced("9", "nine"), "b.txt": "y\n"},
			ours:   files{"z/a.txt": replaced("1", "one"), "b.txt": "x\n"},
			want:   files{"z/a.txt": replaced("1", "one", "9", "nine"), "b.txt": "y\n"},
			say:    []string{"updated b.txt", "merged z/a.txt"},
		},
		{
			name: "what is moved and dropped stays",
			base: files{"a.txt": text}, theirs: files{}, ours: files{"z.txt": text},
			want: files{"z.txt": text},
			say:  []string{"kept z.txt"},
		},
		{
			name: "what is edited and dropped stays",
			base: files{"a": text}, theirs: files{}, ours: files{"a": replaced("5", "V")},
			want: files{"a": replaced("5", "V")},
			say:  []string{"conflict a"},
		},
		{
			name: "another layout takes edits along",
			base: files{
				"old/a@t": text,
			},
			theirs: files{"new/a@t": replaced("9", "nine")},
			ours:   files{"old/a": replaced("1", "one")},
			want:   files{"new/a": replaced("1", "one", "9", "nine")},
			say:    []string{"moved new/a < old/a"},
		},
		{
			name: "another layout finds a file of the user's",
			base: files{
				"old/a@t": text,
			},
			theirs: files{"new/a@t": replaced("9", "nine")},
			ours:   files{"old/a": text, "new/a": "mine\n"},
			want:   files{"old/a": replaced("9", "nine"), "new/a": "mine\n"},
			say:    []string{"conflict old/a"},
		},
		{
			name: "a new file finds one of the user's",
			base: files{}, theirs: files{"a": "x\ny\n", "b": "same\n"}, ours: files{"a": "x\nz\n", "b": "same\n"},
			want: files{"a": "x\n<<<<<<< yours\nz\n=======\ny\n>>>>>>> otelgen\n", "b": "same\n"},
			say:  []string{"conflict a"},
		},
		{
			name: "the user has made the change already",
			base: files{"a": text}, theirs: files{"a": replaced("5", "five")}, ours: files{"a": replaced("5", "five")},
			want: files{"a": replaced("5", "five")},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ours := project(test.ours)
			sides := &change.Sides{Base: tree(test.base), Theirs: tree(test.theirs), Ours: ours, Reject: test.reject}
			got, err := sides.Files()
			if err != nil {
				t.Fatal(err)
			}
			var say []string
			for _, f := range got {
				line := string(f.State) + " " + f.Path
				if f.From != "" {
					line += " < " + f.From
				}
				say = append(say, line)
			}
			if diff := cmp.Diff(test.say, say); diff != "" {
				t.Errorf("the states (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, apply(t, ours, got)); diff != "" {
				t.Errorf("the project (-want +got):\n%s", diff)
			}
		})
	}
}

// Nothing is written through a link, or in place of something that is not a file: it is a conflict, with a file of
// rejects beside it.
func TestFilesKeepsWhatIsNoRegularFile(t *testing.T) {
	ours := project(map[string]string{"elsewhere": "x", "there/x.go": "1", "plain": "mine"})
	ours["a"] = &fstest.MapFile{Data: []byte("elsewhere"), Mode: fs.ModeSymlink}
	ours["new"] = &fstest.MapFile{Data: []byte("../outside"), Mode: fs.ModeSymlink}
	ours["dir"] = &fstest.MapFile{Data: []byte("there"), Mode: fs.ModeSymlink}
	ours["gone"] = &fstest.MapFile{Data: []byte("there"), Mode: fs.ModeSymlink}
	ours["pipe"] = &fstest.MapFile{Mode: fs.ModeNamedPipe}
	base := map[string]string{"a": "1\n", "dir/x.go": "1\n", "gone/x.go": "1\n", "pipe": "1\n"}
	theirs := map[string]string{"a": "2\n", "new": "3\n", "dir/x.go": "2\n", "plain/x": "4\n", "pipe": "2\n"}
	sides := &change.Sides{Base: tree(base), Theirs: tree(theirs), Ours: ours}
	files, err := sides.Files()
	if err != nil {
		t.Fatal(err)
	}
	notes, rejects := map[string]string{}, map[string]string{}
	for _, f := range files {
		if f.State != change.Conflict {
			t.Errorf("%s is %s", f.Path, f.State)
		}
		if f.Content == nil {
			notes[f.Path], _, _ = strings.Cut(f.Note, ":")
		} else {
			rejects[f.Path] = string(f.Content)
		}
	}
	if diff := cmp.Diff(map[string]string{
		"a":         "now a symbolic link to elsewhere, where otelgen does not write",
		"new":       "now a symbolic link to ../outside, where otelgen does not write",
		"dir/x.go":  "dir is a symbolic link to there, where otelgen does not write",
		"gone/x.go": "gone is a symbolic link to there",
		"plain/x":   "plain is not a directory, where otelgen does not write",
		"pipe":      "now not a regular file, where otelgen does not write",
	}, notes); diff != "" {
		t.Errorf("the notes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{
		"a.rej":            "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+2\n",
		"new.rej":          "--- a/new\n+++ b/new\n@@ -0,0 +1 @@\n+3\n",
		"dir.rej/x.go.rej": "--- a/dir/x.go\n+++ b/dir/x.go\n@@ -1 +1 @@\n-1\n+2\n",
		"plain.rej/x.rej":  "--- a/plain/x\n+++ b/plain/x\n@@ -0,0 +1 @@\n+4\n",
		"pipe.rej":         "--- a/pipe\n+++ b/pipe\n@@ -1 +1 @@\n-1\n+2\n",
	}, rejects); diff != "" {
		t.Errorf("the rejects (-want +got):\n%s", diff)
	}
}

// A package that the user has moved is followed by what imports it, and by what is new in it.
func TestFilesFollowsMovedPackages(t *testing.T) {
	goFile := func(pkg, body string, imports ...string) string {
		text := "package " + pkg + "\n\n"
		for _, i := range imports {
			text += "import \"example.com/shop/" + i + "\"\n\n"
		}
		return text + "// A line.\n// Another line.\n// A third line.\n\n" + body + "\n"
	}
	mod := "module example.com/shop\n"
	base := map[string]string{
		"go.mod":              mod,
		"internal/tel/tel.go": goFile("tel", "func A() {}"),
		"internal/tel/old.go": goFile("tel", "func Old() {}"),
		"internal/app/app.go": goFile("app", "func Run() { tel.A() }", "internal/tel"),
	}
	theirs := map[string]string{
		"go.mod":              mod,
		"internal/tel/tel.go": goFile("tel", "func A() { B() }"),
		"internal/tel/new.go": goFile("tel", "func B() {}"),
		"internal/app/app.go": goFile(
			"app",
			"func Run() { tel.A(); tel.B() }",
			"internal/tel",
		),
		"internal/x/x.go": goFile("x", "var _ = tel.A", "internal/tel"),
	}
	tests := []struct {
		name       string
		ours, want map[string]string
		conflict   string
	}{
		{
			name: "moved, with its name",
			ours: map[string]string{
				"go.mod": mod, "pkg/tel/tel.go": base["internal/tel/tel.go"], "pkg/tel/old.go": base["internal/tel/old.go"],
				"internal/app/app.go": goFile("app", "func Run() { tel.A() }", "pkg/tel"),
			},
			want: map[string]string{
				"go.mod":         mod,
				"pkg/tel/tel.go": theirs["internal/tel/tel.go"],
				"pkg/tel/new.go": theirs["internal/tel/new.go"],
				"internal/app/app.go": goFile(
					"app",
					"func Run() { tel.A(); tel.B() }",
					"pkg/tel",
				),
				"internal/x/x.go": goFile("x", "var _ = tel.A", "pkg/tel"),
			},
		},
		{
			name: "moved, with another name",
			ours: map[string]string{
				"go.mod":              mod,
				"internal/obs/tel.go": goFile("obs", "func A() {}"),
				"internal/obs/old.go": goFile("obs", "func Old() {}"),
				"internal/app/app.go": goFile("app", "func Run() { obs.A() }", "internal/obs"),
			},
			want: map[string]string{
				"go.mod":              mod,
				"internal/obs/tel.go": goFile("obs", "func A() { B() }"),
				"internal/obs/new.go": goFile("obs", "func B() {}"),
				"internal/app/app.go": "package app\n\nimport \"example.com/shop/internal/obs\"\n\n// A line.\n// Another " +
					"line.\n// A third line.\n\n" +
					"<<<<<<< yours\nfunc Run() { obs.A() }\n=======\nfunc Run() { tel.A(); tel.B() }\n>>>>>>> otelgen\n",
				"internal/x/x.go": strings.Replace(goFile("x", "var _ = tel.A", "internal/obs"), "import ", "import tel ", 1),
			},
			conflict: "internal/app/app.go",
		},
		{
			name: "deleted",
			ours: map[string]string{"go.mod": mod, "internal/app/app.go": goFile("app", "func Run() {}")},
			want: map[string]string{
				"go.mod":              mod,
				"internal/tel/new.go": theirs["internal/tel/new.go"],
				"internal/x/x.go":     theirs["internal/x/x.go"],
				"internal/app/app.go": "package app\n\n// A line.\n// Another line.\n// A third line.\n\n<<<<<<< yours\nfunc " +
					"Run() {}\n=======\nfunc Run() { tel.A(); tel.B() }\n>>>>>>> otelgen\n",
			},
			conflict: "internal/app/app.go",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files, err := (&change.Sides{Base: tree(base), Theirs: tree(theirs), Ours: project(test.ours)}).Files()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, apply(t, project(test.ours), files)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			for _, f := range files {
				if (f.State == change.Conflict) != (f.Path == test.conflict) {
					t.Errorf("%s is %s: %s", f.Path, f.State, f.Note)
				}
			}
		})
	}
}

// New code that imports a package which is not there any more is listed.
func TestFilesListsImportsThatLeadNowhere(t *testing.T) {
	mod, tel := "module example.com/shop\n", "package tel\n\nfunc A() {}\n"
	base := map[string]string{"go.mod": mod, "internal/tel/tel.go": tel}
	theirs := map[string]string{
		"go.mod":              mod,
		"internal/tel/tel.go": tel,
		"x/x.go":              "package x\n\nimport \"example.com/shop/internal/tel\"\n\nvar _ = tel.A\n",
	}
	files, err := (&change.Sides{Base: tree(base), Theirs: tree(theirs), Ours: project(map[string]string{"go.mod": mod})}).Files()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 1 || files[0].State != change.Conflict ||
		!strings.Contains(files[0].Note, "imports example.com/shop/internal/tel, which is not in the project") {
		t.Errorf("the files are %v", files)
	}
}

func TestFilesKeepsModes(t *testing.T) {
	ours := project(map[string]string{"private": "1\n", "script": "1\n", "go.mod": "module x\n"})
	ours["private"].Mode, ours["script"].Mode = 0o600, 0o640
	base, theirs := tree(
		map[string]string{"private": "1\n", "script": "1\n"},
	), tree(
		map[string]string{"private": "2\n", "script": "2\n"},
	)
	theirs.Files[1].Mode = 0o755
	files, err := (&change.Sides{Base: base, Theirs: theirs, Ours: ours}).Files()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 || files[0].Mode != 0o600 || files[1].Mode != 0o750 {
		t.Errorf("the files are %v; want modes 0600 and 0750", files)
	}
}

func TestCheck(t *testing.T) {
	base := map[string]string{
		"same":      "1\n",
		"edited":    "1\n",
		"gone":      "one\n",
		"moved.txt": text,
		"half":      text,
		"old":       "1\n",
	}
	theirs := map[string]string{
		"same":      "1\n",
		"edited":    "1\n",
		"gone":      "one\n",
		"moved.txt": text,
		"half":      text,
		"new":       "2\n",
	}
	ours := map[string]string{
		"same":            "1\r\n",
		"edited":          "2\n",
		"there/moved.txt": text,
		"half":            replaced("5", "<<<<<<< yours\nV\n=======\nfive\n>>>>>>> otelgen"),
		"old":             "1\n",
		"mine":            "x",
	}
	got, err := (&change.Sides{Base: tree(base), Theirs: tree(theirs), Ours: project(ours)}).Check()
	if err != nil {
		t.Fatal(err)
	}
	want := []change.Status{
		{
			Path:  "edited",
			State: change.Edited,
		},
		{Path: "gone", State: change.Missing},
		{Path: "half", State: change.Unresolved},
		{
			Path:  "moved.txt",
			State: change.Missing,
			To:    "there/moved.txt",
		},
		{Path: "new", State: change.Outdated},
		{Path: "old", State: change.Outdated},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestModules(t *testing.T) {
	type files = map[string]string
	mod := func(requires ...string) string {
		return "module example.com/shop\n\ngo 1.26\n\nrequire (\n\t" + strings.Join(requires, "\n\t") + "\n)\n"
	}
	base := files{
		"go.mod":  mod("a.org/a v1.0.0", "b.org/b v1.0.0"),
		"go.sum":  "a\nb\n",
		"main.go": "package main\nimport (\"a.org/a\"; \"b.org/b\")\n",
	}
	theirs := files{
		"go.mod":  mod("b.org/b v1.0.0", "c.org/c v1.0.0"),
		"go.sum":  "b\nc\n",
		"main.go": "package main\nimport (\"b.org/b\"; \"c.org/c\")\n",
	}
	with := func(changes ...string) fstest.MapFS {
		ours := files{}
		for path, content := range base {
			ours[path] = content
		}
		for i := 0; i < len(changes); i += 2 {
			ours[changes[i]] = changes[i+1]
		}
		return project(ours)
	}
	union := mod("a.org/a v1.0.0", "b.org/b v1.0.0", "c.org/c v1.0.0")
	tests := []struct {
		name     string
		ours     fstest.MapFS
		tidies   string // the go.mod that is tidied; empty if it need not be
		fails    bool
		mod, sum string
	}{
		{name: "untouched", ours: with(), mod: theirs["go.mod"], sum: theirs["go.sum"]},
		{
			name: "own code of known imports",
			ours: with("x/x.go", "package x\nimport (\"b.org/b\"; \"os\"; \"example.com/shop/y\")\n"),
			mod:  theirs["go.mod"],
			sum:  theirs["go.sum"],
		},
		{
			name: "nested module",
			ours: with("x/x.go", "package x\nimport \"u.org/u\"\n", "x/go.mod", "module x"),
			mod:  theirs["go.mod"],
			sum:  theirs["go.sum"],
		},
		{
			name:   "own code of a dropped import",
			ours:   with("x/x.go", "package x\nimport \"a.org/a\"\n"),
			tidies: union,
			mod:    "tidy",
			sum:    "tidy",
		},
		{
			name: "own requirement", ours: with("go.mod", mod("a.org/a v1.0.0", "b.org/b v1.0.0", "u.org/u v1.0.0")),
			tidies: mod("a.org/a v1.0.0", "b.org/b v1.0.0", "c.org/c v1.0.0", "u.org/u v1.0.0"), mod: "tidy", sum: "tidy",
		},
		{
			name:   "no go command",
			ours:   with("x/x.go", "package x\nimport \"a.org/a\"\n"),
			tidies: union,
			fails:  true,
			mod:    union,
			sum:    "a\nb\nc\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			sides := &change.Sides{Base: tree(base), Theirs: tree(theirs), Ours: test.ours}
			files, err := sides.Files()
			if err != nil {
				t.Fatal(err)
			}
			asked := ""
			modules, untidy, err := sides.Modules(
				t.Context(),
				files,
				func(_ context.Context, _ []change.File, mod, _ []byte) ([]byte, []byte, error) {
					asked = string(mod)
					if test.fails {
						return nil, nil, errors.New("no")
					}
					return []byte("tidy"), []byte("tidy"), nil
				},
			)
			if err != nil {
				t.Fatal(err)
			}
			if asked != test.tidies || (untidy != nil) != test.fails {
				t.Errorf("tidied is\n%s\nwant\n%s\n(%v)", asked, test.tidies, untidy)
			}
			after := apply(t, test.ours, modules)
			if after["go.mod"] != test.mod || after["go.sum"] != test.sum {
				t.Errorf("go.mod is\n%s\ngo.sum is\n%s", after["go.mod"], after["go.sum"])
			}
		})
	}
	_, _, err := (&change.Sides{Base: tree(base), Theirs: tree(theirs), Ours: with("go.mod", "modul x\n")}).Modules(
		t.Context(),
		nil,
		nil,
	)
	if err == nil || !strings.Contains(fmt.Sprint(err), "go.mod") {
		t.Errorf("with a broken go.mod the error is %v", err)
	}
}
