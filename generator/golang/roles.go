package golang

import (
	"bytes"
	"go/scanner"
	"go/token"
	"path"
	"slices"
	"strings"
)

// RolePrefix marks an import of the package that a role lives in: import "@store".
const RolePrefix = "@"

// UnknownRole says that a file imports a role that the layout does not have.
type UnknownRole struct{ Role string }

func (e *UnknownRole) Error() string { return "the layout has no role " + e.Role }

// resolveRoles replaces imports of roles by the packages of the layout, and renames their uses: store.Open becomes
// repository.Open, or Open within that package. It also sets the package clause of a file of a role. So a template
// reads like a service whose packages are named after the roles.
func (h *header) resolveRoles(o Options, own string) ([]Import, error) {
	list := slices.Concat(h.imports, o.Imports)
	renamed := map[string]string{}
	for i := range list {
		role, ok := strings.CutPrefix(list[i].Path, RolePrefix)
		if !ok {
			continue
		}
		at, ok := o.Roles[role]
		if !ok {
			return nil, &UnknownRole{role}
		}
		list[i].Path = at
		switch {
		case list[i].Name != "":
		case at == own:
			renamed[role] = ""
		case path.Base(at) != role:
			renamed[role] = path.Base(at)
		}
	}
	if name := path.Base(o.PackagePath); o.Role != "" && (h.pkg == o.Role || h.pkg == o.Role+"_test") {
		h.renamePackage(o.Role, name)
	}
	if len(renamed) > 0 {
		h.before = []byte(renameInComment(string(h.before), renamed))
		h.body = renameQualifiers(h.body, renamed)
	}
	return list, nil
}

// renamePackage renames the package in its clause and at the start of its documentation.
func (h *header) renamePackage(from, to string) {
	doc := bytes.ReplaceAll(h.before[:h.pkgAt], []byte("Package "+from+" "), []byte("Package "+to+" "))
	h.before = slices.Concat(doc, []byte(to), h.before[h.pkgAt+len(from):])
	h.pkg = to + strings.TrimPrefix(h.pkg, from)
}

// renameQualifiers renames the packages that identifiers of body are qualified with, in code and in comments. The empty name
// takes the qualifier off.
func renameQualifiers(body []byte, names map[string]string) []byte {
	var (
		s    scanner.Scanner
		fset = token.NewFileSet()
		file = fset.AddFile("", -1, len(body))
		out  bytes.Buffer
		done int
	)
	replace := func(from, to int, by string) {
		out.Write(body[done:from])
		out.WriteString(by)
		done = to
	}
	s.Init(file, body, func(token.Position, string) {}, scanner.ScanComments)
	type lexeme struct {
		at  int
		tok token.Token
		lit string
	}
	var last [2]lexeme // the two before the current one
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			break
		}
		at := file.Offset(pos)
		if tok == token.COMMENT {
			if renamed := renameInComment(lit, names); renamed != lit {
				replace(at, at+commentLength(body[at:]), renamed)
			}
			continue
		}
		if tok == token.PERIOD && last[1].tok == token.IDENT && last[0].tok != token.PERIOD {
			if name, ok := names[last[1].lit]; ok {
				if name == "" {
					replace(last[1].at, at+1, "")
				} else {
					replace(last[1].at, at, name)
				}
			}
		}
		last[0], last[1] = last[1], lexeme{at, tok, lit}
	}
	out.Write(body[done:])
	return out.Bytes()
}

// commentLength is the length of the comment that text begins with.
func commentLength(text []byte) int {
	end, extra := []byte("\n"), 0
	if bytes.HasPrefix(text, []byte("/*")) {
		end, extra = []byte("*/"), 2
	}
	if at := bytes.Index(text, end); at >= 0 {
		return at + extra
	}
	return len(text)
}

// renameInComment renames packages where they stand before a dot and an exported name.
func renameInComment(text string, names map[string]string) string {
	var b strings.Builder
	done := 0
	for at := range len(text) - 1 {
		if text[at] != '.' || text[at+1] < 'A' || text[at+1] > 'Z' {
			continue
		}
		start := at
		for start > done && isIdent(rune(text[start-1])) {
			start--
		}
		name, ok := names[text[start:at]]
		if !ok || start > 0 && (text[start-1] == '.' || text[start-1] == '/') {
			continue
		}
		b.WriteString(text[done:start] + name)
		if done = at; name == "" {
			done++
		}
	}
	return b.String() + text[done:]
}
