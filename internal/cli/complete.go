package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/generator"
)

// inOrder has a shell offer nothing but what it is given, the default first.
const inOrder = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder

// complete collects shell completions: those that of returns for each preset. It skips presets that cannot be read.
func (a *app) complete(
	ctx context.Context,
	from sourceFlags,
	of func(p *generator.Preset) []cobra.Completion,
) []cobra.Completion {
	catalog, _, err := a.catalogFor(ctx, from, nil)
	if err != nil {
		return nil
	}
	var all []cobra.Completion
	for _, axis := range catalog.Axes() {
		presets, err := catalog.Presets(axis.Name)
		if err != nil {
			continue
		}
		for _, p := range presets {
			all = append(all, of(p)...)
		}
	}
	return all
}

// completePresets offers AXIS/PRESET, with another separator AXIS=PRESET, each with its summary and none twice. The
// presets are those of the command's --presets and --replace.
func (a *app) completePresets(separator string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		from := sourceFlags{flags: cmd.Flags()}
		from.presets, _ = from.flags.GetStringArray("presets")
		from.replace, _ = from.flags.GetStringArray("replace")
		return a.complete(cmd.Context(), from, func(p *generator.Preset) []cobra.Completion {
			if slices.Contains(args, p.Axis+separator+p.Name) {
				return nil
			}
			return []cobra.Completion{cobra.CompletionWithDesc(p.Axis+separator+p.Name, p.Summary)}
		}), inOrder
	}
}

// directories has a shell offer directories.
func directories(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}
