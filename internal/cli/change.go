package cli

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/kballard/go-shellquote"
	"github.com/spf13/cobra"
	"golang.org/x/mod/modfile"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/change"
	"github.com/otelgen/otelgen/internal/gotool"
	"github.com/otelgen/otelgen/internal/merge"
	"github.com/otelgen/otelgen/internal/progress"
	"github.com/otelgen/otelgen/internal/project"
	"github.com/otelgen/otelgen/internal/source"
	"github.com/otelgen/otelgen/internal/version"
	"github.com/otelgen/otelgen/internal/writer"
)

// changeRun has the arguments and flags of a command that changes a project.
type changeRun struct {
	*app
	projectDir
	conflict           string
	module             string // the new path of the module, if it is to have one
	from               sourceFlags
	allowDirty, dryRun bool
	yes                bool // delete files without asking
	edits
}

// changeReport is what a change makes of a project.
type changeReport struct {
	Project string            `json:"project"`
	DryRun  bool              `json:"dry-run,omitempty"`
	Before  generator.Answers `json:"before"`
	Answers generator.Answers `json:"answers"`
	Files   []change.File     `json:"files"`
	Untidy  string            `json:"untidy,omitempty"` // why go.mod and go.sum could not be tidied
	Diff    string            `json:"diff,omitempty"`
	Next    []string          `json:"next,omitempty"` // what to do now

	lost []string // presets that go, with nothing in their place
}

func (a *app) changeCommands() []*cobra.Command {
	change := func(
		use, short, long, example string, args cobra.PositionalArgs, take func(r *changeRun, args []string),
	) (*cobra.Command, *changeRun) {
		r := &changeRun{app: a}
		cmd := &cobra.Command{
			Use: use, Short: short, Example: example, Args: args,
			Long: short + "." + long + `

otelgen merges its changes with yours. Files that you have not edited are updated, your edits stay,
and files that you have deleted or moved stay deleted or moved. Where both sides changed the same
lines, the file gets conflict markers and the exit code is 5. A change is made completely or not at all;
otelgen undo reverts it.`,
			RunE: func(cmd *cobra.Command, args []string) error {
				take(r, args)
				return r.run(cmd.Context())
			},
		}
		f := cmd.Flags()
		f.SortFlags = false
		r.flags(cmd)
		f.BoolVar(&r.allowDirty, "allow-dirty", false, "change the project even if it has uncommitted changes")
		f.BoolVar(&r.yes, "yes", false, "delete the files of removed presets without asking")
		f.BoolVar(&r.dryRun, "dry-run", false, "show what would change, and write nothing")
		return cmd, r
	}
	add, addRun := change(
		"add AXIS/PRESET...",
		"Add presets to a project",
		"",
		"  otelgen add broker/nats\n  otelgen add backend/otlp --dry-run",
		cobra.MinimumNArgs(1),
		func(r *changeRun, args []string) { r.add = args },
	)
	remove, removeRun := change(
		"remove AXIS/PRESET...",
		"Remove presets from a project",
		"",
		"  otelgen remove broker/nats",
		cobra.MinimumNArgs(1),
		func(r *changeRun, args []string) { r.remove = args },
	)
	set, setRun := change(
		"set [AXIS=PRESET...]",
		"Swap presets of a project, or set their options",
		"",
		"  otelgen set database=postgres\n  otelgen set --option nats.max-attempts=5",
		cobra.ArbitraryArgs,
		func(r *changeRun, args []string) { r.set = args },
	)
	addField, addFieldRun := change(
		"field ENTITY NAME:TYPE[:MODIFIER…]...",
		"Add fields to the entity of a project", `
The field appears in the code, the API, the events and the tests, and a migration adds its column.
Stored rows have no value for it, so it must be optional or have a default.`,
		"  otelgen add field order note:text:optional\n  otelgen add field order country:string:2..2:default=DE",
		cobra.MinimumNArgs(2),
		func(r *changeRun, args []string) { r.entity, r.fields = args[0], args[1:] },
	)
	addField.ValidArgsFunction = cobra.NoFileCompletions
	addFieldRun.flag(addField)
	add.AddCommand(addField)
	setRun.moduleFlag(set)
	run := set.RunE
	set.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && len(setRun.options) == 0 && setRun.module == "" {
			return &generator.Error{
				Kind: generator.KindAnswers,
				Code: "usage",
				What: "there is nothing to set",
				Why:  "neither AXIS=PRESET nor --option nor --module is given",
				Fix:  "write it as in: otelgen set database=postgres",
			}
		}
		return run(cmd, args)
	}
	add.ValidArgsFunction, remove.ValidArgsFunction, set.ValidArgsFunction = a.completePresets(
		"/",
	), a.completePresets(
		"/",
	), a.completePresets(
		"=",
	)
	update, updateRun := change("update", "Update a project to the templates of this otelgen", `
The answers are in `+project.FileName+`; you can edit them by hand before an update.`, "  otelgen update",
		cobra.NoArgs, func(*changeRun, []string) {})
	addRun.flag(add)
	removeRun.flag(remove)
	setRun.flag(set)
	updateRun.argument(update)
	return []*cobra.Command{add, remove, set, update}
}

