package servers_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/matrix"
	"github.com/otelgen/otelgen/internal/servers"
	"github.com/otelgen/otelgen/internal/writer"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

const root = "../.."

// Each preset with a server keeps the contract of its axis on that server: the tests of a generated service run
// against it, and none is skipped. Its entity has a field of every type.
func TestContracts(t *testing.T) {
	if testing.Short() {
		t.Skip("starts servers and compiles services")
	}
	catalog, err := generator.NewCatalog(templates.FS, generator.Source{Name: generator.BuiltIn, FS: presets.FS})
	if err != nil {
		t.Fatal(err)
	}
	pool := servers.New(root)
	proven := 0
	for _, axis := range catalog.Axes() {
		all, err := catalog.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, preset := range all {
			if _, err := os.Stat(filepath.Join(root, "scripts", "servers", preset.Name+".sh")); err != nil {
				continue
			}
			proven++
			t.Run(preset.ID(), func(t *testing.T) { prove(t, pool, catalog, preset) })
		}
	}
	if proven == 0 {
		t.Error("no preset has a server: the test shows nothing")
	}
}

var (
	passed  = regexp.MustCompile(`(?m)^\s*--- PASS: `)
	skipped = regexp.MustCompile(`(?m)^\s*--- SKIP: .*$`)
)

func prove(t *testing.T, pool *servers.Pool, catalog *generator.Catalog, preset *generator.Preset) {
	answers, err := matrix.Nearest(catalog, preset.Axis, preset.Name)
	if err != nil {
		t.Fatal(err)
	}
	answers.Name, answers.Entity, answers.Fields = matrix.Service, "invoice", matrix.EveryField
	selection, err := catalog.Select(answers)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := catalog.Generate(answers)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), answers.Name)
	if err := (writer.Writer{}).Write(t.Context(), dir, tree.Files); err != nil {
		t.Fatal(err)
	}
	variables, err := pool.Environment(selection.Presets())
	if err != nil {
		t.Fatal(err)
	}
	against, err := pool.Of([]*generator.Preset{preset})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "./...")
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOFLAGS=-trimpath -buildvcs=false", "GOWORK=off"), variables...)
	said, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if left := skipped.FindAllString(string(said), -1); len(left) > 0 {
		t.Errorf("tests were left out:\n%s", strings.Join(left, "\n"))
	}
	how := fmt.Sprintf("%d tests of a service", len(passed.FindAll(said, -1)))
	if err := servers.Proven(preset.ID(), how, against); err != nil {
		t.Fatal(err)
	}
}
