package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/gotool"
	"github.com/otelgen/otelgen/internal/progress"
	"github.com/otelgen/otelgen/internal/proof"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

func (a *app) presetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "preset",
		Short: "Write and test custom presets",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.presetInitCommand(), a.presetLockCommand(), a.presetTestCommand())
	return cmd
}

func (a *app) presetLockCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "lock DIR",
		Short: "Write the lock files of custom presets",
		Long: `lock asks the go command what the Go files of the presets in DIR import, and writes lock.txt beside
each manifest. It may download modules. From then on, services with these presets are generated
without network.

If several presets pin a module, the highest version wins, as in Go. If that is higher than the
version of a built-in preset, DIR/lock.txt holds the rebuilt locks of the built-in presets, for
services with a preset of this folder.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, _, err := proof.Folder(args[0])
			if err != nil {
				return err
			}
			line := progress.Start(cmd.Context(), a.stderr, "running the go command")
			result, err := gotool.LockPresets(cmd.Context(), dir, templates.FS, presets.FS)
			line.Stop()
			if err != nil {
				return &generator.Error{
					Kind: generator.KindPreset,
					Code: "preset-lock",
					What: "the presets in " + dir + " cannot be locked",
					Why:  err.Error(),
					Fix:  "pin the modules that they import in the manifest, under modules",
				}
			}
			return a.print(result, func(w *bytes.Buffer) {
				for _, r := range result.Raised {
					fmt.Fprintf(w, "raised %s to %s (%s); it was %s in %s\n", r.Module, r.Version, r.By, r.Pinned, r.At)
				}
				for _, name := range result.Written {
					fmt.Fprintln(w, "wrote", filepath.Join(dir, name))
				}
			})
		},
	}
}

func (a *app) presetTestCommand() *cobra.Command {
	var options proof.Options
	cmd := &cobra.Command{
		Use:   "test DIR",
		Short: "Test the presets in a folder, or one preset",
		Long: `test tests the presets in DIR (AXIS/NAME/preset.yaml), or DIR itself if it is a preset. For each preset it

  reads the manifest and all templates
  renders services with the defaults, each style, each option, another entity
  checks the claims in test.txtar
  compares the rendered files with golden.txtar
  runs go mod tidy -diff, go vet and go test on the services

The contract test of each service compares the emitted telemetry with the manifests. Tests that need a server use
TEST_DATABASE_URL or TEST_BROKER_URL; if it is not set, they are listed as skipped.

This compiles and runs the rendered code. Use --no-run for presets that you do not trust.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			checks, err := a.presetTest(cmd.Context(), args[0], options)
			if checks != nil {
				if printErr := a.print(struct {
					Checks []proof.Check `json:"checks"`
				}{checks}, func(w *bytes.Buffer) { presetTestText(w, checks) }); printErr != nil {
					return printErr
				}
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&options.Update, "update", false, "rewrite golden.txtar")
	cmd.Flags().BoolVar(&options.NoRun, "no-run", false, "render only; compile and run nothing")
	return cmd
}

func (a *app) presetTest(ctx context.Context, dir string, options proof.Options) ([]proof.Check, error) {
	root, only, err := proof.Folder(dir)
	if err != nil {
		return nil, err
	}
	catalog, ids, err := a.catalogOfOwn(root)
	if err != nil {
		return nil, err
	}
	if only != nil {
		ids = only
	}
	line := progress.Start(ctx, a.stderr, "reading the presets")
	defer line.Stop()
	options.Step = line.Update
	return proof.Run(ctx, catalog, root, ids, options)
}

// catalogOfOwn returns the built-in presets and those in a folder, which come first where both have one, and the
// latter's names.
func (a *app) catalogOfOwn(dir string) (*generator.Catalog, []string, error) {
	root, err := os.OpenRoot(dir)
	var ids []string
	if err == nil {
		ids, err = proof.IDs(root.FS())
	}
	if err == nil && len(ids) == 0 {
		err = errors.New("it has no AXIS/NAME/preset.yaml")
	}
	if err != nil {
		return nil, nil, &generator.Error{
			Kind: generator.KindAnswers, Code: "presets-unreadable", What: "there are no presets in " + dir, Why: err.Error(),
			Fix: "give a folder with AXIS/NAME/preset.yaml; otelgen preset init writes one",
		}
	}
	catalog, err := generator.NewCatalog(a.skeleton, a.builtin, generator.Source{Name: dir, FS: root.FS(), Replace: ids})
	return catalog, ids, err
}

func presetTestText(w *bytes.Buffer, checks []proof.Check) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range checks {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", c.Result, c.Preset, c.Name, c.Detail)
	}
	tw.Flush()
	failed := slices.DeleteFunc(slices.Clone(checks), func(c proof.Check) bool { return c.Output == "" })
	for _, c := range failed {
		fmt.Fprintf(w, "\n%s, %s:\n%s\n", c.Preset, c.Name, strings.TrimRight(c.Output, "\n"))
	}
}
