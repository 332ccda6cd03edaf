package generator

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The engine imports nothing that looks at the machine.
func TestEngineIsPure(t *testing.T) {
	for _, pattern := range []string{"*.go", "golang/*.go", "golang/gomod/*.go", "signals/*.go", "field/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range f.Imports {
				p, _ := strconv.Unquote(i.Path.Value)
				if slices.Contains([]string{"os", "net", "os/exec", "os/user", "math/rand", "math/rand/v2", "crypto/rand", "net/http", "path/filepath", "syscall", "go/build"}, p) {
					t.Errorf("%s imports %s", file, p)
				}
			}
			ast.Inspect(f, func(n ast.Node) bool {
				s, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				pkg, ok := s.X.(*ast.Ident)
				written := []string{"Parse", "RFC3339Nano", "DateOnly"} // of a time that is given as text
				if ok && pkg.Name == "time" && !slices.Contains(written, s.Sel.Name) {
					t.Errorf("%s uses time.%s", file, s.Sel.Name)
				}
				return true
			})
		}
	}
}
