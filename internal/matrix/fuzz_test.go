package matrix_test

import (
	"errors"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/otelgen/otelgen/generator"
)

// seed is what a user may say.
type seed struct{ name, module, framework, broker, database, pattern, backend, entity, plural, option, value string }

func (s seed) answers() generator.Answers {
	a := generator.Answers{Name: s.name, Module: s.module, Entity: s.entity, EntityPlural: s.plural, Presets: map[string][]string{}}
	for axis, names := range map[string]string{
		"framework": s.framework, "broker": s.broker, "database": s.database, "pattern": s.pattern, "backend": s.backend,
	} {
		if names != "" {
			a.Presets[axis] = strings.Split(names, ",")
		}
	}
	if s.option != "" || s.value != "" {
		a.Options = map[string]string{s.option: s.value}
	}
	return a
}

// combined are seeds that say several things at once.
var combined = []seed{
	{name: "shop"},
	{name: "front-desk", module: "github.com/acme/front-desk", framework: "nethttp", broker: "none", database: "postgres",
		pattern: "layered", backend: "otlp", entity: "line-item", option: "otlp.protocol", value: "grpc"},
	{name: "w", framework: "none", database: "memory", entity: "sheep", plural: "flock", option: "broker/nats.max-attempts", value: "9"},
	{name: "shop", framework: "none", broker: "none"},
	{name: "shop", broker: "kafak"},
	{name: "shop", framework: "../chi"},
	{name: "shop", pattern: "hexagonal,layered"},
	{name: "shop", database: "sqlite,sqlite"},
	{name: "shop", backend: ","},
	{name: "shop", option: "nats.max-attempts", value: "0"},
	{name: "shop", option: "nats.max-attempts", value: "five"},
	{name: "shop", option: "nats.max-attemps", value: "5"},
	{name: "shop", option: "none.capacity", value: "1"},
	{name: "shop", option: "otlp.protocol", value: "grpc\nx"},
	{name: "shop", option: "", value: "x"},
}

// oddNames are tried as the name of the service, as its entity and as the plural.
var oddNames = append([]string{
	"", " ", "my shop", "café", "商店", "shop\n", "shop\x00", strings.Repeat("a", 300), strings.Repeat("a", 63), strings.Repeat("a", 64),
}, strings.Fields(`../x / a/b func internal vendor -shop shop- Shop 9shop shop. dev con nul aux com1 nats postgres main test shop_test a--b go linux
		true null no 0x1`)...)

var oddModules = append([]string{"example.com/a b", "example.com/\x00", "example.com/é"},
	strings.Fields(`shop example.com/../x example.com//x https://example.com/x example.com/x@v1 -x.com/y example.com/shop/v1 example.com/shop/v2
		gopkg.in/shop gopkg.in/shop.v1 fmt net/http go.opentelemetry.io/otel github.com/nats-io example.com/internal example.com/SHOP x .com/x
		example.com/shop/ example.com/con example.com/vendor`)...)

var oddEntities = strings.Fields(`map type string error nil event store config context draft page status err ctx t i-d x-y-z a-1 line_item line--item
	Item ITEM test item-test item-linux windows orders order people news id s-k-u testdata healthz readyz select value reference group user
	table telemetry ports event-test doc`)

func seeds() []seed {
	all := slices.Clone(combined)
	for _, name := range oddNames {
		all = append(all, seed{name: name}, seed{name: "shop", entity: name}, seed{name: "shop", entity: "thing", plural: name})
	}
	for _, module := range oddModules {
		all = append(all, seed{name: "shop", module: module})
	}
	for _, entity := range oddEntities {
		all = append(all, seed{name: "shop", entity: entity}, seed{name: "shop", entity: "order", plural: entity},
			seed{name: "shop", pattern: "layered", entity: entity})
	}
	return all
}

