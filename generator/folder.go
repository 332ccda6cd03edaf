package generator

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/otelgen/otelgen/generator/golang/gomod"
)

// folder is a preset's (or the skeleton's) place in a file system.
type folder struct {
	fs     fs.FS
	root   string // in fs
	where  string // what positions begin with
	source string
	home   *folder // the root of a source that is not built in

	once  sync.Once
	files []string // templates below files/, as "@role/rest.tmpl"
	slots []string // slot names of the fragments below slots/
	err   error

	lockOnce sync.Once
	locked   *gomod.Lock
	lockErr  error
}

const templateSuffix = ".tmpl"

// Limits of a folder. They are far above the needs of any preset.
const (
	maxManifest = 256 << 10 // bytes
	maxTemplate = 1 << 20
	maxLock     = 8 << 20
	maxEntries  = 2000 // files and folders below files/, and below slots/
)

// read returns a regular file of the folder, of limit bytes at most.
func (f *folder) read(name string, limit int64) ([]byte, error) {
	p := path.Join(f.root, name)
	info, err := fs.Stat(f.fs, p) // first, as opening a pipe would wait for a writer
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is no regular file")
	case info.Size() > limit:
		return nil, fmt.Errorf("it is larger than %d KiB", limit>>10)
	}
	return fs.ReadFile(f.fs, p)
}

// position is the path of a file of the folder as an error shows it.
func (f *folder) position(name string) string { return path.Join(f.where, name) }

// lock reads the lock file of the folder, once. A folder without one gives nil.
func (f *folder) lock() (*gomod.Lock, error) {
	f.lockOnce.Do(func() {
		data, err := f.read(gomod.LockFile, maxLock)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err == nil {
			f.locked, err = gomod.Parse(data)
		}
		if err != nil {
			f.lockErr = &Error{Kind: KindPreset, Code: "lock", What: "the lock file cannot be read", Why: err.Error(), Fix: "write it again: otelgen preset lock", Where: f.position(gomod.LockFile)}
		}
	})
	return f.locked, f.lockErr
}

// scan lists the templates of the folder, once.
func (f *folder) scan() (files, slots []string, err error) {
	f.once.Do(func() {
		if f.files, f.err = f.walk("files"); f.err != nil {
			return
		}
		if f.slots, f.err = f.walk("slots"); f.err != nil {
			return
		}
		for i, name := range f.slots {
			f.slots[i] = strings.TrimSuffix(name, templateSuffix)
		}
	})
	return f.files, f.slots, f.err
}

// walk lists the templates below a folder, which need not exist, in lexical order.
func (f *folder) walk(sub string) (names []string, err error) {
	top := path.Join(f.root, sub)
	entries := 0
	err = fs.WalkDir(f.fs, top, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			if p == top {
				return fs.SkipAll
			}
			return err
		}
		if entries++; entries > maxEntries {
			return &Error{Kind: KindPreset, Code: "template", What: "the preset has too many files", Why: fmt.Sprintf("there are more than %d below %s/", maxEntries, sub),
				Fix: "make it several presets", Where: f.position(sub)}
		}
		if e.IsDir() {
			return nil
		}
		name := strings.TrimPrefix(p, top+"/")
		if !strings.HasSuffix(name, templateSuffix) {
			return &Error{Kind: KindPreset, Code: "template", What: "the file is no template", Why: "every file below " + sub + "/ ends in " + templateSuffix,
				Fix: "rename it to " + path.Base(p) + templateSuffix, Where: f.position(path.Join(sub, name))}
		}
		names = append(names, name)
		return nil
	})
	return names, err
}
