package gotool

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator/golang/gomod"
)

// sample is a universe like that of the built-in presets, but independent of them.
func sample() []Unit {
	const otel = "go.opentelemetry.io/otel"
	const contrib = "go.opentelemetry.io/contrib"
	return []Unit{
		{
			Name: "templates",
			Modules: map[string]string{
				otel:                                 "v1.47.0",
				otel + "/metric":                     "v1.47.0",
				otel + "/trace":                      "v1.47.0",
				otel + "/log":                        "v1.47.0",
				otel + "/sdk":                        "v1.47.0",
				otel + "/sdk/metric":                 "v1.47.0",
				otel + "/sdk/log":                    "v1.47.0",
				contrib + "/instrumentation/runtime": "v0.72.0",
				contrib + "/bridges/otelslog":        "v0.21.0",
				"github.com/caarlos0/env/v11":        "v11.4.2",
				"github.com/google/uuid":             "v1.6.0",
				"golang.org/x/sync":                  "v0.24.0",
				"github.com/google/go-cmp":           "v0.7.0",
			},
			Imports: []string{
				otel,
				otel + "/attribute",
				otel + "/codes",
				otel + "/metric",
				otel + "/metric/noop",
				otel + "/trace",
				otel + "/trace/noop",
				otel + "/propagation",
				otel + "/log",
				otel + "/sdk/log",
				otel + "/sdk/metric",
				otel + "/sdk/metric/metricdata",
				otel + "/sdk/resource",
				otel + "/sdk/trace",
				otel + "/sdk/trace/tracetest",
				otel + "/semconv/v1.43.0",
				contrib + "/instrumentation/runtime",
				contrib + "/bridges/otelslog",
				"github.com/caarlos0/env/v11",
				"github.com/google/uuid",
				"golang.org/x/sync/errgroup",
				"github.com/google/go-cmp/cmp",
			},
		},
		{
			Name: "presets/backend/otlp",
			Modules: map[string]string{
				otel + "/exporters/otlp/otlptrace/otlptracehttp":   "v1.47.0",
				otel + "/exporters/otlp/otlptrace/otlptracegrpc":   "v1.47.0",
				otel + "/exporters/otlp/otlpmetric/otlpmetrichttp": "v1.47.0",
				otel + "/exporters/otlp/otlpmetric/otlpmetricgrpc": "v1.47.0",
				otel + "/exporters/otlp/otlplog/otlploghttp":       "v0.23.0",
				otel + "/exporters/otlp/otlplog/otlploggrpc":       "v0.23.0",
			},
			Imports: []string{
				otel + "/exporters/otlp/otlptrace/otlptracehttp", otel + "/exporters/otlp/otlptrace/otlptracegrpc",
				otel + "/exporters/otlp/otlpmetric/otlpmetrichttp", otel + "/exporters/otlp/otlpmetric/otlpmetricgrpc",
				otel + "/exporters/otlp/otlplog/otlploghttp", otel + "/exporters/otlp/otlplog/otlploggrpc",
			},
		},
		{
			Name: "presets/framework/chi",
			Modules: map[string]string{
				"github.com/go-chi/chi/v5":                     "v5.5.0",
				contrib + "/instrumentation/net/http/otelhttp": "v0.72.0",
			},
			Imports: []string{
				"github.com/go-chi/chi/v5",
				"github.com/go-chi/chi/v5/middleware",
				contrib + "/instrumentation/net/http/otelhttp",
			},
		},
		{
			Name:    "presets/broker/nats",
			Modules: map[string]string{"github.com/nats-io/nats.go": "v1.55.0", "github.com/nats-io/nats-server/v2": "v2.15.2"},
			Imports: []string{
				"github.com/nats-io/nats.go",
				"github.com/nats-io/nats.go/jetstream",
				"github.com/nats-io/nats-server/v2/server",
				otel + "/semconv/v1.43.0/messagingconv",
			},
		},
		{
			Name: "presets/database/sqlite",
			Modules: map[string]string{
				"modernc.org/sqlite":          "v1.61.1",
				"github.com/XSAM/otelsql":     "v0.44.0",
				"github.com/pressly/goose/v3": "v3.29.0",
			},
			Imports: []string{
				"modernc.org/sqlite",
				"github.com/XSAM/otelsql",
				"github.com/pressly/goose/v3",
				otel + "/semconv/v1.43.0/dbconv",
			},
		},
		{
			Name: "presets/database/postgres",
			Modules: map[string]string{
				"github.com/jackc/pgx/v5":     "v5.12.0",
				"github.com/exaring/otelpgx":  "v0.13.0",
				"github.com/pressly/goose/v3": "v3.29.0",
			},
			Imports: []string{
				"github.com/jackc/pgx/v5",
				"github.com/jackc/pgx/v5/pgxpool",
				"github.com/jackc/pgx/v5/stdlib",
				"github.com/exaring/otelpgx",
				"github.com/pressly/goose/v3",
			},
		},
	}
}

