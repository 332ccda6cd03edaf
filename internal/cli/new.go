package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/kballard/go-shellquote"
	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/project"
	"github.com/otelgen/otelgen/internal/prompt"
	"github.com/otelgen/otelgen/internal/version"
)

// newRun has the arguments and flags of `otelgen new`.
type newRun struct {
	*app
	axes []generator.Axis

	module, entity, plural string
	fields                 []string
	chosen                 map[string]*[]string // by axis
	options                []string
	from                   sourceFlags
	sources                sources // what the catalog was made of
	output, answersFile    string
	noInput, dryRun        bool
}

func (a *app) newCommand() (*cobra.Command, error) {
	a.timings.mark("start-up")
	catalog, err := generator.NewCatalog(a.skeleton, a.builtin)
	if err != nil {
		return nil, err
	}
	a.timings.mark("catalog")
	n := &newRun{app: a, axes: catalog.Axes(), chosen: map[string]*[]string{}}
	cmd := &cobra.Command{
		Use:   "new [NAME]",
		Short: "Generate a new service",
		Long: `Generate a new service in ./NAME. The directory must be absent or empty; .git, a license, a README
and files such as .gitignore may be there, and are kept.

At a terminal, otelgen asks for everything that no flag answers, and shows a preview. Without a
terminal (or with TERM=dumb), in CI, with --no-input or with --answers it uses the defaults and asks
nothing. The service is written completely or not at all.`,
		Example: `  otelgen new shop
  otelgen new shop --no-input --database postgres --backend otlp
  otelgen new shop --answers other/.otelgen.yaml --broker none`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return n.run(cmd, args, catalog)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	f := cmd.Flags()
	f.SortFlags = false
	for _, axis := range n.axes {
		n.chosen[axis.Name] = new([]string)
		usage := "`NAME` of the " + strings.ToLower(axis.Title)
		if len(axis.Groups) > 1 || axis.Groups[0].Max != 1 {
			usage = "`NAMES` of the " + strings.ToLower(axis.Title) + "s (repeatable, or separated by commas)"
		}
		f.StringSliceVar(n.chosen[axis.Name], axis.Name, nil, usage)
		cmd.RegisterFlagCompletionFunc(
			axis.Name,
			func(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
				before := typed[:strings.LastIndexByte(typed, ',')+1] // names that are complete
				return n.complete(cmd.Context(), n.from, func(p *generator.Preset) []cobra.Completion {
					if p.Axis != axis.Name {
						return nil
					}
					return []cobra.Completion{cobra.CompletionWithDesc(before+p.Name, p.Summary)}
				}), inOrder
			},
		)
	}
	f.StringVar(&n.module, "module", "", "`PATH` of the Go module (default example.com/NAME)")
	f.StringVar(&n.entity, "entity", "", "`NAME` of the entity in the singular (default "+generator.DefaultEntity+")")
	f.StringVar(&n.plural, "entity-plural", "", "`PLURAL` of the entity, if the derived one is wrong")
	f.StringArrayVar(
		&n.fields,
		"field",
		nil,
		"`NAME:TYPE[:MODIFIER…]`: a field of the entity, as in quantity:int:1..1000 (repeatable)",
	)
	f.StringArrayVar(&n.options, "option", nil, "`PRESET.KEY=VALUE`: an option of a preset, see otelgen show (repeatable)")
	f.StringVar(
		&n.output,
		"output",
		"",
		"`DIR` to write to, absent or a new repository; . is the current one (default ./NAME)",
	)
	f.StringVar(&n.answersFile, "answers", "", "`FILE` with answers, such as a project's .otelgen.yaml; flags override it")
	n.from.addForProject(cmd)
	f.BoolVar(&n.noInput, "no-input", false, "ask nothing")
	f.BoolVar(&n.dryRun, "dry-run", false, "list the files with their sizes and owners, and write nothing")
	f.BoolVar(&n.timings.on, "timings", false, "print timings to standard error")
	f.MarkHidden("timings")
	cmd.MarkFlagDirname("output")
	cmd.RegisterFlagCompletionFunc(
		"option",
		func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return n.complete(cmd.Context(), n.from, func(p *generator.Preset) (options []cobra.Completion) {
				for _, o := range p.Options {
					options = append(options, cobra.CompletionWithDesc(p.Name+"."+o.Name+"=", o.Summary))
				}
				return options
			}), inOrder | cobra.ShellCompDirectiveNoSpace
		},
	)
	for _, flag := range []string{"module", "entity", "entity-plural", "field"} {
		cmd.RegisterFlagCompletionFunc(flag, cobra.NoFileCompletions)
	}
	return cmd, nil
}

