// Command gen writes the registry of the semantic conventions as a table, from the source of the Go package: its
// newest version, and what the older ones had besides.
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/semver"
)

func main() {
	registry, err := generate()
	if err == nil {
		err = os.WriteFile("registry.txt", registry, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

const module = "go.opentelemetry.io/otel"

const head = `# Written by: go generate ./internal/semconv
# Derived from the OpenTelemetry semantic conventions, https://github.com/open-telemetry/semantic-conventions, by way of go.opentelemetry.io/otel/semconv.
# Copyright The OpenTelemetry Authors. SPDX-License-Identifier: Apache-2.0
`

func generate() ([]byte, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return nil, fmt.Errorf("find the source of %s: %w", module, err)
	}
	dirs, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(out)), "semconv", "v*"))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(dirs, func(a, b string) int { return semver.Compare(filepath.Base(b), filepath.Base(a)) })
	if len(dirs) == 0 {
		return nil, fmt.Errorf("%s has no package semconv", module)
	}
	newest, err := read(dirs[0])
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(head)
	fmt.Fprintf(&b, "version\t%s\n", filepath.Base(dirs[0]))
	for _, name := range slices.Sorted(maps.Keys(newest.attributes)) {
		a := newest.attributes[name]
		fmt.Fprintf(&b, "attribute\t%s\t%s\t%s\n", name, a.kind, strings.Join(slices.Sorted(maps.Keys(a.values)), ","))
	}
	for _, name := range slices.Sorted(maps.Keys(newest.metrics)) {
		m := newest.metrics[name]
		fmt.Fprintf(&b, "metric\t%s\t%s\t%s\n", name, m.unit, m.instrument)
	}
	oldAttributes, oldMetrics := map[string]string{}, map[string]string{}
	for _, dir := range dirs[1:] {
		version, err := read(dir)
		if err != nil {
			return nil, err
		}
		for name := range version.attributes {
			if newest.attributes[name] == nil {
				oldAttributes[name] = cmp.Or(oldAttributes[name], filepath.Base(dir))
			}
		}
		for name := range version.metrics {
			if newest.metrics[name] == nil {
				oldMetrics[name] = cmp.Or(oldMetrics[name], filepath.Base(dir))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(oldAttributes)) {
		fmt.Fprintf(&b, "old attribute\t%s\t%s\n", name, oldAttributes[name])
	}
	for _, name := range slices.Sorted(maps.Keys(oldMetrics)) {
		fmt.Fprintf(&b, "old metric\t%s\t%s\n", name, oldMetrics[name])
	}
	return b.Bytes(), nil
}

type conventions struct {
	attributes map[string]*attribute
	metrics    map[string]*metric
}

type attribute struct {
	kind   string
	values map[string]bool
}

type metric struct{ unit, instrument string }

// read collects what one version of the package defines.
func read(dir string) (conventions, error) {
	c := conventions{attributes: map[string]*attribute{}, metrics: map[string]*metric{}}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return c, err
	}
	typed, err := filepath.Glob(filepath.Join(dir, "*conv", "*.go"))
	if err != nil {
		return c, err
	}
	fset := token.NewFileSet()
	for _, name := range append(names, typed...) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return c, err
		}
		c.file(file)
	}
	if len(c.attributes) == 0 {
		return c, fmt.Errorf("no attributes were found in %s", dir)
	}
	return c, nil
}

var typeLine = regexp.MustCompile(`(?m)^Type: (\S+)`)

func (c conventions) file(file *ast.File) {
	keys := map[string]string{}                // HTTPRouteKey → http.route
	returned := map[string]map[string]string{} // type → method → the string that it returns
	instruments := map[string]string{}
	specs := func(visit func(*ast.ValueSpec)) {
		for _, d := range file.Decls {
			if d, ok := d.(*ast.GenDecl); ok {
				for _, s := range d.Specs {
					if s, ok := s.(*ast.ValueSpec); ok && len(s.Names) == 1 && len(s.Values) == 1 {
						visit(s)
					}
				}
			}
		}
	}
	specs(func(s *ast.ValueSpec) {
		name := s.Names[0].Name
		call, ok := s.Values[0].(*ast.CallExpr)
		if ok && method(call) == "Key" { // HTTPRouteKey = attribute.Key("http.route")
			key := text(call.Args[0])
			keys[name] = key
			c.attributes[key] = &attribute{kind: kind(s.Doc), values: map[string]bool{}}
		}
		// HTTPServerDurationName = "http.server.duration", as older versions have it
		if value := text(s.Values[0]); file.Name.Name == "semconv" && strings.HasSuffix(name, "Name") && value != "" {
			c.metrics[value] = &metric{}
		}
	})
	specs(func(s *ast.ValueSpec) { // HTTPRequestMethodGet = HTTPRequestMethodKey.String("GET")
		if call, ok := s.Values[0].(*ast.CallExpr); ok && method(call) == "String" && len(call.Args) == 1 {
			receiver, ok := call.Fun.(*ast.SelectorExpr).X.(*ast.Ident)
			if !ok {
				return
			}
			if a := c.attributes[keys[receiver.Name]]; a != nil {
				a.kind = "string"
				a.values[text(call.Args[0])] = true
			}
		}
	})
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
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
			c.metrics[methods["Name"]] = &metric{methods["Unit"], instruments[typ]}
		}
	}
}

// kind is the type of an attribute as its comment says it. That of an enumeration is the type of its values.
func kind(doc *ast.CommentGroup) string {
	m := typeLine.FindStringSubmatch(doc.Text())
	if m == nil || m[1] == "Enum" {
		return ""
	}
	return m[1]
}

// method is the name of the function in pkg.Function(…) or value.Method(…), else "".
func method(call *ast.CallExpr) string {
	if s, ok := call.Fun.(*ast.SelectorExpr); ok && len(call.Args) > 0 {
		return s.Sel.Name
	}
	return ""
}

// text is the value of a string literal, else "".
func text(e ast.Expr) string {
	if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		s, _ := strconv.Unquote(lit.Value)
		return s
	}
	return ""
}
