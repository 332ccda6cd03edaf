package gotool

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/otelgen/otelgen/generator/golang/gomod"
)

// goVersion is the least go directive of a generated project.
const goVersion = "1.26.0"

// Lock computes the locks of all units from one module graph with the pins of every unit. It returns a lock for each
// unit that imports third-party packages, by name.
//
// It is an error if two units pin different versions of a module, or if the graph selects another version than the
// pin. So is an import without a pin, or an unused pin. The error says which pin to change.
func Lock(ctx context.Context, units []Unit) (map[string]*gomod.Lock, error) {
	pins, err := pins(units)
	if err != nil {
		return nil, err
	}
	u, err := newUniverse(ctx, units, pins)
	if err != nil {
		return nil, err
	}
	if err := u.check(units, pins); err != nil {
		return nil, err
	}
	locks := map[string]*gomod.Lock{}
	for _, unit := range units {
		if len(unit.Imports) == 0 {
			continue
		}
		if locks[unit.Name], err = u.lock(ctx, unit); err != nil {
			return nil, fmt.Errorf("%s: %w", unit.Name, err)
		}
	}
	return locks, nil
}

type pin struct {
	version, unit string
	follows       bool
}

func pins(units []Unit) (map[string]pin, error) {
	pins := map[string]pin{}
	for _, u := range units {
		for path, v := range u.Modules {
			if !semver.IsValid(v) {
				return nil, fmt.Errorf("%s pins %s at %q, which is not a version such as v1.2.3", u.Name, path, v)
			}
			if p, ok := pins[path]; ok && p.version != v {
				return nil, fmt.Errorf(
					"two versions of %s are pinned: %s in %s and %s in %s\n  why: a service can contain both\n  fix: pin the "+
						"newer one in both",
					path,
					p.version,
					p.unit,
					v,
					u.Name,
				)
			}
			pins[path] = pin{v, u.Name, u.follows}
		}
	}
	return pins, nil
}

// universe is the module that requires all pins and imports all that any unit imports, with what the
// go command would find when it loads each of the imports alone.
type universe struct {
	*graph
	imports map[string]*closure
	loaded  map[string]bool // modules that some closure has packages of
	tests   map[string]bool // … for the tests of dependencies only, in some closure
	// Module in tests → module that could hold its packages by their path → versions that do.
	beside   map[string]map[string][]string
	searched map[string]bool           // … all of those
	zips     map[module.Version]string // … checksums of all their versions
	floors   map[string]*floor         // of the loaded modules
	goes     string                    // the go directive that all of them can do with
}

// floor is what requiring a module selects at least.
type floor struct {
	versions map[string]string
	reads    []module.Version
}

