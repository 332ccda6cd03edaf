package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/change"
	"github.com/otelgen/otelgen/internal/prompt"
)

// confirm asks before a change deletes files of a preset that no other preset replaces. It lists every one of them.
func (r *changeRun) confirm(ctx context.Context, report *changeReport) error {
	deleted := report.deleted()
	if r.yes || len(report.lost) == 0 || len(deleted) == 0 {
		return nil
	}
	what := fmt.Sprintf("without %s, the service loses %s", strings.Join(report.lost, ", "),
		plural(len(deleted), "file", "files"))
	in, out, ok := r.terminal()
	if !ok {
		return &generator.Error{
			Kind: generator.KindAnswers, Code: "unconfirmed", What: what + ": " + few(deleted, 6),
			Why: "otelgen asks before it deletes code that nothing replaces, and there is no terminal",
			Fix: "add --yes, or check with --dry-run first",
		}
	}
	r.note("%s:", what)
	for _, path := range deleted {
		fmt.Fprintln(r.stderr, generator.Visible("  "+path))
	}
	yes, err := prompt.Confirm(ctx, in, out, "Delete them?")
	if err != nil || yes {
		return err
	}
	return &generator.Error{
		Kind: generator.KindInterrupted, Code: "interrupted",
		What: "not confirmed: nothing was changed",
		Why:  "the answer was no",
		Fix:  "run the same command again, and answer yes",
	}
}

// terminal returns where to ask, if there is a user to answer.
func (a *app) terminal() (in, out *os.File, ok bool) {
	out, _ = a.stderr.(*os.File)
	return a.stdin, out, a.hasTerminal() && !a.inCI()
}

// hasTerminal reports whether standard input and standard error are terminals.
func (a *app) hasTerminal() bool {
	out, ok := a.stderr.(*os.File)
	return ok && term.IsTerminal(int(a.stdin.Fd())) && term.IsTerminal(int(out.Fd()))
}

func (a *app) inCI() bool {
	ci := a.getenv("CI")
	return ci != "" && ci != "false" && ci != "0"
}

// lostOwners returns the presets that are removed and have no successor on their axis.
func lostOwners(base, theirs *generator.Tree) (lost []string) {
	before, after := owners(base), owners(theirs)
	for id := range before {
		axis, _, _ := strings.Cut(id, "/")
		swapped := false
		for other := range after {
			swapped = swapped || strings.HasPrefix(other, axis+"/") && other != axis+"/"+none && !before[other]
		}
		if !after[id] && !swapped {
			lost = append(lost, id)
		}
	}
	slices.Sort(lost)
	return lost
}

func owners(tree *generator.Tree) map[string]bool {
	all := map[string]bool{}
	for _, f := range tree.Files {
		all[f.Owner] = true
	}
	return all
}

// deleted returns the paths of the files that the change deletes.
func (c *changeReport) deleted() (paths []string) {
	for _, f := range c.Files {
		if f.State == change.Removed {
			paths = append(paths, f.Path)
		}
	}
	return paths
}

// few joins the first n of many names.
func few(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:n], ", "), len(names)-n)
}
