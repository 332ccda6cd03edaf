package merge

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"strconv"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/otelgen/otelgen/generator/golang"
)

// Go is Text for a Go file. If both sides changed it without conflict, it fixes the imports of the merged code: it
// restores those that are still used, and removes those that are not.
func Go(base, ours, theirs []byte) Merged {
	m := Text(base, ours, theirs)
	if m.Conflicts > 0 || bytes.Equal(m.Text, ours) || bytes.Equal(m.Text, theirs) {
		return m
	}
	if fitted := fitImports(m.Text, base, ours, theirs); fitted != nil {
		m.Text, m.Ours = fitted, fitted
	}
	return m
}

// fitImports returns merged with other imports, or nil if it needs none or is no Go.
func fitImports(merged []byte, sources ...[]byte) []byte {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", merged, parser.ParseComments)
	if err != nil {
		return nil
	}
	uses := qualifiers(file)
	have, known := map[string]bool{}, map[string]bool{} // names that are imported; those of them that some source used
	var candidates []*ast.ImportSpec
	for _, source := range sources {
		f, err := parser.ParseFile(token.NewFileSet(), "", source, 0)
		if err != nil {
			return nil
		}
		used := qualifiers(f)
		for _, spec := range f.Imports {
			if name := importName(spec); used[name] {
				known[name] = true
				candidates = append(candidates, spec)
			}
		}
	}
	changed := false
	for _, spec := range append([]*ast.ImportSpec(nil), file.Imports...) {
		name := importName(spec)
		have[name] = true
		if known[name] && !uses[name] {
			changed = astutil.DeleteNamedImport(fset, file, explicitName(spec), importPath(spec)) || changed
		}
	}
	for _, spec := range candidates {
		if name := importName(spec); uses[name] && !have[name] {
			have[name] = true
			changed = astutil.AddNamedImport(fset, file, explicitName(spec), importPath(spec)) || changed
		}
	}
	if !changed {
		return nil
	}
	var b bytes.Buffer
	if err := format.Node(&b, fset, file); err != nil {
		return nil
	}
	return b.Bytes()
}

// qualifiers returns the names before a dot that nothing in the file declares.
func qualifiers(file *ast.File) map[string]bool {
	undeclared := map[*ast.Ident]bool{}
	for _, id := range file.Unresolved {
		undeclared[id] = true
	}
	names := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && undeclared[id] {
				names[id.Name] = true
			}
		}
		return true
	})
	return names
}

func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return golang.AssumedName(importPath(spec))
}

func explicitName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return ""
}

func importPath(spec *ast.ImportSpec) string {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return "" // the parser has seen to it that it is quoted
	}
	return path
}
