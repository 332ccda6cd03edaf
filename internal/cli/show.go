package cli

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/generator"
)

func (a *app) showCommand() *cobra.Command {
	var from sourceFlags
	cmd := &cobra.Command{
		Use:     "show AXIS/PRESET",
		Short:   "Show what a preset needs, configures and emits",
		Example: "  otelgen show broker/nats",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			catalog, _, err := a.catalogFor(cmd.Context(), from, nil)
			if err != nil {
				return err
			}
			_, preset, err := findPreset(catalog, args[0])
			if err != nil {
				return err
			}
			facts, err := factsOf(catalog, preset)
			if err != nil {
				return err
			}
			return a.print(preset, func(w *bytes.Buffer) { showText(w, preset, facts) })
		},
		ValidArgsFunction: func(
			cmd *cobra.Command, args []string, typed string,
		) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, inOrder
			}
			return a.completePresets("/")(cmd, args, typed)
		},
	}
	from.add(cmd)
	return cmd
}

// showText describes a preset, with the names that its facts have in a service called shop that is about orders.
func showText(w *bytes.Buffer, p *generator.Preset, facts generator.Contract) {
	fmt.Fprintf(w, "%s: %s\n%s\n", p.ID(), p.Title, p.Summary)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	section := func(title string, rows ...string) {
		if len(rows) > 0 {
			fmt.Fprintf(tw, "\n%s\n  %s\n", title, strings.Join(rows, "\n  "))
		}
	}
	section("Provides", p.Provides...)
	section("Shared facts", p.Facts...)
	section("Requires", rows(p.Requires, func(r generator.Rule) string { return r.Capability + "\t" + r.Reason })...)
	section(
		"Conflicts with",
		rows(p.Conflicts, func(r generator.Rule) string { return r.Capability + "\t" + r.Reason })...)
	section("Options", rows(p.Options, func(o generator.Option) string {
		kind := o.Type
		if len(o.Values) > 0 {
			kind = strings.Join(o.Values, "|")
		}
		return fmt.Sprintf("--option %s.%s=%s\t%s\t%s", p.Name, o.Name, o.Default, kind, o.Summary+with(needs(o)))
	})...)
	section(
		"Environment",
		rows(
			facts.Env,
			func(e generator.Env) string { return e.Name + "\t" + e.Default + "\t" + e.Summary + with(e.When) },
		)...)
	section(
		"Servers",
		rows(
			facts.Servers,
			func(s generator.Server) string { return s.Name + "\t" + s.Image + "\t" + provides(s) + with(s.When) },
		)...)
	section(
		"Ports",
		rows(p.Ports, func(o generator.Port) string { return fmt.Sprintf("%d\t%s", o.Port, o.Summary+with(o.When)) })...)
	section("Spans", rows(facts.Spans, func(s generator.Span) string {
		return strings.Join(s.Names, ", ") + "\t" + s.Kind + "\t" + s.Summary + with(s.When)
	})...)
	section("Metrics", rows(facts.Metrics, func(m generator.Metric) string {
		return m.Name + "\t" + m.Instrument + "\t" + m.Unit + "\t" + m.Summary + with(m.When)
	})...)
	section("Alerts", alerts(facts.Metrics, func(name, metric, condition, summary, _ string) string {
		return name + "\t" + metric + "\t" + condition + "\t" + summary
	})...)
	section(
		"Types of fields",
		rows(slices.Sorted(maps.Keys(p.Types)), func(name string) string { return name + "\t" + p.Types[name] })...)
	section(
		"Modules",
		rows(slices.Sorted(maps.Keys(p.Modules)), func(path string) string { return path + "\t" + p.Modules[path] })...)
	tw.Flush()
	fmt.Fprintf(w, "\nFrom %s.\n", p.Source)
}

// with says that something is there only beside a capability.
func with(capability string) string {
	if capability == "" {
		return ""
	}
	return " (with " + capability + ")"
}

// provides says which variables lead to a server.
func provides(s generator.Server) string {
	return strings.Join(rows(s.Provides, func(p generator.Provided) string { return p.Name }), ", ")
}

// alerts returns a row for each objective and alert of the metrics.
func alerts(
	metrics []generator.Metric,
	row func(name, metric, condition, summary, action string) string,
) (all []string) {
	for _, m := range metrics {
		for _, o := range m.Objectives {
			condition := fmt.Sprintf("%v %% do not fail", o.Target)
			if o.Below > 0 {
				condition = fmt.Sprintf("%v %% below %v %s", o.Target, o.Below, m.Unit)
			}
			all = append(all, row(o.Name, m.Name, condition+except("without", o.Except), o.Summary, o.Action))
		}
		for _, t := range m.Alerts {
			condition := fmt.Sprintf("above %v", t.Above) + except("with", t.With)
			if t.Of != "" {
				condition += " as a share of " + t.Of
			}
			if t.Fleet {
				condition += ", summed over all instances"
			}
			if t.Absent {
				condition = "absent"
			}
			all = append(all, row(t.Name, m.Name, condition+", for "+t.For, t.Summary, t.Action))
		}
	}
	return all
}

// except says which values of attributes are meant.
func except(word string, values map[string]string) (text string) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		text += " " + word + " " + key + "=" + values[key]
	}
	return text
}

// needs returns the capabilities without which an option cannot be on.
func needs(o generator.Option) string {
	return strings.Join(rows(o.Requires, func(r generator.Rule) string { return r.Capability }), ", ")
}

func rows[T any](all []T, row func(T) string) []string {
	var lines []string
	for _, v := range all {
		lines = append(lines, row(v))
	}
	return lines
}
