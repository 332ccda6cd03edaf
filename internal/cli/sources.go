package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/progress"
	"github.com/otelgen/otelgen/internal/project"
	"github.com/otelgen/otelgen/internal/source"
)

// presetsEnv is the variable with the preset sources of commands that have none in flags or in the project. The
// separator is that of PATH.
const presetsEnv = "OTELGEN_PRESETS"

// maxSources bounds the sources of one run.
const maxSources = 16

// sourceFlags are the flags that say where presets come from.
type sourceFlags struct {
	presets, replace []string
	flags            *pflag.FlagSet
	allowFetch       bool // use the network for what only a file names
}

func (f *sourceFlags) add(cmd *cobra.Command) {
	f.flags = cmd.Flags()
	f.flags.StringArrayVar(
		&f.presets,
		"presets",
		nil,
		"`DIR|MODULE@VERSION` with more presets, as AXIS/NAME/preset.yaml (repeatable)",
	)
	f.flags.StringArrayVar(
		&f.replace,
		"replace",
		nil,
		"`AXIS/NAME` of a preset to take from --presets instead of the built-in one (repeatable)",
	)
	cmd.MarkFlagDirname("presets")
	cmd.RegisterFlagCompletionFunc("replace", cobra.NoFileCompletions)
}

// addForProject adds the flags to a command that works on a project or reads an answers file. Either may be a
// stranger's.
func (f *sourceFlags) addForProject(cmd *cobra.Command) {
	f.add(cmd)
	cmd.Flags().
		BoolVar(&f.allowFetch, "allow-fetch", false, "download presets and modules that are named only in a file, if "+
			"they are not in the module cache")
}

// sources are the sources that a catalog was made of, but for what is built in.
type sources struct {
	project.Sources
	at []string // where they are now, seen from here
}

// of returns what a project has to remember: the sources that its presets come from, and what they replace.
func (s sources) of(selection *generator.Selection) project.Sources {
	var used project.Sources
	for i, from := range s.PresetsFrom {
		if slices.ContainsFunc(selection.Presets(), func(p *generator.Preset) bool { return p.Source == s.at[i] }) {
			used.PresetsFrom = append(used.PresetsFrom, from)
		}
	}
	for _, id := range s.Replace {
		if slices.ContainsFunc(selection.Presets(), func(p *generator.Preset) bool { return p.ID() == id }) {
			used.Replace = append(used.Replace, id)
		}
	}
	return used
}

// arguments are the flags that give the same sources again.
func (s sources) arguments() (args []string) {
	for _, at := range s.at {
		args = append(args, "--presets", at)
	}
	for _, id := range s.Replace {
		args = append(args, "--replace", id)
	}
	return args
}

// catalogFor returns the built-in presets and those of the sources in the flags, else in origin, else in the
// environment. origin is a project or an answers file, or nil. A flag with an empty value means no sources. Sources
// that are named only in origin are not fetched unless the user allows it.
func (a *app) catalogFor(
	ctx context.Context,
	flags sourceFlags,
	origin *project.Project,
) (*generator.Catalog, sources, error) {
	used, err := a.sourcesFor(flags, origin)
	if err != nil {
		return nil, used, err
	}
	open := source.Open
	if recorded := origin != nil && len(origin.PresetsFrom) > 0 && !flags.given("presets"); recorded && !flags.allowFetch {
		open = source.Cached
	}
	all := []generator.Source{a.builtin}
	var errs []error
	for i, from := range used.PresetsFrom {
		where := from.Name
		if _, ok := source.ParseModule(where); !ok && origin != nil && !flags.given("presets") {
			where = origin.Locate(where)
		}
		line := progress.Start(ctx, a.stderr, "fetching "+generator.Visible(where))
		found, err := open(ctx, where)
		line.Stop()
		switch {
		case err != nil:
			errs = append(errs, err)
			continue
		case from.Sum != "" && from.Sum != found.Sum:
			errs = append(errs, &generator.Error{
				Kind: generator.KindTarget,
				Code: "presets-changed",
				What: from.Name + " differs from the presets that the project was generated with",
				Why:  "the project records the checksum " + from.Sum + ", and the module has " + found.Sum,
				Fix:  "find out who changed a published version; to use it anyway, name it with --presets",
			})
			continue
		}
		if found.Sum != "" {
			used.PresetsFrom[i] = project.Source{Name: found.Name, Sum: found.Sum}
		}
		used.at = append(used.at, found.Name)
		all = append(all, generator.Source{Name: found.Name, FS: found.FS, Replace: used.Replace})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, used, err
	}
	if len(all) == 1 && len(used.Replace) > 0 {
		all[0].Replace = used.Replace // to be told that nothing does
	}
	catalog, err := generator.NewCatalog(a.skeleton, all...)
	return catalog, used, err
}

func (f sourceFlags) given(name string) bool { return f.flags != nil && f.flags.Changed(name) }

// sourcesFor decides which sources there are, without looking at them.
func (a *app) sourcesFor(flags sourceFlags, origin *project.Project) (used sources, err error) {
	var names []string
	switch {
	case flags.given("presets"):
		names = flags.presets
	case origin != nil && len(origin.PresetsFrom) > 0:
		used.PresetsFrom = slices.Clone(origin.PresetsFrom)
	default:
		names = filepath.SplitList(a.getenv(presetsEnv))
	}
	for _, name := range names {
		if name != "" {
			used.PresetsFrom = append(used.PresetsFrom, project.Source{Name: name})
		}
	}
	if len(used.PresetsFrom) > maxSources {
		return used, &generator.Error{
			Kind: generator.KindAnswers,
			Code: "usage",
			What: fmt.Sprintf("more than %d preset sources", maxSources),
			Why:  "every command searches all of them",
			Fix:  "put the presets into fewer folders or modules",
		}
	}
	for i, from := range used.PresetsFrom {
		if slices.ContainsFunc(used.PresetsFrom[:i], func(s project.Source) bool { return s.Name == from.Name }) {
			return used, &generator.Error{
				Kind: generator.KindAnswers,
				Code: "usage",
				What: "the presets " + from.Name + " are given twice",
				Why:  "each source can be given once",
				Fix:  "leave one of them out",
			}
		}
	}
	if used.Replace = flags.replace; !flags.given("replace") && origin != nil {
		used.Replace = origin.Replace
	}
	used.Replace = slices.DeleteFunc(slices.Clone(used.Replace), func(id string) bool { return id == "" })
	return used, nil
}
