// Package gomod writes the go.mod and go.sum of a generated project, as "go mod tidy" would leave them, byte for
// byte. It needs no go command, network or module cache.
//
// Lock files have the facts that the go command would find: for each import path the modules of its packages, and for
// each module its version, checksums and requirements. [Resolve] makes the decisions of tidy from them.
// internal/gotool writes the locks with the real go command. This package is pure: an import that is in no lock is an
// error.
package gomod

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/module"
)

// LockFile is the name of the lock file at the root of the skeleton and of every preset that imports third-party packages.
const LockFile = "lock.txt"

const header = "# Machine-written by `make lock`. Do not edit.\n"

// Lock holds what the imports of one preset need, in the universe of modules that all locks of a
// catalog were made in. Parse returns it complete; nothing changes it afterwards, so it may be shared.
type Lock struct {
	Go      string                    // the go directive of every project, such as 1.26.0
	Imports map[string]Import         // by import path
	Modules map[string]Module         // by module path: a module has one version in a universe
	Sums    map[module.Version]string // further lines of go.sum, keyed as there (a go.mod file's version ends in /go.mod)
}

// Import says what a project that imports a package takes on.
type Import struct {
	Name   string         // the package's name
	Module string         // path of the module that provides the package
	Needs  []string       // paths of the other modules that the build needs
	Tests  map[string]int // modules that only the packages' tests need, with their distance from the build
}

// Module is a module at its version in the universe.
type Module struct {
	Version string
	Zip     string              // checksum of the module's files
	Mod     string              // checksum of its go.mod
	Selects []string            // modules that requiring this one brings to their version in the universe, of those where it matters
	Brings  []module.Version    // modules that it brings to another version, of those where it matters: the keys of some Beside
	Reads   []module.Version    // other go.mod files that the go command reads where this module is required
	Beside  map[string][]string // modules which, by their path, could hold the packages of this module → their versions that do
}

// PackageName returns the name of the package at importPath, or "" if the lock does not know it.
func (l *Lock) PackageName(importPath string) string {
	if l == nil {
		return ""
	}
	return l.Imports[importPath].Name
}

// Merge returns one lock that holds what locks of one universe hold. Some may be nil.
func Merge(locks ...*Lock) *Lock {
	all := &Lock{Go: GoVersion(locks...), Imports: map[string]Import{}, Modules: map[string]Module{}, Sums: map[module.Version]string{}}
	for _, l := range locks {
		if l != nil {
			maps.Copy(all.Imports, l.Imports)
			maps.Copy(all.Modules, l.Modules)
			maps.Copy(all.Sums, l.Sums)
		}
	}
	return all
}

// Bytes returns the lock in the form that Parse reads: the same facts, the same bytes. There is one fact a line, sorted,
// and a version stands in as few lines as can be, so that a change shows as the few lines it is about:
//
//	go VERSION
//	import PATH NAME MODULE
//		needs MODULE
//		tests MODULE DISTANCE
//	module PATH VERSION ZIPSUM MODSUM
//		beside MODULE [VERSION...]
//		brings MODULE VERSION
//		reads MODULE VERSION
//		selects MODULE
//	sum PATH VERSION SUM
func (l *Lock) Bytes() []byte {
	var b bytes.Buffer
	line := func(words ...string) { b.WriteString(strings.Join(words, " ") + "\n") }
	b.WriteString(header)
	line("go", l.Go)
	for _, path := range slices.Sorted(maps.Keys(l.Imports)) {
		i := l.Imports[path]
		line("import", path, i.Name, i.Module)
		for _, m := range slices.Sorted(slices.Values(i.Needs)) {
			line("\tneeds", m)
		}
		for _, m := range slices.Sorted(maps.Keys(i.Tests)) {
			line("\ttests", m, strconv.Itoa(i.Tests[m]))
		}
	}
	for _, path := range slices.Sorted(maps.Keys(l.Modules)) {
		m := l.Modules[path]
		line("module", path, m.Version, m.Zip, m.Mod)
		for _, p := range slices.Sorted(maps.Keys(m.Beside)) {
			line(append([]string{"\tbeside", p}, m.Beside[p]...)...)
		}
		for _, v := range sorted(m.Brings) {
			line("\tbrings", v.Path, v.Version)
		}
		for _, v := range sorted(m.Reads) {
			line("\treads", v.Path, v.Version)
		}
		for _, s := range slices.Sorted(slices.Values(m.Selects)) {
			line("\tselects", s)
		}
	}
	for _, v := range sorted(slices.Collect(maps.Keys(l.Sums))) {
		line("sum", v.Path, v.Version, l.Sums[v])
	}
	return b.Bytes()
}

