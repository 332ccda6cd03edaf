package gomod

import (
	"bytes"
	"fmt"
	"go/version"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// Files are the contents of go.mod and go.sum. Sum is empty for a project that imports the standard
// library only: tidy leaves no go.sum then, so the file must not be written.
type Files struct{ Mod, Sum []byte }

// UnknownImport is the error for an import path that no lock knows.
type UnknownImport struct{ Path string }

func (e *UnknownImport) Error() string {
	return fmt.Sprintf("no lock knows the import path %q", e.Path)
}

// Mismatch is the error for locks that were not made in one universe: they hold two versions of a module.
type Mismatch struct {
	Module   string
	Versions [2]string
}

func (e *Mismatch) Error() string {
	return fmt.Sprintf("the locks hold two versions of module %s, %s and %s: they were not made together", e.Module, e.Versions[0], e.Versions[1])
}

// GoVersion returns the go directive that Resolve writes for a project of these locks, of which some may be nil. It is ""
// if there is none.
func GoVersion(locks ...*Lock) string {
	v := ""
	for _, l := range locks {
		if l != nil && (v == "" || version.Compare("go"+l.Go, "go"+v) > 0) {
			v = l.Go
		}
	}
	return v
}

// Resolve returns go.mod and go.sum of the module with the given path. imports are the imports of its packages and
// tests from other modules, in any order, repeated or not. The locks must be those of one universe. They may repeat
// each other, and some but not all may be nil.
//
// It returns *UnknownImport for an import that is in no lock, and *Mismatch for locks of different universes.
func Resolve(modulePath string, imports []string, locks ...*Lock) (Files, error) {
	goVersion := GoVersion(locks...)
	if goVersion == "" {
		return Files{}, fmt.Errorf("module %s: no lock says which go version to ask for", modulePath)
	}
	r := resolution{locks: locks, modules: map[string]Module{}, required: map[string]bool{}, selects: map[string]bool{}, brings: map[string]string{}}
	direct := map[string]bool{}
	tests := map[string]int{}
	for _, path := range imports {
		i, err := r.find(path)
		if err != nil {
			return Files{}, err
		}
		direct[i.Module] = true
		if err := r.require(append([]string{i.Module}, i.Needs...)...); err != nil {
			return Files{}, err
		}
		for m, distance := range i.Tests {
			if known, ok := tests[m]; !ok || distance < known {
				tests[m] = distance
			}
		}
	}
	if err := r.requireForTests(tests); err != nil {
		return Files{}, err
	}
	sum, err := r.goSum(tests)
	return Files{Mod: r.goMod(modulePath, goVersion, direct), Sum: sum}, err
}

// resolution is the state of one Resolve. Its methods follow the go command's tidyPrunedRoots and keepSums.
type resolution struct {
	locks    []*Lock
	modules  map[string]Module // what the locks know of a module
	required map[string]bool   // what go.mod requires
	selects  map[string]bool   // what go.mod then selects at the universe's version
	brings   map[string]string // … and at another version
}

func (r *resolution) find(importPath string) (Import, error) {
	for _, l := range r.locks {
		if l != nil {
			if i, ok := l.Imports[importPath]; ok {
				return i, nil
			}
		}
	}
	return Import{}, &UnknownImport{Path: importPath}
}

func (r *resolution) module(path string) (Module, error) {
	if m, ok := r.modules[path]; ok {
		return m, nil
	}
	var found Module
	for _, l := range r.locks {
		if l == nil {
			continue
		}
		m, ok := l.Modules[path]
		switch {
		case !ok:
		case found.Version == "":
			found = m
		case found.Version != m.Version:
			return Module{}, &Mismatch{Module: path, Versions: [2]string{found.Version, m.Version}}
		default:
			// A lock made with more presets around may hold more.
			found.Selects = longer(found.Selects, m.Selects)
			found.Brings = longer(found.Brings, m.Brings)
			if len(m.Beside) > len(found.Beside) {
				found.Beside = m.Beside
			}
		}
	}
	if found.Version == "" {
		return Module{}, fmt.Errorf("a lock names module %s but does not hold it; it is machine-written, so rewrite it with `make lock` or otelgen preset lock", path)
	}
	r.modules[path] = found
	return found, nil
}

func longer[T any](a, b []T) []T {
	if len(b) > len(a) {
		return b
	}
	return a
}

// require makes go.mod require the modules, and selects what they select.
func (r *resolution) require(paths ...string) error {
	for _, path := range paths {
		if r.required[path] {
			continue
		}
		m, err := r.module(path)
		if err != nil {
			return err
		}
		r.required[path], r.selects[path] = true, true
		for _, s := range m.Selects {
			r.selects[s] = true
		}
		for _, b := range m.Brings {
			if semver.Compare(b.Version, r.brings[b.Path]) > 0 {
				r.brings[b.Path] = b.Version
			}
		}
	}
	return nil
}

// requireForTests requires those of the modules with packages for the dependencies' tests only which are not selected yet:
// the nearest first, because what they require may select those farther away.
func (r *resolution) requireForTests(tests map[string]int) error {
	for _, distance := range slices.Compact(slices.Sorted(maps.Values(tests))) {
		var missing []string
		for m, d := range tests {
			if d == distance && !r.selects[m] {
				missing = append(missing, m)
			}
		}
		if err := r.require(missing...); err != nil {
			return err
		}
	}
	// A package that two of the selected modules hold is ambiguous, unless go.mod requires the module that it is taken from.
	for again := true; again; {
		var ambiguous []string
		for path := range tests {
			m, err := r.module(path)
			if err != nil {
				return err
			}
			for other, versions := range m.Beside {
				v, err := r.version(other)
				if err != nil {
					return err
				}
				if !r.required[path] && slices.Contains(versions, v) {
					ambiguous = append(ambiguous, path)
				}
			}
		}
		if err := r.require(ambiguous...); err != nil {
			return err
		}
		again = len(ambiguous) > 0
	}
	return nil
}

// version returns the version of a module of some Beside that go.mod selects, or "".
func (r *resolution) version(path string) (string, error) {
	if !r.selects[path] {
		return r.brings[path], nil
	}
	m, err := r.module(path)
	return m.Version, err
}

func (r *resolution) goMod(modulePath, goVersion string, direct map[string]bool) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "module %s\n\ngo %s\n", modulePath, goVersion)
	var blocks [2][]string
	for _, path := range slices.Sorted(maps.Keys(r.required)) {
		if line := path + " " + r.modules[path].Version; direct[path] {
			blocks[0] = append(blocks[0], line)
		} else {
			blocks[1] = append(blocks[1], line+" // indirect")
		}
	}
	for _, lines := range blocks {
		switch len(lines) {
		case 0:
		case 1:
			fmt.Fprintf(&b, "\nrequire %s\n", lines[0])
		default:
			fmt.Fprintf(&b, "\nrequire (\n\t%s\n)\n", strings.Join(lines, "\n\t"))
		}
	}
	return b.Bytes()
}

