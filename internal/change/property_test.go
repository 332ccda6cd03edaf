package change_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/change"
	"github.com/otelgen/otelgen/internal/merge"
	remembered "github.com/otelgen/otelgen/internal/project"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

// journeys is how many changes from one selection to another the properties are held to.
const journeys = 25

// world generates services of random selections.
type world struct {
	t       *testing.T
	r       *rand.Rand
	catalog *generator.Catalog
	made    map[string]*generator.Tree
}

func newWorld(t *testing.T, seed uint64) *world {
	catalog, err := generator.NewCatalog(templates.FS, generator.Source{Name: generator.BuiltIn, FS: presets.FS})
	if err != nil {
		t.Fatal(err)
	}
	return &world{t, rand.New(rand.NewPCG(seed, seed)), catalog, map[string]*generator.Tree{}}
}

// service returns a service, and what it is made of.
func (w *world) service() (string, *generator.Tree) {
	answers := w.answers()
	key := fmt.Sprint(answers.Presets)
	if w.made[key] == nil {
		made, err := w.catalog.Generate(answers)
		if err != nil {
			w.t.Fatal(err)
		}
		w.made[key] = made
	}
	return key, w.made[key]
}

// answers returns random answers that go together.
func (w *world) answers() generator.Answers {
	for {
		answers := generator.Answers{Name: "shop", Presets: map[string][]string{}}
		for _, axis := range w.catalog.Axes() {
			all, err := w.catalog.Presets(axis.Name)
			if err != nil {
				w.t.Fatal(err)
			}
			for _, g := range axis.Groups {
				in := slices.DeleteFunc(slices.Clone(all), func(p *generator.Preset) bool { return p.Group != g.Name })
				n := g.Min
				if g.Max < 0 {
					n = w.r.IntN(len(in) + 1)
				}
				for _, i := range w.r.Perm(len(in))[:n] {
					answers.Presets[axis.Name] = append(answers.Presets[axis.Name], in[i].Name)
				}
			}
		}
		if _, err := w.catalog.Select(answers); err == nil {
			return answers
		}
	}
}

// changed makes the change in a project.
func changed(t *testing.T, base, theirs *generator.Tree, ours fstest.MapFS) ([]change.File, fstest.MapFS) {
	t.Helper()
	sides := &change.Sides{Base: base, Theirs: theirs, Ours: ours}
	files, err := sides.Files()
	if err != nil {
		t.Fatal(err)
	}
	modules, untidy, err := sides.Modules(
		t.Context(),
		files,
		func(context.Context, []change.File, []byte, []byte) ([]byte, []byte, error) {
			t.Error("go.mod would have to be tidied")
			return nil, nil, nil
		},
	)
	if err != nil || untidy != nil {
		t.Fatal(err, untidy)
	}
	files = append(files, modules...)
	return files, project(apply(t, ours, files))
}

func untouched(tree *generator.Tree) fstest.MapFS {
	files := map[string]string{}
	for _, f := range tree.Files {
		files[f.Path] = string(f.Content)
	}
	return project(files)
}

func differences(want, got fstest.MapFS) (all []string) {
	for path, f := range want {
		g := got[path]
		if g != nil && ignores(path) && merge.Extends(g.Data, f.Data) {
			continue // what was ignored stays so
		}
		if g == nil || !bytes.Equal(f.Data, g.Data) {
			all = append(all, path)
		}
	}
	for path := range got {
		if want[path] == nil {
			all = append(all, path)
		}
	}
	slices.Sort(all)
	return all
}

func ignores(path string) bool { return path == ".gitignore" || path == ".dockerignore" }

// A project without edits becomes, byte by byte, what the other answers generate, and then what it was before.
func TestThereAndBack(t *testing.T) {
	w := newWorld(t, 1)
	for range journeys {
		a, from := w.service()
		b, to := w.service()
		there, project := changed(t, from, to, untouched(from))
		if diff := differences(untouched(to), project); len(diff) > 0 {
			t.Errorf("%s → %s: other than generated are %v", a, b, diff)
		}
		back, project := changed(t, to, from, project)
		if diff := differences(untouched(from), project); len(diff) > 0 {
			t.Errorf("%s → %s → %s: other than before are %v", a, b, a, diff)
		}
		for _, f := range append(there, back...) {
			if f.State == change.Conflict || f.State == change.Merged && !ignores(f.Path) || f.State == change.Kept {
				t.Errorf("%s → %s: %s is %s, though it was not edited", a, b, f.Path, f.State)
			}
		}
	}
}

