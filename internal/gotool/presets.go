package gotool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/otelgen/otelgen/generator/golang/gomod"
)

// Locked says what LockPresets did.
type Locked struct {
	Written []string `json:"written"`          // files, as paths below the folder
	Raised  []Raise  `json:"raised,omitempty"` // versions that are higher than what some manifest pins
}

// Raise is a module that two units pin at different versions, of which the higher one is taken.
type Raise struct {
	Module  string `json:"module"`
	Version string `json:"version"` // that is taken
	By      string `json:"by"`      // unit that pins it, or what else needs it
	Pinned  string `json:"pinned"`
	At      string `json:"at"` // unit that pins less
}

// LockPresets writes the locks of the presets in the folder dir next to their manifests. One module graph has these
// presets and the built-in ones. If it changes the lock of a built-in preset, the new lock is written to
// dir/lock.txt. It replaces the built-in one for services with a preset of this folder.
func LockPresets(ctx context.Context, dir string, skeleton, builtin fs.FS) (*Locked, error) {
	base, err := ReadUnit("templates", skeleton, "skeleton.yaml")
	if err != nil {
		return nil, err
	}
	theirs, err := readPresets("presets", builtin)
	if err != nil {
		return nil, err
	}
	own, err := readPresets(filepath.ToSlash(dir), os.DirFS(dir))
	if err != nil {
		return nil, err
	}
	if len(own) == 0 {
		return nil, fmt.Errorf("%s has no preset, AXIS/NAME/preset.yaml", dir)
	}
	pins, err := readFacts(filepath.ToSlash(dir), os.DirFS(dir))
	if err != nil {
		return nil, err
	}
	pinned := slices.Concat(own, []Unit{{Name: path.Join(filepath.ToSlash(dir), "facts"), Modules: pins}})
	given := slices.Concat([]Unit{base}, theirs, pinned)
	units, err := follow(given)
	if err != nil {
		return nil, err
	}
	locks, err := Lock(ctx, units)
	if err != nil {
		return nil, err
	}
	if err := verifyAll(ctx, units, locks); err != nil {
		return nil, fmt.Errorf("verify the locks: %w", err)
	}
	if err := needed(pinned, locks); err != nil {
		return nil, err
	}
	done := &Locked{Raised: raised(given, locks)}
	others, changed := map[string]*gomod.Lock{}, false
	for _, u := range given[:len(given)-len(pinned)] {
		fsys, name := builtin, strings.TrimPrefix(u.Name, "presets/")
		if u.Name == base.Name {
			fsys, name = skeleton, "."
		}
		have, err := fs.ReadFile(fsys, path.Join(name, gomod.LockFile))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if l := locks[u.Name]; l != nil {
			others[u.Name] = l
			changed = changed || !bytes.Equal(l.Bytes(), have)
		}
	}
	files := map[string]*gomod.Lock{gomod.LockFile: nil}
	if changed {
		files[gomod.LockFile] = gomod.Merge(slices.Collect(maps.Values(others))...)
	}
	for _, u := range own {
		axis, name := path.Split(u.Name)
		files[path.Join(path.Base(axis), name, gomod.LockFile)] = locks[u.Name]
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if files[name] == nil { // nothing is imported that a lock would be about, or no longer
			if err := os.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			}
			continue
		}
		if err := os.WriteFile(at, files[name].Bytes(), 0o644); err != nil {
			return nil, err
		}
		done.Written = append(done.Written, name)
	}
	return done, nil
}

// follow returns the units with each module at the highest version that any of them pins, and ready to be locked at a
// higher one still.
func follow(units []Unit) ([]Unit, error) {
	highest := map[string]string{}
	for _, u := range units {
		for m, v := range u.Modules {
			if !semver.IsValid(v) {
				return nil, fmt.Errorf("%s pins %s at %q, which is not a version such as v1.2.3", u.Name, m, v)
			}
			if semver.Compare(v, highest[m]) > 0 {
				highest[m] = v
			}
		}
	}
	units = slices.Clone(units)
	for i, u := range units {
		units[i].follows = true
		units[i].Modules = map[string]string{}
		for m := range u.Modules {
			units[i].Modules[m] = highest[m]
		}
	}
	return units, nil
}

// needed holds units to pin nothing that no lock is about.
func needed(units []Unit, locks map[string]*gomod.Lock) error {
	modules := gomod.Merge(slices.Collect(maps.Values(locks))...).Modules
	var errs []error
	for _, u := range units {
		for _, m := range slices.Sorted(maps.Keys(u.Modules)) {
			if modules[m].Version == "" {
				errs = append(errs, fmt.Errorf("%s pins %s, which no package needs\n  fix: remove it from `modules:`", u.Name, m))
			}
		}
	}
	return errors.Join(errs...)
}

// raised returns what units pin lower than it is locked.
func raised(units []Unit, locks map[string]*gomod.Lock) (all []Raise) {
	versions := gomod.Merge(slices.Collect(maps.Values(locks))...).Modules
	for _, u := range units {
		for _, m := range slices.Sorted(maps.Keys(u.Modules)) {
			v := versions[m].Version
			if v == "" || v == u.Modules[m] {
				continue
			}
			by := "another module needs it"
			if i := slices.IndexFunc(units, func(u Unit) bool { return u.Modules[m] == v }); i >= 0 {
				by = units[i].Name + " pins it"
			}
			all = append(all, Raise{Module: m, Version: v, By: by, Pinned: u.Modules[m], At: u.Name})
		}
	}
	return all
}

// readPresets reads the units <axis>/<name> in the root of fsys. Their names begin with prefix.
func readPresets(prefix string, fsys fs.FS) ([]Unit, error) {
	manifests, err := fs.Glob(fsys, "*/*/preset.yaml")
	if err != nil {
		return nil, err
	}
	var units []Unit
	for _, manifest := range manifests {
		dir := path.Dir(manifest)
		sub, err := fs.Sub(fsys, dir)
		if err != nil {
			return nil, err
		}
		u, err := ReadUnit(path.Join(prefix, dir), sub, path.Base(manifest))
		if err != nil {
			return nil, err
		}
		units = append(units, u)
	}
	return units, nil
}
