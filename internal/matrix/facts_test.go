package matrix_test

import (
	"io/fs"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/semconv"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

// Presets declare names, units and instruments of the semantic conventions, in the version that the services use.
// Deprecated attributes are no longer in it. Names that presets invent are in no namespace of the conventions.
func TestFactsFollowTheConventions(t *testing.T) {
	conventions := semconv.Load()
	if got := importedConventions(t); got != conventions.Version {
		t.Errorf("the templates import %s, and the registry is that of %s", got, conventions.Version)
	}
	for where, m := range manifests(t) {
		keys := map[string]bool{}
		for _, f := range append(m.Spans, m.Metrics...) {
			for _, key := range append(f.Attributes, f.Optional...) {
				keys[key] = true
			}
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if _, ok := conventions.Attributes[key]; !ok && conventions.Owns(key) {
				t.Errorf("%s: the conventions know no attribute %s", where, key)
			}
		}
		for _, f := range m.Metrics {
			known, ok := conventions.Metrics[f.Name]
			switch {
			case !ok && conventions.Owns(f.Name):
				t.Errorf("%s: the conventions know no metric %s", where, f.Name)
			case ok && f.Unit != known.Unit:
				t.Errorf("%s: the unit of %s is %s, want %s", where, f.Name, f.Unit, known.Unit)
			case ok && f.Instrument != known.Instrument:
				t.Errorf("%s: the instrument of %s is %s, want %s", where, f.Name, f.Instrument, known.Instrument)
			}
		}
	}
}

// Alerts do not depend on which preset of an axis is chosen: where two of them report a metric, its objectives and
// alerts are the same.
func TestAlertsAreThoseOfTheAxis(t *testing.T) {
	c := builtin(t)
	for _, axis := range c.Axes() {
		presets, err := c.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		first := map[string]*generator.Preset{}
		said := map[string]generator.Metric{}
		for _, p := range presets {
			for _, m := range p.Metrics {
				other, ok := said[m.Name]
				if !ok {
					first[m.Name], said[m.Name] = p, m
					continue
				}
				if !reflect.DeepEqual(m.Objectives, other.Objectives) || !reflect.DeepEqual(m.Alerts, other.Alerts) {
					t.Errorf("%s and %s have other objectives or alerts for %s", first[m.Name].ID(), p.ID(), m.Name)
				}
			}
		}
	}
}

// The files that run a server follow from its facts, and no template of a preset describes one again.
func TestFilesFollowFromServers(t *testing.T) {
	c := builtin(t)
	images := map[string]string{}
	for _, axis := range c.Axes() {
		presets, err := c.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range presets {
			for _, s := range p.Servers {
				images[s.Image] = p.ID()
			}
			if len(p.Servers) > 0 {
				t.Run(p.ID(), func(t *testing.T) { filesFollow(t, c, p) })
			}
		}
	}
	err := fs.WalkDir(presets.FS, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(name, ".tmpl") {
			return err
		}
		data, err := fs.ReadFile(presets.FS, name)
		for image, owner := range images {
			if strings.Contains(string(data), image) {
				t.Errorf("%s names the image of a server of %s", name, owner)
			}
		}
		return err
	})
	if err != nil || len(images) == 0 {
		t.Fatalf("there are %d images: %v", len(images), err)
	}
}

// container is a server as compose.yaml and the CI workflow run it.
type container struct {
	Image       string
	Environment map[string]string
	DependsOn   map[string]any `yaml:"depends_on"`
	Healthcheck struct{ Test []string }
}

// serverFiles are the files that follow from the servers of a service.
type serverFiles struct {
	compose struct{ Services map[string]container }
	ci      struct {
		Jobs struct {
			Test struct{ Services map[string]container }
		}
	}
	makefile, dev string
}

func filesFollow(t *testing.T, c *generator.Catalog, p *generator.Preset) {
	s, err := c.Select(generator.Answers{Name: "shop", Presets: map[string][]string{p.Axis: {p.Name}}})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := plan.Render()
	if err != nil {
		t.Fatal(err)
	}
	files := readServerFiles(t, tree)
	for _, server := range plan.Contract().Servers {
		files.runs(t, server)
		files.tests(t, server)
	}
}

