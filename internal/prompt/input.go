package prompt

import (
	"errors"
	"regexp"
	"strings"
	"unicode"

	"github.com/AlecAivazis/survey/v2/terminal"

	"github.com/otelgen/otelgen/generator"
)

// input is a question that is answered by a line of text.
type input struct {
	message, explain string
	field            func(*generator.Answers) *string     // where the answer goes
	fallback         func(sofar generator.Answers) string // what an empty line means; nil: nothing
	check            func(with generator.Answers) error

	sofar  generator.Answers
	typed  string
	last   string // the answer when it was asked before
	reason string // why what was typed is refused
}

func (q *input) begin(sofar generator.Answers, _, _ int) error {
	q.sofar, q.reason = sofar, ""
	return nil
}

// empty is what an empty line means.
func (q *input) empty() string {
	if q.last == "" && q.fallback != nil {
		return q.fallback(q.sofar)
	}
	return q.last
}

func (q *input) page(width, _ int) []line {
	lines := []line{{{"? ", focus}, {q.message, strong}}, nil}
	entry := line{{"> ", focus}, {tail(q.typed, width-4), plain}, {"_", focus}}
	if text := q.empty(); q.typed == "" && text != "" {
		entry = append(entry, span{"  (" + text + ")", faint})
	}
	lines = append(lines, entry)
	for _, text := range Wrap(q.reason, width-2) {
		lines = append(lines, line{{"  " + text, wrong}})
	}
	lines = append(lines, nil)
	for _, text := range Wrap(q.explain, width-2) {
		lines = append(lines, line{{"  " + text, plain}})
	}
	return lines
}

func (q *input) press(key rune) outcome {
	switch key {
	case terminal.KeyEnter, '\n':
		return q.take()
	case terminal.KeyBackspace, terminal.KeyDelete:
		q.typed = withoutLast(q.typed)
	case terminal.KeyDeleteLine, terminal.KeyDeleteWord, deleteToStart:
		q.typed = ""
	case terminal.KeyArrowLeft:
		if q.typed == "" {
			return back
		}
	default:
		if unicode.IsPrint(key) {
			q.typed += string(key)
		}
	}
	q.reason = ""
	return asking
}

func (q *input) take() outcome {
	text := strings.TrimSpace(q.typed)
	if text == "" {
		text = q.empty()
	}
	with := q.sofar
	*q.field(&with) = text
	if err := q.check(with); err != nil {
		q.reason = reasonOf(err)
		return asking
	}
	q.last, q.typed = text, ""
	if q.fallback != nil && text == q.fallback(q.sofar) {
		q.last = "" // it follows what it is derived from
	}
	return taken
}

// example finds a value that an error gives with its flag.
var example = regexp.MustCompile(`(such as|as in|for example|with) --[a-z-]+ `)

// reasonOf says why an answer is refused. There are no flags and commands to type here: of the remedy it gives the part
// that is about the answer.
func reasonOf(err error) string {
	var known *generator.Error
	if !errors.As(err, &known) {
		return err.Error()
	}
	parts := []string{known.What, known.Why}
	fix := example.ReplaceAllString(known.Fix, "$1 ")
	if !strings.Contains(fix, "--") && !strings.Contains(fix, "otelgen ") {
		parts = append(parts, fix)
	}
	return strings.Join(parts, "; ")
}

func (q *input) help() string { return "enter next" }

func (q *input) answer(to *generator.Answers) { *q.field(to) = q.last }

func (q *input) brief() string { return q.last }
