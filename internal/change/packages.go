package change

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/otelgen/otelgen/generator"
)

// movedPackage is where the user has moved a package to.
type movedPackage struct {
	dir  string
	was  string // name of the package as generated
	name string // its name now
}

// follow rewrites base and theirs for packages that the user has moved: import paths, and the paths of new files in
// these packages.
func (p *planner) follow() error {
	p.module = modfile.ModulePath(p.theirs["go.mod"].Content)
	if err := p.findPackages(); err != nil || len(p.packages) == 0 {
		return err
	}
	p.Sides = &Sides{Base: p.moveImports(p.Base), Theirs: p.moveImports(p.Theirs), Ours: p.Ours, Reject: p.Reject}
	p.base, p.theirs = index(p.Base), index(p.Theirs)
	return nil
}

// findPackages finds the packages of which no file is left in its place.
func (p *planner) findPackages() error {
	p.packages = map[string]movedPackage{}
	dirs := map[string][]generator.File{}
	for _, f := range p.Base.Files {
		if path.Ext(f.Path) == ".go" {
			dirs[path.Dir(f.Path)] = append(dirs[path.Dir(f.Path)], f)
		}
	}
	for dir, files := range dirs {
		if dir == "." || hasGo(p.Ours, dir, nil) {
			continue
		}
		count := map[string]int{}
		for _, f := range files {
			to, err := p.moved(f)
			if err != nil {
				return err
			}
			if to != "" {
				count[path.Dir(to)]++
			}
		}
		if to := mostOften(count); to != "" {
			p.packages[dir] = movedPackage{dir: to, was: packageName(files[0].Content), name: p.packageAt(to)}
		}
	}
	return nil
}

func mostOften(count map[string]int) (most string) {
	for _, dir := range slices.Sorted(maps.Keys(count)) {
		if most == "" || count[dir] > count[most] {
			most = dir
		}
	}
	return most
}

// hasGo reports whether a directory of the project has a Go file that is not in gone. Everything behind a link counts
// as Go.
func hasGo(ours fs.ReadLinkFS, dir string, gone map[string]bool) bool {
	if err := checkParents(ours, dir); err != nil {
		return true
	}
	entries, err := fs.ReadDir(ours, dir)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return path.Ext(e.Name()) == ".go" && !e.IsDir() && !gone[path.Join(dir, e.Name())]
	})
}

// packageAt returns the name of the package in a directory of the project.
func (p *planner) packageAt(dir string) string {
	entries, err := fs.ReadDir(p.Ours, dir)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if path.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		if content, err := p.read(path.Join(dir, e.Name())); err == nil {
			return packageName(content)
		}
	}
	return ""
}

func packageName(content []byte) string {
	file, err := parser.ParseFile(token.NewFileSet(), "", content, parser.PackageClauseOnly)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(file.Name.Name, "_test")
}

// moveImports returns the tree with the imports of packages that the user has moved.
func (p *planner) moveImports(tree *generator.Tree) *generator.Tree {
	moved := *tree
	moved.Files = slices.Clone(tree.Files)
	for i, f := range moved.Files {
		if path.Ext(f.Path) == ".go" {
			moved.Files[i].Content = p.moveImportsOf(f)
		}
	}
	return &moved
}

func (p *planner) moveImportsOf(f generator.File) []byte {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", f.Content, parser.ParseComments)
	if err != nil {
		return f.Content
	}
	changed := false
	for _, spec := range file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		dir, ok := strings.CutPrefix(importPath, p.module+"/")
		moved, is := p.packages[dir]
		if !ok || !is {
			continue
		}
		spec.Path.Value = strconv.Quote(path.Join(p.module, moved.dir))
		if spec.Name == nil && moved.name != moved.was {
			spec.Name = ast.NewIdent(moved.was)
		}
		changed = true
	}
	if own := p.packages[path.Dir(f.Path)]; own.dir != "" && own.name != own.was && own.name != "" {
		file.Name.Name = own.name + strings.TrimPrefix(file.Name.Name, own.was)
		changed = true
	}
	if !changed {
		return f.Content
	}
	ast.SortImports(fset, file)
	var b bytes.Buffer
	if err := format.Node(&b, fset, file); err != nil {
		return f.Content
	}
	return b.Bytes()
}

// place returns a new file where it belongs: in its package, where the user has moved that.
func (p *planner) place(now generator.File) generator.File {
	if moved, ok := p.packages[path.Dir(now.Path)]; ok {
		now.Path = path.Join(moved.dir, path.Base(now.Path))
	}
	return now
}

// checkImports makes a conflict of each file that would import a package of the service which is not in the project.
func (p *planner) checkImports() {
	gone, written := map[string]bool{}, map[string]bool{}
	for _, f := range p.files {
		if f.From != "" {
			gone[f.From] = true
		}
		gone[f.Path] = f.State == Removed
		if f.Content != nil && path.Ext(f.Path) == ".go" {
			written[path.Dir(f.Path)] = true
		}
	}
	for i, f := range p.files {
		if f.Content == nil || path.Ext(f.Path) != ".go" {
			continue
		}
		for _, dir := range p.ownImports(f.Content) {
			if !written[dir] && !hasGo(p.Ours, dir, gone) {
				note := "it imports " + path.Join(
					p.module,
					dir,
				) + ", which is not in the project: you have moved or deleted the package"
				p.files[i].State, p.files[i].Note = Conflict, note
			}
		}
	}
}

// ownImports returns the directories of the service's own packages that a Go file imports.
func (p *planner) ownImports(content []byte) (dirs []string) {
	file, _ := parser.ParseFile(token.NewFileSet(), "", content, parser.ImportsOnly)
	if file == nil {
		return nil
	}
	for _, spec := range file.Imports {
		importPath, err := strconv.Unquote(spec.Path.Value)
		if dir, ok := strings.CutPrefix(importPath, p.module+"/"); ok && err == nil {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}
