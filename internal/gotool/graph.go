package gotool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"go/version"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
)

// graph answers what the go command would find when it loads packages from the modules of one tidy module.
// It reads the module cache, which "go mod tidy" has filled with almost all of it.
type graph struct {
	cache    string            // GOMODCACHE
	versions map[string]string // the build list: module path → version
	roots    map[string]bool   // modules that go.mod names
	packages map[string]*pkg
	modules  map[module.Version]*goMod
}

// pkg is a package that is not of the standard library, scanned for all platforms and build tags at once, as tidy does.
type pkg struct {
	path, name     string
	module         string
	imports, tests []string
}

// goMod is what a module's go.mod says.
type goMod struct {
	sum      string
	goes     string
	requires []module.Version
}

// readGraph reads the module in dir, which must be tidy.
func readGraph(ctx context.Context, dir string) (*graph, error) {
	g := &graph{
		versions: map[string]string{},
		roots:    map[string]bool{},
		packages: map[string]*pkg{},
		modules:  map[module.Version]*goMod{},
	}
	cache, err := run(ctx, dir, "env", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	g.cache = strings.TrimSpace(string(cache))
	list, err := run(ctx, dir, "list", "-m", "-json=Path,Version,Main", "all")
	if err != nil {
		return nil, err
	}
	for dec := json.NewDecoder(bytes.NewReader(list)); ; {
		var m struct {
			Path, Version string
			Main          bool
		}
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("go list -m -json all: %w", err)
		}
		if !m.Main {
			g.versions[m.Path] = m.Version
		}
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	file, err := modfile.Parse("go.mod", mod, nil)
	if err != nil {
		return nil, err
	}
	for _, r := range file.Require {
		g.roots[r.Mod.Path] = true
	}
	return g, nil
}

// module returns what the go.mod of m says.
func (g *graph) module(ctx context.Context, m module.Version) (*goMod, error) {
	if found := g.modules[m]; found != nil {
		return found, nil
	}
	file, err := g.cached(m, ".mod")
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err = g.download(ctx, m); err == nil {
			data, err = os.ReadFile(file)
		}
	}
	if err != nil {
		return nil, err
	}
	parsed, err := modfile.ParseLax(file, data, nil)
	if err != nil {
		return nil, err
	}
	found := &goMod{}
	open := func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
	if found.sum, err = dirhash.Hash1([]string{"go.mod"}, open); err != nil {
		return nil, err
	}
	if parsed.Go != nil {
		found.goes = parsed.Go.Version
	}
	for _, r := range parsed.Require {
		found.requires = append(found.requires, r.Mod)
	}
	g.modules[m] = found
	return found, nil
}

// zip returns the checksum of m's files, which are in the module cache afterwards.
func (g *graph) zip(ctx context.Context, m module.Version) (string, error) {
	file, err := g.cached(m, ".ziphash")
	if err != nil {
		return "", err
	}
	if dir, err := g.dir(m, m.Path); err != nil {
		return "", err
	} else if _, err := os.Stat(dir); err == nil {
		if sum, err := os.ReadFile(file); err == nil {
			return string(sum), nil
		}
	}
	if err := g.download(ctx, m); err != nil {
		return "", err
	}
	sum, err := os.ReadFile(file)
	return string(sum), err
}

// cached is where the module cache has the file with that extension for m.
func (g *graph) cached(m module.Version, ext string) (string, error) {
	escapedPath, escapedVersion, err := escape(m)
	return filepath.Join(g.cache, "cache", "download", filepath.FromSlash(escapedPath), "@v", escapedVersion+ext), err
}

func escape(m module.Version) (path, version string, err error) {
	if path, err = module.EscapePath(m.Path); err == nil {
		version, err = module.EscapeVersion(m.Version)
	}
	return path, version, err
}

// download puts m in the module cache, checked against the checksum database as ever.
func (g *graph) download(ctx context.Context, m module.Version) error {
	dir, err := os.MkdirTemp("", "otelgen-download-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeProject(dir, []byte("module download\n\ngo "+goVersion+"\n"), nil, nil); err != nil {
		return err
	}
	_, err = run(ctx, dir, "mod", "download", m.String())
	return err
}

// pruned reports whether the go command trusts the module's go.mod to name all that its packages need.
// It reads older ones through to the end.
func (m *goMod) pruned() bool {
	return m.goes != "" && version.Compare("go"+m.goes, "go1.17") >= 0
}