// Any answers are either refused with a reason or give a project: files inside of it that are what their names say.
func FuzzAnswers(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s.name, s.module, s.framework, s.broker, s.database, s.pattern, s.backend, s.entity, s.plural, s.option, s.value)
	}
	c := builtin(f)
	var checked fileCheck
	f.Fuzz(func(t *testing.T, name, module, framework, broker, database, pattern, backend, entity, plural, option, value string) {
		s, err := c.Select(seed{name, module, framework, broker, database, pattern, backend, entity, plural, option, value}.answers())
		if err != nil {
			refused(t, err)
			return
		}
		plan, err := s.Plan()
		if err != nil {
			refused(t, err)
			return
		}
		tree, err := plan.Render()
		if err != nil {
			refused(t, err)
			return
		}
		wellFormed(t, tree, s.Answers().Module, &checked)
		complete(t, c, s.Answers())
	})
}

// complete fails the test unless answers with their defaults are accepted and have nothing left to fill in.
func complete(t *testing.T, c *generator.Catalog, a generator.Answers) {
	t.Helper()
	again, err := c.Select(a)
	if err != nil {
		t.Fatalf("the answers with their defaults are refused: %v", err)
	}
	if b := again.Answers(); a.Module != b.Module || a.EntityPlural != b.EntityPlural || !maps.Equal(a.Options, b.Options) {
		t.Fatalf("the answers with their defaults give other answers: %v, %v", a, b)
	}
}

// refused fails the test unless err blames the answers, in one short line.
func refused(t *testing.T, err error) {
	t.Helper()
	var e *generator.Error
	if !errors.As(err, &e) || e.Kind != generator.KindAnswers {
		t.Fatalf("the answers are not to blame for: %v", err)
	}
	for _, text := range []string{e.What, e.Why, e.Fix} {
		if len(text) > 1000 || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("the error is unfit for a terminal: %q", text)
		}
	}
	if e.Code == "" || e.What == "" || e.Why == "" || e.Fix == "" {
		t.Fatalf("the error does not say what, why and fix: %#v", e)
	}
}

// wellFormed fails the test unless a tree is a project.
func wellFormed(t *testing.T, tree *generator.Tree, modulePath string, checked *fileCheck) {
	t.Helper()
	paths := map[string]string{} // in lower case → as they are
	for _, f := range tree.Files {
		if other, ok := paths[strings.ToLower(f.Path)]; ok {
			t.Fatalf("%s and %s are one file on some systems", f.Path, other)
		}
		paths[strings.ToLower(f.Path)] = f.Path
		fileIsSafe(t, f)
		for _, fault := range checked.faults(f) {
			t.Fatalf("%s: %s\n%s", f.Path, fault, f.Content)
		}
		if got := modfile.ModulePath(f.Content); f.Path == "go.mod" && got != modulePath {
			t.Fatalf("go.mod says %q, want %q", got, modulePath)
		}
	}
	onePackageEach(t, tree, modulePath)
	for _, want := range []string{"go.mod", "go.sum", "README.md", "cmd/dev/main.go"} {
		if paths[strings.ToLower(want)] != want {
			t.Fatalf("there is no %s", want)
		}
	}
}

// fileIsSafe fails the test unless a file stays inside of the project, with a mode that others cannot misuse.
func fileIsSafe(t *testing.T, f generator.File) {
	t.Helper()
	if err := module.CheckFilePath(f.Path); err != nil || path.Clean(f.Path) != f.Path || path.IsAbs(f.Path) || strings.HasPrefix(f.Path, "..") {
		t.Fatalf("the path %q leaves the project or is no path: %v", f.Path, err)
	}
	if f.Mode&^0o755 != 0 || f.Mode&0o600 != 0o600 {
		t.Fatalf("%s has the mode %v", f.Path, f.Mode)
	}
}

// onePackageEach fails the test unless the files of each folder are of one package.
func onePackageEach(t *testing.T, tree *generator.Tree, modulePath string) {
	t.Helper()
	packages := map[string]string{} // folder → package
	for unit, files := range newChecker(token.NewFileSet(), nil).source(t, tree, modulePath).files {
		dir, tests, _ := strings.Cut(unit, " ")
		for _, file := range files {
			name := file.Name.Name
			if tests == "external tests" {
				name = strings.TrimSuffix(name, "_test")
			}
			if other := packages[dir]; other != "" && other != name {
				t.Fatalf("%s holds the packages %s and %s", dir, name, other)
			}
			packages[dir] = name
		}
	}
}