// newUniverse runs go mod tidy on the pins until every module is at the highest version that a project could select.
func newUniverse(ctx context.Context, units []Unit, pins map[string]pin) (*universe, error) {
	dir, err := os.MkdirTemp("", "otelgen-lock-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	imports := map[string]bool{}
	for _, u := range units {
		for _, i := range u.Imports {
			imports[i] = true
		}
	}
	mod := []byte("module universe\n\ngo " + goVersion + "\n\n")
	for _, path := range slices.Sorted(maps.Keys(pins)) {
		mod = fmt.Appendf(mod, "require %s %s\n", path, pins[path].version)
	}
	if err := writeProject(dir, mod, nil, slices.Sorted(maps.Keys(imports))); err != nil {
		return nil, err
	}
	for {
		_, said, err := runSaid(ctx, dir, "mod", "tidy")
		if err != nil {
			return nil, err
		}
		if err := unpinned(string(said), units); err != nil {
			return nil, err
		}
		g, err := readGraph(ctx, dir)
		if err != nil {
			return nil, err
		}
		u := &universe{
			graph:    g,
			imports:  map[string]*closure{},
			loaded:   map[string]bool{},
			tests:    map[string]bool{},
			beside:   map[string]map[string][]string{},
			searched: map[string]bool{},
			zips:     map[module.Version]string{},
			floors:   map[string]*floor{},
			goes:     goVersion,
		}
		for i := range imports {
			if err := u.add(i); err != nil {
				return nil, err
			}
		}
		raised, err := u.addFloors(ctx)
		if err != nil {
			return nil, err
		}
		if len(raised) == 0 {
			return u, u.findBeside(ctx)
		}
		for path, v := range raised {
			if _, err := run(ctx, dir, "mod", "edit", "-require="+path+"@"+v); err != nil {
				return nil, err
			}
		}
	}
}

// unpinned finds the modules that go mod tidy had to look up, in its output: "go: found PACKAGE in MODULE VERSION".
func unpinned(output string, units []Unit) error {
	var errs []error
	for line := range strings.Lines(output) {
		f := strings.Fields(line)
		if len(f) != 6 || f[1] != "found" || f[3] != "in" {
			continue
		}
		by := "a test of a dependency"
		for _, u := range units {
			if slices.Contains(u.Imports, f[2]) {
				by = u.Name
			}
		}
		errs = append(errs, notPinned(by, f[2], f[4], f[5]))
	}
	return errors.Join(errs...)
}

func notPinned(by, importPath, mod, v string) error {
	return fmt.Errorf(
		"%s imports %s of module %s, which no manifest pins\n"+
			"  why: without a pin, the go command uses the newest version\n"+
			"  fix: add `%[3]s: %s` to the `modules:` of the manifest",
		by,
		importPath,
		mod,
		v,
	)
}

// add loads one import.
func (u *universe) add(importPath string) error {
	c, err := u.closure(importPath)
	if err != nil {
		return err
	}
	u.imports[importPath] = c
	for m := range c.build {
		u.loaded[m] = true
	}
	for m := range c.tests {
		u.loaded[m], u.tests[m] = true, true
	}
	return nil
}

// addFloors returns the modules that a project could select at a higher version than the universe does, because the
// universe does not require the module that asks for it.
func (u *universe) addFloors(ctx context.Context) (raised map[string]string, err error) {
	raised = map[string]string{}
	for path := range u.loaded {
		selected := module.Version{Path: path, Version: u.versions[path]}
		f, err := u.floor(ctx, selected)
		if err != nil {
			return nil, err
		}
		u.floors[path] = f
		if goes := u.modules[selected].goes; version.Compare("go"+goes, "go"+u.goes) > 0 {
			u.goes = goes
		}
		for m, v := range f.versions {
			if u.loaded[m] && semver.Compare(v, u.versions[m]) > 0 && semver.Compare(v, raised[m]) > 0 {
				raised[m] = v
			}
		}
	}
	return raised, nil
}

// floor follows the requirements of m as the go command does: to the end through modules older than graph pruning.
func (u *universe) floor(ctx context.Context, m module.Version) (*floor, error) {
	f := &floor{versions: map[string]string{}}
	queue, seen := []module.Version{m}, map[module.Version]bool{m: true}
	for i := 0; i < len(queue); i++ {
		mod, err := u.module(ctx, queue[i])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			f.reads = append(f.reads, queue[i])
		}
		for _, r := range mod.requires {
			if semver.Compare(r.Version, f.versions[r.Path]) > 0 {
				f.versions[r.Path] = r.Version
			}
			if (i > 0 || !mod.pruned()) && !seen[r] {
				seen[r] = true
				queue = append(queue, r)
			}
		}
	}
	return f, nil
}

