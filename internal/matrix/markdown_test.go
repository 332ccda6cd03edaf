package matrix_test

import (
	"fmt"
	"strings"
)

// markdown is the lines of a document. Those of code blocks are blank, except for the fences.
type markdown struct {
	lines  []string
	faults []string
}

// markdownFaults says which tables have rows of different widths or none, which sections are empty, and whether a code block has no end.
func markdownFaults(text string) []string {
	m := &markdown{lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	m.blankCode()
	for i, line := range m.lines {
		if m.inTable(i) {
			m.row(i)
		}
		if level := heading(line); level > 0 && m.emptySection(i, level) {
			m.fault(i, "the section is empty: %s", line)
		}
	}
	return m.faults
}

func (m *markdown) fault(line int, format string, args ...any) {
	m.faults = append(m.faults, fmt.Sprintf("line %d: ", line+1)+fmt.Sprintf(format, args...))
}

// blankCode makes the lines of code blocks look like text.
func (m *markdown) blankCode() {
	code := false
	for i, line := range m.lines {
		switch {
		case strings.HasPrefix(line, "```"):
			code = !code
		case code && line != "":
			m.lines[i] = "code"
		}
	}
	if code {
		m.faults = append(m.faults, "a block of code has no end")
	}
}

func (m *markdown) inTable(i int) bool {
	return i >= 0 && i < len(m.lines) && strings.HasPrefix(m.lines[i], "|")
}

// row checks a row of a table: its head, the dashes below, or any other.
func (m *markdown) row(i int) {
	line := m.lines[i]
	if !strings.HasSuffix(line, "|") {
		m.fault(i, "the row has no end: %s", line)
	}
	head := i
	for m.inTable(head - 1) {
		head--
	}
	if got, want := columns(line), columns(m.lines[head]); got != want {
		m.fault(i, "%d columns, and the head has %d: %s", got, want, line)
	}
	switch {
	case i == head+1 && strings.Trim(line, "|-: ") != "":
		m.fault(i, "no line of dashes below the head: %s", line)
	case i == head && !m.inTable(head+2):
		m.fault(i, "the table is empty: %s", line)
	case i == head && head > 0 && m.lines[head-1] != "":
		m.fault(i, "no blank line before the table")
	}
}

// columns counts the cells of a row. A bar splits cells inside of code, too, unless it is escaped.
func columns(row string) int {
	return strings.Count(strings.ReplaceAll(row, `\|`, ""), "|") - 1
}

// heading returns the level of a heading, or 0.
func heading(line string) int { return len(line) - len(strings.TrimLeft(line, "#")) }

// emptySection reports whether a heading is followed by another of its level or above, or by nothing.
func (m *markdown) emptySection(i, level int) bool {
	if i+2 >= len(m.lines) || m.lines[i+1] != "" {
		return true
	}
	next := heading(m.lines[i+2])
	return next > 0 && next <= level
}
