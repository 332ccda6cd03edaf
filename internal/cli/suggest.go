package cli

import (
	"strings"

	"github.com/spf13/cobra"
)

// suggest returns the known word that word is probably meant to be, or "". It asks cobra, which does the same for commands.
func suggest(word string, known []string) string {
	parent := &cobra.Command{SuggestionsMinimumDistance: 2}
	for _, k := range known {
		parent.AddCommand(&cobra.Command{Use: k, Run: func(*cobra.Command, []string) {}})
	}
	if near := parent.SuggestionsFor(word); len(near) > 0 {
		return near[0]
	}
	return ""
}

// didYouMean is a question that holds the command to type, or "".
func didYouMean(command, word string, known []string) string {
	if near := suggest(word, known); near != "" {
		return "did you mean " + command + near + "?"
	}
	return ""
}

func joined(words []string) string { return strings.Join(words, ", ") }
