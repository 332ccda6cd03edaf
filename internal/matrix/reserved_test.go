package matrix_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/matrix"
)

var update = flag.Bool("update", false, "rewrite the list of reserved entities in templates/skeleton.yaml")

const skeletonFile = "../../templates/skeleton.yaml"

// The skeleton reserves exactly the entities that would clash with the identifiers of some service.
func TestReservedEntities(t *testing.T) {
	t.Parallel()
	found := findClashes(t)
	data, err := os.ReadFile(skeletonFile)
	if err != nil {
		t.Fatal(err)
	}
	var skeleton struct{ Reserved []string }
	if err := yaml.Unmarshal(data, &skeleton); err != nil {
		t.Fatal(err)
	}
	want := slices.Sorted(maps.Keys(found))
	if slices.Equal(skeleton.Reserved, want) {
		return
	}
	if *update {
		reserve(t, data, want)
		return
	}
	for _, entity := range want {
		if !slices.Contains(skeleton.Reserved, entity) {
			t.Errorf("%s is not reserved: %s", entity, found[entity])
		}
	}
	for _, entity := range skeleton.Reserved {
		if found[entity] == "" {
			t.Errorf("%s need not be reserved any longer", entity)
		}
	}
	t.Error("rename what clashes, or run: go test ./internal/matrix -run TestReservedEntities -update")
}

// reserve writes the list of reserved entities into the skeleton.
func reserve(t *testing.T, skeleton []byte, entities []string) {
	t.Helper()
	block := regexp.MustCompile(`(?m)^reserved:.*\n((  .*)?\n)*`)
	if !block.Match(skeleton) {
		t.Fatalf("%s has no list of reserved entities", skeletonFile)
	}
	skeleton = block.ReplaceAll(skeleton, []byte("reserved: ["+wrap(entities)+"]\n"))
	if err := os.WriteFile(skeletonFile, skeleton, 0o644); err != nil {
		t.Fatal(err)
	}
}

// wrap joins words to lines of some hundred characters.
func wrap(words []string) string {
	var b strings.Builder
	length := len("reserved: [")
	for i, w := range words {
		if i > 0 {
			b.WriteString(",")
			if length += len(w) + 2; length > 110 {
				b.WriteString("\n ")
				length = len(w) + 3
			}
			b.WriteString(" ")
		}
		b.WriteString(plain(w))
	}
	return b.String()
}

// plain writes a word as YAML reads it back: some mean something else.
func plain(word string) string {
	text, err := yaml.Marshal(word)
	if err != nil {
		return strconv.Quote(word)
	}
	return strings.TrimSpace(string(text))
}

// findClashes returns the entities that clash, and where.
func findClashes(t *testing.T) map[string]string {
	t.Helper()
	c := builtin(t)
	found := clashes{checker: newChecker(token.NewFileSet(), nil), found: map[string]string{}}
	for _, a := range cover(t, c).All() {
		a.Entity, a.EntityPlural = marker, markerPlural
		found.service(t, render(t, c, a), "example.com/"+a.Name)
	}
	return found.found
}

// natural are entities that people are likely to want.
var natural = strings.Fields("account booking customer device document employee file image invoice item job line-item message note notification payment " +
	"person post product project query request review sensor session shipment task team ticket token transaction user visit")

// Every service of the covering set compiles.
//
// The few in which every preset takes part also compile about each natural entity: about each in one of them, or with the whole matrix in
// all. Some of their identifiers are tried, too, as an entity and as its plural, unless these are reserved.
func TestServicesCompile(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	t.Parallel()
	c := builtin(t)
	set := cover(t, c)
	rows := presetsOnly(few(set.Pairs))
	compiler := newCompiler(t, c)
	for _, a := range set.All() {
		compiler.compile(a)
	}
	for i, entity := range natural {
		for j, a := range rows {
			if a.Entity = entity; wholeMatrix() || j == i%len(rows) {
				compiler.compile(a)
			}
		}
	}
	if compiler.refused > 0 {
		t.Errorf("%d entities that people are likely to want are refused", compiler.refused)
	}
	part, why := partOf(t)
	for i, entity := range identifiers(t, c, rows) {
		if i%identifierParts != part%identifierParts {
			continue
		}
		a := rows[i%len(rows)]
		a.Entity = entity
		compiler.compile(a)
		a.Entity, a.EntityPlural = marker, entity
		compiler.compile(a)
	}
	t.Logf("%d services, %d entities refused, %d collided; identifiers: %s", compiler.services, compiler.refused, compiler.collided, why)
}

