package gotool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/otelgen/otelgen/generator/golang/gomod"
)

// LockPresets makes the locks of the presets in the folder dir, <axis>/<name>, in one universe with the built-in ones, and writes
// them beside the manifests. It returns the files, as paths below dir. Presets that would change what the built-in ones
// are locked to are refused: those locks are part of otelgen.
func LockPresets(ctx context.Context, dir string, skeleton, builtin fs.FS) (written []string, err error) {
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
		return nil, fmt.Errorf("%s holds no preset, <axis>/<name>/preset.yaml", dir)
	}
	units := append(append([]Unit{base}, theirs...), own...)
	locks, err := Lock(ctx, units)
	if err != nil {
		return nil, err
	}
	if err := unchanged("templates", skeleton, ".", locks); err != nil {
		return nil, err
	}
	for _, u := range theirs {
		if err := unchanged(u.Name, builtin, u.Name[len("presets/"):], locks); err != nil {
			return nil, err
		}
	}
	if err := verifyAll(ctx, units, locks); err != nil {
		return nil, fmt.Errorf("verify the locks: %w", err)
	}
	for _, u := range own {
		if locks[u.Name] == nil {
			continue // it imports nothing that a lock would be about
		}
		name := path.Join(u.Name[len(filepath.ToSlash(dir))+1:], gomod.LockFile)
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), locks[u.Name].Bytes(), 0o644); err != nil {
			return nil, err
		}
		written = append(written, name)
	}
	return written, nil
}

// unchanged checks that a built-in unit is locked as it is in otelgen.
func unchanged(unit string, fsys fs.FS, dir string, locks map[string]*gomod.Lock) error {
	have, err := fs.ReadFile(fsys, path.Join(dir, gomod.LockFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var want []byte
	if l := locks[unit]; l != nil {
		want = l.Bytes()
	}
	if bytes.Equal(have, want) {
		return nil
	}
	for _, line := range bytes.Split(want, []byte("\n")) {
		if len(line) > 0 && !bytes.Contains(have, line) {
			return fmt.Errorf("the built-in %s would need another version of a module that it shares with these presets: %s", unit, line)
		}
	}
	return fmt.Errorf("the built-in %s would be locked differently", unit)
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