// Edits outside of what a change of the answers concerns are there afterwards, and all that the change brings.
func TestEditsOutsideOfChangesSurvive(t *testing.T) {
	w := newWorld(t, 2)
	edits := 0
	for journey := range journeys {
		a, from := w.service()
		b, to := w.service()
		after := untouched(to)
		ours, edited := untouched(from), map[string]bool{}
		for _, f := range from.Files {
			now := after[f.Path]
			if now == nil || strings.HasPrefix(f.Path, "go.") || w.r.IntN(3) > 0 {
				continue
			}
			if text, ok := edit(w.r, string(f.Content), string(now.Data), mark(f.Path, journey)); ok {
				ours[f.Path].Data, edited[f.Path] = []byte(text), true
				edits++
			}
		}
		ours["notes.txt"] = &fstest.MapFile{Data: []byte("mine\n"), Mode: 0o644}
		files, project := changed(t, from, to, ours)
		for _, f := range files {
			if f.State == change.Conflict {
				t.Errorf("%s → %s: %s has conflicts:\n%s", a, b, f.Path, f.Content)
			}
		}
		for path := range edited {
			f := project[path]
			if f == nil {
				t.Errorf("%s → %s: %s is gone", a, b, path)
				continue
			}
			line := mark(path, journey)
			if !strings.Contains(string(f.Data), line) {
				t.Errorf("%s → %s: the edit of %s is gone", a, b, path)
			}
			f.Data = []byte(strings.ReplaceAll(string(f.Data), line, ""))
		}
		delete(project, "notes.txt")
		if diff := differences(after, project); len(diff) > 0 {
			t.Errorf("%s → %s: but for the edits, other than generated are %v", a, b, diff)
		}
	}
	if edits < journeys {
		t.Errorf("%d edits in %d journeys show little", edits, journeys)
	}
}

// Lines that the user adds at the end of a common file never conflict with slots: no slot ends a file.
func TestLinesAtTheEndSurvive(t *testing.T) {
	w := newWorld(t, 3)
	for range journeys {
		a, from := w.service()
		b, to := w.service()
		ours := untouched(from)
		for _, f := range from.Files {
			if f.Owner == "skeleton" && !strings.HasPrefix(f.Path, "go.") {
				ours[f.Path].Data = append(slices.Clone(f.Content), "\n// mine\n"...)
			}
		}
		files, _ := changed(t, from, to, ours)
		for _, f := range files {
			if f.Conflicts > 0 {
				t.Errorf("%s → %s: %s has conflicts:\n%s", a, b, f.Path, f.Content)
			}
		}
	}
}

// The pristine tree of the default service is small enough for its repository.
func TestPristineIsSmall(t *testing.T) {
	made, err := newWorld(t, 0).catalog.Generate(generator.Answers{Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	file, err := remembered.Pristine(made)
	if err != nil {
		t.Fatal(err)
	}
	if size := len(file.Content); size > 128<<10 {
		t.Errorf("the pristine tree of the default service takes %d bytes, more than 128 KiB", size)
	}
}

// mark is a line for the user to add.
func mark(name string, n int) string {
	if path.Ext(name) == ".go" {
		return fmt.Sprintf("// my note %d\n", n)
	}
	return fmt.Sprintf("my note %d\n", n)
}

// edit adds a line to a text between two lines that are adjacent in was and in will, occur once, and are not moved
// past. So no change by otelgen touches the place.
func edit(r *rand.Rand, was, will, line string) (string, bool) {
	lines := strings.SplitAfter(was, "\n")
	once := func(line string) bool {
		return line != "" && strings.Count(was, line) == 1 && strings.Count(will, line) == 1
	}
	for _, i := range r.Perm(len(lines)) {
		if i == 0 || !once(lines[i-1]) || !once(lines[i]) || !strings.Contains(will, lines[i-1]+lines[i]) {
			continue
		}
		place := strings.Index(will, lines[i])
		if slices.ContainsFunc(lines[:i], func(l string) bool { return once(l) && strings.Index(will, l) > place }) ||
			slices.ContainsFunc(lines[i:], func(l string) bool { return once(l) && strings.Index(will, l) < place }) {
			continue
		}
		return strings.Join(lines[:i], "") + line + strings.Join(lines[i:], ""), true
	}
	return "", false
}