// identifierParts is how many runs it takes to try all identifiers. That none clashes is what TestReservedEntities finds; trying some shows that
// it is right.
const identifierParts = 40

func wholeMatrix() bool { return os.Getenv("MATRIX_ALL") != "" }

// compiler compiles services in memory, against what the go command has compiled of other modules.
type compiler struct {
	*checker
	t       *testing.T
	catalog *generator.Catalog
	exports map[string]string // import path of another module → file with what it exports

	services, refused, collided int
}

func newCompiler(t *testing.T, c *generator.Catalog) *compiler {
	t.Helper()
	fset, exports := token.NewFileSet(), map[string]string{}
	others := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(exports[path])
	})
	return &compiler{checker: newChecker(fset, others), t: t, catalog: c, exports: exports}
}

// compile fails the test if a service does not compile. Answers that are refused are counted; so are files that would have the same name.
func (c *compiler) compile(a generator.Answers) {
	c.t.Helper()
	selection, err := c.catalog.Select(a)
	if err != nil {
		c.refused++
		return
	}
	plan, err := selection.Plan()
	if err != nil {
		c.collided++
		return
	}
	tree, err := plan.Render()
	if err != nil {
		c.t.Errorf("%s, plural %q: %v", matrix.Label(c.catalog, a), a.EntityPlural, err)
		return
	}
	c.services++
	code := c.source(c.t, tree, selection.Answers().Module)
	if imported := otherModules(code); slices.ContainsFunc(imported, func(path string) bool { return c.exports[path] == "" }) {
		maps.Copy(c.exports, exportData(c.t, writeTree(c.t, a.Name, tree), imported))
	}
	for _, err := range code.compileErrors() {
		c.t.Errorf("%s, plural %q: %v", matrix.Label(c.catalog, a), a.EntityPlural, err)
	}
}

// few returns a few of the selections that hold every preset.
func few(all []generator.Answers) (rows []generator.Answers) {
	have := map[string]bool{}
	missing := func(a generator.Answers) (ids []string) {
		for axis, names := range a.Presets {
			for _, name := range names {
				if id := axis + "/" + name; !have[id] {
					ids = append(ids, id)
				}
			}
		}
		return ids
	}
	for {
		best := slices.MaxFunc(all, func(a, b generator.Answers) int { return len(missing(a)) - len(missing(b)) })
		ids := missing(best)
		if len(ids) == 0 {
			return rows
		}
		for _, id := range ids {
			have[id] = true
		}
		rows = append(rows, best)
	}
}

// presetsOnly returns the selections without their options.
func presetsOnly(all []generator.Answers) []generator.Answers {
	plain := slices.Clone(all)
	for i := range plain {
		plain[i].Options = nil
	}
	return plain
}

// identifiers returns all identifiers of the services, as entities.
func identifiers(t *testing.T, c *generator.Catalog, rows []generator.Answers) []string {
	t.Helper()
	all := map[string]bool{}
	capital := regexp.MustCompile(`[A-Z]`)
	check := newChecker(token.NewFileSet(), nil)
	for _, a := range rows {
		for _, files := range check.source(t, render(t, c, a), "example.com/"+matrix.Service).files {
			selected := selectors(files) // they stand in no scope
			for _, file := range files {
				ast.Inspect(file, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok && !selected[id] && id.Name != "_" {
						name := strings.ToLower(id.Name[:1]) + id.Name[1:]
						all[strings.ToLower(capital.ReplaceAllString(name, "-$0"))] = true
					}
					return true
				})
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// exportData returns where the go command keeps what the packages export that a service imports.
func exportData(t *testing.T, dir string, imported []string) map[string]string {
	t.Helper()
	args := append([]string{"list", "-export", "-deps", "-f", "{{if .Export}}{{.ImportPath}} {{.Export}}{{end}}"}, imported...)
	list := exec.CommandContext(t.Context(), "go", args...)
	list.Dir, list.Env = dir, goEnvironment()
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list -export: %v", err)
	}
	files := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if path, file, ok := strings.Cut(line, " "); ok {
			files[path] = file
		}
	}
	return files
}

// otherModules returns the packages of other modules that a service imports.
func otherModules(s *source) []string {
	imported := map[string]bool{}
	for _, files := range s.files {
		for _, file := range files {
			for _, i := range file.Imports {
				if name, _ := strconv.Unquote(i.Path.Value); !strings.HasPrefix(name, s.module+"/") && name != "unsafe" {
					imported[name] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(imported))
}