// TestTidyAgrees holds gomod.Resolve to the real go command over projects of the sample.
func TestTidyAgrees(t *testing.T) {
	needsModules(t)
	units := sample()
	made, err := Lock(t.Context(), units)
	if err != nil {
		t.Fatal(err)
	}
	var locks []*gomod.Lock
	for _, name := range slices.Sorted(maps.Keys(made)) {
		read, err := gomod.Parse(made[name].Bytes())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if string(read.Bytes()) != string(made[name].Bytes()) {
			t.Errorf("%s: the lock changes when it is written and read", name)
		}
		locks = append(locks, read)
	}
	for _, u := range units {
		if err := Verify(t.Context(), u.Imports, made[u.Name]); err != nil {
			t.Errorf("%s: %v", u.Name, err)
		}
	}
	tidyAgrees(t, locks)
}

// TestTidyAgreesWithTheBuiltInLocks does the same with the lock files of this repository.
func TestTidyAgreesWithTheBuiltInLocks(t *testing.T) {
	needsModules(t)
	const root = "../../"
	files, err := filepath.Glob(root + "presets/*/*/" + gomod.LockFile)
	if err != nil {
		t.Fatal(err)
	}
	var locks []*gomod.Lock
	for _, file := range append(files, root+"templates/"+gomod.LockFile) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lock, err := gomod.Parse(data)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		locks = append(locks, lock)
	}
	tidyAgrees(t, locks)
}

// tidyAgrees asks the go command about random projects of the imports that the locks know: few, unless OTELGEN_SUBSETS
// says how many.
func tidyAgrees(t *testing.T, locks []*gomod.Lock) {
	t.Helper()
	n := 12
	if s := os.Getenv("OTELGEN_SUBSETS"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	known := map[string]bool{}
	for _, l := range locks {
		for path := range l.Imports {
			known[path] = true
		}
	}
	imports := slices.Sorted(maps.Keys(known))
	subsets := [][]string{nil, imports}
	random := rand.New(rand.NewPCG(1, 2))
	for range n {
		shuffled := slices.Clone(imports)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		subsets = append(subsets, shuffled[:1+random.IntN(1+random.IntN(len(shuffled)))]) // more small ones than large ones
	}
	for _, subset := range subsets {
		t.Run(fmt.Sprintf("%d imports", len(subset)), func(t *testing.T) {
			if err := Verify(t.Context(), subset, locks...); err != nil {
				t.Errorf("%v\nimports:\n\t%s", err, strings.Join(subset, "\n\t"))
			}
		})
	}
}

func TestLockRefusesPinsThatDoNotFit(t *testing.T) {
	needsModules(t)
	for name, test := range map[string]struct {
		unit Unit
		want []string
	}{
		"an import of a module that is not pinned": {
			unit: Unit{Name: "presets/extra/id", Imports: []string{"github.com/google/uuid"}},
			want: []string{"presets/extra/id imports github.com/google/uuid", "add `github.com/google/uuid: v"},
		},
		"an import of a module that only others require": {
			unit: Unit{Name: "templates", Modules: map[string]string{"go.opentelemetry.io/otel/trace": "v1.47.0"}, Imports: []string{"go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/trace"}},
			want: []string{"templates imports go.opentelemetry.io/otel/attribute", "add `go.opentelemetry.io/otel: v1.47.0`"},
		},
		"a pin older than what others require": {
			unit: Unit{Name: "templates", Modules: map[string]string{"go.opentelemetry.io/otel/trace": "v1.47.0", "go.opentelemetry.io/otel": "v1.46.0"}, Imports: []string{"go.opentelemetry.io/otel/attribute", "go.opentelemetry.io/otel/trace"}},
			want: []string{"templates pins go.opentelemetry.io/otel at v1.46.0", "pin v1.47.0"},
		},
		"a pin that nothing needs": {
			unit: Unit{Name: "templates", Modules: map[string]string{"github.com/google/uuid": "v1.6.0", "golang.org/x/sync": "v0.24.0"}, Imports: []string{"golang.org/x/sync/errgroup"}},
			want: []string{"templates pins github.com/google/uuid, which no package needs"},
		},
	} {
		_, err := Lock(t.Context(), []Unit{test.unit})
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error is %v, want in it %q", name, err, want)
			}
		}
	}
}