// findBeside finds the modules that the go command must search for a package, besides the module that provides it, to
// rule out ambiguous imports. It matters if go.mod does not require the providing module.
func (u *universe) findBeside(ctx context.Context) error {
	versions := map[string]map[string]bool{} // all that a project can select
	note := func(path, v string) {
		if versions[path] == nil {
			versions[path] = map[string]bool{}
		}
		versions[path][v] = true
	}
	for path := range u.loaded {
		note(path, u.versions[path])
		for m, v := range u.floors[path].versions {
			note(m, v)
		}
	}
	seen := map[*pkg]bool{}
	for _, c := range u.imports {
		for _, p := range c.packages {
			if !u.tests[p.module] || seen[p] {
				continue
			}
			seen[p] = true
			for _, other := range prefixes(p.path) {
				if other == p.module || versions[other] == nil {
					continue
				}
				if u.beside[p.module] == nil {
					u.beside[p.module] = map[string][]string{}
				}
				u.searched[other] = true
				holding := u.beside[p.module][other]
				for v := range versions[other] {
					m := module.Version{Path: other, Version: v}
					var err error
					if u.zips[m], err = u.zip(ctx, m); err != nil {
						return err
					}
					if holds, err := u.holds(m, p.path); err != nil {
						return err
					} else if holds {
						holding = append(holding, v)
					}
				}
				slices.Sort(holding)
				u.beside[p.module][other] = slices.Compact(holding)
			}
		}
	}
	return nil
}

// check holds the units to pinning what they import, no more and no less, at what is selected.
func (u *universe) check(units []Unit, pins map[string]pin) error {
	var errs []error
	for _, path := range slices.Sorted(maps.Keys(pins)) {
		p := pins[path]
		switch {
		case p.follows:
		case !u.loaded[path]:
			errs = append(errs, fmt.Errorf("%s pins %s, which no package needs\n  fix: remove it from `modules:`", p.unit, path))
		case u.versions[path] != p.version:
			errs = append(
				errs,
				fmt.Errorf(
					"%s pins %s at %s, but other modules need %s\n  fix: pin %[4]s",
					p.unit,
					path,
					p.version,
					u.versions[path],
				),
			)
		}
	}
	for _, unit := range units {
		for _, i := range unit.Imports {
			if m := u.packages[i].module; pins[m].version == "" {
				errs = append(errs, notPinned(unit.Name, i, m, u.versions[m]))
			}
		}
	}
	return errors.Join(errs...)
}

// lock cuts out of the universe what the unit's imports need.
func (u *universe) lock(ctx context.Context, unit Unit) (*gomod.Lock, error) {
	l := &gomod.Lock{
		Go:      u.goes,
		Imports: map[string]gomod.Import{},
		Modules: map[string]gomod.Module{},
		Sums:    map[module.Version]string{},
	}
	modules := map[string]bool{}
	for _, i := range unit.Imports {
		c, p := u.imports[i], u.packages[i]
		imp := gomod.Import{Name: p.name, Module: p.module, Tests: c.tests}
		for m := range c.build {
			if modules[m] = true; m != p.module {
				imp.Needs = append(imp.Needs, m)
			}
		}
		for m := range c.tests {
			modules[m] = true
			for other := range u.beside[m] {
				if u.loaded[other] {
					modules[other] = true
				}
			}
		}
		l.Imports[i] = imp
	}
	for path := range modules {
		m := module.Version{Path: path, Version: u.versions[path]}
		mod, err := u.module(ctx, m)
		if err != nil {
			return nil, err
		}
		zip, err := u.zip(ctx, m)
		if err != nil {
			return nil, err
		}
		f := u.floors[path]
		locked := gomod.Module{Version: m.Version, Zip: zip, Mod: mod.sum, Reads: f.reads, Beside: u.beside[path]}
		for other, v := range f.versions {
			switch at := (module.Version{Path: other, Version: v}); {
			case u.loaded[other] && v == u.versions[other] && (u.tests[other] || u.searched[other]):
				locked.Selects = append(locked.Selects, other)
			case u.searched[other]:
				locked.Brings = append(locked.Brings, at)
				l.Sums[at] = u.zips[at]
			}
		}
		for _, r := range f.reads {
			read, err := u.module(ctx, r)
			if err != nil {
				return nil, err
			}
			l.Sums[module.Version{Path: r.Path, Version: r.Version + "/go.mod"}] = read.sum
		}
		l.Modules[path] = locked
	}
	return l, nil
}
