package generator

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	anySums = " h1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa= h1:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb=\n"
	otelAt  = "import go.opentelemetry.io/otel otel go.opentelemetry.io/otel\nmodule go.opentelemetry.io/otel "
	libLock = "go 1.26.0\nimport example.org/lib lib example.org/lib\nmodule example.org/lib v1.0.0" + anySums
)

// tacticSource is a source of one tactic that imports example.org/lib, with locks.
func tacticSource(name, own, whole string) Source {
	fsys := fstest.MapFS{
		"pattern/" + name + "/preset.yaml":                      {Data: []byte("title: T\nsummary: S.\ngroup: tactic\n")},
		"pattern/" + name + "/lock.txt":                         {Data: []byte(own)},
		"pattern/" + name + "/files/@root/" + name + ".go.tmpl": {Data: []byte("package shop\n\nimport \"example.org/lib\"\n\nvar _ = lib.X\n")},
	}
	if whole != "" {
		fsys["lock.txt"] = &fstest.MapFile{Data: []byte(whole)}
	}
	return Source{Name: "./" + name, FS: fsys}
}

func goModWith(t *testing.T, sources []Source, tactics ...string) (string, error) {
	t.Helper()
	skeleton, presets := testCatalog(t, "")
	c, err := NewCatalog(skeleton, append([]Source{{Name: BuiltIn, FS: presets}}, sources...)...)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := c.Generate(Answers{Name: "shop", Presets: map[string][]string{"pattern": tactics}})
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(tree.Files, func(f File) bool { return f.Path == "go.mod" })
	return string(tree.Files[i].Content), nil
}

// A source that needs a higher version than the built-in presets gives it to services with one of its presets, and to
// no others.
func TestSourceLocksWhatIsBuiltInAnew(t *testing.T) {
	acme := []Source{tacticSource("acme", libLock, "go 1.26.0\n"+otelAt+"v1.48.0"+anySums)}
	for _, test := range []struct {
		tactics []string
		want    string
	}{
		{[]string{"acme"}, "go.opentelemetry.io/otel v1.48.0"},
		{nil, "go.opentelemetry.io/otel v1.47.0"},
	} {
		mod, err := goModWith(t, acme, test.tactics...)
		if err != nil || !strings.Contains(mod, test.want) {
			t.Errorf("with %v: %v, want %s in\n%s", test.tactics, err, test.want, mod)
		}
	}
}

// Versions that do not go together are refused, with both who need them.
func TestTwoVersionsNameBoth(t *testing.T) {
	raised := "go 1.26.0\n" + otelAt + "v1.48.0" + anySums
	for name, test := range map[string]struct {
		sources []Source
		tactics []string
		want    []string
	}{
		"raised in one source": {
			[]Source{tacticSource("acme", libLock, raised), tacticSource("other", libLock, "")}, []string{"acme", "other"},
			[]string{"pattern/acme and pattern/other need two versions of the module go.opentelemetry.io/otel", "v1.48.0", "v1.47.0", "into one folder"},
		},
		"two versions in two sources": {
			[]Source{tacticSource("acme", libLock, ""), tacticSource("other", strings.Replace(libLock, "v1.0.0", "v1.1.0", 1), "")}, []string{"acme", "other"},
			[]string{"pattern/acme and pattern/other need two versions of the module example.org/lib", "v1.0.0", "v1.1.0"},
		},
		"locked for an older otelgen": {
			[]Source{tacticSource("acme", libLock+otelAt+"v1.46.0"+anySums, "")}, []string{"acme"},
			[]string{"acme/pattern/acme/lock.txt: skeleton and pattern/acme need two versions of the module go.opentelemetry.io/otel", "v1.47.0", "v1.46.0", "otelgen preset lock"},
		},
		"what is built in imports more since": {
			[]Source{tacticSource("acme", libLock, "go 1.26.0\n")}, []string{"acme"},
			[]string{"lock the presets of ./acme again with this otelgen"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := goModWith(t, test.sources, test.tactics...)
			wantError(t, err, KindPreset, test.want...)
		})
	}
}
