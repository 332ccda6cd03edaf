package golang

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Import is one import of a file.
type Import struct {
	Name string // as written before the path: an alias, "_", ".", or ""
	Path string

	doc, comment string // lines above it; on its line
	name         string // that the file knows the package by
}

// forEffect reports whether the import is needed even if nothing mentions its name.
func (i Import) forEffect() bool { return i.Name == "_" || i.Name == "." }

// header is a source file cut at its imports.
type header struct {
	pkg     string
	pkgAt   int    // where its name stands in before
	before  []byte // up to the end of the line of the package clause, and what stands between it and the imports
	imports []Import
	body    []byte
	lines   int // number of lines of the imports that were cut out
}

// splitHeader cuts the imports out of src. Comments among them go with the import below them.
func splitHeader(src []byte) (*header, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", src, parser.ImportsOnly|parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, syntaxError(err, src, 0)
	}
	base := fset.File(file.Package).Base()
	h := &header{pkg: file.Name.Name, pkgAt: int(file.Name.Pos()) - base}
	if len(file.Decls) == 0 {
		cut := int(file.Name.End()) - base
		for _, c := range file.Comments { // that begin on the line of the package clause
			if at := int(c.Pos()) - base; at >= cut && !bytes.Contains(src[cut:at], []byte("\n")) {
				cut = int(c.End()) - base
			}
		}
		h.before, h.body = src[:cut], src[cut:]
		return h, nil
	}
	start, end := file.Decls[0].Pos(), file.Decls[len(file.Decls)-1].End()
	for _, spec := range file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, &SyntaxError{Line: fset.Position(spec.Pos()).Line, Msg: "import path " + spec.Path.Value}
		}
		if p == "C" {
			return nil, &SyntaxError{Line: fset.Position(spec.Pos()).Line, Msg: `cgo (import "C") is not supported`}
		}
		i := Import{Path: p}
		if spec.Name != nil {
			i.Name = spec.Name.Name
		}
		if spec.Comment != nil {
			i.comment = string(src[int(spec.Comment.Pos())-base : int(spec.Comment.End())-base])
			end = max(end, spec.Comment.End())
		}
		h.imports = append(h.imports, i)
	}
	for _, c := range file.Comments {
		if c.Pos() < start || c.End() > end || isSpecComment(file, c) || len(h.imports) == 0 {
			continue
		}
		at := slices.IndexFunc(file.Imports, func(s *ast.ImportSpec) bool { return s.Pos() > c.Pos() })
		if at < 0 {
			at = len(file.Imports) - 1
		}
		h.imports[at].doc += string(src[int(c.Pos())-base:int(c.End())-base]) + "\n"
	}
	a, b := int(start)-base, int(end)-base
	h.before, h.body = src[:a], src[b:]
	h.lines = bytes.Count(src[a:b], []byte("\n"))
	return h, nil
}

func isSpecComment(file *ast.File, c *ast.CommentGroup) bool {
	return slices.ContainsFunc(file.Imports, func(s *ast.ImportSpec) bool { return s.Comment == c })
}

// lineShift is what has to be added to a line below the imports of text, as composed, to get that of the source.
func (h *header) lineShift(text []byte) int {
	composed := bytes.Count(text, []byte("\n")) - bytes.Count(h.before, []byte("\n")) - bytes.Count(h.body, []byte("\n"))
	return h.lines - composed
}

// compose puts the file together again with the imports of list.
func (h *header) compose(list []Import, module string) []byte {
	var b bytes.Buffer
	b.Grow(len(h.before) + len(h.body) + 64*len(list))
	b.Write(h.before)
	if len(list) > 0 {
		if h.lines == 0 && len(h.imports) == 0 {
			b.WriteString("\n\n")
		}
		writeImports(&b, list, module)
	}
	b.Write(h.body)
	return b.Bytes()
}

func writeImports(b *bytes.Buffer, list []Import, module string) {
	if len(list) == 1 && list[0].doc == "" {
		b.WriteString("import ")
		list[0].write(b)
		return
	}
	b.WriteString("import (\n")
	for n, i := range list {
		if n > 0 && group(i.Path, module) != group(list[n-1].Path, module) {
			b.WriteByte('\n')
		}
		if i.doc != "" {
			b.WriteString("\t" + i.doc)
		}
		b.WriteByte('\t')
		i.write(b)
		b.WriteByte('\n')
	}
	b.WriteString(")")
}

func (i Import) write(b *bytes.Buffer) {
	if i.Name != "" {
		b.WriteString(i.Name + " ")
	}
	b.WriteString(strconv.Quote(i.Path))
	if i.comment != "" {
		b.WriteString(" " + i.comment)
	}
}

