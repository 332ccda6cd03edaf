package cli

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kballard/go-shellquote"
	"golang.org/x/mod/modfile"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/merge"
	"github.com/otelgen/otelgen/internal/project"
	"github.com/otelgen/otelgen/internal/writer"
)

// checkTarget reports why a service could not be written to target: it must be absent, or hold at most what a new
// repository does.
func checkTarget(target string) error { return writer.CheckDir(target, inNewRepository) }

// inNewRepository reports whether a repository in which nothing has been written yet may have the entry.
func inNewRepository(e fs.DirEntry) bool {
	name := strings.ToLower(e.Name())
	if name == ".git" {
		return true
	}
	stem := strings.TrimSuffix(name, path.Ext(name))
	known := []string{".gitignore", ".gitattributes", ".dockerignore", ".editorconfig"}
	return e.Type().IsRegular() &&
		(slices.Contains(known, name) || slices.Contains([]string{"license", "licence", "readme"}, stem))
}

// writeInto writes a service to an existing directory and keeps the files in it. Ignore files get more lines. For any
// other file, the service's version gets a separate name.
func (n *newRun) writeInto(ctx context.Context, target string, made *service) error {
	state, err := n.lock(ctx, target)
	var known *generator.Error
	if errors.As(err, &known) && known.Code == "no-journal" && writer.Check(target) == nil {
		return n.writer.Write(ctx, target, made.files) // it replaces an empty directory, and needs no journal
	}
	if err != nil {
		return err
	}
	defer func() { _ = state.Close() }()
	if err := checkTarget(target); err != nil {
		return err
	}
	var changes []writer.Change
	for _, f := range made.files {
		c, err := addTo(target, f)
		if err != nil {
			return err
		}
		if c.Path != f.Path {
			made.report.Kept = append(made.report.Kept, keptFile{f.Path, c.Path})
		}
		changes = append(changes, c)
	}
	return n.writer.Apply(ctx, state, changes)
}

// addTo returns how a file is added to a directory that may have one of the same name.
func addTo(target string, f generator.File) (writer.Change, error) {
	c := writer.Change{Path: f.Path, Content: f.Content, Mode: f.Mode}
	if strings.Contains(f.Path, "/") {
		return c, nil
	}
	at := filepath.Join(target, f.Path)
	info, err := os.Lstat(at)
	if err != nil {
		return c, nil // there is none; any other reason comes back when the file is written
	}
	was, err := project.ReadFile(at, maxRecord)
	if err != nil {
		return c, &generator.Error{
			Kind: generator.KindTarget, Code: "unreadable",
			What:  "cannot read " + at,
			Why:   err.Error(),
			Fix:   "make it a regular file that you can read",
			Where: at,
		}
	}
	if strings.HasSuffix(f.Path, "ignore") {
		c.Was, c.Mode, c.Exact, c.Content = append([]byte{}, was...), info.Mode().Perm(), true, merge.Lines(was, f.Content)
		return c, nil
	}
	ext := path.Ext(f.Path)
	c.Path = strings.TrimSuffix(f.Path, ext) + ".otelgen" + ext
	return c, nil
}

// workspaceWithout returns the go.work above target that does not list it, or "". The go command would not find the
// module's packages.
func (a *app) workspaceWithout(target string) string {
	dir, err := filepath.Abs(target)
	if err != nil || a.getenv("GOWORK") == "off" {
		return ""
	}
	file := a.getenv("GOWORK")
	for parent := filepath.Dir(dir); file == ""; parent = filepath.Dir(parent) {
		if info, err := os.Stat(filepath.Join(parent, "go.work")); err == nil && info.Mode().IsRegular() {
			file = filepath.Join(parent, "go.work")
		} else if parent == filepath.Dir(parent) {
			return ""
		}
	}
	content, err := project.ReadFile(file, maxRecord)
	if err != nil {
		return ""
	}
	work, err := modfile.ParseWork(file, content, nil)
	if err != nil {
		return ""
	}
	for _, use := range work.Use {
		used := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(used) {
			used = filepath.Join(filepath.Dir(file), used)
		}
		if used == dir {
			return ""
		}
	}
	return file
}

type keptFile struct {
	Path   string `json:"path"`
	Beside string `json:"beside"` // the service's version
}

// keptText says which files were kept.
func (r *newReport) keptText(w *bytes.Buffer) {
	for _, k := range r.Kept {
		w.WriteString("Kept " + k.Path + ": the version for the service is " + k.Beside + "\n")
	}
	if len(r.Kept) > 0 {
		w.WriteByte('\n')
	}
}

// next returns the commands to type once the service is at target.
func (n *newRun) next(target string, files []generator.File) (commands []string) {
	if n.workspaceWithout(target) != "" {
		commands = append(commands, "go work use "+shellquote.Join(target))
	}
	if !isHere(target) {
		commands = append(commands, "cd "+shellquote.Join(target))
	}
	for _, server := range composeServices(&generator.Tree{Files: files}) {
		commands = append(commands, "make "+server)
	}
	return append(commands, "go run ./cmd/dev")
}

// firstLook says how to see telemetry that goes to a collector.
func firstLook(c generator.Contract) []string {
	find := func(name string) int {
		return slices.IndexFunc(c.Env, func(e generator.Env) bool { return e.Name == name })
	}
	endpoint := find("OTEL_EXPORTER_OTLP_ENDPOINT")
	if endpoint < 0 || find("OTEL_TRACES_EXPORTER") < 0 {
		return nil
	}
	return []string{
		"The telemetry goes to " + c.Env[endpoint].Default + ", or to where OTEL_EXPORTER_OTLP_ENDPOINT points. " +
			"Without a collector there, OTEL_TRACES_EXPORTER=console prints the traces.",
	}
}

// isHere reports whether target is the current directory.
func isHere(target string) bool {
	there, err := os.Stat(target)
	if err != nil {
		return false
	}
	here, err := os.Stat(".")
	return err == nil && os.SameFile(here, there)
}
