package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/generator"
)

type axisReport struct {
	generator.Axis
	Presets []presetReport `json:"presets"`
}

type presetReport struct {
	Name    string `json:"name"`
	Title   string `json:"title"`
	Summary string `json:"summary"`
	Group   string `json:"group,omitempty"`
	Default bool   `json:"default"`
	Source  string `json:"source"`
}

func (a *app) listCommand() *cobra.Command {
	var from sourceFlags
	cmd := &cobra.Command{
		Use:   "list [AXIS]",
		Short: "List the axes and their presets",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			catalog, _, err := a.catalogFor(cmd.Context(), from, nil)
			if err != nil {
				return err
			}
			axes := catalog.Axes()
			if len(args) > 0 {
				if _, err := catalog.Presets(args[0]); err != nil {
					return err
				}
				axes = slices.DeleteFunc(axes, func(axis generator.Axis) bool { return axis.Name != args[0] })
			}
			var all []axisReport
			for _, axis := range axes {
				presets, err := catalog.Presets(axis.Name)
				if err != nil {
					return err
				}
				report := axisReport{Axis: axis, Presets: []presetReport{}}
				for _, p := range presets {
					report.Presets = append(report.Presets, presetReport{p.Name, p.Title, p.Summary, p.Group, p.Default, p.Source})
				}
				all = append(all, report)
			}
			return a.print(struct {
				Axes []axisReport `json:"axes"`
			}{all}, func(w *bytes.Buffer) { listText(w, all) })
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			if catalog, _, err := a.catalogFor(cmd.Context(), from, nil); err == nil && len(args) == 0 {
				for _, axis := range catalog.Axes() {
					names = append(names, cobra.CompletionWithDesc(axis.Name, axis.Question))
				}
			}
			return names, inOrder
		},
	}
	from.add(cmd)
	return cmd
}

func listText(w *bytes.Buffer, axes []axisReport) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, axis := range axes {
		if i > 0 {
			fmt.Fprintln(tw)
		}
		fmt.Fprintf(tw, "%s: %s\n", axis.Name, axis.Question)
		for _, p := range axis.Presets {
			var notes []string
			if p.Group != "" {
				notes = append(notes, p.Group)
			}
			if p.Default {
				notes = append(notes, "default")
			}
			fmt.Fprintf(tw, "  %s\t%s", p.Name, p.Summary)
			if len(notes) > 0 {
				fmt.Fprintf(tw, " (%s)", strings.Join(notes, ", "))
			}
			fmt.Fprintln(tw)
		}
	}
	tw.Flush()
}