// flags adds the flags that every command with a change has, be it made or only shown.
func (r *changeRun) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&r.options, "option", nil, "`PRESET.KEY=VALUE`: an option of a preset (repeatable)")
	f.StringVar(
		&r.conflict,
		"conflict",
		"markers",
		"how to report conflicts: `markers` in the file, or rej for a separate PATH.rej",
	)
	r.from.addForProject(cmd)
	cmd.RegisterFlagCompletionFunc(
		"conflict",
		cobra.FixedCompletions([]string{"markers", "rej"}, cobra.ShellCompDirectiveNoFileComp),
	)
}

func (r *changeRun) moduleFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.module, "module", "", "new `PATH` of the Go module")
	cmd.RegisterFlagCompletionFunc("module", cobra.NoFileCompletions)
}

func (r *changeRun) run(ctx context.Context) error {
	open := r.openToChange
	if r.dryRun {
		open = r.open
	}
	o, err := open(ctx, r.dir, r.from)
	if err != nil {
		return err
	}
	defer o.close()
	answers, err := r.answers(o)
	if err != nil {
		return err
	}
	if !r.allowDirty && !r.dryRun {
		if err := checkClean(ctx, o.root); err != nil {
			return err
		}
	}
	report, changes, err := r.plan(ctx, o, answers)
	if err != nil {
		return err
	}
	if report.DryRun = r.dryRun; !r.dryRun {
		if err := r.confirm(ctx, report); err != nil {
			return err
		}
		if err := r.writer.Apply(ctx, o.state, changes); err != nil {
			return err
		}
	}
	if err := r.print(report, report.text); err != nil {
		return err
	}
	return report.conflicts()
}

// answers returns what the project's answers become, and refuses what is wrong with the command line.
func (r *changeRun) answers(o *loadedProject) (generator.Answers, error) {
	if r.conflict != "markers" && r.conflict != "rej" {
		return generator.Answers{}, &generator.Error{
			Kind: generator.KindAnswers,
			Code: "usage",
			What: fmt.Sprintf("unknown --conflict %q", r.conflict),
			Why:  "it is markers or rej",
			Fix:  "use --conflict markers",
		}
	}
	answers, err := r.apply(o.catalog, o.project.Answers)
	if r.module != "" {
		answers.Module = r.module
	}
	if err == nil {
		err = r.check(o.catalog, answers)
	}
	return answers, inProject(err, o.catalog, o.project.Answers)
}

// check refuses answers that are not a selection, and fields that the service cannot be given any more.
func (r *changeRun) check(catalog *generator.Catalog, answers generator.Answers) error {
	selection, err := catalog.Select(answers)
	if err != nil || len(r.fields) == 0 {
		return err
	}
	return checkAddedFields(selection, len(r.fields))
}

// plan works out the change: what is reported of it, and what is to be written.
func (r *changeRun) plan(
	ctx context.Context,
	o *loadedProject, answers generator.Answers,
) (*changeReport, []writer.Change, error) {
	base, err := o.pristine()
	if err != nil {
		return nil, nil, err
	}
	ours, err := o.files()
	if err != nil {
		return nil, nil, err
	}
	if was, is := modulePath(base), renamed(ours); r.module == "" && is != "" && is != was && answers.Module == was {
		answers.Module, base = is, withModule(
			base,
			was,
			is,
		) // the user has renamed the module, in the code as well, so otelgen follows
	}
	selection, err := o.catalog.Select(answers)
	if err != nil {
		return nil, nil, inProject(err, o.catalog, o.project.Answers)
	}
	plan, err := selection.Plan()
	if err != nil {
		return nil, nil, err
	}
	plan.History = o.project.History(base, ours)
	theirs, err := plan.Render()
	if err != nil {
		return nil, nil, err
	}
	if err := checkResolved(ours, base); err != nil {
		return nil, nil, err
	}
	sides := &change.Sides{Base: base, Theirs: theirs, Ours: ours, Reject: r.conflict == "rej"}
	files, err := sides.Files()
	if err != nil {
		return nil, nil, err
	}
	modules, untidy, err := sides.Modules(ctx, files, r.tidy(o.root))
	if err != nil {
		return nil, nil, interrupted(ctx, err)
	}
	files = append(files, modules...)
	slices.SortFunc(files, func(a, b change.File) int { return strings.Compare(a.Path, b.Path) })
	report := &changeReport{Project: o.root, Before: o.project.Answers, Answers: selection.Answers(), Files: files}
	report.lost = lostOwners(base, theirs)
	if untidy != nil {
		report.Untidy = untidy.Error()
	}
	if before, err := o.catalog.Select(o.project.Answers); err == nil {
		report.Next = r.next(o, before, selection, base, theirs, report)
	}
	made := project.New(version.Get().Version, selection.Answers(), theirs)
	made.Sources = o.sources.of(selection)
	record, err := o.record(made, theirs)
	return report, append(changesOf(files), record...), err
}

// modulePath returns the path of the module that a tree is.
func modulePath(tree *generator.Tree) string {
	i := slices.IndexFunc(tree.Files, func(f generator.File) bool { return f.Path == "go.mod" })
	if i < 0 {
		return ""
	}
	return modfile.ModulePath(tree.Files[i].Content)
}

