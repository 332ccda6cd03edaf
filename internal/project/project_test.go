package project_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/project"
)

func TestRoundTrip(t *testing.T) {
	want := project.New("v1.2.3", generator.Answers{
		Name: "shop", Module: "example.com/shop", Entity: "order", EntityPlural: "orders",
		Presets: map[string][]string{"framework": {"chi"}, "pattern": {"hexagonal", "retry"}},
		Options: map[string]string{"broker/nats.max-attempts": "5", "broker/nats.flag": "true"},
	}, &generator.Tree{Files: []generator.File{
		{Path: "README.md", Owner: "skeleton", Content: []byte("# shop\n")},
		{Path: "internal/store/store.go", Owner: "database/sqlite", Content: []byte("package store\n")},
	}})
	want.Sources = project.Sources{
		PresetsFrom: []project.Source{{Name: "mine"}, {Name: "example.com/acme/presets@v1.2.0", Sum: "h1:sum"}},
		Replace:     []string{"broker/nats"},
	}
	file, err := want.File()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), file.Path)
	if err := os.WriteFile(path, file.Content, file.Mode); err != nil {
		t.Fatal(err)
	}
	got, err := project.Read(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, file.Content)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(project.Project{})); diff != "" {
		t.Errorf("read differs from written (-want +got):\n%s\n%s", diff, file.Content)
	}
	if line := "  README.md: {owner: skeleton, sha256: "; !strings.Contains(string(file.Content), line) {
		t.Errorf("no line %q in\n%s", line, file.Content)
	}
}

// A preset folder is found from the project, wherever otelgen runs.
func TestLocate(t *testing.T) {
	top := t.TempDir()
	for _, dir := range []string{"mine", "services/mine", "services/shop/internal", "services/shop/presets"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(top, "services", "shop", project.FileName)
	for given, want := range map[string]string{
		// Beside the file, as for an answers file in a folder of presets.
		"presets":                         filepath.Join(top, "services", "shop", "presets"),
		"mine":                            filepath.Join(top, "services", "mine"),
		"./services/mine":                 filepath.Join(top, "services", "mine"),
		"../mine":                         filepath.Join(top, "services", "mine"),
		"nowhere":                         "nowhere",
		filepath.Join(top, "mine"):        filepath.Join(top, "mine"),
		filepath.Join(top, "not", "here"): filepath.Join(top, "not", "here"),
	} {
		file, err := (&project.Project{Schema: 1, Sources: project.Sources{PresetsFrom: []project.Source{{Name: given}}}}).File()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Content, 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := project.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Locate(p.PresetsFrom[0].Name); got != want {
			t.Errorf("%s is found at %q, want %q", given, got, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	tests := []struct{ name, content, code, where, why string }{
		{"unknown key", "answers:\n  name: shop\n  color: red\n", "answers-malformed", ":3", "unknown key color"},
		{"wrong type", "answers:\n  name: [shop]\n", "answers-malformed", ":2", "a list is used where text belongs"},
		{
			"text for a list",
			"answers: {name: shop, presets: {broker: nats}}\n",
			"answers-malformed",
			":1",
			"`nats` is used where a list belongs",
		},
		{"no mapping", "hello\n", "answers-malformed", ":1", "`hello` is used where a mapping belongs"},
		{"no YAML", "answers: {\n", "answers-malformed", ":", "did not find"},
		{"empty", "", "answers-malformed", "", "empty"},
		{"two documents", "answers: {name: a}\n---\nanswers: {name: b}\n", "answers-malformed", "", "more than one"},
		{"no schema of ours", "schema: 0\nanswers: {name: a}\n", "answers-malformed", "", "schema: 0"},
		{"newer", "schema: 2\nanswers: {name: a}\nnovelty: yes\n", "answers-newer", "", "schema is 2"},
		{"huge", strings.Repeat("#", 5<<20), "answers-unreadable", "", "larger than"},
		{"binary", "\x00\x01\x02", "answers-malformed", "", "control characters"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "answers.yaml")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := project.Read(path)
			var e *generator.Error
			if !errors.As(err, &e) || e.Kind != generator.KindAnswers || e.Code != test.code ||
				!strings.Contains(e.Why, test.why) {
				t.Fatalf("error = %v; want code %s, why %q", err, test.code, test.why)
			}
			if e.Fix == "" || e.Where != "" && !strings.HasPrefix(e.Where, path+test.where) {
				t.Errorf("where = %q, fix = %q", e.Where, e.Fix)
			}
		})
	}
}

func BenchmarkFile(b *testing.B) {
	p := &project.Project{Schema: 1, Files: map[string]project.File{}}
	for i := range 70 {
		p.Files["internal/"+strings.Repeat("x", i)] = project.File{Owner: "skeleton", SHA256: project.Digest(nil)}
	}
	for b.Loop() {
		if _, err := p.File(); err != nil {
			b.Fatal(err)
		}
	}
}