func (n *newRun) run(cmd *cobra.Command, args []string, catalog *generator.Catalog) error {
	origin, err := n.origin()
	if err != nil {
		return err
	}
	if n.sources, err = n.sourcesFor(n.from, origin); err != nil {
		return err
	}
	if len(n.sources.PresetsFrom)+len(n.sources.Replace) > 0 { // else the catalog is there already
		if catalog, n.sources, err = n.catalogFor(cmd.Context(), n.from, origin); err != nil {
			return err
		}
		n.timings.mark("more presets")
	}
	answers, err := n.answers(cmd, args, origin.Answers)
	if err != nil {
		return err
	}
	switch reason := n.silent(); {
	case reason == "":
		if err := n.ask(cmd.Context(), catalog, &answers); err != nil {
			return err
		}
	case n.unasked() && n.hasTerminal() && !n.inCI():
		n.note("used the defaults without asking, %s", reason)
	}
	if answers.Name == "" {
		return &generator.Error{
			Kind: generator.KindAnswers,
			Code: "name-missing",
			What: "the service has no name",
			Why:  "no argument or answers file gives one, and otelgen does not ask " + n.silent(),
			Fix:  "name it, as in: otelgen new shop",
		}
	}
	made, err := n.make(catalog, answers)
	if err != nil {
		return err
	}
	if !n.dryRun {
		if err := n.write(cmd.Context(), n.target(answers), made); err != nil {
			return err
		}
		n.timings.mark("write")
	}
	return n.print(made.report, func(w *bytes.Buffer) { made.report.text(w, made.selection, n.width()) })
}

func (n *newRun) write(ctx context.Context, target string, made *service) error {
	if _, err := os.Lstat(target); err == nil {
		return n.writeInto(ctx, target, made)
	}
	return n.writer.Write(ctx, target, made.files)
}

// service is a new service before it is written.
type service struct {
	selection *generator.Selection
	plan      *generator.Plan
	files     []generator.File
	report    *newReport
}

func (n *newRun) make(catalog *generator.Catalog, answers generator.Answers) (*service, error) {
	selection, err := catalog.Select(answers)
	if err != nil {
		return nil, err
	}
	if err := checkTarget(n.target(answers)); err != nil {
		return nil, err
	}
	n.timings.mark("select")
	plan, err := selection.Plan()
	if err != nil {
		return nil, err
	}
	n.timings.mark("plan")
	plan.Rendered = func() { n.timings.mark("render") }
	tree, err := plan.Render()
	if err != nil {
		return nil, err
	}
	n.timings.mark("format")
	made := project.New(version.Get().Version, selection.Answers(), tree)
	made.Sources = n.sources.of(selection)
	records, err := made.Records(tree)
	if err != nil {
		return nil, err
	}
	n.timings.mark("records")
	files := append(slices.Clip(tree.Files), records...)
	slices.SortFunc(files, func(a, b generator.File) int { return strings.Compare(a.Path, b.Path) })
	report := n.report(answers, selection.Answers(), files)
	report.Notes = firstLook(plan.Contract())
	return &service{selection, plan, files, report}, nil
}

// target is where the service goes.
func (n *newRun) target(answers generator.Answers) string { return cmp.Or(n.output, answers.Name) }

// origin reads the answers file, if one is given.
func (n *newRun) origin() (*project.Project, error) {
	if n.answersFile == "" {
		return &project.Project{}, nil
	}
	return project.ReadAnswers(n.answersFile)
}

