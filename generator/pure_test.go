package generator

import (
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
	for _, pattern := range []string{"*.go", "golang/*.go", "golang/gomod/*.go", "signals/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range f.Imports {
				p, _ := strconv.Unquote(i.Path.Value)
				if slices.Contains([]string{"os", "time", "net", "os/exec", "os/user", "math/rand", "math/rand/v2", "crypto/rand", "net/http", "path/filepath", "syscall", "go/build"}, p) {
					t.Errorf("%s imports %s", file, p)
				}
			}
		}
	}
}
