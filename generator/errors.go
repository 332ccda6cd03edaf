package generator

import "strings"

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

// Error is every error that otelgen reports on purpose: what is wrong, why, and how to mend it.
type Error struct {
	Kind Kind   `json:"-"`
	Code string `json:"code"`           // stable, for machines: "unknown-preset"
	What string `json:"what"`           // one line
	Why  string `json:"why,omitempty"`  // one line
	Mend string `json:"mend,omitempty"` // one line
	// Where is the position at fault, "file:line" or "file", if it is in a file.
	Where string `json:"where,omitempty"`
}

// Error returns "where: what", then why and mend on lines of their own.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Where != "" {
		b.WriteString(e.Where + ": ")
	}
	b.WriteString(e.What)
	if e.Why != "" {
		b.WriteString("\n  why: " + e.Why)
	}
	if e.Mend != "" {
		b.WriteString("\n  mend: " + e.Mend)
	}
	return b.String()
}
