// Package proof tests custom presets: their claims, the files that they render, and whether the go command accepts
// the services with them. It changes only goldens, and only if Options.Update is set.
package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/claims"
	"github.com/otelgen/otelgen/internal/goldens"
	"github.com/otelgen/otelgen/internal/matrix"
	"github.com/otelgen/otelgen/internal/writer"
)

// GoldenFile is the name of a preset's golden, in its folder.
const GoldenFile = "golden.txtar"

// Options say how far to go.
type Options struct {
	Update bool // write the goldens
	NoRun  bool // neither compile nor run what was rendered
	// Step, if set, is called with a description of each step.
	Step func(string)
}

// The results of a check.
const (
	OK      = "ok"
	Failed  = "failed"
	LeftOut = "left out"
)

// Check is one thing that was looked at.
type Check struct {
	Preset string `json:"preset"`
	Name   string `json:"check"`
	Result string `json:"result"`
	Detail string `json:"detail,omitempty"` // in one line
	Output string `json:"output,omitempty"` // of a command, where it failed
}

// Folder returns the folder of presets that dir is, or is a preset of, and which of its presets are meant: none for
// all.
func Folder(dir string) (root string, only []string, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", nil, err
	}
	if _, err := os.Stat(filepath.Join(abs, "preset.yaml")); err != nil {
		return filepath.Clean(dir), nil, nil
	}
	axis := filepath.Dir(abs)
	return filepath.Join(dir, "..", ".."), []string{filepath.Base(axis) + "/" + filepath.Base(abs)}, nil
}

// IDs returns the presets, "axis/name", in the root of fsys.
func IDs(fsys fs.FS) (ids []string, err error) {
	manifests, err := fs.Glob(fsys, "*/*/preset.yaml")
	for _, m := range manifests {
		ids = append(ids, path.Dir(m))
	}
	return ids, err
}

// Run proves the presets, which are those in the folder root and part of the catalog. The error is a join of one
// *generator.Error for each fault.
func Run(ctx context.Context, c *generator.Catalog, root string, ids []string, o Options) ([]Check, error) {
	r := run{ctx: ctx, catalog: c, root: root, options: o, whole: c.Check()}
	sound := true
	for _, id := range ids {
		sound = r.manifest(id) && sound
	}
	for _, id := range ids {
		if !sound {
			break // no service can be made of a catalog with a manifest that is wrong
		}
		if o.Step != nil {
			o.Step("proving " + id)
		}
		r.preset(id)
		if ctx.Err() != nil {
			return r.checks, &generator.Error{
				Kind: generator.KindInterrupted,
				Code: "interrupted",
				What: "interrupted: not all checks ran",
				Why:  "the run was stopped",
				Fix:  "run the same command again",
			}
		}
	}
	return r.checks, errors.Join(r.errs...)
}

type run struct {
	ctx     context.Context
	catalog *generator.Catalog
	root    string
	options Options
	whole   error // what is wrong with the catalog

	id     string
	dir    string
	checks []Check
	errs   []error
}

func (r *run) ok(name, detail string) {
	r.checks = append(r.checks, Check{Preset: r.id, Name: name, Result: OK, Detail: detail})
}

func (r *run) leftOut(name, why string) {
	r.checks = append(r.checks, Check{Preset: r.id, Name: name, Result: LeftOut, Detail: why})
}

