package cli

import (
	"bytes"
	"os"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/change"
)

func (a *app) diffCommand() *cobra.Command {
	r := &changeRun{app: a, dryRun: true}
	var exitCode bool
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Show what an update or another change would do",
		Long: `Show what an update would change in a project, as a unified diff. With --add, --remove and --set,
show what that change would do. Nothing is written. otelgen's own record files are not shown.`,
		Example: "  otelgen diff\n  otelgen diff --set database=postgres\n  otelgen diff --exit-code",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := r.open(cmd.Context(), r.dir, r.from)
			if err != nil {
				return err
			}
			answers, err := r.answers(o)
			if err != nil {
				return err
			}
			report, _, err := r.plan(cmd.Context(), o, answers)
			if err != nil {
				return err
			}
			report.DryRun = true
			report.Diff = unified(report.Files)
			if err := r.printDiff(report); err != nil {
				return err
			}
			if exitCode && report.Diff != "" {
				return &generator.Error{
					Kind: generator.KindDrift,
					Code: "would-change",
					What: "the project would change",
					Why:  "this otelgen would generate different files from its answers",
					Fix:  "make the change with otelgen update, or with add, remove or set",
				}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&r.add, "add", nil, "`AXIS/PRESET` to add (repeatable)")
	f.StringArrayVar(&r.remove, "remove", nil, "`AXIS/PRESET` to remove (repeatable)")
	f.StringArrayVar(&r.set, "set", nil, "`AXIS=PRESET` to swap (repeatable)")
	cmd.RegisterFlagCompletionFunc("add", a.completePresets("/"))
	cmd.RegisterFlagCompletionFunc("remove", a.completePresets("/"))
	cmd.RegisterFlagCompletionFunc("set", a.completePresets("="))
	r.moduleFlag(cmd)
	r.flags(cmd)
	r.argument(cmd)
	f.BoolVar(&exitCode, "exit-code", false, "exit with 5 if anything would change")
	return cmd
}

// unified returns the differences as git and patch read them.
func unified(files []change.File) string {
	var b strings.Builder
	for _, f := range files {
		if !f.Changes() {
			continue
		}
		from, to := "a/"+f.Path, "b/"+f.Path
		switch {
		case f.From != "":
			from = "a/" + f.From
		case f.Was == nil:
			from = os.DevNull
		case f.State == change.Removed:
			to = os.DevNull
		}
		b.WriteString(udiff.Unified(from, to, string(f.Was), string(f.Content)))
	}
	return b.String()
}

// printDiff prints a diff as it is, for patch, unless it goes to a terminal.
func (a *app) printDiff(report *changeReport) error {
	out, ok := a.stdout.(*os.File)
	if a.format == formatJSON || !ok || !term.IsTerminal(int(out.Fd())) {
		return a.printRaw(report, func(w *bytes.Buffer) { w.WriteString(report.Diff) })
	}
	return a.printRaw(report, func(w *bytes.Buffer) { w.WriteString(a.color(generator.Visible(report.Diff))) })
}

// color colors a diff for a terminal.
func (a *app) color(diff string) string {
	if a.getenv("NO_COLOR") != "" || a.getenv("TERM") == "dumb" {
		return diff
	}
	var b strings.Builder
	for line := range strings.Lines(diff) {
		text, end := strings.CutSuffix(line, "\n")
		code := ""
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
			code = "1"
		case strings.HasPrefix(line, "@@"):
			code = "36"
		case strings.HasPrefix(line, "-"):
			code = "31"
		case strings.HasPrefix(line, "+"):
			code = "32"
		}
		if code != "" {
			text = "\x1b[" + code + "m" + text + "\x1b[0m"
		}
		b.WriteString(text)
		if end {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
