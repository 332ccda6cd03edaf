package gotool

import (
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/otelgen/otelgen/generator/golang/protobuf"
)

// Unit is a folder of templates with its own lock: the skeleton or a preset.
type Unit struct {
	Name    string            // folder, as a reader of an error would look for it: "templates", "presets/broker/nats"
	Modules map[string]string // the versions that its manifest pins
	Imports []string          // the third-party packages that its templates import, sorted

	follows bool // locked at the versions that others need, not at its pins
}

// ReadUnit reads the unit in the root of fsys, whose manifest is called manifest. The pins of the shared facts beside
// the skeleton's manifest are the skeleton's: a pin holds for all units.
func ReadUnit(name string, fsys fs.FS, manifest string) (Unit, error) {
	u := Unit{Name: name}
	data, err := fs.ReadFile(fsys, manifest)
	if err != nil {
		return u, fmt.Errorf("%s: %w", name, err)
	}
	var m struct{ Modules map[string]string }
	if err := yaml.Unmarshal(data, &m); err != nil {
		return u, fmt.Errorf("%s/%s: %w", name, manifest, err)
	}
	u.Modules = m.Modules
	if facts, err := readFacts(name, fsys); err != nil {
		return u, err
	} else if len(facts) > 0 {
		u.Modules = maps.Clone(u.Modules)
		if u.Modules == nil {
			u.Modules = map[string]string{}
		}
		maps.Copy(u.Modules, facts)
	}
	imports := map[string]bool{}
	err = fs.WalkDir(fsys, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".tmpl") {
			return err
		}
		if top, _, _ := strings.Cut(file, "/"); !strings.HasSuffix(file, ".go.tmpl") && top != "slots" && top != "partials" {
			return nil
		}
		data, err := fs.ReadFile(fsys, file)
		for _, i := range templateImports(string(data)) {
			imports[i] = true
		}
		if protobufCall.Match(data) { // its code imports these, and what the template's own code does
			for _, i := range protobuf.Runtime {
				imports[i] = true
			}
		}
		return err
	})
	if err != nil {
		return u, fmt.Errorf("%s: %w", name, err)
	}
	u.Imports = slices.Sorted(maps.Keys(imports))
	return u, nil
}

// readFacts returns what the shared facts in a folder pin, facts/NAME.yaml.
func readFacts(name string, fsys fs.FS) (map[string]string, error) {
	files, err := fs.Glob(fsys, "facts/*.yaml")
	if err != nil {
		return nil, err
	}
	pins := map[string]string{}
	for _, file := range files {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		var m struct{ Modules map[string]string }
		if err := yaml.Unmarshal(data, &m); err != nil {
			return nil, fmt.Errorf("%s/%s: %w", name, file, err)
		}
		for path, v := range m.Modules {
			if other, ok := pins[path]; ok && other != v {
				return nil, fmt.Errorf("%s/%s pins %s at %s, and another shared fact at %s\n  fix: pin the newer one in both",
					name, file, path, v, other)
			}
			pins[path] = v
		}
	}
	return pins, nil
}

// ReadUnits reads the skeleton and all presets/<axis>/<name> of the repository in the root of fsys.
func ReadUnits(fsys fs.FS) ([]Unit, error) {
	skeleton, err := fs.Sub(fsys, "templates")
	if err != nil {
		return nil, err
	}
	base, err := ReadUnit("templates", skeleton, "skeleton.yaml")
	if err != nil {
		return nil, err
	}
	folder, err := fs.Sub(fsys, "presets")
	if err != nil {
		return nil, err
	}
	units, err := readPresets("presets", folder)
	return append([]Unit{base}, units...), err
}

var (
	// Actions may stand before an import, such as a condition.
	importLine = regexp.MustCompile(`^(?:\s*{{[^}]*}})*\s*(import\s*)?(?:[\w.]+\s+)?"([^"]+)"`)
	importOpen = regexp.MustCompile(`^\s*import\s*\(`)

	protobufCall = regexp.MustCompile(`{{-?\s*protobuf `)
)

// templateImports returns the third-party packages of the import declarations in a template, which cannot be parsed
// as Go. A path that the template computes is one of the generated project's own packages.
func templateImports(text string) []string {
	var found []string
	block := false
	for line := range strings.Lines(text) {
		match := importLine.FindStringSubmatch(line)
		switch {
		case block && strings.HasPrefix(strings.TrimSpace(line), ")"):
			block = false
		case importOpen.MatchString(line):
			block = true
		case match != nil && (block || match[1] != "") && !isStd(match[2]) && !strings.Contains(match[2], "{{"):
			found = append(found, match[2])
		}
	}
	return found
}
