package cli

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/journal"
	"github.com/otelgen/otelgen/internal/writer"
)

type undoReport struct {
	Project string     `json:"project"`
	Undone  string     `json:"undone"` // the command whose change it was
	Files   []undoFile `json:"files"`
}

type undoFile struct {
	Path  string `json:"path"`
	State string `json:"state"` // "restored" or "removed"
}

func (a *app) undoCommand() *cobra.Command {
	var in projectDir
	cmd := &cobra.Command{
		Use:   "undo",
		Short: "Undo the last change of a project",
		Long: `Undo the last change that otelgen made to a project, by add, remove, set, update or eject, or by new
in a directory that existed. Every file gets its previous content. If a file has changed since, undo
lists it, changes nothing and exits with 5.

otelgen remembers the change on this machine, by the directory the project was in. An interrupted
change is undone in all files that have not been edited since.`,
		Example: "  otelgen undo",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.undo(cmd.Context(), in.dir) },
	}
	in.argument(cmd)
	return cmd
}

func (a *app) undo(ctx context.Context, dir string) error {
	root, err := findRoot(dir)
	if err != nil {
		if root = filepath.Clean(dir); !journal.Known(root) { // what a change has ejected is no longer a project
			return err
		}
	}
	state, recovered, left, forgotten, err := a.lockAndRecover(ctx, root)
	if err != nil {
		return err
	}
	defer func() { _ = state.Close() }()
	if recovered != nil && !recovered.Undo { // an undo that was interrupted starts again
		report := &undoReport{Project: root, Undone: recovered.Command, Files: []undoFile{}}
		for _, e := range recovered.Entries {
			if !slices.ContainsFunc(left, func(l writer.Left) bool { return l.Path == e.Path }) {
				report.add(e.Path, e.Before == nil)
			}
		}
		return a.print(report, report.text)
	}
	if forgotten != nil { // the last change is not what the user wants undone
		return &generator.Error{
			Kind: generator.KindAnswers,
			Code: "nothing-to-undo",
			What: "nothing to undo: the interrupted change left no partial changes",
			Why:  "all files are as they were before or after it: " + forgotten.Command,
			Fix:  "to undo the last complete change, run otelgen undo again",
		}
	}
	last, changes, edited, err := writer.Revert(state)
	switch {
	case err != nil:
		return err
	case last == nil:
		return &generator.Error{
			Kind: generator.KindAnswers, Code: "nothing-to-undo", What: "there is no change to undo" + in(root),
			Why: "otelgen keeps the last change of a project on this machine, by the directory of the project",
			Fix: "if you moved the project, move it back first; otherwise use version control or make the opposite change",
		}
	case len(edited) > 0:
		return &generator.Error{
			Kind: generator.KindDrift, Code: "edited-since",
			What: plural(len(edited), "file has", "files have") + " changed since: " + last.Command,
			Why:  strings.Join(edited, ", "),
			Fix:  "restore these files from version control, or make the opposite change with otelgen set, add or remove",
		}
	}
	if err := a.writer.Undo(ctx, state, changes); err != nil {
		return err
	}
	report := &undoReport{Project: root, Undone: last.Command, Files: []undoFile{}}
	for _, c := range changes {
		report.add(c.Path, c.Remove)
	}
	return a.print(report, report.text)
}

func (r *undoReport) add(path string, removed bool) {
	state := "restored"
	if removed {
		state = "removed"
	}
	r.Files = append(r.Files, undoFile{path, state})
	slices.SortFunc(r.Files, func(a, b undoFile) int { return strings.Compare(a.Path, b.Path) })
}

func (r *undoReport) text(w *bytes.Buffer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r.Files {
		fmt.Fprintf(tw, "  %s\t%s\n", f.State, f.Path)
	}
	tw.Flush()
	if len(r.Files) == 0 {
		fmt.Fprintf(w, "Nothing was undone: every file changed after it (%s)\n", r.Undone)
		return
	}
	fmt.Fprintf(w, "\nUndid%s: %s\n", in(r.Project), r.Undone)
}
