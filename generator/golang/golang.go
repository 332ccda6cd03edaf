// Package golang turns the text that templates rendered for a Go file into a formatted file, whose imports are
// merged, pruned and grouped. It works on bytes only, and never looks at the machine: no module cache, no go command,
// no files.
package golang

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"

	"golang.org/x/tools/imports"
)

// Options is what Finish has to know of the surroundings of a file.
type Options struct {
	// Module is the path of the module that the file belongs to.
	Module string
	// PackagePath is the import path of the file's own package. Imports of it are dropped.
	PackagePath string
	// PackageName gives the name of the package at a third-party import path, or "" if it does not know it.
	PackageName func(importPath string) string
	// Role is the role that the file lives in, or "". A package clause that names it gets the name of the package.
	Role string
	// Roles gives the import path of each role. A file imports the role as "@role" and writes its name before a dot.
	Roles map[string]string
	// Imports are merged into the file's own; unused ones are dropped.
	Imports []Import
	// Composed says that fragments went into the text, which is therefore unlikely to be formatted. It changes the time only.
	Composed bool
}

// File is a finished file.
type File struct {
	Content []byte
	Imports []string // paths that it imports
	Written []string // paths that its source imported itself, used or not
}

// SyntaxError says where a text is not Go. Line counts in the text as it was handed in.
type SyntaxError struct {
	Line int
	Msg  string
	Text string // the line at fault
}

func (e *SyntaxError) Error() string {
	if e.Text == "" {
		return e.Msg
	}
	return fmt.Sprintf("%s in %q", e.Msg, e.Text)
}

// generated reports whether src has the line by which the go command, too, knows generated code (https://go.dev/s/generatedcode).
func generated(src []byte) bool {
	const begin, end = "// Code generated ", " DO NOT EDIT."
	if !bytes.Contains(src, []byte(begin)) {
		return false
	}
	for line := range bytes.Lines(src) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if rest, ok := bytes.CutPrefix(line, []byte(begin)); ok && bytes.HasSuffix(line, []byte(end)) && len(rest) >= len(end) {
			return true
		}
	}
	return false
}

// Finish merges o.Imports into the imports of src, drops those that src does not use, groups them (standard library,
// third party, own module), and formats the whole as goimports does. Code that says it
// is generated keeps its imports as they are. The error is a *SyntaxError, an *UnknownRole, or says which
// two imports want one name.
func Finish(src []byte, o Options) (*File, error) {
	if len(src) > maxSize {
		return nil, CheckBounds(src)
	}
	h, err := splitHeader(src)
	if err != nil {
		return nil, err
	}
	if generated(src) { // its imports stay as its generator has them
		if err := CheckBounds(src); err != nil {
			return nil, err
		}
		formatted, err := format.Source(src)
		if err != nil {
			return nil, syntaxError(err, src, 0)
		}
		return &File{Content: formatted, Imports: paths(h.imports), Written: paths(h.imports)}, nil
	}
	own := o.PackagePath
	if strings.HasSuffix(h.pkg, "_test") {
		own = "" // an external test package imports what it tests
	}
	list, err := h.resolveRoles(o, own)
	if err != nil {
		return nil, err
	}
	if list, err = h.used(merge(list, own, o)); err != nil {
		return nil, err
	}
	if err := oneNameEach(list); err != nil {
		return nil, err
	}
	text := h.compose(list, o.Module)
	formatted, err := formatted(text, o.Composed)
	if err != nil {
		return nil, syntaxError(err, text, h.lineShift(text))
	}
	return &File{Content: formatted, Imports: paths(list), Written: paths(h.imports)}, nil
}

// formatted returns what goimports makes of text. A template mostly comes out formatted, which gofmt finds in half the time. Text that
// was composed from fragments seldom is.
func formatted(text []byte, composed bool) ([]byte, error) {
	if !composed {
		out, err := format.Source(text)
		if err != nil || bytes.Equal(out, text) {
			return out, err
		}
	}
	return imports.Process("", text, &imports.Options{FormatOnly: true, Comments: true, TabIndent: true, TabWidth: 8})
}

// CutFragment takes leading import declarations off a fragment of Go and checks that the rest is a list of
// declarations or of statements. The error is a *SyntaxError.
func CutFragment(text []byte) (imports []Import, body []byte, err error) {
	if err := CheckBounds(text); err != nil {
		return nil, nil, err
	}
	body = text
	if bytes.Contains(text, []byte("import")) {
		const clause = "package p;"
		h, err := splitHeader(append([]byte(clause), text...))
		if err != nil {
			return nil, nil, err
		}
		if h.imports != nil {
			imports, body = h.imports, h.body
		}
	}
	shift := bytes.Count(text, []byte("\n")) - bytes.Count(body, []byte("\n"))
	asStatements, errS := parseWrapped("package p; func _() {", body, "\n}")
	if errS == nil {
		return imports, body, nil
	}
	asDeclarations, errD := parseWrapped("package p;", body, "")
	if errD == nil {
		return imports, body, nil
	}
	// The reading that got further is the one that was meant.
	wrapped, err := asStatements, errS
	if line(errD) > line(errS) {
		wrapped, err = asDeclarations, errD
	}
	var e *SyntaxError
	if err = syntaxError(err, wrapped, shift); errors.As(err, &e) {
		if last := bytes.Count(text, []byte("\n")) + 1; e.Line > last { // in the wrapping
			e.Line, e.Text = last, ""
		}
	}
	return nil, nil, err
}

func parseWrapped(before string, body []byte, after string) ([]byte, error) {
	text := make([]byte, 0, len(before)+len(body)+len(after))
	text = append(append(append(text, before...), body...), after...)
	file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
	if err == nil && after != "" && len(file.Decls) != 1 {
		err = scanner.ErrorList{{Pos: token.Position{Line: 1}, Msg: "unbalanced braces"}}
	}
	return text, err
}

func line(err error) int {
	var list scanner.ErrorList
	if errors.As(err, &list) && len(list) > 0 {
		return list[0].Pos.Line
	}
	return 0
}

func syntaxError(err error, text []byte, shift int) error {
	var list scanner.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return &SyntaxError{Msg: err.Error()}
	}
	first := list[0]
	e := &SyntaxError{Line: max(1, first.Pos.Line+shift), Msg: first.Msg}
	if lines := bytes.Split(text, []byte("\n")); first.Pos.Line <= len(lines) {
		e.Text = string(bytes.TrimSpace(lines[first.Pos.Line-1]))
	}
	return e
}
