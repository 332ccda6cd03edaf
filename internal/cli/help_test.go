package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Help fits a terminal of 80 columns: prose and descriptions are wrapped, and no word is lost.
func TestHelpFitsTheTerminal(t *testing.T) {
	a := processApp()
	var out bytes.Buffer
	a.stdout = &out
	root, err := a.root()
	if err != nil {
		t.Fatal(err)
	}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.InitDefaultHelpFlag()
		out.Reset()
		cmd.SetOut(&out)
		a.help(cmd, nil)
		section := ""
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			if strings.HasSuffix(line, ":") && !strings.HasPrefix(line, " ") {
				section = line
			}
			if len(line) > helpWidth && section != "Examples:" && section != "Usage:" {
				t.Errorf("%s: %d columns: %s", cmd.CommandPath(), len(line), line)
			}
		}
		for _, text := range []string{cmd.Long, cmd.LocalFlags().FlagUsages()} {
			if got, want := strings.Join(
				strings.Fields(out.String()),
				"",
			), strings.Join(
				strings.Fields(text),
				"",
			); !strings.Contains(
				got,
				want,
			) {
				t.Errorf("%s: help lacks words of:\n%s", cmd.CommandPath(), text)
			}
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(root)
}
