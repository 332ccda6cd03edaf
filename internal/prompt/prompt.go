// Package prompt asks at a terminal what no flag has answered, and shows what would be written. Every question and
// choice is data of the catalog; the package must not know any axis or preset, and writes nothing but the questions.
package prompt

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/AlecAivazis/survey/v2/terminal"

	"github.com/otelgen/otelgen/generator"
)

// Catalog is what is asked about: *generator.Catalog.
type Catalog interface {
	Axes() []generator.Axis
	Presets(axis string) ([]*generator.Preset, error)
	Choices(axis string, sofar generator.Answers) ([]generator.Choice, error)
	RulesOut(p *generator.Preset, sofar generator.Answers) ([]generator.Choice, error)
}

// Asker asks at one terminal.
type Asker struct {
	In      *os.File // a terminal
	Out     *os.File // where the questions go: a terminal, and not standard output, which is for results
	NoColor bool
	// Check reports what is wrong with answers that are complete but for defaults; the question is then asked again.
	Check func(generator.Answers) error
	// Preview describes the project that the answers generate, in at most height lines of at most width columns. If
	// it is nil, the user is not asked for confirmation.
	Preview func(answers generator.Answers, width, height int) ([]string, error)
}

// question is one page. begin passes it the earlier answers. It keeps its own answer as the default for the next time
// it is shown.
type question interface {
	begin(sofar generator.Answers, width, height int) error
	page(width, height int) []line
	press(key rune) outcome
	help() string
	answer(to *generator.Answers)
	brief() string // the answer, in a word
}

// outcome is what a key does to a question.
type outcome int

const (
	asking outcome = iota
	taken
	back
	refused // the whole is called off
	change  // of the preview: the options are to be changed
)

// Fill asks for what answers leaves open, one question after the other and back again: the name, each axis that has a
// choice, the module and the entity. The error is a *generator.Error of KindInterrupted when the user or ctx ends the
// questions.
func (a Asker) Fill(ctx context.Context, catalog Catalog, answers *generator.Answers) error {
	questions, err := a.questions(catalog, *answers)
	if err != nil || len(questions) == 0 {
		return err
	}
	if a.Preview != nil {
		questions = append(questions, &options{catalog: catalog, check: a.Check}, &confirm{preview: a.Preview})
	}
	s, err := openScreen(a.In, a.Out, a.NoColor)
	if err != nil {
		return err
	}
	defer s.close()
	for at := 0; at < len(questions); {
		sofar := answered(*answers, questions[:at])
		width, height := room(s)
		if err := questions[at].begin(sofar, width, height); err != nil {
			return err
		}
		switch result, err := put(ctx, s, questions, at, sofar.Name); {
		case err != nil:
			return err
		case result == refused:
			return interrupted("you answered no at the preview")
		case result == change:
			at-- // the options stand before the preview
		case result == back:
			at = passed(questions, at-1, -1)
		default:
			at = passed(questions, at+1, 1)
		}
	}
	*answers = answered(*answers, questions)
	return nil
}

// passed is the next question in a direction, the options left out: they are asked for on demand.
func passed(questions []question, at, direction int) int {
	if at >= 0 && at < len(questions) {
		if _, ok := questions[at].(*options); ok {
			return at + direction
		}
	}
	return at
}

// room is what a question has of the screen, between the header and the help.
func room(s *screen) (width, height int) {
	width, height = s.size()
	return width - 1, height - 5 // a full line would wrap on some terminals, and a full screen would scroll
}

// put shows a question until it is answered or left.
func put(ctx context.Context, s *screen, questions []question, at int, name string) (outcome, error) {
	q := questions[at]
	helping := false
	for {
		width, height := room(s)
		help := q.help() + "  ? help"
		if at > 0 {
			help += "  esc back"
		}
		place := placeOf(questions, at)
		lines := []line{header(name, questions[:at], place, width), nil}
		if helping {
			lines = append(lines, helpPage(q, width, height)...)
		} else {
			lines = append(lines, q.page(width, height)...)
		}
		lines = append(lines, nil, line{{help + "  ^C quit", faint}})
		for i, l := range lines {
			lines[i] = fit(l, width)
		}
		if err := s.show(lines); err != nil {
			return asking, err
		}
		key, err := s.press(ctx)
		if err != nil {
			return asking, err
		}
		if key == resized {
			continue
		}
		if helping || key == '?' {
			helping = !helping
			continue
		}
		result := q.press(key)
		if key == terminal.KeyEscape {
			result = back
		}
		if result != asking && (result != back || at > 0) {
			return result, nil
		}
	}
}

// placeOf returns the number of the current question. The options page is not counted.
func placeOf(questions []question, at int) string {
	number, all := at+1, len(questions)
	for i, q := range questions {
		if _, ok := q.(*options); ok {
			all--
			if i <= at {
				number--
			}
		}
	}
	return fmt.Sprintf("%d/%d", max(number, 1), all)
}

