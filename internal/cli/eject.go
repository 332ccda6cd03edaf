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
		Short: "Stop managing a project with otelgen",
		Long: `Stop managing a project with otelgen: its record files are removed, and all other files stay. The
code does not depend on otelgen. Afterwards otelgen can no longer change or check the project.`,
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
			defer func() { _ = state.Close() }()
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
	cmd.Flags().BoolVar(&allowDirty, "allow-dirty", false, "eject even if the project has uncommitted changes")
	in.argument(cmd)
	return cmd
}
