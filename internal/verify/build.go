package verify

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"

	"golang.org/x/mod/modfile"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/project"
)

var (
	//go:embed export/export.go
	exportSource []byte
	//go:embed hook.go.tmpl
	hookText string
	//go:embed driver.go.tmpl
	driverText string
)

const (
	// Folders of the project that exist in the overlay alone.
	exportDir = "internal/otelgenverify"
	driverDir = "cmd/otelgenverify"

	constructor = "NewPipeline"
	// original is what the project's own constructor is called in the overlay.
	original = "otelgenProjectPipeline"
)

// overlay is what the go command sees besides, or instead of, files of the project: the project itself stays as it is.
type overlay struct {
	project, temp string
	Replace       map[string]string
}

// put has the go command see content at a path in the project.
func (o *overlay) put(path string, content []byte) error {
	copied := filepath.Join(o.temp, fmt.Sprintf("overlay%d.go", len(o.Replace)))
	o.Replace[filepath.Join(o.project, filepath.FromSlash(path))] = copied
	return os.WriteFile(copied, content, 0o600)
}

// write writes the overlay as the go command reads it, and returns the name of the file.
func (o *overlay) write() (string, error) {
	content, err := json.Marshal(o)
	if err != nil {
		return "", err
	}
	name := filepath.Join(o.temp, "overlay.json")
	return name, os.WriteFile(name, content, 0o600)
}

// hook puts another constructor of the telemetry pipeline in front of the project's: one that reports the
// environment, and that exports over OTLP itself where the project's does not.
func (r *run) hook(o *overlay) error {
	dir := r.o.Contract.Dirs["telemetry"]
	file, content, pkg, err := findConstructor(filepath.Join(r.o.Dir, filepath.FromSlash(dir)))
	if err != nil {
		return err
	}
	var hook bytes.Buffer
	err = template.Must(template.New("hook").Parse(hookText)).Execute(&hook, struct {
		Package, Module, Dir, Original string
		Export                         bool
	}{pkg, r.module, exportDir, original, !r.sendsOTLP()})
	if err != nil {
		return err
	}
	return errors.Join(
		o.put(dir+"/"+file, content),
		o.put(dir+"/otelgen_verify.go", hook.Bytes()),
		o.put(exportDir+"/export.go", exportSource),
	)
}

// findConstructor finds the file of a package that has the constructor of the pipeline, and returns it with that
// renamed.
func findConstructor(dir string) (name string, content []byte, pkg string, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return "", nil, "", err
	}
	for _, name := range names {
		content, err := project.ReadFile(name, maxSource)
		if err != nil {
			continue // the build says what is wrong with it
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, content, parser.SkipObjectResolution)
		if err != nil || strings.HasSuffix(name, "_test.go") {
			continue // the build says what is wrong with it
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == constructor {
				at := fset.Position(f.Name.Pos()).Offset
				renamed := append(append(append([]byte{}, content[:at]...), original...), content[at+len(constructor):]...)
				return filepath.Base(name), renamed, file.Name.Name, nil
			}
		}
	}
	return "", nil, "", &generator.Error{
		Kind: generator.KindDrift,
		Code: "verify-no-pipeline",
		What: fmt.Sprintf("there is no function %s in %s", constructor, dir),
		Why:  "the service does not export over OTLP, and verify adds the exporter in that function",
		Fix:  "restore the function, or choose a backend that speaks OTLP",
	}
}

// driver adds the program that publishes events.
func (r *run) driver(o *overlay) error {
	sections := map[string]bool{}
	for _, s := range r.o.Contract.Sections {
		sections[s.Name] = true
	}
	var b bytes.Buffer
	err := template.Must(template.New("driver").Parse(driverText)).Execute(&b, struct {
		Module                  string
		Dirs                    map[string]string
		Entity                  generator.Entity
		Store, Broker, Database bool
	}{
		r.module, r.o.Contract.Dirs, r.o.Contract.Entity,
		r.o.Provides("store.durable"), sections["Broker"], sections["Database"],
	})
	if err != nil {
		return err
	}
	return o.put(driverDir+"/main.go", b.Bytes())
}

// errBuild says that the project, and not what is around it, is why something could not be built.
type errBuild struct{ output string }

func (e *errBuild) Error() string { return e.output }

// build builds a command of the project. Nothing in the project is changed, go.mod included.
func (r *run) build(ctx context.Context, binary, dir, overlay string) error {
	mod := "-mod=readonly"
	if _, err := os.Stat(filepath.Join(r.o.Dir, "vendor", "modules.txt")); err == nil {
		mod = "-mod=vendor"
	}
	args := []string{"build", mod, "-o", binary}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	cmd := command(ctx, "go", append(args, "./"+dir)...)
	cmd.Dir = r.o.Dir
	cmd.Env = append(append([]string{}, r.o.Env...), "PWD="+r.o.Dir)
	output, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return interrupted()
	case errors.Is(err, exec.ErrNotFound):
		return &generator.Error{
			Kind: generator.KindTarget,
			Code: "verify-no-go",
			What: "the go command is not in the PATH",
			Why:  "verify builds and runs the service",
			Fix:  "install Go from https://go.dev/dl, and add it to the PATH",
		}
	}
	return &errBuild{strings.TrimSpace(string(output))}
}

// modulePath reads the path of the project's module, which may have been changed since it was generated.
func modulePath(dir string) (string, error) {
	content, err := project.ReadFile(filepath.Join(dir, "go.mod"), maxSource)
	if errors.Is(err, fs.ErrNotExist) || err == nil && modfile.ModulePath(content) == "" {
		return "", &generator.Error{
			Kind: generator.KindDrift,
			Code: "verify-no-module",
			What: dir + " is no longer a Go module",
			Why:  "its go.mod is missing, or has no module path",
			Fix:  "restore go.mod",
		}
	}
	return modfile.ModulePath(content), err
}