// isStd reports whether path is one that only the standard library may use.
func isStd(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// pkg finds the package, which some module must provide, and scans its files.
func (g *graph) pkg(importPath string) (*pkg, error) {
	if found := g.packages[importPath]; found != nil {
		return found, nil
	}
	var roots, from []string
	for _, prefix := range prefixes(importPath) {
		v, ok := g.versions[prefix]
		if !ok {
			continue
		}
		holds, err := g.holds(module.Version{Path: prefix, Version: v}, importPath)
		if err != nil {
			return nil, err
		}
		if holds {
			from = append(from, prefix)
		}
		if holds && g.roots[prefix] {
			roots = append(roots, prefix)
		}
	}
	if len(roots) > 0 { // the go command looks no further
		from = roots
	}
	if len(from) != 1 {
		return nil, fmt.Errorf("package %s: want one module that provides it, have %q", importPath, from)
	}
	found := &pkg{path: importPath, module: from[0]}
	dir, err := g.dir(module.Version{Path: found.module, Version: g.versions[found.module]}, importPath)
	if err != nil {
		return nil, err
	}
	if err := found.scan(dir); err != nil {
		return nil, err
	}
	g.packages[importPath] = found
	return found, nil
}

// dir is where the module cache has the package, if m provides it.
func (g *graph) dir(m module.Version, importPath string) (string, error) {
	escapedPath, escapedVersion, err := escape(m)
	inside := strings.TrimPrefix(strings.TrimPrefix(importPath, m.Path), "/")
	return filepath.Join(g.cache, filepath.FromSlash(escapedPath)+"@"+escapedVersion, filepath.FromSlash(inside)), err
}

// holds reports whether m has Go files for the package. A module that the go command had no need to download has none.
func (g *graph) holds(m module.Version, importPath string) (bool, error) {
	dir, err := g.dir(m, importPath)
	if err != nil {
		return false, err
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return e.Type().IsRegular() && strings.HasSuffix(e.Name(), ".go")
	}), err
}

// scan collects the imports of all Go files in dir which could be part of some build.
func (p *pkg) scan(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if !e.Type().IsRegular() || !strings.HasSuffix(name, ".go") || strings.HasPrefix(name, "_") ||
			strings.HasPrefix(name, ".") {
			continue
		}
		file := filepath.Join(dir, name)
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if !buildable(src) {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ImportsOnly)
		if parsed == nil || parsed.Name == nil { // what can be read of a broken file counts
			return err
		}
		into := &p.imports
		if strings.HasSuffix(name, "_test.go") {
			into = &p.tests
		} else if p.name == "" || parsed.Name.Name != "main" {
			p.name = parsed.Name.Name
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err == nil && !isStd(imported) && module.CheckImportPath(imported) == nil {
				*into = append(*into, imported)
			}
		}
	}
	for _, list := range []*[]string{&p.imports, &p.tests} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return nil
}

// buildable reports whether the file's build constraint can hold for some set of tags, of which "ignore" is never one.
// Like tidy it takes every other tag for both set and not set.
func buildable(src []byte) bool {
	ok := true
	for len(src) > 0 {
		var line []byte
		line, src, _ = bytes.Cut(src, []byte("\n"))
		line = bytes.TrimSpace(line)
		if len(line) > 0 && !bytes.HasPrefix(line, []byte("//")) {
			break
		}
		if !constraint.IsGoBuild(string(line)) && !constraint.IsPlusBuild(string(line)) {
			continue
		}
		expr, err := constraint.Parse(string(line))
		if constraint.IsGoBuild(string(line)) {
			return err == nil && possible(expr, true)
		}
		ok = ok && (err != nil || possible(expr, true))
	}
	return ok
}

func possible(expr constraint.Expr, want bool) bool {
	switch x := expr.(type) {
	case *constraint.TagExpr:
		return x.Tag != "ignore" && want
	case *constraint.NotExpr:
		return !possible(x.X, !want)
	case *constraint.AndExpr:
		return possible(x.X, want) && possible(x.Y, want)
	case *constraint.OrExpr:
		return possible(x.X, want) || possible(x.Y, want)
	}
	return false
}

// prefixes returns the paths of all modules that could hold the package, the longest first.
func prefixes(importPath string) []string {
	var all []string
	for p := importPath; p != "."; p = path.Dir(p) {
		all = append(all, p)
	}
	return all
}

// closure is what the go command loads for one import.
type closure struct {
	packages []*pkg
	build    map[string]bool // modules that packages of the build come from
	tests    map[string]int  // modules that only their tests need: distance from the build
}

// closure loads the package with all that it imports, and all that their tests import, but not the tests of those.
func (g *graph) closure(importPath string) (*closure, error) {
	c := &closure{build: map[string]bool{}, tests: map[string]int{}}
	seen := map[string]bool{}
	visit := func(path string) (*pkg, error) {
		if seen[path] {
			return nil, nil
		}
		seen[path] = true
		p, err := g.pkg(path)
		if err == nil {
			c.packages = append(c.packages, p)
		}
		return p, err
	}
	var tests []string
	for queue := []string{importPath}; len(queue) > 0; queue = queue[1:] {
		p, err := visit(queue[0])
		if err != nil {
			return nil, err
		}
		if p != nil {
			c.build[p.module] = true
			queue, tests = append(queue, p.imports...), append(tests, p.tests...)
		}
	}
	for distance := 1; len(tests) > 0; distance++ {
		var next []string
		for _, path := range tests {
			p, err := visit(path)
			if err != nil {
				return nil, err
			}
			if p == nil {
				continue
			}
			if _, nearer := c.tests[p.module]; !nearer && !c.build[p.module] {
				c.tests[p.module] = distance
			}
			next = append(next, p.imports...)
		}
		tests = next
	}
	return c, nil
}
