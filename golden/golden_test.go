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
	"regexp"
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

// wholeServices are kept whole: the default, one that speaks RPC, and the largest. Each archive begins with the command that writes it.
// All else is seen in the goldens of presets.
var wholeServices = []string{"default", "grpc", "largest"}

func TestServices(t *testing.T) {
	wanted := map[string][]byte{}
	for _, name := range wholeServices {
		kept, err := txtar.ParseFile(filepath.Join("services", name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		kept.Files = files(t, written(t, strings.Fields(string(kept.Comment))))
		if wanted[name], err = goldens.Format(kept); err != nil {
			t.Error(err)
		}
	}
	hold(t, "services", wanted)
}

// files returns the files in a folder, sorted by name.
func files(t *testing.T, dir string) (all []txtar.File) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == project.PristineName { // which holds what is here, too
			return err
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		name := filepath.ToSlash(relative)
		all = append(all, txtar.File{Name: name, Data: shown(name, data)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b txtar.File) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

var digests = regexp.MustCompile(`, sha256: [0-9a-f]+`)

// shown leaves out the digests of files that are in the archive themselves: with them, each change would show twice.
func shown(name string, data []byte) []byte {
	if name == project.FileName {
		return digests.ReplaceAll(data, nil)
	}
	return goldens.Digest(name, data)
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

// Goldens grow with the presets, one for each, and not with their combinations. Each is short enough to be read.
func TestOneGoldenForEachPreset(t *testing.T) {
	folders, err := fs.Glob(presets.FS, "*/*/preset.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(archives(t, "presets")); n != len(folders) {
		t.Errorf("%d goldens for %d presets; %s", n, len(folders), fix)
	}
	for _, name := range archives(t, "presets") {
		data, err := os.ReadFile(filepath.Join("presets", name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(data, []byte("\n")); n > longestGolden {
			t.Errorf("golden/presets/%s.txtar has %d lines, want at most %d; split the preset, or share what it repeats", name, n, longestGolden)
		}
	}
}

// longestGolden is how many lines the golden of a preset may have.
const longestGolden = 2500

const fix = "if that is what you want, run: make golden"

// hold compares the archives in a folder with those wanted, or writes them.
func hold(t *testing.T, folder string, wanted map[string][]byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range archives(t, folder) {
		if _, ok := wanted[name]; !ok {
			drop(t, filepath.Join(folder, name+".txtar"))
		}
	}
	for name, want := range wanted {
		t.Run(name, func(t *testing.T) { holdFile(t, filepath.Join(folder, name+".txtar"), want) })
	}
}

// drop removes an archive that is no longer wanted, or reports it.
func drop(t *testing.T, file string) {
	t.Helper()
	if !*update {
		t.Errorf("golden/%s is no longer written; %s", file, fix)
	} else if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
}

// holdFile compares an archive with what is wanted, or writes it.
func holdFile(t *testing.T, file string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(file)
	switch {
	case err == nil && bytes.Equal(got, want):
	case *update:
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	case errors.Is(err, fs.ErrNotExist):
		t.Errorf("there is no golden/%s; %s", file, fix)
	case err != nil:
		t.Fatal(err)
	default:
		t.Errorf("otelgen writes something else than golden/%s holds; %s\n%s", file, fix, goldens.Differences(got, want))
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
