package cli

import (
	"bytes"

	"github.com/spf13/cobra"
)

func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "fish", "powershell", "zsh"}
	return &cobra.Command{
		Use:   "completion bash|fish|powershell|zsh",
		Short: "Print a shell completion script",
		Long: `Print a shell completion script.

For this session:

  bash        source <(otelgen completion bash)
  fish        otelgen completion fish | source
  powershell  otelgen completion powershell | Out-String | Invoke-Expression
  zsh         source <(otelgen completion zsh)

For every session:

  bash        otelgen completion bash > ~/.local/share/bash-completion/completions/otelgen
  fish        otelgen completion fish > ~/.config/fish/completions/otelgen.fish
  powershell  otelgen completion powershell >> $PROFILE
  zsh         otelgen completion zsh > "${fpath[1]}/_otelgen"

bash needs the package bash-completion, zsh needs compinit. Packages of otelgen install the scripts themselves.`,
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			var script bytes.Buffer
			var err error
			switch root := cmd.Root(); args[0] {
			case "bash":
				err = root.GenBashCompletionV2(&script, true)
			case "fish":
				err = root.GenFishCompletion(&script, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(&script)
			case "zsh":
				err = root.GenZshCompletion(&script)
			}
			if err != nil {
				return err
			}
			result := struct {
				Shell  string `json:"shell"`
				Script string `json:"script"`
			}{args[0], script.String()}
			return a.print(result, func(w *bytes.Buffer) { w.Write(script.Bytes()) })
		},
	}
}