// failed notes what is wrong. An error that is not otelgen's own becomes one, of the preset's.
func (r *run) failed(name string, err error, fix, output string) {
	var known *generator.Error
	if !errors.As(err, &known) {
		err = &generator.Error{
			Kind:  generator.KindPreset,
			Code:  "preset-test",
			What:  r.id + " fails: " + name,
			Why:   firstLine(err.Error()),
			Fix:   fix,
			Where: r.dir,
		}
	}
	r.checks = append(
		r.checks,
		Check{Preset: r.id, Name: name, Result: Failed, Detail: firstLine(err.Error()), Output: output},
	)
	r.errs = append(r.errs, err)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// turn makes id the preset that is looked at.
func (r *run) turn(id string) (axis, name string) {
	r.id, r.dir = id, filepath.Join(r.root, filepath.FromSlash(id))
	axis, name, _ = strings.Cut(id, "/")
	return axis, name
}

// manifest reports whether what the preset says is right.
func (r *run) manifest(id string) bool {
	axis, name := r.turn(id)
	preset, err := r.catalog.Preset(axis, name)
	if err == nil {
		err = r.own(r.whole)
	}
	if err == nil && !isFile(filepath.Join(r.dir, "README.md")) {
		err = &generator.Error{
			Kind:  generator.KindPreset,
			Code:  "preset-readme",
			What:  id + " has no README.md",
			Why:   "users need to know what a preset emits and requires",
			Fix:   "write it",
			Where: r.dir,
		}
	}
	if err != nil {
		r.failed("manifest", err, "correct the manifest", "")
		return false
	}
	r.ok("manifest", preset.Summary)
	return true
}

func (r *run) preset(id string) {
	axis, name := r.turn(id)
	layouts, variants, err := matrix.Around(r.catalog, axis, name)
	if err != nil {
		r.failed("render", err, "make sure that it can be combined with some presets", "")
		return
	}
	trees := map[string]*generator.Tree{}
	for _, a := range slices.Concat(layouts, variants) {
		tree, err := r.catalog.Generate(a)
		if err != nil {
			r.failed("render", err, "correct the templates", "")
			return
		}
		trees[r.label(a)] = tree
	}
	r.ok("render", fmt.Sprintf("%d services, in each style and with each option", len(trees)))
	r.claims(axis, name)
	r.golden(axis, name)
	if r.options.NoRun {
		r.leftOut("go", "--no-run")
		return
	}
	for i, a := range slices.Concat(layouts, variants) {
		if !r.service(a, trees[r.label(a)], i < len(layouts)) {
			return // what is wrong with one is wrong with most
		}
	}
}

func (r *run) label(a generator.Answers) string {
	return strings.Trim(matrix.Label(r.catalog, a), "+")
}

// own returns those of the errors that are about the preset.
func (r *run) own(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		var e *generator.Error
		if errors.As(err, &e) && !strings.HasPrefix(e.Where, filepath.ToSlash(r.dir)+"/") {
			return nil
		}
		return err
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		errs = append(errs, r.own(e))
	}
	return errors.Join(errs...)
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

func (r *run) claims(axis, name string) {
	file := filepath.Join(r.dir, claims.FileName)
	script, err := os.ReadFile(file)
	if err == nil {
		err = claims.Check(r.catalog, axis, name, file, script)
	}
	if err != nil {
		r.failed("claims", err, "say in "+claims.FileName+" what a service with the preset contains", "")
		return
	}
	r.ok("claims", claims.FileName)
}

// goldenFile returns the file of a preset's golden, and the command that rewrites it. Those of built-in presets are
// in a folder of otelgen's repository.
func (r *run) goldenFile(axis, name string) (file, update string) {
	repository := filepath.Join(r.root, "..")
	mod, err := os.ReadFile(filepath.Join(repository, "go.mod"))
	if err == nil && modfile.ModulePath(mod) == "github.com/otelgen/otelgen" {
		return filepath.Join(repository, "golden", "presets", axis+"-"+name+".txtar"), "make golden"
	}
	return filepath.Join(r.dir, GoldenFile), "otelgen preset test --update " + r.dir
}

func (r *run) golden(axis, name string) {
	file, update := r.goldenFile(axis, name)
	shown := filepath.Base(file)
	var want []byte
	p, err := r.catalog.Preset(axis, name)
	if err == nil {
		want, err = goldens.Preset(r.catalog, p)
	}
	if err != nil {
		r.failed("golden", err, "correct the templates", "")
		return
	}
	have, err := os.ReadFile(file)
	fix := "if that is intended: " + update
	switch {
	case err == nil && bytes.Equal(have, want):
		r.ok("golden", shown)
	case r.options.Update:
		if err := os.WriteFile(file, want, 0o644); err != nil {
			r.failed(
				"golden",
				&generator.Error{
					Kind: generator.KindTarget,
					Code: "golden",
					What: "cannot write " + file,
					Why:  err.Error(),
					Fix:  "make it a file that you can write",
				},
				"",
				"",
			)
			return
		}
		r.ok("golden", "wrote "+shown)
	case errors.Is(err, fs.ErrNotExist):
		r.failed("golden", errors.New("there is no "+shown), fix, "")
	case err != nil:
		r.failed("golden", err, "make it a file that you can read", "")
	default:
		r.failed("golden", errors.New("the rendered files differ from "+shown+" holds"), fix, goldens.Differences(have, want))
	}
}

// service checks a service with the go command: its go.mod, all its code and, if requested, its tests. The contract
// test compares the emitted telemetry with the manifests.
func (r *run) service(a generator.Answers, tree *generator.Tree, tests bool) bool {
	label := r.label(a)
	top, err := os.MkdirTemp("", "otelgen-proof-")
	if err != nil {
		r.failed(
			"go",
			&generator.Error{
				Kind: generator.KindTarget,
				Code: "proof",
				What: "cannot create a temporary folder",
				Why:  err.Error(),
				Fix:  "set TMPDIR to a directory that you can write to",
			},
			"",
			"",
		)
		return false
	}
	defer os.RemoveAll(top)
	dir := filepath.Join(top, a.Name)
	if err := (writer.Writer{}).Write(r.ctx, dir, tree.Files); err != nil {
		r.failed("go", err, "", "")
		return false
	}
	steps := []struct {
		name, fix string
		args      []string
	}{
		{"go.mod", "update the lock: otelgen preset lock", []string{"mod", "tidy", "-diff"}},
		{"vet", "correct the templates", []string{"vet", "./..."}},
		{"test", "correct the templates or the manifest", []string{"test", "-json", "./..."}},
	}
	for _, step := range steps {
		if step.name == "test" && !tests {
			continue
		}
		out, err := r.gocmd(dir, step.args...)
		if r.ctx.Err() != nil {
			return false
		}
		if errors.Is(err, exec.ErrNotFound) {
			r.failed(step.name, &generator.Error{
				Kind: generator.KindTarget,
				Code: "no-go",
				What: "the services cannot be compiled",
				Why:  "the go command is not in the PATH",
				Fix:  "install Go, https://go.dev/dl, or skip this step with --no-run",
			}, "", "")
			return false
		}
		var skipped map[string]int
		if step.name == "test" {
			out, skipped = testOutput(out)
		}
		if err != nil {
			r.failed(step.name, fmt.Errorf("%s: go %s: %w", label, strings.Join(step.args, " "), err), step.fix, out)
			return false
		}
		r.ok(step.name, label)
		for _, why := range slices.Sorted(maps.Keys(skipped)) {
			r.leftOut(step.name, fmt.Sprintf("%s: %d tests: %s", label, skipped[why], why))
		}
	}
	return true
}

// gocmd runs the go command with the environment of this process, so that the tests find their servers. Without the
// folder in its output, a package that is in many services is compiled and tested once.
func (r *run) gocmd(dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(r.ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-trimpath -buildvcs=false", "GOWORK=off", "PWD="+dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// position is what "go test" writes before the words of a test.
var position = regexp.MustCompile(`^\S+\.go:\d+: `)

// testOutput returns the output of the tests in that of "go test -json", and the number of skipped tests by reason.
func testOutput(out string) (output string, skipped map[string]int) {
	var text strings.Builder
	skipped = map[string]int{}
	last := map[string]string{} // test → the line before the one that says how it ended
	for line := range strings.Lines(out) {
		var event struct{ Action, Package, Test, Output string }
		if json.Unmarshal([]byte(line), &event) != nil {
			text.WriteString(line)
			continue
		}
		test := event.Package + " " + event.Test
		switch {
		case event.Action == "output" && event.Test == "", event.Action == "build-output":
			text.WriteString(event.Output)
		case event.Action == "output":
			text.WriteString(event.Output)
			if !strings.HasPrefix(strings.TrimSpace(event.Output), "---") {
				last[test] = strings.TrimSpace(event.Output)
			}
		case event.Action == "skip" && event.Test != "":
			skipped[position.ReplaceAllString(last[test], "")]++
		}
	}
	return text.String(), skipped
}