// answers returns the answers of the answers file, overridden by the arguments and the flags.
func (n *newRun) answers(cmd *cobra.Command, args []string, answers generator.Answers) (generator.Answers, error) {
	if answers.Presets == nil {
		answers.Presets = map[string][]string{}
	}
	if len(args) > 0 {
		if err := rename(&answers, args[0]); err != nil {
			return answers, err
		}
	}
	if err := checkValues(cmd, "module", "entity", "entity-plural"); err != nil {
		return answers, err
	}
	given := cmd.Flags().Changed
	if given("module") {
		answers.Module = n.module
	}
	if given("entity") {
		answers.Entity, answers.EntityPlural, answers.Fields = n.entity, "", nil // which belong to the entity before
	}
	if given("field") {
		answers.Fields = n.fields
	}
	if given("entity-plural") {
		answers.EntityPlural = n.plural
	}
	for axis, names := range n.chosen {
		if given(axis) {
			choose(&answers, axis, *names)
		}
	}
	return answers, setOptions(&answers, n.options)
}

// rename gives the service a name. A default module path follows it.
func rename(answers *generator.Answers, name string) error {
	if err := generator.CheckName(name); err != nil {
		return err
	}
	if name != answers.Name && answers.Module == "example.com/"+answers.Name {
		answers.Module = ""
	}
	answers.Name = name
	return nil
}

// checkValues refuses flags that are set to an empty value.
func checkValues(cmd *cobra.Command, flags ...string) error {
	for _, flag := range flags {
		if cmd.Flags().Changed(flag) && cmd.Flag(flag).Value.String() == "" {
			return &generator.Error{
				Kind: generator.KindAnswers, Code: "usage", What: "--" + flag + " is empty",
				Why: "this flag needs a value", Fix: "give a value, or leave the flag out",
			}
		}
	}
	return nil
}

// choose replaces the presets of an axis, and drops the options of those that are no longer chosen.
func choose(answers *generator.Answers, axis string, names []string) {
	answers.Presets[axis] = names
	if len(names) == 0 { // --axis ""
		answers.Presets[axis] = []string{""}
	}
	for key := range answers.Options {
		id, _, _ := strings.Cut(key, ".")
		if name, ok := strings.CutPrefix(id, axis+"/"); ok && !slices.Contains(names, name) {
			delete(answers.Options, key)
		}
	}
}

// silent says why the user is not asked, or nothing if there is a user to ask.
func (n *newRun) silent() string {
	switch {
	case n.noInput:
		return "because of --no-input"
	case n.answersFile != "":
		return "because of --answers"
	case n.inCI():
		return "because CI is set"
	case n.getenv("TERM") == "dumb":
		return "because TERM is dumb: set TERM=xterm to be asked"
	case !n.hasTerminal():
		return "because input or output is not a terminal"
	}
	return ""
}

// unasked reports whether the environment, and no flag, keeps otelgen from asking.
func (n *newRun) unasked() bool { return !n.noInput && n.answersFile == "" }

func (n *newRun) ask(ctx context.Context, catalog *generator.Catalog, answers *generator.Answers) error {
	check := func(a generator.Answers) error {
		if err := generator.CheckName(a.Name); err != nil {
			return err
		}
		if _, err := catalog.Select(a); err != nil {
			return err
		}
		return checkTarget(n.target(a))
	}
	if answers.Name != "" { // better refused before the questions than after
		if err := check(generator.Answers{Name: answers.Name}); err != nil {
			return err
		}
	}
	asker := prompt.Asker{In: n.stdin, Out: n.stderr.(*os.File), NoColor: n.getenv("NO_COLOR") != "", Check: check}
	if !n.dryRun { // which shows more, and writes nothing
		asker.Preview = func(a generator.Answers, width, height int) ([]string, error) {
			made, err := n.make(catalog, a)
			if err != nil {
				return nil, err
			}
			return made.preview(width, height), nil
		}
	}
	return asker.Fill(ctx, catalog, answers)
}

type fileReport struct {
	Path   string   `json:"path"`
	Size   int      `json:"size"`
	Mode   string   `json:"mode"`
	Owner  string   `json:"owner"`
	Joined []string `json:"fragments_of,omitempty"` // who else put something into it
}

