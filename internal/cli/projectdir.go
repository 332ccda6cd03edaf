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
					Kind: generator.KindAnswers,
					Code: "usage",
					What: fmt.Sprintf("the project is %q and --project %s", args[0], p.dir),
					Why:  "a command works on one project",
					Fix:  "leave one of them out",
				}
			}
			p.dir = args[0]
		}
		return run(cmd, nil)
	}
}

// chosenBy finds a preset that is chosen by a flag of otelgen new.
var chosenBy = regexp.MustCompile(`--([a-z-]+) ([a-z0-9-]+)`)

// inProject returns an error about a selection with the remedy that a project has: presets are chosen by add and set
// there, not by flags.
func inProject(err error, catalog *generator.Catalog, before generator.Answers) error {
	var known *generator.Error
	if !errors.As(err, &known) {
		return err
	}
	rewritten := *known
	rewritten.Fix = chosenBy.ReplaceAllStringFunc(known.Fix, func(text string) string {
		axis, name, _ := strings.Cut(strings.TrimPrefix(text, "--"), " ")
		preset, err := catalog.Preset(axis, name)
		switch {
		case err != nil:
			return text
		case groupOf(axisOf(catalog, axis), preset).Max != 1:
			return "otelgen add " + preset.ID()
		}
		return "otelgen set " + axis + "=" + name
	})
	if rewritten.Fix != known.Fix {
		rewritten.Fix = strings.Replace(rewritten.Fix, "add one of: ", "first run one of: ", 1)
	}
	for _, p := range known.Providers {
		if slices.Contains(before.Presets[p.Axis], p.Name) {
			rewritten.Fix = keep(catalog, p, known.Needs, before)
			break
		}
	}
	return &rewritten
}

// keep is the remedy where a change takes away the preset that needy needs.
func keep(catalog *generator.Catalog, p, needy *generator.Preset, before generator.Answers) string {
	fix := "keep " + p.ID()
	has := slices.Contains(before.Presets[needy.Axis], needy.Name)
	if has && groupOf(axisOf(catalog, needy.Axis), needy).Min == 0 {
		fix += ", or first run otelgen remove " + needy.ID()
	}
	return fix
}
