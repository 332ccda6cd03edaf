package golden

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
	"golang.org/x/tools/txtar"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/cli"
	"github.com/otelgen/otelgen/internal/goldens"
	"github.com/otelgen/otelgen/internal/matrix"
	"github.com/otelgen/otelgen/internal/project"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

var update = flag.Bool("update", false, "rewrite the goldens, and remove those that are no longer needed")

// services are the whole services that are kept, by the name of their archive.
var services = map[string]generator.Answers{
	"default": {},
	"postgres": {
		Module:  "github.com/acme/warehouse",
		Presets: map[string][]string{"framework": {"nethttp"}, "broker": {"none"}, "database": {"postgres"}, "pattern": {"layered", "retry", "cache-aside"}, "backend": {"otlp"}},
		Entity:  "line-item",
		Options: map[string]string{"otlp.protocol": "grpc"},
	},
	"mysql": {
		Presets: map[string][]string{"broker": {"none"}, "database": {"mysql"}},
		Entity:  "line", // the word for several is reserved in MySQL
	},
	"worker": {
		Presets: map[string][]string{"framework": {"none"}, "broker": {"rabbitmq"}, "database": {"memory"}, "backend": {"otlp"}},
		Options: map[string]string{"rabbitmq.max-attempts": "9"},
	},
}

func TestPresets(t *testing.T) {
	c := catalog(t)
	wanted := map[string][]byte{}
	for _, axis := range c.Axes() {
		all, err := c.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			golden, err := goldens.Preset(c, p)
			if err != nil {
				t.Error(err)
			}
			wanted[p.Axis+"-"+p.Name] = golden
		}
	}
	hold(t, "presets", wanted)
}

func TestServices(t *testing.T) {
	c := catalog(t)
	wanted := map[string][]byte{}
	in := map[string]bool{} // presets that take part in some service
	for name, answers := range services {
		answers.Name = cmp.Or(answers.Name, matrix.Service)
		archive := goldens.Command(c, answers)
		for _, f := range tree(t, c, answers) {
			if f.Path != "go.sum" {
				archive.Files = append(archive.Files, txtar.File{Name: f.Path, Data: f.Content})
			}
		}
		golden, err := goldens.Format(archive)
		if err != nil {
			t.Error(err)
		}
		wanted[name] = golden
		for _, p := range selected(t, c, answers).Presets() {
			in[p.ID()] = true
		}
	}
	for _, axis := range c.Axes() {
		all, err := c.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			if !in[p.ID()] {
				t.Errorf("no service has %s; add it to one of those in golden_test.go", p.ID())
			}
		}
	}
	hold(t, "services", wanted)
}

// The goldens grow with the presets, one for each, and not with their combinations.
func TestOneGoldenForEachPreset(t *testing.T) {
	folders, err := fs.Glob(presets.FS, "*/*/preset.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(archives(t, "presets")); n != len(folders) {
		t.Errorf("%d goldens for %d presets; %s", n, len(folders), mend)
	}
}

const mend = "if that is what you want, run: make golden"

// hold compares the archives in a folder with those wanted, or writes them.
func hold(t *testing.T, folder string, wanted map[string][]byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range archives(t, folder) {
		if _, ok := wanted[name]; ok {
			continue
		}
		file := filepath.Join(folder, name+".txtar")
		if !*update {
			t.Errorf("golden/%s is no longer written; %s", file, mend)
		} else if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range wanted {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(folder, name+".txtar")
			got, err := os.ReadFile(file)
			switch {
			case err == nil && bytes.Equal(got, want):
			case *update:
				if err := os.WriteFile(file, want, 0o644); err != nil {
					t.Fatal(err)
				}
			case errors.Is(err, fs.ErrNotExist):
				t.Errorf("there is no golden/%s; %s", file, mend)
			case err != nil:
				t.Fatal(err)
			default:
				t.Errorf("otelgen writes something else than golden/%s holds; %s\n%s", file, mend, goldens.Differences(got, want))
			}
		})
	}
}

// The command that a golden begins with writes what the golden holds.
func TestCommandWritesTheService(t *testing.T) {
	c := catalog(t)
	for name, answers := range services {
		t.Run(name, func(t *testing.T) {
			answers.Name = matrix.Service
			dir := t.TempDir()
			run := exec.Command(os.Args[0], matrix.Arguments(c, answers)...)
			run.Dir, run.Env = dir, []string{asOtelgen + "=1"}
			if out, err := run.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			written := 0
			err := filepath.WalkDir(filepath.Join(dir, answers.Name), func(path string, e fs.DirEntry, err error) error {
				if err == nil && !e.IsDir() && filepath.Base(path) != project.PristineName { // which holds what is compared here
					written++
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			files := tree(t, c, answers)
			if written != len(files) {
				t.Errorf("the command wrote %d files, want %d", written, len(files))
			}
			for _, f := range files {
				got, err := os.ReadFile(filepath.Join(dir, answers.Name, filepath.FromSlash(f.Path)))
				if err != nil || !bytes.Equal(got, f.Content) {
					t.Errorf("%s: the command wrote something else (%v):\n%s", f.Path, err, diff.Diff("golden", f.Content, "written", got))
				}
			}
		})
	}
}

// asOtelgen, if set in the environment, makes the test binary otelgen.
const asOtelgen = "GOLDEN_TEST_AS_OTELGEN"

func TestMain(m *testing.M) {
	if os.Getenv(asOtelgen) != "" {
		os.Exit(cli.Main())
	}
	os.Exit(m.Run())
}

func archives(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil && !*update {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".txtar"))
	}
	return names
}

func catalog(t *testing.T) *generator.Catalog {
	t.Helper()
	c, err := generator.NewCatalog(templates.FS, generator.Source{Name: generator.BuiltIn, FS: presets.FS})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func selected(t *testing.T, c *generator.Catalog, a generator.Answers) *generator.Selection {
	t.Helper()
	s, err := c.Select(a)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// tree returns all that otelgen writes, its own file included.
func tree(t *testing.T, c *generator.Catalog, a generator.Answers) []generator.File {
	t.Helper()
	s := selected(t, c, a)
	plan, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := plan.Render()
	if err != nil {
		t.Fatal(err)
	}
	origin, err := project.New("devel", s.Answers(), rendered).File()
	if err != nil {
		t.Fatal(err)
	}
	files := append(rendered.Files, origin)
	slices.SortFunc(files, func(a, b generator.File) int { return cmp.Compare(a.Path, b.Path) })
	return files
}
