package generator

import (
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/otelgen/otelgen/generator/golang"
)

// layout is role → directory, for one selection.
type layout struct {
	dirs   map[string]string
	named  map[string]bool   // roles whose directory holds a placeholder
	paths  map[string]string // role → import path
	roles  []string
	module string
	fill   *strings.Replacer // of {name}, {entity} and {entities}
}

func (s *Selection) layout() (*layout, error) {
	l := &layout{dirs: map[string]string{}, paths: map[string]string{}, named: map[string]bool{}, roles: s.catalog.skeleton.roles, module: s.answers.Module,
		fill: strings.NewReplacer("{name}", s.answers.Name, "{entity}", s.entity.Snake, "{entities}", s.entity.PluralSnake)}
	from := map[string]*Preset{}
	for _, p := range s.owners() {
		for _, role := range sortedKeys(p.Layout) {
			if !slices.Contains(l.roles, role) {
				return nil, unknownRole(role, l.roles, p.at(1))
			}
			if other := from[role]; other != nil {
				return nil, &Error{Kind: KindPreset, Code: "layout", What: fmt.Sprintf("the role %s already has a directory", role), Why: "it is given by " + other.ID(),
					Fix: "take the role out of one of the two", Where: p.at(1)}
			}
			from[role] = p
			dir, err := l.expand(p.Layout[role], p.at(1))
			if err != nil {
				return nil, err
			}
			l.dirs[role], l.named[role] = dir, dir != p.Layout[role]
			l.paths[role] = path.Join(l.module, dir)
		}
	}
	return l, nil
}

func unknownRole(role string, known []string, where string) error {
	return &Error{Kind: KindPreset, Code: "unknown-role", What: fmt.Sprintf("%q is no role", role), Why: "known roles: " + list(known), Fix: didYouMean(role, known), Where: where}
}

// dir returns the directory of a role.
func (l *layout) dir(role string) (string, error) {
	if dir, ok := l.dirs[role]; ok {
		return dir, nil
	}
	if slices.Contains(l.roles, role) {
		return "", fmt.Errorf("the role %q has no directory: neither the skeleton's layout nor the chosen presets give it one", role)
	}
	return "", fmt.Errorf("%q is no role; known roles: %s; %s", role, list(l.roles), didYouMean(role, l.roles))
}

func (l *layout) importPath(role string) (string, error) {
	dir, err := l.dir(role)
	return path.Join(l.module, dir), err
}

func (l *layout) pkg(role string) (string, error) {
	dir, err := l.dir(role)
	if err != nil {
		return "", err
	}
	name := path.Base(dir)
	if dir == "." {
		name = golang.AssumedName(l.module)
	}
	if !token.IsIdentifier(name) {
		return "", fmt.Errorf("the directory %q of the role %q gives no name for a package", dir, role)
	}
	return name, nil
}

// file returns the path of what the template "@role/rest.tmpl" renders to, and whether the name or entity is part of it.
func (l *layout) file(template, where string) (p string, named bool, err error) {
	role, rest, err := splitRole(template, where)
	if err != nil {
		return "", false, err
	}
	if !slices.Contains(l.roles, role) {
		return "", false, unknownRole(role, l.roles, where)
	}
	dir, err := l.dir(role)
	if err != nil {
		return "", false, &Error{Kind: KindPreset, Code: "unknown-role", What: "the template has no place in this service", Why: err.Error(),
			Fix: "move it to a role that has a directory", Where: where}
	}
	full, err := l.expandFile(strings.TrimSuffix(rest, templateSuffix), where)
	if err != nil {
		return "", false, err
	}
	p = path.Join(dir, full)
	return p, l.named[role] || strings.Contains(strings.ReplaceAll(rest, "{step", ""), "{"), checkPath(p, where)
}

func splitRole(template, where string) (role, rest string, err error) {
	role, rest, ok := strings.Cut(template, "/")
	if role, isRole := strings.CutPrefix(role, "@"); ok && isRole {
		return role, rest, nil
	}
	return "", "", &Error{Kind: KindPreset, Code: "template", What: "the template is in no role",
		Why: "files are addressed by role, as in files/@store/store.go.tmpl", Fix: "move it into a folder @ROLE", Where: where}
}

// alertPlaceholder begins the name of a file that is written once for each alert.
const alertPlaceholder = "{alert}"

func forAlert(p string) bool { return strings.HasPrefix(path.Base(p), alertPlaceholder+".") }

// expandFile fills the placeholders of the path of a file, except {alert} and {stepN} at the beginning of its name.
func (l *layout) expandFile(p, where string) (string, error) {
	base, kept := path.Base(p), ""
	if forAlert(p) {
		base, kept = "", base
	} else if order, name := stepOf(p); order > 0 {
		base, kept = name, strings.TrimSuffix(base, name)
	}
	dir, err := l.expand(path.Dir(p), where)
	if err != nil {
		return "", err
	}
	ending := ""
	if table, ok := strings.CutSuffix(base, fieldEnding); ok && kept != "" {
		base, ending = table, fieldEnding
	}
	name, err := l.expand(base, where)
	return path.Join(dir, kept+name+ending), err
}

