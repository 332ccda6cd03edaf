package matrix_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator"
)

// marker is an entity that no template mentions, so everything in a service that comes from its entity can be found by it.
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

// clashes finds the entities whose identifiers would clash with those that the templates use themselves: in one scope, in one struct, or
// where the one would hide the other. It looks at services about the marker, with scopes as the compiler sees them, so it need not try any entity.
type clashes struct {
	checker *checker
	found   map[string]string // entity, as a variable → the first place and reason
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

// service looks at every package of a service that no service before had with the same code.
func (c *clashes) service(t *testing.T, tree *generator.Tree, module string) {
	t.Helper()
	s := c.checker.source(t, tree, module)
	for _, unit := range s.fresh() {
		for _, file := range s.files[unit] {
			c.routes(file, unit)
			c.qualifiers(file, unit, module)
		}
		pkg, info := s.check(unit)
		c.scopes(s, pkg, info)
		for _, file := range s.unit(unit) {
			c.members(s, file)
		}
		c.methods(pkg, s.unit(unit))
		c.hidden(s, pkg, info, s.unit(unit))
	}
}

// scopes adds the clashes of names side by side in a scope. Imports must not have names of the package, either.
func (c *clashes) scopes(s *source, pkg *types.Package, info *types.Info) {
	var imports []string
	for node, scope := range info.Scopes {
		c.names(scope.Names(), s.fset.Position(node.Pos()).String())
		if _, ok := node.(*ast.File); ok {
			imports = append(imports, scope.Names()...)
		}
	}
	slices.Sort(imports)
	c.names(append(pkg.Scope().Names(), slices.Compact(imports)...), pkg.Path())
}

// members adds the clashes within the structs and interfaces of a file that have no name.
func (c *clashes) members(s *source, file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			if list := fieldsOf(e); list != nil {
				c.names(fieldNames(list), s.fset.Position(list.Pos()).String())
			}
		}
		return true
	})
}

// methods adds the clashes among the fields and methods of types.
func (c *clashes) methods(pkg *types.Package, files []*ast.File) {
	members := map[string][]string{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv != nil {
					receiver := receiverType(n.Recv.List[0].Type)
					members[receiver] = append(members[receiver], n.Name.Name)
				}
			case *ast.TypeSpec:
				if fields := fieldsOf(n.Type); fields != nil {
					members[n.Name.Name] = append(members[n.Name.Name], fieldNames(fields)...)
				}
			}
			return true
		})
	}
	for typ, names := range members {
		c.names(names, pkg.Path()+"."+typ)
	}
}

// hidden adds the names that would be hidden between their declaration and their use.
func (c *clashes) hidden(s *source, pkg *types.Package, info *types.Info, files []*ast.File) {
	selected := selectors(files)
	for id, obj := range info.Uses {
		if obj.Parent() == nil || obj.Parent() == types.Universe || selected[id] {
			continue
		}
		where := s.fset.Position(id.Pos()).String()
		for scope := pkg.Scope().Innermost(id.Pos()); scope != nil && scope != obj.Parent(); scope = scope.Parent() {
			c.hiddenIn(scope, id, where)
		}
	}
}

// hiddenIn adds the clashes of a used name with those of a scope between the use and the declaration.
func (c *clashes) hiddenIn(scope *types.Scope, id *ast.Ident, where string) {
	used, isMarked := marked(id.Name)
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

// selectors returns the names behind a dot: they are not looked for in scopes.
func selectors(files []*ast.File) map[*ast.Ident]bool {
	all := map[*ast.Ident]bool{}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				all[selector.Sel] = true
			}
			return true
		})
	}
	return all
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
