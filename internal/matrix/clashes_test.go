package matrix_test

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/generator/golang"
)

// marker is an entity that no template mentions, so that all of a service that comes from its entity can be told by it.
const (
	marker       = "qq-one"
	markerPlural = "qq-many"
)

// markedForms are the identifiers of the marker, the words of routes, and the name of its package of protobuf.
var markedForms = []struct{ text, kind string }{
	{"QqOne", "type"}, {"QqMany", "type"}, {"qqOne", "variable"}, {"qqMany", "variable"}, {"qq-one", "word"}, {"qq-many", "word"},
	{"qqone", "joined"},
}

// pattern is an identifier that holds the entity's: New{{Order}}.
type pattern struct{ before, after, kind string }

// marked returns the pattern of a name that holds the marker.
func marked(name string) (p pattern, ok bool) {
	for _, f := range markedForms {
		if before, after, found := strings.Cut(name, f.text); found {
			return pattern{before, after, f.kind}, true
		}
	}
	return p, false
}

var producible = map[string]*regexp.Regexp{
	"type":     regexp.MustCompile(`^[A-Z][a-z0-9]*([A-Z][a-z0-9]*)*$`),
	"variable": regexp.MustCompile(`^[a-z][a-z0-9]*([A-Z][a-z0-9]*)*$`),
	"word":     regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$`),
	"joined":   regexp.MustCompile(`^[a-z][a-z0-9]*$`),
}

// solve returns the entity, as a variable, with which the pattern would be the name.
func (p pattern) solve(name string) string {
	if len(name) <= len(p.before)+len(p.after) || !strings.HasPrefix(name, p.before) || !strings.HasSuffix(name, p.after) {
		return ""
	}
	entity := name[len(p.before) : len(name)-len(p.after)]
	if !producible[p.kind].MatchString(entity) {
		return ""
	}
	if p.kind == "word" {
		words := strings.Split(entity, "-")
		for i, w := range words[1:] {
			words[i+1] = strings.ToUpper(w[:1]) + w[1:]
		}
		entity = strings.Join(words, "")
	}
	return strings.ToLower(entity[:1]) + entity[1:]
}

// clashes finds the entities whose identifiers would not be told from those that the templates use themselves: in one scope, in one
// struct, or where the one would hide the other. It looks at services of the marker, with scopes as the compiler sees them, so it need not
// try any entity.
type clashes struct {
	found map[string]string // entity, as a variable → the first place and reason
	seen  map[string]bool   // digests of packages that are done
}

func (c *clashes) add(entity, format string, args ...any) {
	if _, ok := c.found[entity]; !ok && entity != "" {
		c.found[entity] = fmt.Sprintf(format, args...)
	}
}

// names adds the clashes among names that stand side by side.
func (c *clashes) names(names []string, where string) {
	for _, name := range names {
		p, ok := marked(name)
		if !ok {
			continue
		}
		for _, other := range names {
			if _, also := marked(other); !also {
				c.add(p.solve(other), "%s: %s beside %s", where, name, other)
			}
		}
	}
}

// service looks at every package of a service.
func (c *clashes) service(t *testing.T, tree *generator.Tree, module string) {
	t.Helper()
	s := newSource(t, token.NewFileSet(), tree, module)
	for key, files := range s.files {
		for _, file := range files {
			c.routes(file, key)
			c.qualifiers(file, key, module)
		}
	}
	for key := range s.files {
		dir, _, _ := strings.Cut(key, " ")
		if c.seen[key+s.digests[dir]] {
			continue
		}
		c.seen[key+s.digests[dir]] = true
		files := s.unit(key)
		pkg, info := s.check(dir, files)
		c.pkg(s, pkg, info, files)
	}
}

// source type-checks the packages of a service. Without an importer those of others are empty: what they hold does not matter to the
// service's own scopes, but to the compiler's complaints, which are then not to be listened to.
type source struct {
	fset     *token.FileSet
	module   string
	files    map[string][]*ast.File // import path, with " tests" or " external tests" behind it
	packages map[string]*types.Package
	digests  map[string]string
	others   types.Importer
	errs     []error
}

func newSource(t *testing.T, fset *token.FileSet, tree *generator.Tree, module string) *source {
	t.Helper()
	s := &source{fset: fset, module: module, files: map[string][]*ast.File{}, packages: map[string]*types.Package{}, digests: map[string]string{}}
	for _, f := range tree.Files {
		if !strings.HasSuffix(f.Path, ".go") {
			continue
		}
		file, err := parser.ParseFile(s.fset, f.Path, f.Content, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		dir := path.Join(module, path.Dir(f.Path))
		key := dir
		switch {
		case path.Base(f.Path) == "export_test.go": // external tests see it
		case strings.HasSuffix(file.Name.Name, "_test"):
			key += " external tests"
		case strings.HasSuffix(f.Path, "_test.go"):
			key += " tests"
		}
		s.files[key] = append(s.files[key], file)
		s.digests[dir] += fmt.Sprintf("%s %x\n", f.Path, sha256.Sum256(f.Content))
	}
	return s
}

// unit returns what is compiled together: the files of a package, its own tests with it, or its external tests.
func (s *source) unit(key string) []*ast.File {
	if dir, ok := strings.CutSuffix(key, " tests"); ok && s.files[dir] != nil {
		return slices.Concat(s.files[dir], s.files[key])
	}
	return s.files[key]
}

func (s *source) check(dir string, files []*ast.File) (*types.Package, *types.Info) {
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Scopes: map[ast.Node]*types.Scope{}}
	conf := types.Config{Importer: s, Error: func(err error) { s.errs = append(s.errs, err) }}
	pkg, _ := conf.Check(dir, s.fset, files, info)
	return pkg, info
}

// Import returns a package of the service, or of others.
func (s *source) Import(importPath string) (*types.Package, error) {
	if pkg := s.packages[importPath]; pkg != nil {
		return pkg, nil
	}
	var pkg *types.Package
	switch files := s.files[importPath]; {
	case files != nil:
		pkg, _ = s.check(importPath, files)
	case s.others != nil:
		return s.others.Import(importPath)
	default:
		pkg = types.NewPackage(importPath, golang.AssumedName(importPath))
		pkg.MarkComplete()
	}
	s.packages[importPath] = pkg
	return pkg, nil
}

// pkg looks at one package.
func (c *clashes) pkg(s *source, pkg *types.Package, info *types.Info, files []*ast.File) {
	// Side by side in a scope. Names of imports may not be those of the package, either.
	var imports []string
	for node, scope := range info.Scopes {
		c.names(scope.Names(), s.fset.Position(node.Pos()).String())
		if _, ok := node.(*ast.File); ok {
			imports = append(imports, scope.Names()...)
		}
	}
	slices.Sort(imports)
	c.names(append(pkg.Scope().Names(), slices.Compact(imports)...), pkg.Path())

	// Members of a struct or interface, its methods among them.
	members := map[string][]string{}
	selected := map[*ast.Ident]bool{} // what stands behind a dot is looked for elsewhere
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			var list *ast.FieldList
			switch n := n.(type) {
			case *ast.SelectorExpr:
				selected[n.Sel] = true
			case *ast.FuncDecl:
				if n.Recv != nil {
					receiver := receiverType(n.Recv.List[0].Type)
					members[receiver] = append(members[receiver], n.Name.Name)
				}
			case *ast.TypeSpec:
				if fields := fieldsOf(n.Type); fields != nil {
					members[n.Name.Name] = append(members[n.Name.Name], fieldNames(fields)...)
				}
			default:
				if e, ok := n.(ast.Expr); ok {
					list = fieldsOf(e)
				}
			}
			if list != nil {
				c.names(fieldNames(list), s.fset.Position(list.Pos()).String())
			}
			return true
		})
	}
	for typ, names := range members {
		c.names(names, pkg.Path()+"."+typ)
	}

	// One hides the other between its declaration and its use.
	for id, obj := range info.Uses {
		if obj.Parent() == nil || obj.Parent() == types.Universe || selected[id] {
			continue
		}
		used, isMarked := marked(id.Name)
		where := s.fset.Position(id.Pos()).String()
		for scope := pkg.Scope().Innermost(id.Pos()); scope != nil && scope != obj.Parent(); scope = scope.Parent() {
			for _, name := range scope.Names() {
				p, other := marked(name)
				if other == isMarked {
					continue
				}
				if at, _ := scope.LookupParent(name, id.Pos()); at != scope {
					continue // declared only later
				}
				if isMarked {
					c.add(used.solve(name), "%s: %s would be hidden by %s", where, id.Name, name)
				} else {
					c.add(p.solve(id.Name), "%s: %s would be hidden by %s", where, id.Name, name)
				}
			}
		}
	}
}

func receiverType(e ast.Expr) string {
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

func fieldsOf(e ast.Expr) *ast.FieldList {
	switch e := e.(type) {
	case *ast.StructType:
		return e.Fields
	case *ast.InterfaceType:
		return e.Methods
	}
	return nil
}

func fieldNames(list *ast.FieldList) (names []string) {
	for _, f := range list.List {
		for _, id := range f.Names {
			names = append(names, id.Name)
		}
		if len(f.Names) == 0 {
			names = append(names, embeddedName(f.Type))
		}
	}
	return names
}

func embeddedName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return embeddedName(e.X)
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// qualifiers adds the names of the service's own packages that a file imports and the entity stands before a dot in: layouts have the
// engine rename these by their text.
func (c *clashes) qualifiers(file *ast.File, where, module string) {
	var packages []string
	for _, i := range file.Imports {
		if p, _ := strconv.Unquote(i.Path.Value); strings.HasPrefix(p, module+"/") {
			packages = append(packages, path.Base(p))
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok {
				if _, ok := marked(id.Name); ok {
					c.names(append([]string{id.Name}, packages...), where)
				}
			}
		}
		return true
	})
}

// routes adds the clashes of one file's routes: those of the entity with those that every service has.
func (c *clashes) routes(file *ast.File, where string) {
	var texts []string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil && strings.Contains(s, "/") && !strings.ContainsAny(s, "%\n") {
				texts = append(texts, s)
			}
		}
		return true
	})
	c.names(texts, where)
}
