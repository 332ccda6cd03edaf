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
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/otelgen/otelgen/generator/golang/gomod"
)

// WriteLocks makes the locks of all units of the repository at root, after the go command has agreed to what they say,
// and writes those that are not on disk so already. With check it writes nothing. Either way it returns the
// files that differ, as paths below root.
func WriteLocks(ctx context.Context, root string, check bool) (changed []string, err error) {
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
		if changed = append(changed, name); check {
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