type newReport struct {
	Name    string            `json:"name"`
	Output  string            `json:"output"`
	DryRun  bool              `json:"dry-run"`
	Answers generator.Answers `json:"answers"`
	Files   []fileReport      `json:"files"`
	Repeat  string            `json:"repeat"` // the command that gives the same again
	Next    []string          `json:"next"`   // the commands to type now
	Notes   []string          `json:"notes,omitempty"`
	Kept    []keptFile        `json:"kept,omitempty"`
}

func (n *newRun) report(answers, full generator.Answers, files []generator.File) *newReport {
	target := n.target(answers)
	r := &newReport{
		Name: full.Name, Output: target, DryRun: n.dryRun, Answers: full,
		Repeat: n.repeat(answers, full), Next: n.next(target, files),
	}
	for _, f := range files {
		var joined []string
		for _, part := range f.Fragments {
			if part.Owner != f.Owner && !slices.Contains(joined, part.Owner) {
				joined = append(joined, part.Owner)
			}
		}
		r.Files = append(r.Files, fileReport{f.Path, len(f.Content), fmt.Sprintf("%#o", f.Mode), f.Owner, joined})
	}
	return r
}

func (r *newReport) text(w *bytes.Buffer, selection *generator.Selection, width int) {
	size := 0
	for _, f := range r.Files {
		size += f.Size
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if r.DryRun {
		for _, f := range r.Files {
			fmt.Fprintf(tw, "%7d\t%s\t%s\n", f.Size, f.Path, strings.Join(append([]string{f.Owner}, f.Joined...), " + "))
		}
		tw.Flush()
		fmt.Fprintf(w, "\n%s: %d files, %s, for %s; nothing was written\n\n", r.Name, len(r.Files), kilobytes(size), r.Output)
	} else {
		fmt.Fprintf(w, "Wrote %s: %d files, %s, in %s\n\n", r.Name, len(r.Files), kilobytes(size), r.Output)
		r.keptText(w)
	}
	var choices bytes.Buffer
	tw = tabwriter.NewWriter(&choices, 0, 0, 2, ' ', 0)
	for _, p := range selection.Presets() {
		fmt.Fprintf(tw, "  %s\t%s\t%s\n", p.Axis, p.Name, p.Summary)
	}
	fmt.Fprintf(
		tw,
		"  entity\t%s\tPlural %s; %s.\n",
		r.Answers.Entity,
		r.Answers.EntityPlural,
		strings.Join(r.Answers.Fields, ", "),
	)
	fmt.Fprintf(tw, "  module\t%s\n", r.Answers.Module)
	tw.Flush()
	for line := range strings.Lines(choices.String()) {
		fmt.Fprintln(w, prompt.Fit(strings.TrimSuffix(line, "\n"), width))
	}
	fmt.Fprintf(w, "\nTo repeat:\n  %s\n", r.Repeat)
	if !r.DryRun {
		fmt.Fprintf(w, "\nNow:\n  %s\n", strings.Join(r.Next, "\n  "))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "\n%s\n", strings.Join(prompt.Wrap(note, min(width, 80)), "\n"))
	}
}

// repeat returns the command that generates the same project, even if the defaults change.
func (n *newRun) repeat(answers, full generator.Answers) string {
	args := []string{"otelgen", "new", full.Name, "--no-input", "--module", full.Module}
	for _, axis := range n.axes {
		if names := full.Presets[axis.Name]; len(names) > 0 {
			args = append(args, "--"+axis.Name, strings.Join(names, ","))
		}
	}
	if full.Entity != generator.DefaultEntity {
		args = append(args, "--entity", full.Entity)
	}
	if answers.EntityPlural != "" {
		args = append(args, "--entity-plural", answers.EntityPlural)
	}
	for _, field := range full.Fields {
		args = append(args, "--field", field)
	}
	for _, key := range slices.Sorted(maps.Keys(answers.Options)) {
		args = append(args, "--option", key+"="+answers.Options[key])
	}
	if n.output != "" {
		args = append(args, "--output", n.output)
	}
	return shellquote.Join(append(args, n.sources.arguments()...)...)
}

func kilobytes(n int) string { return fmt.Sprintf("%.1f kB", float64(n)/1000) }
