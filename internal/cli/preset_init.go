package cli

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/starter"
)

func (a *app) presetInitCommand() *cobra.Command {
	var in, from string
	cmd := &cobra.Command{
		Use:   "init AXIS/NAME",
		Short: "Write a custom preset to start from",
		Long: `init writes a working preset: a copy of a built-in one under another name, with comments. Change it,
and run otelgen preset test. It never overwrites a file.`,
		Example: `  otelgen preset init broker/acme-bus
  otelgen preset init broker/acme-bus --from broker/none --in platform/presets
  otelgen preset test .`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			catalog, err := generator.NewCatalog(a.skeleton, a.builtin)
			if err != nil {
				return err
			}
			files, note, err := starter.New(catalog, a.skeleton, a.builtin, args[0], from)
			if err != nil {
				return err
			}
			dir := filepath.Join(in, filepath.FromSlash(args[0]))
			if err := a.writer.Write(cmd.Context(), dir, files); err != nil {
				return err
			}
			result := struct {
				Preset string   `json:"preset"`
				Output string   `json:"output"`
				Files  []string `json:"files"`
				Next   []string `json:"next"`
				Note   string   `json:"note,omitempty"`
			}{
				Preset: args[0], Output: dir,
				Next: []string{"otelgen preset test " + dir, "otelgen new shop " + useOf(args[0], in)},
			}
			for _, f := range files {
				result.Files = append(result.Files, f.Path)
			}
			result.Note = note
			return a.print(result, func(w *bytes.Buffer) {
				fmt.Fprintf(w, "Wrote the preset %s: %d files, in %s\n", args[0], len(files), dir)
				if result.Note != "" {
					fmt.Fprintf(w, "\n%s\n", result.Note)
				}
				fmt.Fprintf(w, "\nNow:\n  %s\n", strings.Join(result.Next, "\n  "))
			})
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().StringVar(&in, "in", ".", "`DIR` of the presets")
	cmd.Flags().StringVar(&from, "from", "", "built-in preset `AXIS/NAME` to start from (default that of the axis)")
	cmd.MarkFlagDirname("in")
	cmd.RegisterFlagCompletionFunc("from", a.completePresets("/"))
	return cmd
}

// useOf is how a preset in a folder is chosen.
func useOf(id, dir string) string {
	axis, name, _ := strings.Cut(id, "/")
	return fmt.Sprintf("--%s %s --presets %s", axis, name, dir)
}
