package cli

import (
	"bytes"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/internal/project"
	"github.com/otelgen/otelgen/internal/writer"
)

func (a *app) ejectCommand() *cobra.Command {
	var in projectDir
	var allowDirty bool
	cmd := &cobra.Command{
		Use:   "eject",
		Short: "Make a project forget that otelgen generated it",
		Long: `Make a project forget that otelgen generated it: its own files, which remember the answers and the files as generated, are removed. All
other files stay as they are; the code depends on nothing of otelgen's. From then on otelgen can neither change nor check the project.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			root, err := findRoot(in.dir)
			if err != nil {
				return err
			}
			state, err := a.lock(cmd.Context(), root)
			if err != nil {
				return err
			}
			defer state.Close()
			if !allowDirty {
				if err := checkClean(cmd.Context(), root); err != nil {
					return err
				}
			}
			var changes []writer.Change
			removed := []string{}
			for _, name := range []string{project.FileName, project.PristineName} {
				if was, err := project.ReadFile(filepath.Join(root, name), maxRecord); err == nil {
					changes = append(changes, writer.Change{Path: name, Was: append([]byte{}, was...), Remove: true})
					removed = append(removed, name)
				}
			}
			if err := a.writer.Apply(cmd.Context(), state, changes); err != nil {
				return err
			}
			return a.print(map[string]any{"project": root, "removed": removed}, func(w *bytes.Buffer) {
				for _, name := range removed {
					fmt.Fprintln(w, "removed", name)
				}
			})
		},
	}
	cmd.Flags().BoolVar(&allowDirty, "allow-dirty", false, "go on even if git does not know all that is in the project")
	in.argument(cmd)
	return cmd
}
