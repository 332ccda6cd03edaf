package prompt

import (
	"github.com/AlecAivazis/survey/v2/terminal"

	"github.com/otelgen/otelgen/generator"
)

// confirm shows what would be written, and asks whether to write it.
type confirm struct {
	preview func(answers generator.Answers, width, height int) ([]string, error)
	lines   []string
}

func (q *confirm) begin(sofar generator.Answers, width, height int) (err error) {
	q.lines, err = q.preview(sofar, width, height-2)
	return err
}

func (q *confirm) page(_, _ int) []line {
	var lines []line
	for _, text := range q.lines {
		lines = append(lines, line{{text, plain}})
	}
	return append(lines, nil, line{{"? ", focus}, {"Write it?", strong}})
}

func (q *confirm) press(key rune) outcome {
	switch key {
	case terminal.KeyEnter, '\n', 'y', 'Y':
		return taken
	case 'n', 'N':
		return refused
	case terminal.KeyArrowLeft, 'b', 'B':
		return back
	case 'o', 'O':
		return change
	}
	return asking
}

func (q *confirm) help() string { return "enter write  n quit  o options" }

func (q *confirm) answer(*generator.Answers) {}

func (q *confirm) brief() string { return "" }