// sorted returns vs in the order of go.sum.
func sorted(vs []module.Version) []module.Version {
	vs = slices.Clone(vs)
	module.Sort(vs)
	return vs
}

// Parse reads a lock file. The error names the line that is not as [Lock.Bytes] writes it.
func Parse(data []byte) (*Lock, error) {
	l := &Lock{Imports: map[string]Import{}, Modules: map[string]Module{}, Sums: map[module.Version]string{}}
	var (
		section, path string // the import or module that indented lines belong to
		imp           Import
		mod           Module
	)
	end := func() {
		switch section {
		case "import":
			l.Imports[path] = imp
		case "module":
			l.Modules[path] = mod
		}
		section, imp, mod = "", Import{}, Module{}
	}
	rest, n := string(data), 0
	var buf [8]string
	for rest != "" {
		var text string
		text, rest, _ = strings.Cut(rest, "\n")
		n++
		if text == "" || text[0] == '#' {
			continue
		}
		indented := text[0] == '\t'
		words := split(buf[:0], strings.TrimPrefix(text, "\t"))
		ok := false
		switch word, args := words[0], len(words)-1; {
		case indented && section == "import":
			switch {
			case word == "needs" && args == 1:
				imp.Needs, ok = append(imp.Needs, words[1]), true
			case word == "tests" && args == 2:
				if imp.Tests == nil {
					imp.Tests = map[string]int{}
				}
				distance, err := strconv.Atoi(words[2])
				imp.Tests[words[1]], ok = distance, err == nil && distance > 0
			}
		case indented && section == "module":
			switch {
			case word == "selects" && args == 1:
				mod.Selects, ok = append(mod.Selects, words[1]), true
			case word == "brings" && args == 2:
				mod.Brings, ok = append(mod.Brings, module.Version{Path: words[1], Version: words[2]}), true
			case word == "reads" && args == 2:
				mod.Reads, ok = append(mod.Reads, module.Version{Path: words[1], Version: words[2]}), true
			case word == "beside" && args >= 1:
				if mod.Beside == nil {
					mod.Beside = map[string][]string{}
				}
				mod.Beside[words[1]], ok = slices.Clone(words[2:]), true
			}
		case indented:
		case word == "go" && args == 1:
			l.Go, ok = words[1], true
		case word == "import" && args == 3:
			end()
			section, path, imp, ok = word, words[1], Import{Name: words[2], Module: words[3]}, true
		case word == "module" && args == 4:
			end()
			section, path, mod, ok = word, words[1], Module{Version: words[2], Zip: words[3], Mod: words[4]}, true
		case word == "sum" && args == 3:
			end()
			l.Sums[module.Version{Path: words[1], Version: words[2]}], ok = words[3], true
		}
		if !ok {
			return nil, fmt.Errorf("line %d: %q is not a line of a lock file; it is machine-written, so rewrite it with `make lock` or otelgen preset lock", n, text[:min(len(text), 80)])
		}
	}
	end()
	if l.Go == "" {
		return nil, fmt.Errorf("no go line; a lock file is machine-written, so rewrite it with `make lock` or otelgen preset lock")
	}
	return l, nil
}

// split appends the words of text, which single spaces part, to words.
func split(words []string, text string) []string {
	for {
		word, rest, more := strings.Cut(text, " ")
		words = append(words, word)
		if !more {
			return words
		}
		text = rest
	}
}
