package prompt

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/AlecAivazis/survey/v2/terminal"

	"github.com/otelgen/otelgen/generator"
)

// fields asks for the fields of the entity, one line each. An empty line ends them.
type fields struct {
	input // its line is the next field

	list []string
}

func newFields(check func(generator.Answers) error) *fields {
	q := &fields{}
	q.message, q.check = "Next field?", check
	q.explain = "NAME:TYPE, as in customer:string, quantity:int:1..1000 or note:text:optional. Types are string, " +
		"text, int, float, decimal, " +
		"bool, timestamp, date, uuid and enum, as in state:enum:draft,sent. Press enter when there are no more."
	return q
}

func (q *fields) page(width, height int) []line {
	var lines []line
	for _, text := range q.list {
		lines = append(lines, line{{"  " + text, plain}})
	}
	if len(q.list) > 0 {
		lines = append(lines, nil)
	}
	entry := q.input.page(width, height)
	if len(q.list) == 0 && q.typed == "" {
		defaults := "  (" + strings.Join(generator.DefaultFields(cmp.Or(q.sofar.Entity, generator.DefaultEntity)), ", ") + ")"
		entry[2] = append(entry[2], span{defaults, faint})
	}
	lines = append(lines, entry...)
	return lines[max(0, min(len(lines)-height, len(q.list))):]
}

func (q *fields) press(key rune) outcome {
	switch key {
	case terminal.KeyEnter, '\n':
		return q.take()
	case terminal.KeyBackspace, terminal.KeyDelete:
		if last := len(q.list) - 1; q.typed == "" && last >= 0 {
			q.typed, q.list = q.list[last], q.list[:last]
			return asking
		}
	}
	return q.input.press(key)
}

func (q *fields) take() outcome {
	text := strings.TrimSpace(q.typed)
	if text == "" {
		return taken
	}
	with := q.sofar
	with.Fields = append(slices.Clone(q.list), text)
	if err := q.check(with); err != nil {
		q.reason = reasonOf(err)
		return asking
	}
	q.list, q.typed = with.Fields, ""
	return asking
}

func (q *fields) help() string { return "enter next  backspace edit the last" }

func (q *fields) answer(to *generator.Answers) { to.Fields = q.list }

func (q *fields) brief() string {
	if len(q.list) == 0 {
		return ""
	}
	return fmt.Sprintf("%d fields", len(q.list))
}
