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
		block := regexp.MustCompile(`(?m)^reserved:.*\n((  .*)?\n)*`)
		if !block.Match(data) {
			t.Fatalf("%s has no list of reserved entities", skeletonFile)
		}
		data = block.ReplaceAll(data, []byte("reserved: ["+wrap(want)+"]\n"))
		if err := os.WriteFile(skeletonFile, data, 0o644); err != nil {
			t.Fatal(err)
		}
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

// withDefaultBackend leaves out the selections with other backends. These differ in what knows no entity.
func withDefaultBackend(all []generator.Answers) []generator.Answers {
	return slices.DeleteFunc(slices.Clone(all), func(a generator.Answers) bool {
		return len(a.Presets["backend"]) > 0 && !slices.Contains(a.Presets["backend"], "console")
	})
}

// findClashes returns the entities that clash, and where.
func findClashes(t *testing.T) map[string]string {
	t.Helper()
	c := builtin(t)
	all, err := matrix.All(c)
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := matrix.Pairs(c)
	if err != nil {
		t.Fatal(err)
	}
	found := clashes{found: map[string]string{}, seen: map[string]bool{}}
	for _, a := range append(withDefaultBackend(all), rows...) {
		a.Entity, a.EntityPlural = marker, markerPlural
		found.service(t, render(t, c, a), "example.com/"+a.Name)
	}
	return found.found
}

// natural are entities that people are likely to want.
var natural = strings.Fields("account booking customer device document employee file image invoice item job line-item message note notification payment " +
	"person post product project query request review sensor session shipment task team ticket token transaction user visit")

// Services compile with every entity that people are likely to want; with all of the matrix, with every one that is not reserved, of
// all the words that are identifiers in the services.
func TestEntitiesCompile(t *testing.T) {
	c := builtin(t)
	rows := presetsOnly(c, few(t, c))
	entities := map[string]bool{}
	for _, name := range natural {
		entities[name] = true
	}
	if os.Getenv("MATRIX_ALL") != "" {
		for _, a := range rows {
			for entity := range identifiers(t, render(t, c, a)) {
				entities[entity] = true
			}
		}
	}
	exports := map[string]string{}
	for _, a := range rows {
		maps.Copy(exports, exportData(t, c, a))
	}
	fset := token.NewFileSet()
	others := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(exports[path])
	})
	t.Logf("%d entities", len(entities))
	refused := 0
	for _, entity := range slices.Sorted(maps.Keys(entities)) {
		for _, a := range rows {
			for _, plural := range []string{"", entity} {
				a.Entity, a.EntityPlural = entity, plural
				if plural != "" {
					if slices.Contains(natural, entity) {
						continue
					}
					a.Entity = marker
				}
				s, err := c.Select(a)
				if err != nil {
					refused++
					if slices.Contains(natural, a.Entity) {
						t.Errorf("%s: %v", entity, err)
					}
					continue
				}
				p, err := s.Plan()
				if err != nil {
					refused++
					continue
				}
				tree, err := p.Render()
				if err != nil {
					t.Errorf("%s: %v", matrix.Label(c, a), err)
					continue
				}
				source := newSource(t, fset, tree, s.Answers().Module)
				source.others = others
				for key := range source.files {
					dir, _, _ := strings.Cut(key, " ")
					source.check(dir, source.unit(key))
				}
				if len(source.errs) > 0 {
					t.Errorf("%s, plural %q: %v", matrix.Label(c, a), a.EntityPlural, source.errs[0])
				}
			}
		}
	}
	t.Logf("%d entities in %d services, %d refused", len(entities), len(rows), refused)
}

// few returns a few selections that hold every preset.
func few(t *testing.T, c *generator.Catalog) (rows []generator.Answers) {
	t.Helper()
	pairs, _, err := matrix.Pairs(c)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	news := func(a generator.Answers) (ids []string) {
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
		best := slices.MaxFunc(pairs, func(a, b generator.Answers) int { return len(news(a)) - len(news(b)) })
		ids := news(best)
		if len(ids) == 0 {
			return rows
		}
		for _, id := range ids {
			have[id] = true
		}
		rows = append(rows, best)
	}
}

// presetsOnly leaves the options out, and what is then there twice.
func presetsOnly(c *generator.Catalog, rows []generator.Answers) (unique []generator.Answers) {
	seen := map[string]bool{}
	for _, a := range rows {
		a.Options = nil
		if label := matrix.Label(c, a); !seen[label] {
			seen[label] = true
			unique = append(unique, a)
		}
	}
	return unique
}

// identifiers returns all identifiers of a service, as entities.
func identifiers(t *testing.T, tree *generator.Tree) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	capital := regexp.MustCompile(`[A-Z]`)
	selected := map[*ast.Ident]bool{}
	for _, files := range newSource(t, token.NewFileSet(), tree, "example.com/"+matrix.Service).files {
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					selected[s.Sel] = true // it stands in no scope
				}
				if id, ok := n.(*ast.Ident); ok && !selected[id] && id.Name != "_" {
					name := strings.ToLower(id.Name[:1]) + id.Name[1:]
					all[strings.ToLower(capital.ReplaceAllString(name, "-$0"))] = true
				}
				return true
			})
		}
	}
	return all
}

// exportData returns where the compiler keeps what the packages export that a service imports.
func exportData(t *testing.T, c *generator.Catalog, a generator.Answers) map[string]string {
	t.Helper()
	list := exec.Command("go", "list", "-export", "-deps", "-test", "-f", "{{if .Export}}{{.ImportPath}} {{.Export}}{{end}}", "./...")
	list.Dir, list.Env = write(t, c, a), goEnvironment()
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("%s: %v", list, err)
	}
	files := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if path, file, ok := strings.Cut(line, " "); ok && !strings.Contains(path, "[") && !strings.HasPrefix(file, "[") {
			files[path] = file
		}
	}
	return files
}