// withModule returns the tree as it would be if the module had another path.
func withModule(tree *generator.Tree, was, is string) *generator.Tree {
	renamed := &generator.Tree{Files: slices.Clone(tree.Files)}
	for i, f := range renamed.Files {
		renamed.Files[i].Content = bytes.ReplaceAll(f.Content, []byte(was), []byte(is))
	}
	return renamed
}

// renamed returns the path of the module that the project is, or "" if it does not say.
func renamed(ours fs.ReadLinkFS) string {
	content, err := change.Read(ours, "go.mod")
	if err != nil {
		return ""
	}
	return modfile.ModulePath(content)
}

// tidy returns how go.mod and go.sum of the project are tidied.
func (r *changeRun) tidy(root string) change.Tidy {
	return func(ctx context.Context, files []change.File, mod, sum []byte) ([]byte, []byte, error) {
		overlay := map[string][]byte{}
		for _, f := range files {
			if f.From != "" {
				overlay[f.From] = nil
			}
			if f.Content != nil || f.State == change.Removed {
				overlay[f.Path] = f.Content
			}
		}
		line := progress.Start(ctx, r.stderr, "tidying go.mod")
		defer line.Stop()
		var env []string
		if !r.from.allowFetch { // the project says what would be fetched
			env = source.Offline
		}
		return gotool.Tidy(ctx, root, overlay, mod, sum, env...)
	}
}

// checkResolved refuses a project with conflicts of the last change: they would be taken for the user's text.
func checkResolved(ours fs.ReadLinkFS, base *generator.Tree) error {
	for _, f := range base.Files {
		if content, err := change.Read(ours, f.Path); err == nil && merge.Unresolved(content) {
			return &generator.Error{
				Kind: generator.KindDrift, Code: "unresolved", What: f.Path + " has conflicts of an earlier change", Where: f.Path,
				Why: "otelgen would treat the text between the markers as yours",
				Fix: "resolve the conflicts: " + strings.TrimSpace(merge.MarkOurs) + " … " + strings.TrimSpace(merge.MarkTheirs),
			}
		}
	}
	return nil
}

func interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return &generator.Error{
		Kind: generator.KindInterrupted,
		Code: "interrupted",
		What: "interrupted: nothing was changed",
		Why:  "the run was stopped before anything was written",
		Fix:  "run the same command again",
	}
}

// conflicts is the error for a change with conflicts, if it is one.
func (c *changeReport) conflicts() error {
	var paths []string
	for _, f := range c.Files {
		if f.State == change.Conflict && !f.Reject {
			paths = append(paths, f.Path)
		}
	}
	if len(paths) == 0 {
		return nil
	}
	what := plural(len(paths), "file has", "files have") + " conflicts"
	if c.DryRun {
		what = plural(len(paths), "file would have", "files would have") + " conflicts"
	}
	return &generator.Error{
		Kind: generator.KindDrift,
		Code: "conflicts",
		What: what,
		Why:  "otelgen cannot merge its changes with yours: " + strings.Join(paths, ", "),
		Fix:  "resolve the conflicts listed above, as after git merge; then run otelgen check",
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (c *changeReport) text(w *bytes.Buffer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range c.Files {
		var notes []string
		if f.From != "" {
			notes = append(notes, "from "+f.From)
		}
		if f.Conflicts > 0 {
			notes = append(notes, plural(f.Conflicts, "conflict", "conflicts"))
		}
		if f.Note != "" {
			notes = append(notes, f.Note)
		}
		line := fmt.Sprintf("  %s\t%s", f.State, f.Path)
		if len(notes) > 0 {
			line += "\t" + strings.Join(notes, "; ")
		}
		fmt.Fprintln(tw, line)
	}
	tw.Flush()
	if len(c.Files) > 0 {
		fmt.Fprintln(w)
	}
	if c.Untidy != "" {
		fmt.Fprintf(w, "go.mod and go.sum contain what both sides need, but go mod tidy failed: %s\n\n", c.Untidy)
	}
	changed := 0
	for _, f := range c.Files {
		if f.Changes() {
			changed++
		}
	}
	verb := "Changed"
	if c.DryRun {
		verb = "Would change"
	}
	swaps := c.swaps()
	if changed == 0 && len(swaps) == 0 {
		fmt.Fprintf(w, "%s is up to date\n", called(c.Project))
		return
	}
	fmt.Fprintf(w, "%s %s%s\n", verb, plural(changed, "file", "files"), in(c.Project))
	for _, swap := range swaps {
		fmt.Fprintf(w, "  %s\n", swap)
	}
	if len(c.Next) > 0 {
		fmt.Fprintf(w, "\nNext:\n  %s\n", strings.Join(c.Next, "\n  "))
	}
	if !c.DryRun {
		undo := []string{"otelgen", "undo"}
		if c.Project != "." {
			undo = append(undo, "--project", c.Project)
		}
		fmt.Fprintf(w, "\nTo undo it: %s\n", shellquote.Join(undo...))
	}
}
