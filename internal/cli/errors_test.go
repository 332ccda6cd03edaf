package cli

import (
	"bytes"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator"
)

// Every *generator.Error in the source says what is wrong, why, and how to fix it. The scripts check the same for the
// errors that they see, by exits.
func TestErrorsSayWhatWhyAndFix(t *testing.T) {
	made := 0
	for _, pattern := range []string{"../../generator/*.go", "../*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			fset := token.NewFileSet()
			parsed, err := parser.ParseFile(fset, file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(parsed, func(n ast.Node) bool {
				literal, ok := n.(*ast.CompositeLit)
				if !ok || !isError(literal.Type, parsed.Name.Name) {
					return true
				}
				made++
				var says []string
				for _, e := range literal.Elts {
					field := e.(*ast.KeyValueExpr)
					if text, ok := field.Value.(*ast.BasicLit); !ok || text.Value != `""` {
						says = append(says, field.Key.(*ast.Ident).Name)
					}
				}
				for _, field := range []string{"Kind", "Code", "What", "Why", "Fix"} {
					if !slices.Contains(says, field) {
						t.Errorf("%s: the error has no %s", fset.Position(literal.Pos()), field)
					}
				}
				return true
			})
		}
	}
	if made < 50 {
		t.Errorf("found only %d errors: the test no longer sees how they are made", made)
	}
}

// The keys of an error in JSON are documented in docs/reference/errors.md, and programs rely on them.
func TestErrorsInJSON(t *testing.T) {
	var b bytes.Buffer
	a := &app{stderr: &b, format: formatJSON}
	first := &generator.Error{Kind: generator.KindPreset, Code: "c", What: "<w>", Why: "y", Fix: "m", Where: "f:1"}
	second := &generator.Error{Kind: generator.KindAnswers, Code: "d", What: "w", Why: "y", Fix: "m"}
	if code := a.fail(errors.Join(first, second), nil); code != 3 {
		t.Errorf("exit code %d, want that of the first", code)
	}
	want := `{"code":"c","message":"<w>","why":"y","fix":"m","where":"f:1"}` + "\n" + `{"code":"d","message":"w","why":"y","fix":"m"}` + "\n"
	if b.String() != want {
		t.Errorf("wrote %s", &b)
	}
}

// isError reports whether an expression is the type generator.Error in a package.
func isError(typ ast.Expr, pkg string) bool {
	switch typ := typ.(type) {
	case *ast.Ident:
		return pkg == "generator" && typ.Name == "Error"
	case *ast.SelectorExpr:
		x, ok := typ.X.(*ast.Ident)
		return ok && x.Name == "generator" && typ.Sel.Name == "Error"
	}
	return false
}
