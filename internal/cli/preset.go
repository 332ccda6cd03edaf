package cli

import (
	"bytes"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/gotool"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

func (a *app) presetCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "preset", Short: "Work on presets of your own", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(&cobra.Command{
		Use:   "lock DIR",
		Short: "Write the locks of the presets in a folder, from which go.mod and go.sum are made",
		Long: `lock asks the go command, which may download modules, what the Go files of the presets in DIR import, and writes
lock.txt beside each manifest. From then on they are generated without network, as the built-in ones are.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := filepath.Clean(args[0])
			written, err := gotool.LockPresets(cmd.Context(), dir, templates.FS, presets.FS)
			if err != nil {
				return &generator.Error{
					Kind: generator.KindPreset, Code: "preset-lock", What: "the presets in " + dir + " cannot be locked", Why: err.Error(),
					Mend: "pin the modules that they import in the manifest, under modules, at versions that go with those of the built-in presets",
				}
			}
			return a.print(written, func(w *bytes.Buffer) {
				for _, name := range written {
					fmt.Fprintln(w, "wrote", filepath.Join(dir, name))
				}
			})
		},
	})
	return cmd
}
