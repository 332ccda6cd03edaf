package cli

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/change"
)

type checkReport struct {
	Project string          `json:"project"`
	OK      bool            `json:"ok"` // nothing differs but what is allowed to
	Files   []change.Status `json:"files"`
}

func (a *app) checkCommand() *cobra.Command {
	var allowed []string
	var in projectDir
	var from sourceFlags
	kinds := []string{string(change.Edited), string(change.Missing), string(change.Outdated)}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check a project against what was generated",
		Long: `Check a project against what was generated, and list the files that differ:

  edited      changed since otelgen wrote it
  missing     deleted or moved
  unresolved  has conflict markers of a change
  stale       the vendor folder does not match go.mod
  outdated    this otelgen would write it differently: see otelgen diff, then otelgen update

The exit code is 5 if any file differs, except for the kinds in --allow.`,
		Example: "  otelgen check\n  otelgen check --allow edited,missing",
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, kind := range allowed {
				if !slices.Contains(kinds, kind) {
					return &generator.Error{
						Kind: generator.KindAnswers,
						Code: "usage",
						What: fmt.Sprintf("unknown --allow %q", kind),
						Why:  "it is one of " + strings.Join(kinds, ", "),
						Fix:  "use --allow " + kinds[0],
					}
				}
			}
			report, err := a.check(cmd.Context(), in.dir, from, allowed)
			if err != nil {
				return err
			}
			if err := a.print(report, report.text); err != nil || report.OK {
				return err
			}
			return report.failure(allowed)
		},
	}
	cmd.Flags().
		StringSliceVar(&allowed, "allow", nil, "`KINDS` that do not fail: "+strings.Join(kinds, ", ")+" (repeatable)")
	from.addForProject(cmd)
	in.argument(cmd)
	cmd.RegisterFlagCompletionFunc("allow", cobra.FixedCompletions(kinds, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) check(ctx context.Context, dir string, from sourceFlags, allowed []string) (*checkReport, error) {
	o, err := a.open(ctx, dir, from)
	if err != nil {
		return nil, err
	}
	base, err := o.pristine()
	if err != nil {
		return nil, err
	}
	theirs, err := o.again(base)
	if err != nil {
		return nil, err
	}
	ours, err := o.files()
	if err != nil {
		return nil, err
	}
	sides := &change.Sides{Base: base, Theirs: theirs, Ours: ours}
	report := &checkReport{Project: o.root, OK: true}
	if report.Files, err = sides.Check(); err != nil {
		return nil, err
	}
	for _, f := range report.Files {
		report.OK = report.OK && slices.Contains(allowed, string(f.State))
	}
	return report, nil
}

func (r *checkReport) text(w *bytes.Buffer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r.Files {
		line := fmt.Sprintf("  %s\t%s", f.State, f.Path)
		if f.To != "" {
			line += "\tnow at " + f.To
		}
		fmt.Fprintln(tw, line)
	}
	tw.Flush()
	switch {
	case len(r.Files) == 0:
		fmt.Fprintf(w, "%s matches its answers\n", called(r.Project))
	case r.OK:
		fmt.Fprintf(w, "\n%s differs from its answers only as --allow permits\n", called(r.Project))
	}
}

// failure is the error for a project that is not as it should be.
func (r *checkReport) failure(allowed []string) error {
	count := map[change.FileState]int{}
	for _, f := range r.Files {
		if !slices.Contains(allowed, string(f.State)) {
			count[f.State]++
		}
	}
	var why, fix []string
	for _, kind := range []struct {
		state change.FileState
		fix   string
	}{
		{change.Unresolved, "resolve the conflicts"},
		{change.Edited, "revert the edits, or allow them with --allow edited"},
		{change.Stale, "run go mod vendor"},
		{change.Missing, "restore the files, or allow this with --allow missing"},
		{change.Outdated, "run otelgen update"},
	} {
		if n := count[kind.state]; n > 0 {
			why, fix = append(why, fmt.Sprintf("%d %s", n, kind.state)), append(fix, kind.fix)
		}
	}
	return &generator.Error{
		Kind: generator.KindDrift,
		Code: "drift",
		What: strings.ToLower(called(r.Project)[:1]) + called(r.Project)[1:] + " does not match its answers",
		Why:  "files: " + strings.Join(why, ", "),
		Fix:  strings.Join(fix, "; "),
	}
}
