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

	"golang.org/x/tools/txtar"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/cli"
	"github.com/otelgen/otelgen/internal/goldens"
	"github.com/otelgen/otelgen/internal/project"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

var update = flag.Bool("update", false, "rewrite the goldens, and remove those that are no longer needed")

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

// Whole services are kept in archives, each of which begins with the command that writes it. To keep another one, write that command into
// a new archive and rewrite the goldens.
func TestServices(t *testing.T) {
	wanted := map[string][]byte{}
	for _, name := range archives(t, "services") {
		kept, err := txtar.ParseFile(filepath.Join("services", name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		dir := written(t, strings.Fields(string(kept.Comment)))
		kept.Files = nil
		err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || e.Name() == "go.sum" || e.Name() == project.PristineName { // which holds what is here, too
				return err
			}
			relative, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			data, err := os.ReadFile(path)
			kept.Files = append(kept.Files, txtar.File{Name: filepath.ToSlash(relative), Data: data})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(kept.Files, func(a, b txtar.File) int { return cmp.Compare(a.Name, b.Name) })
		if wanted[name], err = goldens.Format(kept); err != nil {
			t.Error(err)
		}
	}
	hold(t, "services", wanted)
}

// written returns the folder of the service that a command writes.
func written(t *testing.T, command []string) string {
	t.Helper()
	if len(command) < 3 || command[0] != "otelgen" || command[1] != "new" {
		t.Fatalf("an archive begins with %q, not with a command such as: otelgen new shop", command)
	}
	run := exec.Command(os.Args[0], command[1:]...)
	run.Dir, run.Env = t.TempDir(), []string{asOtelgen + "=1"}
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
	}
	return filepath.Join(run.Dir, command[2])
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
