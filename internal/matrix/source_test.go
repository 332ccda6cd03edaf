package matrix_test

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/generator/golang"
)

// checker parses and type-checks services. They share most of their code, so it does each file and each package once.
//
// Without an importer, packages of other modules are empty. Scopes are right then; the errors of the compiler are not.
type checker struct {
	fset     *token.FileSet
	importer types.Importer
	parsed   map[string]*ast.File
	packages map[string]*types.Package // digest of the code → package
	checked  map[string]bool           // digests of units
}

func newChecker(fset *token.FileSet, importer types.Importer) *checker {
	return &checker{fset: fset, importer: importer, parsed: map[string]*ast.File{}, packages: map[string]*types.Package{}, checked: map[string]bool{}}
}

// source is the Go code of one service. A unit is what is compiled together: an import path, with " tests" or " external tests" behind it.
type source struct {
	*checker
	module string
	files  map[string][]*ast.File // of a unit, without the package that tests belong to
	sums   map[string]string      // of the same
	errs   []error
}

func (c *checker) source(t *testing.T, tree *generator.Tree, module string) *source {
	t.Helper()
	s := &source{checker: c, module: module, files: map[string][]*ast.File{}, sums: map[string]string{}}
	for _, f := range tree.Files {
		if path.Ext(f.Path) != ".go" {
			continue
		}
		sum := fmt.Sprintf("%s %x\n", f.Path, sha256.Sum256(f.Content))
		file := c.parsed[sum]
		if file == nil {
			var err error
			if file, err = parser.ParseFile(c.fset, f.Path, f.Content, parser.SkipObjectResolution); err != nil {
				t.Fatal(err)
			}
			c.parsed[sum] = file
		}
		unit := s.unitOf(f.Path, file)
		s.files[unit] = append(s.files[unit], file)
		s.sums[unit] += sum
	}
	return s
}

func (s *source) unitOf(name string, file *ast.File) string {
	dir := path.Join(s.module, path.Dir(name))
	switch {
	case path.Base(name) == "export_test.go": // external tests see it
	case strings.HasSuffix(file.Name.Name, "_test"):
		dir += " external tests"
	case strings.HasSuffix(name, "_test.go"):
		dir += " tests"
	}
	return dir
}

// unit returns the files that are compiled together.
func (s *source) unit(name string) []*ast.File {
	if dir, ok := strings.CutSuffix(name, " tests"); ok && s.files[dir] != nil {
		return slices.Concat(s.files[dir], s.files[name])
	}
	return s.files[name]
}

// digest identifies a unit by its code and that of all packages of the service which it imports.
func (s *source) digest(unit string) string {
	dir, _, _ := strings.Cut(unit, " ")
	sums := map[string]string{unit: s.sums[unit], dir: s.sums[dir]}
	var follow func(files []*ast.File)
	follow = func(files []*ast.File) {
		for _, file := range files {
			for _, i := range file.Imports {
				imported, _ := strconv.Unquote(i.Path.Value)
				if _, seen := sums[imported]; !seen && s.files[imported] != nil {
					sums[imported] = s.sums[imported]
					follow(s.files[imported])
				}
			}
		}
	}
	follow(s.unit(unit))
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(h, "%s\n%s", name, sums[name])
	}
	return fmt.Sprintf("%s %x", unit, h.Sum(nil))
}

// fresh returns the units that no service before had with the same code, in order.
func (s *source) fresh() (units []string) {
	for _, unit := range slices.Sorted(maps.Keys(s.files)) {
		if digest := s.digest(unit); !s.checked[digest] {
			s.checked[digest] = true
			units = append(units, unit)
		}
	}
	return units
}

// check type-checks a unit. Errors are added to s.errs.
func (s *source) check(unit string) (*types.Package, *types.Info) {
	dir, _, _ := strings.Cut(unit, " ")
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Scopes: map[ast.Node]*types.Scope{}}
	conf := types.Config{Importer: s, Error: func(err error) { s.errs = append(s.errs, err) }}
	pkg, _ := conf.Check(dir, s.fset, s.unit(unit), info)
	return pkg, info
}

// Import returns a package of the service, or of another module.
func (s *source) Import(importPath string) (*types.Package, error) {
	key := importPath
	if s.files[importPath] != nil {
		key = s.digest(importPath)
	}
	if pkg := s.packages[key]; pkg != nil {
		return pkg, nil
	}
	var pkg *types.Package
	switch {
	case s.files[importPath] != nil:
		pkg, _ = s.check(importPath)
	case s.importer != nil:
		return s.importer.Import(importPath)
	default:
		pkg = types.NewPackage(importPath, golang.AssumedName(importPath))
		pkg.MarkComplete()
	}
	s.packages[key] = pkg
	return pkg, nil
}

// compileErrors returns what the compiler would say of the code that no service before had.
func (s *source) compileErrors() []error {
	for _, unit := range s.fresh() {
		s.check(unit)
	}
	return s.errs
}
