// Package source finds the presets that are not built in: in a folder, or in a Go module, which the go command
// fetches and checks against the checksum database. It must not read what is in them: that is the generator's, which
// takes it for data.
package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"

	"github.com/otelgen/otelgen/generator"
)

// Source is presets that were found.
type Source struct {
	Name string // a folder as it was given; a module at the version that it was found at
	Sum  string // checksum of a module's files, as in go.sum; empty for a folder
	FS   fs.FS  // no link leads out of it
}

// Module is a name for presets in a Go module: MODULE@VERSION, or MODULE@VERSION/FOLDER where they are not in its root.
type Module struct{ Path, Version, Folder string }

// ParseModule reads the name of a module. Any other name is that of a folder; ./ before it settles that.
func ParseModule(name string) (m Module, ok bool) {
	modulePath, rest, ok := strings.Cut(name, "@")
	m.Path = modulePath
	m.Version, m.Folder, _ = strings.Cut(rest, "/")
	return m, ok && module.CheckPath(m.Path) == nil && m.Version != "" && (m.Folder == "" || fs.ValidPath(m.Folder))
}

func (m Module) String() string { return path.Join(m.Path+"@"+m.Version, m.Folder) }

// Open finds the presets called name, and fetches a module that is not in the go command's cache. Errors are
// *generator.Error of KindAnswers, KindTarget or KindInterrupted.
func Open(ctx context.Context, name string) (*Source, error) { return open(ctx, name, nil) }

// Offline is the environment that keeps the go command from the network.
var Offline = []string{"GOPROXY=off", "GONOPROXY=none", "GOSUMDB=off", "GOVCS=*:off", "GOTOOLCHAIN=local"}

// Cached is Open without the network. The checksum that a project records for a module is compared all the same.
func Cached(ctx context.Context, name string) (*Source, error) { return open(ctx, name, Offline) }

func open(ctx context.Context, name string, env []string) (*Source, error) {
	m, ok := ParseModule(name)
	if !ok {
		fsys, err := openFolder(name, name)
		return &Source{Name: name, FS: fsys}, err
	}
	found, err := download(ctx, m, env)
	if err != nil {
		return nil, err
	}
	m.Version = found.Version
	fsys, err := openFolder(filepath.Join(found.Dir, filepath.FromSlash(m.Folder)), m.String())
	return &Source{Name: m.String(), Sum: found.Sum, FS: fsys}, err
}

func openFolder(dir, name string) (fs.FS, error) {
	info, err := os.Stat(dir) // first, as opening a pipe would wait for a writer
	if err == nil && !info.IsDir() {
		err = errors.New("it is not a directory")
	}
	var root *os.Root
	if err == nil {
		root, err = os.OpenRoot(dir)
	}
	if err != nil {
		reason := err
		if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
			reason = pathErr.Err
		}
		return nil, &generator.Error{
			Kind: generator.KindAnswers,
			Code: "presets-unreadable",
			What: "cannot read the presets in " + name,
			Why:  reason.Error(),
			Fix:  "give a folder with AXIS/NAME/preset.yaml, or a module as in example.com/acme/presets@v1.2.0",
		}
	}
	return root.FS(), nil
}

// downloaded is what the go command says of a module.
type downloaded struct{ Version, Dir, Sum, Error string }

// download has the go command bring a module into its cache, where it may be already. The user's GOPROXY, GOPRIVATE
// and so on hold, but for what env sets.
func download(ctx context.Context, m Module, env []string) (*downloaded, error) {
	dir, err := os.MkdirTemp("", "otelgen-module-") // in no module, whose go.mod would have a say
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", m.Path+"@"+m.Version)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GO111MODULE=on", "GOWORK=off", "GOTOOLCHAIN=local", "PWD="+dir), env...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	var d downloaded
	switch {
	case ctx.Err() != nil:
		return nil, &generator.Error{
			Kind: generator.KindInterrupted, Code: "interrupted", What: "interrupted: nothing was written",
			Why: "the run was stopped while it fetched " + m.String(), Fix: "run the same command again",
		}
	case errors.Is(err, exec.ErrNotFound):
		return nil, &generator.Error{
			Kind: generator.KindTarget,
			Code: "no-go",
			What: "the presets " + m.String() + " cannot be fetched",
			Why:  "the go command is not in the PATH",
			Fix:  "install Go, https://go.dev/dl, or give a folder of presets",
		}
	}
	// The output describes a problem of the module, err any other problem.
	if json.Unmarshal(out, &d) == nil && d.Error == "" && err == nil {
		return &d, nil
	}
	why := strings.Join(strings.Fields(d.Error), " ")
	if why == "" {
		why = strings.Join(strings.Fields(fmt.Sprint(err, " ", said.String())), " ")
	}
	if env != nil {
		return nil, &generator.Error{
			Kind: generator.KindTarget,
			Code: "presets-not-cached",
			What: "the presets " + m.String() + " are not in the module cache",
			Why:  "they are named only in a file, and otelgen fetches only what your command names",
			Fix:  "if you trust them, add --allow-fetch",
		}
	}
	return nil, &generator.Error{
		Kind: generator.KindTarget,
		Code: "presets-unfetchable",
		What: "the presets " + m.String() + " cannot be fetched",
		Why:  why,
		Fix:  "make this work: go mod download " + m.Path + "@" + m.Version,
	}
}