func paths(list []Import) (paths []string) {
	for _, i := range list {
		paths = append(paths, i.Path)
	}
	return paths
}

const (
	groupStd = iota
	groupThirdParty
	groupModule
)

func group(importPath, module string) int {
	switch first, _, _ := strings.Cut(importPath, "/"); {
	case Within(importPath, module):
		return groupModule
	case strings.Contains(first, "."):
		return groupThirdParty
	}
	return groupStd
}

// Within reports whether importPath is in the module of that path.
func Within(importPath, module string) bool {
	rest, ok := strings.CutPrefix(importPath, module)
	return ok && (rest == "" || rest[0] == '/')
}

// ThirdParty reports whether importPath is neither in the standard library nor in the module.
func ThirdParty(importPath, module string) bool { return group(importPath, module) == groupThirdParty }

// merge resolves names, drops duplicates and imports of the package own, and sorts.
func merge(list []Import, own string, o Options) []Import {
	type key struct{ path, name string }
	seen := map[key]int{}
	var out []Import
	for _, i := range list {
		if i.Path == own {
			continue
		}
		if i.name = i.Name; i.name == "" && o.PackageName != nil {
			i.name = o.PackageName(i.Path)
		}
		if i.name == "" {
			i.name = AssumedName(i.Path)
		}
		if i.Name == path.Base(i.Path) {
			i.Name = ""
		}
		k := key{i.Path, i.name}
		if at, ok := seen[k]; ok {
			first := &out[at]
			first.Name, first.doc, first.comment = cmp.Or(first.Name, i.Name), cmp.Or(first.doc, i.doc), cmp.Or(first.comment, i.comment)
			continue
		}
		seen[k] = len(out)
		out = append(out, i)
	}
	slices.SortFunc(out, func(x, y Import) int {
		return cmp.Or(cmp.Compare(group(x.Path, o.Module), group(y.Path, o.Module)), cmp.Compare(x.Path, y.Path), cmp.Compare(x.Name, y.Name))
	})
	return out
}

// used returns those imports of list that the body uses. Nearly always the words of the body tell: a name that stands before a
// dot is that of an import, unless the file declares something by it. Where it may, the syntax tree tells.
func (h *header) used(list []Import) ([]Import, error) {
	qualifies, elsewhere := map[string]bool{}, false
	for _, i := range list {
		qualifies[i.name] = false
	}
	err := h.eachName(func(name string, beforeDot bool) {
		if _, ok := qualifies[name]; ok && beforeDot {
			qualifies[name] = true
		} else if ok {
			elsewhere = true
		}
	})
	if err != nil {
		return nil, err
	}
	keep := func() {
		list = slices.DeleteFunc(list, func(i Import) bool { return !i.forEffect() && !qualifies[i.name] })
	}
	keep()
	if !elsewhere {
		return list, nil
	}
	text := h.compose(nil, "")
	file, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
	if err != nil {
		return nil, syntaxError(err, text, h.lineShift(text))
	}
	undeclared := map[*ast.Ident]bool{}
	for _, id := range file.Unresolved {
		undeclared[id] = true
	}
	clear(qualifies)
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && undeclared[id] {
				qualifies[id.Name] = true
			}
		}
		return true
	})
	keep()
	return list, nil
}

// eachName calls f for each identifier of the body that stands behind no dot. The error is that of CheckBounds.
func (h *header) eachName(f func(name string, beforeDot bool)) error {
	var b bounds
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(h.body)), h.body, nil, 0)
	name := "" // the last token, if it is such an identifier
	for last := token.ILLEGAL; last != token.EOF; {
		_, tok, lit := s.Scan()
		b.token(tok)
		if name != "" {
			f(name, tok == token.PERIOD)
		}
		if name = ""; tok == token.IDENT && last != token.PERIOD {
			name = lit
		}
		last = tok
	}
	return b.err()
}

// oneNameEach refuses two packages of one name.
func oneNameEach(list []Import) error {
	seen := map[string]string{}
	for _, i := range list {
		if i.forEffect() {
			continue
		}
		if other, ok := seen[i.name]; ok {
			return fmt.Errorf("%q and %q are both imported as %s: give one of them another name", other, i.Path, i.name)
		}
		seen[i.name] = i.Path
	}
	return nil
}

// AssumedName guesses the name of the package at an import path, as goimports does.
func AssumedName(importPath string) string {
	base := path.Base(importPath)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		if dir := path.Dir(importPath); dir != "." {
			base = path.Base(dir)
		}
	}
	base = strings.TrimPrefix(base, "go-")
	if at := strings.IndexFunc(base, func(r rune) bool { return !isIdent(r) }); at >= 0 {
		base = base[:at]
	}
	return base
}

func isIdent(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
