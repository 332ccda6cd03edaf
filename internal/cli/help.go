package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/otelgen/otelgen/internal/prompt"
)

// helpWidth is how wide help is where no terminal says how wide it is.
const helpWidth = 80

// help prints the help of a command, in lines that fit the terminal.
func (a *app) help(cmd *cobra.Command, _ []string) {
	width := a.width()
	if width == math.MaxInt {
		width = helpWidth
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, wrapProse(strings.TrimSpace(cmp.Or(cmd.Long, cmd.Short)), width)+"\n")
	for line := range strings.Lines(cmd.UsageString()) {
		fmt.Fprintln(&b, wrapRow(strings.TrimSuffix(line, "\n"), width))
	}
	_, _ = cmd.OutOrStdout().Write(b.Bytes())
}

// wrapProse wraps paragraphs. Rows, which begin with a space, stay rows.
func wrapProse(text string, width int) string {
	var lines, paragraph []string
	flush := func() {
		lines, paragraph = append(lines, prompt.Wrap(strings.Join(paragraph, " "), width)...), nil
	}
	for _, line := range strings.Split(text, "\n") {
		if line != "" && line[0] != ' ' {
			paragraph = append(paragraph, line)
			continue
		}
		flush()
		lines = append(lines, wrapRow(line, width))
	}
	flush()
	return strings.Join(lines, "\n")
}

// labeled is a row of two columns: what is described, and its description.
var labeled = regexp.MustCompile(`^( +\S.*?\s{2,})(\S.*)$`)

// wrapRow wraps the second column of a row that is too long for the width.
func wrapRow(row string, width int) string {
	parts := labeled.FindStringSubmatch(row)
	if parts == nil || len(row) <= width || len(parts[1]) > width-helpWidth/4 {
		return row
	}
	return parts[1] + strings.Join(prompt.Wrap(parts[2], width-len(parts[1])), "\n"+strings.Repeat(" ", len(parts[1])))
}
