// Package gotool runs the real go command for the maintainers: it makes the lock files that
// generator/golang/gomod works from, and holds that package to what "go mod tidy" says.
//
// Nothing of it is needed to generate a project: it uses the network, the module cache and the
// disk, so the generator must not import it.
package gotool

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/otelgen/otelgen/generator/golang/gomod"
)

// run runs the go command in dir and returns its standard output. The environment is that of the process, without
// workspace, flags and toolchain switches that would change the result. The error has the command and its output.
func run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	stdout, _, err := runSaid(ctx, dir, args...)
	return stdout, err
}

func runSaid(ctx context.Context, dir string, args ...string) (stdout, stderr []byte, err error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GO111MODULE=on", "GOWORK=off", "GOFLAGS=-mod=mod", "GOTOOLCHAIN=local", "PWD="+dir)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return out.Bytes(), said.Bytes(), fmt.Errorf(
			"go %s: %w\n%s",
			strings.Join(args, " "),
			err,
			strings.TrimSpace(said.String()+out.String()),
		)
	}
	return out.Bytes(), said.Bytes(), nil
}

// writeProject writes a module of one package with the imports. An empty sum leaves go.sum out.
func writeProject(dir string, mod, sum []byte, imports []string) error {
	var src bytes.Buffer
	src.WriteString("package project\n")
	for _, i := range imports {
		fmt.Fprintf(&src, "import _ %q\n", i)
	}
	files := map[string][]byte{"go.mod": mod, "project.go": src.Bytes()}
	if len(sum) > 0 {
		files["go.sum"] = sum
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Verify resolves a project of the imports from the locks, and has the real go command judge it. The error
// shows what "go mod tidy" would change, or why it could not run.
func Verify(ctx context.Context, imports []string, locks ...*gomod.Lock) error {
	files, err := gomod.Resolve("example.com/project", imports, locks...)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "otelgen-verify-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := writeProject(dir, files.Mod, files.Sum, imports); err != nil {
		return err
	}
	diff, err := run(ctx, dir, "mod", "tidy", "-diff")
	if len(diff) > 0 {
		return fmt.Errorf("go.mod and go.sum are not as go mod tidy leaves them, which is a bug of otelgen:\n%s", diff)
	}
	return err
}
