package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/version"
)

func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages",
		Long: `Write one manual page per command to a directory such as ~/.local/share/man/man1. The directory is
created if it is missing.`,
		Example: "  otelgen man ~/.local/share/man/man1",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := args[0]
			err := os.MkdirAll(dir, 0o755)
			if err == nil {
				cmd.Root().DisableAutoGenTag = true // of today's date
				err = doc.GenManTree(
					cmd.Root(),
					&doc.GenManHeader{Source: "otelgen " + version.Get().Version, Manual: "otelgen"},
					dir,
				)
			}
			if err != nil {
				return &generator.Error{
					Kind: generator.KindTarget, Code: "man", What: "cannot write the manual pages to " + dir, Why: err.Error(),
					Fix: "give a directory that you may write to",
				}
			}
			pages, err := filepath.Glob(filepath.Join(dir, cmd.Root().Name()+"*.1"))
			if err != nil {
				return err
			}
			return a.print(pages, func(w *bytes.Buffer) {
				for _, page := range pages {
					fmt.Fprintln(w, "wrote", page)
				}
			})
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
}