func readServerFiles(t *testing.T, tree *generator.Tree) (s serverFiles) {
	t.Helper()
	files := map[string]string{}
	for _, f := range tree.Files {
		files[f.Path] = string(f.Content)
	}
	for name, into := range map[string]any{"compose.yaml": &s.compose, ".github/workflows/ci.yml": &s.ci} {
		if err := yaml.Unmarshal([]byte(files[name]), into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	s.makefile, s.dev = files["Makefile"], files["cmd/dev/main.go"]
	return s
}

// runs compares compose.yaml with the server.
func (s *serverFiles) runs(t *testing.T, server generator.Server) {
	t.Helper()
	run := s.compose.Services[server.Name]
	if run.Image != server.Image || (server.Health != nil) != (len(run.Healthcheck.Test) > 0) {
		t.Errorf("compose.yaml runs %s as %+v", server.Name, run)
	}
	service := s.compose.Services["service"]
	if _, waits := service.DependsOn[server.Name]; waits == server.Optional {
		t.Errorf("the service waits for %s: %v", server.Name, waits)
	}
	for _, provided := range server.Provides {
		if got := service.Environment[provided.Name]; got != provided.Inside {
			t.Errorf("in compose.yaml, %s is %q, want %q", provided.Name, got, provided.Inside)
		}
	}
}

// tests checks that a server that tests use is in CI, the Makefile and the hint of the development entry point, and no other.
func (s *serverFiles) tests(t *testing.T, server generator.Server) {
	t.Helper()
	_, tested := s.ci.Jobs.Test.Services[server.Name]
	target := strings.Contains(s.makefile, "\n"+server.Name+": ##") && strings.Contains(s.makefile, "\ntest-"+server.Name+": ")
	hint := strings.Contains(s.dev, "start it with: make "+server.Name+`\n`)
	if tested != server.Tested() || target != server.Tested() || hint != server.Tested() {
		t.Errorf("%s is in CI: %v, in the Makefile: %v, in cmd/dev: %v; want %v", server.Name, tested, target, hint, server.Tested())
	}
}

type manifest struct{ Spans, Metrics []fact }

type fact struct {
	Name, Unit, Instrument string
	Attributes, Optional   []string
}

// manifests returns the facts of the skeleton and of each preset, with those that they share, by the name of the preset.
func manifests(t *testing.T) map[string]manifest {
	data, err := fs.ReadFile(templates.FS, "skeleton.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var skeleton manifest
	if err := yaml.Unmarshal(data, &skeleton); err != nil {
		t.Fatal(err)
	}
	all := map[string]manifest{"skeleton.yaml": skeleton}
	c := builtin(t)
	for _, axis := range c.Axes() {
		presets, err := c.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range presets {
			var m manifest
			for _, s := range p.Spans {
				m.Spans = append(m.Spans, fact{Attributes: s.Attributes, Optional: s.Optional})
			}
			for _, f := range p.Metrics {
				m.Metrics = append(m.Metrics, fact{f.Name, f.Unit, f.Instrument, f.Attributes, f.Optional})
			}
			all[p.ID()] = m
		}
	}
	return all
}

// importedConventions returns the version of the package semconv that the templates import, all of them the same one.
func importedConventions(t *testing.T) string {
	imported := map[string]bool{}
	path := regexp.MustCompile(`"go\.opentelemetry\.io/otel/semconv/(v[0-9.]+)`)
	for _, fsys := range []fs.FS{templates.FS, presets.FS} {
		err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(name, ".tmpl") {
				return err
			}
			data, err := fs.ReadFile(fsys, name)
			for _, m := range path.FindAllSubmatch(data, -1) {
				imported[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(imported) != 1 {
		t.Fatalf("the templates import %v, want one version of the conventions", slices.Sorted(maps.Keys(imported)))
	}
	return slices.Collect(maps.Keys(imported))[0]
}

// Every variable of OpenTelemetry that a README lists is checked at start.
func TestOpenTelemetryVariablesAreChecked(t *testing.T) {
	c := builtin(t)
	row := regexp.MustCompile("`(OTEL_[A-Z_]+)`")
	for _, backend := range presetsOf(t, c, "backend") {
		code, readme := telemetryCode(serviceOf(t, c, backend))
		for _, name := range row.FindAllStringSubmatch(readme, -1) {
			if name[1] != "OTEL_SERVICE_NAME" && !mentioned(code, name[1]) { // which may be anything
				t.Errorf("backend %s: nothing checks %s", backend.Name, name[1])
			}
		}
	}
}

// telemetryCode returns the code of a service's telemetry, and all of its documents.
func telemetryCode(tree *generator.Tree) (code, documents string) {
	var c, d strings.Builder
	for _, f := range tree.Files {
		if strings.HasPrefix(f.Path, "internal/telemetry/") && !strings.HasSuffix(f.Path, "_test.go") {
			c.Write(f.Content)
		}
		if strings.HasSuffix(f.Path, ".md") {
			d.Write(f.Content)
		}
	}
	return c.String(), d.String()
}

var prefix = regexp.MustCompile(`"(OTEL_(?:[A-Z_]+_)?)"`)

// mentioned reports whether code holds the name of a variable, or builds it: from a prefix such as OTEL_BSP_ or, of limits, from OTEL_ and
// _LIMIT.
func mentioned(code, name string) bool {
	if strings.Contains(code, `"`+name+`"`) {
		return true
	}
	for _, found := range prefix.FindAllStringSubmatch(code, -1) {
		rest, ok := strings.CutPrefix(name, found[1])
		if ok && strings.Contains(code, `"`+strings.TrimSuffix(rest, "_LIMIT")+`"`) {
			return true
		}
	}
	return false
}
