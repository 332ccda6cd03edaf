package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/generator"
)

// projectDir is the project that a command works on: its argument DIR, or --project DIR, or the directory it runs in.
type projectDir struct{ dir string }

// flag adds --project.
func (p *projectDir) flag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.dir, "project", ".", "`DIR` of the project")
	cmd.MarkFlagDirname("project")
}

// argument adds --project, and lets DIR be an argument as well.
func (p *projectDir) argument(cmd *cobra.Command) {
	p.flag(cmd)
	cmd.Use += " [DIR]"
	cmd.ValidArgsFunction = directories
	run := cmd.RunE
	cmd.Args = cobra.MaximumNArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			if cmd.Flags().Changed("project") {
				return &generator.Error{
					Kind: generator.KindAnswers, Code: "usage", What: fmt.Sprintf("the project is %q and --project %s", args[0], p.dir),
					Why: "a command works on one project", Fix: "leave one of them out",
				}
			}
			p.dir = args[0]
		}
		return run(cmd, nil)
	}
}

// inProject returns an error about a selection with the remedy that a project has: presets are chosen by add and set there,
// not by flags.
func inProject(err error, axes []generator.Axis) error {
	var known *generator.Error
	if !errors.As(err, &known) {
		return err
	}
	flag := regexp.MustCompile(`--([a-z-]+) ([a-z0-9-]+)`)
	fix := flag.ReplaceAllStringFunc(known.Fix, func(text string) string {
		parts := flag.FindStringSubmatch(text)
		at := slices.IndexFunc(axes, func(a generator.Axis) bool { return a.Name == parts[1] })
		switch {
		case at < 0:
			return text
		case slices.ContainsFunc(axes[at].Groups, func(g generator.Group) bool { return g.Max != 1 }):
			return "otelgen add " + parts[1] + "/" + parts[2]
		}
		return "otelgen set " + parts[1] + "=" + parts[2]
	})
	if fix != known.Fix {
		fix = strings.Replace(fix, "add one of: ", "first run one of: ", 1)
	}
	rewritten := *known
	rewritten.Fix = fix
	return &rewritten
}