func TestWriteLocks(t *testing.T) {
	needsModules(t)
	root := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	lock := func(check bool, want ...string) {
		t.Helper()
		changed, err := WriteLocks(t.Context(), root, check)
		if err != nil {
			t.Fatal(err)
		}
		var files []string
		for _, c := range changed {
			files = append(files, c.File)
			if c.Why == "" {
				t.Errorf("%s changed for no reason", c.File)
			}
		}
		if !slices.Equal(files, want) {
			t.Errorf("changed %q, want %q", files, want)
		}
	}
	const preset = "presets/extra/id/"
	write("templates/skeleton.yaml", "title: Skeleton\n")
	write(preset+"preset.yaml", "modules: {github.com/google/uuid: v1.6.0}\n")
	write(preset+"files/@id/id.go.tmpl", "package id\n\nimport \"github.com/google/uuid\"\n")

	lock(true, preset+"lock.txt")
	lock(true, preset+"lock.txt") // a check writes nothing
	lock(false, preset+"lock.txt")
	lock(true)
	data, err := os.ReadFile(filepath.Join(root, preset, "lock.txt"))
	if err != nil {
		t.Fatal(err)
	}
	made, err := gomod.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if got := made.PackageName("github.com/google/uuid"); got != "uuid" {
		t.Errorf("the package is called %q", got)
	}

	write(preset+"preset.yaml", "title: ID\n")
	write(preset+"files/@id/id.go.tmpl", "package id\n")
	lock(false, preset+"lock.txt")
	if _, err := os.Stat(filepath.Join(root, preset, "lock.txt")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the lock of a preset without imports is still there: %v", err)
	}
}

func TestChangeOfALockSaysWhy(t *testing.T) {
	lock := func(edit func(l *gomod.Lock)) *gomod.Lock {
		l := &gomod.Lock{
			Go:      "1.26.0",
			Imports: map[string]gomod.Import{"a.org/x": {Name: "x", Module: "a.org"}},
			Modules: map[string]gomod.Module{
				"a.org": {
					Version: "v1.0.0",
					Zip:     "h1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=",
					Mod:     "h1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=",
				},
				"b.org": {
					Version: "v1.0.0",
					Zip:     "h1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=",
					Mod:     "h1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=",
				},
			},
		}
		edit(l)
		return l
	}
	module := func(l *gomod.Lock, path string, edit func(m *gomod.Module)) {
		m := l.Modules[path]
		edit(&m)
		l.Modules[path] = m
	}
	have := lock(func(*gomod.Lock) {}).Bytes()
	for name, c := range map[string]struct {
		have []byte
		now  *gomod.Lock
		want string
	}{
		"new":           {nil, lock(func(*gomod.Lock) {}), "it is new"},
		"gone":          {have, nil, "nothing is imported any more"},
		"version":       {have, lock(func(l *gomod.Lock) { module(l, "a.org", func(m *gomod.Module) { m.Version = "v1.1.0" }) }), "a.org v1.0.0 → v1.1.0"},
		"module":        {have, lock(func(l *gomod.Lock) { delete(l.Modules, "b.org") }), "- module b.org"},
		"import":        {have, lock(func(l *gomod.Lock) { l.Imports["a.org/y"] = gomod.Import{Name: "y", Module: "a.org"} }), "+ import a.org/y"},
		"go":            {have, lock(func(l *gomod.Lock) { l.Go = "1.27.0" }), "go 1.26.0 → 1.27.0"},
		"other modules": {have, lock(func(l *gomod.Lock) { module(l, "a.org", func(m *gomod.Module) { m.Selects = []string{"b.org"} }) }), "another module of the catalog changes what a.org selects"},
	} {
		if got := why(c.have, c.now); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func needsModules(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs the go command, which may need the network")
	}
}
