package cli

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/internal/version"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Show the version, commit and platform",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info := version.Get()
			return a.print(info, func(w *bytes.Buffer) {
				fmt.Fprintf(w, "otelgen %s, %s, %s/%s", info.Version, info.Go, info.OS, info.Arch)
				if info.Commit != "" {
					fmt.Fprintf(w, ", commit %s of %s", info.Commit, info.Date)
				}
				fmt.Fprintln(w)
			})
		},
	}
}
