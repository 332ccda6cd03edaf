package generator

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says who is at fault; it decides the exit code.
type Kind int

// The kinds of error.
const (
	KindBug         Kind = iota // otelgen itself
	KindAnswers                 // the user's answers
	KindPreset                  // a preset, or the skeleton
	KindTarget                  // the place to write to
	KindDrift                   // the generated project
	KindInterrupted             // a signal
)

// ExitCode is the process exit code that belongs to the kind.
func (k Kind) ExitCode() int {
	switch k {
	case KindAnswers:
		return 2
	case KindPreset:
		return 3
	case KindTarget:
		return 4
	case KindDrift:
		return 5
	case KindInterrupted:
		return 130
	}
	return 1
}

// Error is every error that otelgen reports on purpose: what is wrong, why, and how to fix it. Each of these is always there.
type Error struct {
	Kind Kind   `json:"-"`
	Code string `json:"code"`    // stable, for machines: "unknown-preset"
	What string `json:"message"` // one line, as are Why and Fix
	Why  string `json:"why"`
	Fix  string `json:"fix"`
	// Where is the position at fault, "file:line" or "file", if it is in a file.
	Where string `json:"where,omitempty"`
	// Needs is the preset that lacks a capability, and Providers are those that have it, if that is what is wrong. Fix says so by flags.
	Needs     *Preset   `json:"-"`
	Providers []*Preset `json:"-"`
}

// Visible writes out what a terminal would obey or hide, but tabs and line feeds: names of files and contents may be a stranger's.
func Visible(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, unseen) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if unseen(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unseen reports whether r is a control or format character that a line of text does without.
func unseen(r rune) bool {
	return r != '\t' && r != '\n' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r))
}

// Error returns "where: what", then why and fix on separate lines.
func (e *Error) Error() string {
	where := ""
	if e.Where != "" {
		where = strings.ReplaceAll(Visible(e.Where), "\n", "<U+000A>") + ": "
	}
	return where + Visible(e.What) + "\n  why: " + Visible(e.Why) + "\n  fix: " + Visible(e.Fix)
}