// goSum returns go.sum. It covers the modules of the build and of the dependencies' tests, and the go.mod files that
// were read to select versions. It also covers the modules that were searched to rule out ambiguous imports.
func (r *resolution) goSum(tests map[string]int) ([]byte, error) {
	sums := map[module.Version]string{}
	keep := func(v module.Version) error {
		for _, l := range r.locks {
			if l != nil && l.Sums[v] != "" {
				sums[v] = l.Sums[v]
				return nil
			}
		}
		return fmt.Errorf("no lock holds the checksum of %s %s; locks are machine-written, so rewrite them with `make lock` or otelgen preset lock", v.Path, v.Version)
	}
	loaded := maps.Clone(r.required)
	for path := range tests {
		loaded[path] = true
	}
	for path := range loaded {
		m, err := r.module(path)
		if err != nil {
			return nil, err
		}
		sums[module.Version{Path: path, Version: m.Version}] = m.Zip
		sums[module.Version{Path: path, Version: m.Version + "/go.mod"}] = m.Mod
		if r.required[path] {
			for _, v := range m.Reads {
				if err := keep(module.Version{Path: v.Path, Version: v.Version + "/go.mod"}); err != nil {
					return nil, err
				}
			}
			continue
		}
		for other := range m.Beside {
			v, err := r.version(other)
			if err != nil {
				return nil, err
			}
			switch {
			case v == "":
			case r.selects[other]:
				sums[module.Version{Path: other, Version: v}] = r.modules[other].Zip
			default:
				if err := keep(module.Version{Path: other, Version: v}); err != nil {
					return nil, err
				}
			}
		}
	}
	var b bytes.Buffer
	for _, v := range sorted(slices.Collect(maps.Keys(sums))) {
		fmt.Fprintf(&b, "%s %s %s\n", v.Path, v.Version, sums[v])
	}
	return b.Bytes(), nil
}
