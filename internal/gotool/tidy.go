package gotool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Tidy returns mod and sum as "go mod tidy" leaves them for the module in the directory root. overlay replaces files
// by their path below root; nil removes one. Nothing in root changes. The go command uses the environment of the
// process and env, and downloads modules that its cache lacks. The error has its output.
func Tidy(
	ctx context.Context,
	root string,
	overlay map[string][]byte,
	mod, sum []byte,
	env ...string,
) (tidyMod, tidySum []byte, err error) {
	root, err = filepath.Abs(root)
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "otelgen-tidy-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(dir)
	write := func(name string, content []byte) (string, error) {
		name = filepath.Join(dir, name)
		return name, os.WriteFile(name, content, 0o600)
	}
	replace := map[string]string{}
	for name, content := range overlay {
		at := ""
		if content != nil {
			if at, err = write(fmt.Sprintf("%d.go", len(replace)), content); err != nil {
				return nil, nil, err
			}
		}
		replace[filepath.Join(root, filepath.FromSlash(name))] = at
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, nil, err
	}
	overlayFile, err1 := write("overlay.json", list)
	modFile, err2 := write("go.mod", mod)
	sumFile, err3 := write("go.sum", sum)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "mod", "tidy", "-modfile="+modFile, "-overlay="+overlayFile)
	cmd.Dir = root
	cmd.Env = append(append(os.Environ(), "GO111MODULE=on", "GOWORK=off", "GOFLAGS=", "PWD="+root), env...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if why := lastLine(said.String()); why != "" {
			return nil, nil, errors.New(why)
		}
		return nil, nil, err
	}
	if tidyMod, err = os.ReadFile(modFile); err != nil {
		return nil, nil, err
	}
	tidySum, err = os.ReadFile(sumFile)
	if errors.Is(err, os.ErrNotExist) {
		return tidyMod, nil, nil
	}
	return tidyMod, tidySum, err
}

// lastLine returns what the go command says at the end, which is why it failed.
func lastLine(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
