package matrix_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

// custom are the attributes that the semantic conventions have no name for, and why they are needed.
var custom = map[string]string{
	"messaging.nats.delivery_count": "a redelivery looks like a delivery otherwise; the conventions have messaging.rabbitmq and messaging.kafka, but nothing of NATS",
}

// What presets declare has the names, units and instruments of the semantic conventions, in the version that the services use. Deprecated
// attributes are no longer in it.
func TestFactsFollowTheConventions(t *testing.T) {
	conventions := readConventions(t)
	used := map[string]bool{}
	for where, m := range manifests(t) {
		keys := map[string]bool{}
		for _, f := range append(m.Spans, m.Metrics...) {
			for _, key := range append(f.Attributes, f.Optional...) {
				keys[key] = true
			}
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			used[key] = true
			if !conventions.attributes[key] && custom[key] == "" {
				t.Errorf("%s: the conventions know no attribute %s", where, key)
			}
		}
		for _, f := range m.Metrics {
			known, ok := conventions.metrics[f.Name]
			switch {
			case !ok && !strings.HasPrefix(f.Name, "{{"): // the entity's own
				t.Errorf("%s: the conventions know no metric %s", where, f.Name)
			case ok && f.Unit != known.unit:
				t.Errorf("%s: the unit of %s is %s, want %s", where, f.Name, f.Unit, known.unit)
			case ok && f.Instrument != known.instrument:
				t.Errorf("%s: the instrument of %s is %s, want %s", where, f.Name, f.Instrument, known.instrument)
			}
		}
	}
	for key := range custom {
		if conventions.attributes[key] || !used[key] {
			t.Errorf("%s is listed as custom, but it is one of the conventions, or unused", key)
		}
	}
}

type manifest struct{ Spans, Metrics []fact }

type fact struct {
	Name, Unit, Instrument string
	Attributes, Optional   []string
}

// manifests returns the facts of the skeleton and of each preset by the name of the file.
func manifests(t *testing.T) map[string]manifest {
	all := map[string]manifest{}
	read := func(fsys fs.FS, name string) {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		var m manifest
		if err := yaml.Unmarshal(data, &m); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = m
	}
	read(templates.FS, "skeleton.yaml")
	names, err := fs.Glob(presets.FS, "*/*/preset.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		read(presets.FS, name)
	}
	return all
}

type conventions struct {
	attributes map[string]bool
	metrics    map[string]conventionalMetric
}

type conventionalMetric struct{ unit, instrument string }

// readConventions reads the source of the package semconv that the templates import, all of them the same one.
func readConventions(t *testing.T) conventions {
	imported := map[string]bool{}
	path := regexp.MustCompile(`"(go\.opentelemetry\.io/otel/semconv/v[0-9.]+)`)
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
	c := conventions{attributes: map[string]bool{}, metrics: map[string]conventionalMetric{}}
	for semconv := range imported {
		out, err := exec.Command("go", "list", "-f", "{{.Dir}}", semconv).Output()
		if err != nil {
			t.Fatalf("go list %s: %v", semconv, err)
		}
		dir := strings.TrimSpace(string(out))
		c.read(t, filepath.Join(dir, "*.go"))
		c.read(t, filepath.Join(dir, "*conv", "*.go"))
	}
	if len(c.attributes) == 0 || len(c.metrics) == 0 {
		t.Fatalf("%d attributes and %d metrics were found", len(c.attributes), len(c.metrics))
	}
	return c
}

func (c conventions) read(t *testing.T, pattern string) {
	names, _ := filepath.Glob(pattern)
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		returned := map[string]map[string]string{} // type → method → the string that it returns
		instruments := map[string]string{}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr: // attribute.Key("http.route")
				if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Key" && len(n.Args) == 1 {
					c.attributes[text(n.Args[0])] = true
				}
			case *ast.TypeSpec: // type ServerRequestDuration struct { metric.Float64Histogram }
				if s, ok := n.Type.(*ast.StructType); ok && len(s.Fields.List) == 1 {
					if embedded, ok := s.Fields.List[0].Type.(*ast.SelectorExpr); ok {
						kind := strings.TrimPrefix(strings.TrimPrefix(embedded.Sel.Name, "Int64"), "Float64")
						instruments[n.Name.Name] = strings.ToLower(strings.TrimPrefix(kind, "Observable"))
					}
				}
			case *ast.FuncDecl: // func (ServerRequestDuration) Name() string { return "http.server.request.duration" }
				if n.Recv == nil || len(n.Body.List) != 1 {
					return true
				}
				r, ok := n.Body.List[0].(*ast.ReturnStmt)
				receiver, isIdent := n.Recv.List[0].Type.(*ast.Ident)
				if !ok || !isIdent || len(r.Results) != 1 {
					return true
				}
				if returned[receiver.Name] == nil {
					returned[receiver.Name] = map[string]string{}
				}
				returned[receiver.Name][n.Name.Name] = text(r.Results[0])
			}
			return true
		})
		for typ, methods := range returned {
			if methods["Name"] != "" && instruments[typ] != "" {
				c.metrics[methods["Name"]] = conventionalMetric{methods["Unit"], instruments[typ]}
			}
		}
	}
}

// text is the value of a string literal, else "".
func text(e ast.Expr) string {
	if lit, ok := e.(*ast.BasicLit); ok {
		s, _ := strconv.Unquote(lit.Value)
		return s
	}
	return ""
}
