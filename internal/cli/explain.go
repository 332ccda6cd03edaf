package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/project"
	"github.com/otelgen/otelgen/internal/version"
)

type explainReport struct {
	Path      string           `json:"path"` // in the project
	Owner     string           `json:"owner"`
	Template  string           `json:"template"`
	Fragments []fragmentReport `json:"fragments,omitempty"`
	State     string           `json:"state,omitempty"` // "unchanged", "edited" or "deleted" since it was generated
	Otelgen   string           `json:"otelgen,omitempty"`
}

type fragmentReport struct {
	Slot     string `json:"slot"`
	Owner    string `json:"owner"`
	Template string `json:"template"`
}

func (a *app) explainCommand() *cobra.Command {
	var from sourceFlags
	cmd := &cobra.Command{
		Use:   "explain PATH",
		Short: "Show which preset and template a file comes from",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := a.explain(cmd.Context(), args[0], from)
			if err != nil {
				return err
			}
			return a.print(report, func(w *bytes.Buffer) { explainText(w, report) })
		},
	}
	from.addForProject(cmd)
	return cmd
}

func (a *app) explain(ctx context.Context, path string, from sourceFlags) (*explainReport, error) {
	root, err := project.Find(path)
	if noProject := (*generator.Error)(nil); errors.As(err, &noProject) {
		noProject.Fix = "give the path of a file in a generated project, as in: otelgen explain shop/README.md"
	}
	if err != nil {
		return nil, err
	}
	if err := checkInterrupted(root); err != nil {
		return nil, err
	}
	origin, err := project.Read(filepath.Join(root, project.FileName))
	if err != nil {
		return nil, err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil {
		return nil, err
	}
	rel = filepath.ToSlash(rel)
	if rel == project.FileName || rel == project.PristineName {
		return &explainReport{Path: rel, Owner: "otelgen", Otelgen: origin.Otelgen}, nil
	}
	recorded, ok := origin.Files[rel]
	if !ok {
		return nil, notGenerated(rel)
	}
	state, err := stateOf(abs, recorded)
	if err != nil {
		return nil, err
	}
	catalog, _, err := a.catalogFor(ctx, from, origin)
	if err != nil {
		return nil, err
	}
	ours, err := (&loadedProject{root: root}).files()
	if err != nil {
		return nil, err
	}
	tree, err := catalog.Continue(origin.Answers, origin.History(nil, ours))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(tree.Files, func(f generator.File) bool { return f.Path == rel })
	if i < 0 {
		return nil, &generator.Error{
			Kind: generator.KindAnswers, Code: "not-written", What: "this otelgen would not write " + rel,
			Why: fmt.Sprintf("%s wrote it (%s), and this is %s", origin.Otelgen, recorded.Owner, version.Get().Version),
			Fix: "use the otelgen that wrote the project",
		}
	}
	file := tree.Files[i]
	report := &explainReport{Path: rel, Owner: file.Owner, Template: file.Template, State: state, Otelgen: origin.Otelgen}
	for _, f := range file.Fragments {
		report.Fragments = append(report.Fragments, fragmentReport{f.Slot, f.Owner, f.Template})
	}
	return report, nil
}

func notGenerated(path string) error {
	return &generator.Error{
		Kind: generator.KindAnswers,
		Code: "not-generated",
		What: "otelgen did not write " + path,
		Why:  "the project's " + project.FileName + " does not know it",
		Fix:  "give the path of a generated file; " + project.FileName + " lists them",
	}
}

// stateOf compares a file with what was recorded when it was generated.
func stateOf(path string, recorded project.File) (string, error) {
	content, err := project.ReadFile(path, maxRecord)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "deleted", nil
	case err != nil:
		return "", &generator.Error{
			Kind: generator.KindTarget,
			Code: "unreadable",
			What: "cannot read " + path,
			Why:  err.Error(),
			Fix:  "make it a file that you can read",
		}
	case project.Digest(content) != recorded.SHA256:
		return "edited", nil
	}
	return "unchanged", nil
}

func explainText(w *bytes.Buffer, r *explainReport) {
	fmt.Fprintln(w, r.Path)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "  written by\t%s\n", r.Owner)
	if r.Template != "" {
		fmt.Fprintf(tw, "  from\t%s\n", r.Template)
	}
	for _, f := range r.Fragments {
		fmt.Fprintf(tw, "  slot %s\t%s, %s\n", f.Slot, f.Owner, f.Template)
	}
	tw.Flush()
	if r.State != "" {
		fmt.Fprintf(w, "  %s since it was generated\n", r.State)
	}
}