// expand fills the placeholders of a path, element by element.
func (l *layout) expand(p, where string) (string, error) {
	if !strings.Contains(p, "{") {
		return p, nil
	}
	elems := strings.Split(p, "/")
	for i, elem := range elems {
		full := l.fill.Replace(elem)
		if strings.ContainsAny(full, "{}") {
			return "", &Error{Kind: KindPreset, Code: "path", What: fmt.Sprintf("the path has an unknown placeholder: %s", elem), Why: "known: {name}, {entity}, {entities}, and for a file {alert}.EXT, {stepN}_NAME or {stepN}_TABLE_{field}.sql",
				Fix: "use one of these, or leave the braces out", Where: where}
		}
		// An answer must not produce a file name that is special for the go command: windows.go, line_test.go,
		// vendor/.
		special := buildSuffix(full) != buildSuffix(elem) || slices.Contains([]string{"internal", "vendor", "testdata"}, full)
		if full != elem && (special || module.CheckFilePath(full) != nil) {
			return "", &Error{Kind: KindAnswers, Code: "bad-entity", What: fmt.Sprintf("the answers would give a file or folder the name %s", full),
				Why: "the Go tool or Windows reads a meaning into this name", Fix: "use another word, for example with --entity"}
		}
		elems[i] = full
	}
	return strings.Join(elems, "/"), nil
}

// buildSuffix returns what the Go tool takes for a constraint in a file name: "_test", "_linux", "_windows_arm64".
func buildSuffix(name string) string {
	stem, ok := strings.CutSuffix(name, ".go")
	if !ok {
		return ""
	}
	_, stem, _ = strings.Cut(stem, "_")
	words := strings.Split(stem, "_")
	n := len(words)
	for n > 0 && (words[n-1] == "test" || slices.Contains(platforms, words[n-1])) {
		n--
	}
	return strings.Join(words[n:], "_")
}

// platforms are every GOOS and GOARCH that the Go tool knows, as in internal/syslist.
var platforms = strings.Fields(`aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos
386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm`)

// engineFiles are written by the engine or the writer, never by a template.
var engineFiles = []string{"go.mod", "go.sum", ".otelgen.yaml", ".otelgen.pristine.tar.gz"}

// CheckPath returns why p is not a valid path of a file in a project, or nil. It checks all paths: of presets, the
// pristine tree and journals. A valid path is clean and relative, with forward slashes. It is inside the project on
// every system, and not among git's own files.
func CheckPath(p string) error {
	switch {
	case p == ".", !fs.ValidPath(p), strings.Contains(p, "\\"), len(p) > 1 && p[1] == ':':
		return errors.New("a path must be relative and stay inside of the project")
	case strings.ContainsFunc(p, unprintable):
		return errors.New("it holds a character that a terminal would obey or hide")
	case slices.ContainsFunc(strings.Split(p, "/"), isGit):
		return errors.New("git reads its own files there, and runs some of them")
	}
	return nil
}

// isGit reports whether some file system takes elem for the directory .git.
func isGit(elem string) bool {
	elem, _, _ = strings.Cut(strings.ToLower(elem), ":") // a stream of NTFS
	return strings.TrimRight(elem, ". ") == ".git" || strings.HasPrefix(elem, "git~")
}

func unprintable(r rune) bool { return r == '\t' || r == '\n' || unseen(r) }

// checkPath refuses what templates must not write: more than CheckPath does, so that every system can hold the service.
func checkPath(p, where string) error {
	why := ""
	if err := CheckPath(p); err != nil {
		why = err.Error()
	} else if slices.Contains(engineFiles, strings.ToLower(p)) {
		why = "otelgen writes this file itself"
	} else {
		if err := module.CheckFilePath(p); err != nil {
			why = strings.TrimPrefix(err.Error(), fmt.Sprintf("malformed file path %q: ", p))
		}
		for _, r := range p {
			if r <= ' ' || r >= 0x7f {
				why = fmt.Sprintf("the character %q is not allowed", r)
			}
		}
	}
	if why == "" {
		return nil
	}
	return &Error{Kind: KindPreset, Code: "path", What: fmt.Sprintf("the file %q cannot be written", p), Why: why, Fix: "give the template another name or place", Where: where}
}

// checkClashes refuses two files of one path, or of paths that differ in case only, and files where a folder must be.
func checkClashes(files []PlannedFile, position func(PlannedFile) string) error {
	type claim struct {
		file  PlannedFile
		path  string
		isDir bool
	}
	seen := map[string]claim{}
	for _, f := range files {
		isDir := false
		for p := f.Path; p != "."; p, isDir = path.Dir(p), true {
			key := strings.ToLower(p)
			other, ok := seen[key]
			if !ok {
				seen[key] = claim{f, p, isDir}
				continue
			}
			if isDir && other.isDir && other.path == p {
				break // its parents are known, too
			}
			e := &Error{Kind: KindPreset, Code: "path-twice", What: fmt.Sprintf("the path %s is already taken", p), Why: "by " + other.path + " of " + position(other.file),
				Fix: "one of them needs another name", Where: position(f)}
			if f.named || other.file.named {
				e.Kind, e.Fix = KindAnswers, "use another name or entity"
			}
			return e
		}
	}
	return nil
}
