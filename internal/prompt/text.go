package prompt

import (
	"strings"
	"unicode/utf8"

	"github.com/AlecAivazis/survey/v2/terminal"
)

// Wrap breaks text into lines of at most width columns, between words where it can.
func Wrap(text string, width int) []string {
	var lines []string
	current := ""
	for _, word := range strings.Fields(text) {
		for terminal.StringWidth(word) > width { // a word that is longer than a line
			if current != "" {
				lines, current = append(lines, current), ""
			}
			head := cut(word, width)
			if head == "" {
				break
			}
			lines, word = append(lines, head), word[len(head):]
		}
		switch {
		case current == "":
			current = word
		case terminal.StringWidth(current)+1+terminal.StringWidth(word) <= width:
			current += " " + word
		default:
			lines, current = append(lines, current), word
		}
	}
	if current != "" {
		lines = append(lines, current)
	}
	return lines
}

// Labeled is text beside a label of at most 11 columns, wrapped to lines of at most width columns.
func Labeled(label, text string, width int) []string {
	const indent = 13
	lines := Wrap(text, max(width-indent, 10))
	for i := range lines {
		if i > 0 {
			label = ""
		}
		lines[i] = pad("  "+label, indent) + lines[i]
	}
	return lines
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(width-terminal.StringWidth(text), 0))
}

// cut is as much of text as goes into width columns.
func cut(text string, width int) string {
	for i, r := range text {
		if width -= terminal.StringWidth(string(r)); width < 0 {
			return text[:i]
		}
	}
	return text
}

// Fit cuts text to width columns, and shows that it did.
func Fit(text string, width int) string {
	out := ""
	for _, s := range fit(line{{text, plain}}, width) {
		out += s.Text
	}
	return out
}

// fit cuts a line to width columns, and shows that it did.
func fit(l line, width int) line {
	total := 0
	for _, s := range l {
		total += terminal.StringWidth(s.Text)
	}
	if total <= width {
		return l
	}
	var out line
	rest := width - 3
	for _, s := range l {
		s.Text = cut(s.Text, rest)
		rest -= terminal.StringWidth(s.Text)
		out = append(out, s)
	}
	return append(out, span{"...", faint})
}

// tail is the end of text that goes into width columns.
func tail(text string, width int) string {
	for terminal.StringWidth(text) > width {
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
	}
	return text
}

func withoutLast(text string) string {
	_, size := utf8.DecodeLastRuneInString(text)
	return text[:len(text)-size]
}