// helpPage says what the keys do, and what the question is about.
func helpPage(q question, width, height int) []line {
	lines := []line{{{"Keys", strong}}, nil}
	for _, key := range [][2]string{
		{"enter", "confirm and continue"}, {"up, down", "move between the choices"}, {"type", "filter the choices, or " +
			"enter text"},
		{"space", "pick one of several, or change a value"},
		{"esc, left", "go back to the previous question"}, {"ctrl-u", "delete what was typed"},
		{"ctrl-c", "quit without writing anything"}, {"?", "close this help"},
	} {
		for _, text := range Labeled(key[0], key[1], width) {
			lines = append(lines, line{{text, plain}})
		}
	}
	lines = append(lines, nil)
	about := "Without questions: otelgen new --help lists the flags, otelgen show AXIS/PRESET describes a preset."
	if asked, ok := q.(interface{ about() string }); ok {
		about = asked.about() + " " + about
	}
	for _, text := range Wrap(about, width) {
		lines = append(lines, line{{text, plain}})
	}
	return lines[:min(len(lines), height)]
}

// window returns the lines around one of them that fit the height, and marks how many there are beyond.
func window(n, at, height int, row func(i int) line) []line {
	rows := max(1, height)
	if n <= rows {
		rows = n
	} else {
		rows = max(1, rows-2) // for the marks
	}
	from := min(max(0, at-rows/2), n-rows)
	var lines []line
	if from > 0 {
		lines = append(lines, line{{fmt.Sprintf("  ^ %d more", from), faint}})
	}
	for i := from; i < from+rows; i++ {
		lines = append(lines, row(i))
	}
	if rest := n - from - rows; rest > 0 {
		lines = append(lines, line{{fmt.Sprintf("  v %d more", rest), faint}})
	}
	return lines
}

// header says what was answered and how many questions there are.
func header(name string, before []question, place string, width int) line {
	trail := []string{"otelgen new", name}
	for _, q := range before {
		if text := q.brief(); text != "" && text != name {
			trail = append(trail, text)
		}
	}
	left := cut(strings.TrimRight(strings.Join(trail, "  "), " "), width-len(place)-2)
	return line{{pad(left, width-len(place)), faint}, {place, faint}}
}

// answered adds the answers of questions to given.
func answered(given generator.Answers, questions []question) generator.Answers {
	given.Presets = maps.Clone(given.Presets)
	if given.Presets == nil {
		given.Presets = map[string][]string{}
	}
	for _, q := range questions {
		q.answer(&given)
	}
	return given
}

// questions are those that the answers leave open.
func (a Asker) questions(catalog Catalog, given generator.Answers) ([]question, error) {
	var all []question
	if given.Name == "" {
		all = append(all, &input{
			message: "Service name?",
			explain: "The directory, the binary and the telemetry use this name.",
			field:   func(x *generator.Answers) *string { return &x.Name },
			check:   func(x generator.Answers) error { return a.Check(generator.Answers{Name: x.Name}) },
		})
	}
	for _, axis := range catalog.Axes() {
		if given.Presets[axis.Name] != nil {
			continue
		}
		presets, err := catalog.Presets(axis.Name)
		if err != nil {
			return nil, err
		}
		for _, group := range axis.Groups {
			n := 0
			for _, p := range presets {
				if p.Group == group.Name {
					n++
				}
			}
			if n == 0 || n == 1 && group.Min == 1 {
				continue // no choice; the selection takes the one, or says that there is none
			}
			all = append(all, &choose{catalog: catalog, check: a.Check, axis: axis, group: group})
		}
	}
	if given.Module == "" {
		all = append(all, &input{
			message:  "Go module path?",
			explain:  "The path of the repository, without https://.",
			field:    func(x *generator.Answers) *string { return &x.Module },
			fallback: func(x generator.Answers) string { return "example.com/" + x.Name },
			check:    a.Check,
		})
	}
	if len(all) > 0 && given.Entity == "" {
		all = append(all, &input{
			message: "Entity?",
			explain: "A singular noun in lower case, such as order or line-item. Types, tables, routes and events are " +
				"named after it.",
			field:    func(x *generator.Answers) *string { return &x.Entity },
			fallback: func(generator.Answers) string { return generator.DefaultEntity },
			check:    a.Check,
		})
	}
	if len(all) > 0 && len(given.Fields) == 0 {
		all = append(all, newFields(a.Check))
	}
	return all, nil
}

// matches reports whether what was typed is part of a preset's name, title or summary.
func matches(p *generator.Preset, typed string) bool {
	typed = strings.ToLower(typed)
	return slices.ContainsFunc(
		[]string{p.Name, p.Title, p.Summary},
		func(s string) bool { return strings.Contains(strings.ToLower(s), typed) },
	)
}
