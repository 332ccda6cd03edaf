package gotool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/otelgen/otelgen/generator/golang/gomod"
)

// Change is a lock file that differs from what it should be.
type Change struct {
	File string // path below the root
	Why  string // what moved it, in one line
}

// WriteLocks computes the locks of all units of the repository at root, verifies them with the go command, and writes
// those that changed. With check it writes nothing. It returns the files that differ.
func WriteLocks(ctx context.Context, root string, check bool) (changed []Change, err error) {
	units, err := ReadUnits(os.DirFS(root))
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
	for _, u := range units {
		name := filepath.Join(filepath.FromSlash(u.Name), gomod.LockFile)
		have, err := os.ReadFile(filepath.Join(root, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		var want []byte
		if l := locks[u.Name]; l != nil {
			want = l.Bytes()
		}
		if bytes.Equal(have, want) {
			continue
		}
		if changed = append(changed, Change{name, why(have, locks[u.Name])}); check {
			continue
		}
		if want == nil { // the unit imports nothing any more that a lock would be about
			err = os.Remove(filepath.Join(root, name))
		} else {
			err = os.WriteFile(filepath.Join(root, name), want, 0o644)
		}
		if err != nil {
			return nil, err
		}
	}
	return changed, nil
}

// maxReasons is how many reasons a change lists.
const maxReasons = 3

// why says in one line what moves a lock file, so that a preset which moves the locks of others shows by which module.
func why(have []byte, want *gomod.Lock) string {
	old, err := gomod.Parse(have)
	switch {
	case want == nil:
		return "nothing is imported any more"
	case len(have) == 0:
		return "it is new"
	case err != nil:
		return "it could not be read: " + err.Error()
	}
	var reasons []string
	if old.Go != want.Go {
		reasons = append(reasons, "go "+old.Go+" → "+want.Go)
	}
	reasons = append(reasons, differences("import", old.Imports, want.Imports, func(gomod.Import) string { return "" })...)
	reasons = append(
		reasons,
		differences("module", old.Modules, want.Modules, func(m gomod.Module) string { return m.Version })...)
	for _, path := range slices.Sorted(maps.Keys(want.Modules)) {
		if m, ok := old.Modules[path]; ok && m.Version == want.Modules[path].Version &&
			!reflect.DeepEqual(m, want.Modules[path]) {
			reasons = append(reasons, "another module of the catalog changes what "+path+" selects")
		}
	}
	switch {
	case len(reasons) == 0:
		return "other modules of the catalog change its checksums"
	case len(reasons) > maxReasons:
		reasons = append(reasons[:maxReasons], fmt.Sprintf("and %d more", len(reasons)-maxReasons))
	}
	return strings.Join(reasons, "; ")
}

// differences lists what was added, removed, or has another version.
func differences[V any](what string, old, now map[string]V, version func(V) string) (all []string) {
	for _, key := range slices.Sorted(maps.Keys(now)) {
		was, ok := old[key]
		switch v := version(now[key]); {
		case !ok:
			all = append(all, strings.TrimSpace("+ "+what+" "+key+" "+v))
		case version(was) != v:
			all = append(all, fmt.Sprintf("%s %s → %s", key, version(was), v))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(old)) {
		if _, ok := now[key]; !ok {
			all = append(all, "- "+what+" "+key)
		}
	}
	return all
}

// verifyAll has the go command judge what each lock alone, and all of them together, make of their imports.
func verifyAll(ctx context.Context, units []Unit, locks map[string]*gomod.Lock) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	var imports []string
	for _, u := range units {
		imports = append(imports, u.Imports...)
		if l := locks[u.Name]; l != nil {
			group.Go(func() error {
				if err := Verify(ctx, u.Imports, l); err != nil {
					return fmt.Errorf("%s: %w", u.Name, err)
				}
				return nil
			})
		}
	}
	if len(locks) > 0 {
		group.Go(func() error { return Verify(ctx, imports, slices.Collect(maps.Values(locks))...) })
	}
	return group.Wait()
}
