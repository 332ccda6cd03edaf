package prompt

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/AlecAivazis/survey/v2/terminal"

	"github.com/otelgen/otelgen/generator"
)

// options is a page on which the options of all chosen presets can be changed. It is reached from the preview.
type options struct {
	catalog Catalog
	check   func(generator.Answers) error

	sofar  generator.Answers
	rows   []optionRow
	at     int
	values map[string]string // what differs from the defaults, by key
	reason string
}

type optionRow struct {
	key string // broker/nats.max-attempts
	generator.Option
	value string
}

func (q *options) begin(sofar generator.Answers, _, _ int) error {
	q.sofar, q.rows, q.at, q.reason = sofar, nil, 0, ""
	for _, axis := range q.catalog.Axes() {
		presets, err := q.catalog.Presets(axis.Name)
		if err != nil {
			return err
		}
		for _, p := range presets {
			if !slices.Contains(sofar.Presets[axis.Name], p.Name) {
				continue
			}
			for _, o := range p.Options {
				q.rows = append(q.rows, optionRow{p.ID() + "." + o.Name, o, q.valueOf(p, o)})
			}
		}
	}
	return nil
}

// valueOf is what an option has so far: by this page, by a flag, or by default.
func (q *options) valueOf(p *generator.Preset, o generator.Option) string {
	for _, values := range []map[string]string{q.values, q.sofar.Options} {
		for _, key := range []string{p.ID() + "." + o.Name, p.Name + "." + o.Name} {
			if value, ok := values[key]; ok {
				return value
			}
		}
	}
	return o.Default
}

func (q *options) page(width, height int) []line {
	lines := []line{{{"? ", focus}, {"Options?", strong}}, nil}
	if len(q.rows) == 0 {
		return append(lines, line{{"  the chosen presets have no options", faint}})
	}
	var explained []line
	for _, text := range Wrap(q.rows[q.at].Summary+allowed(q.rows[q.at].Option), width-2) {
		explained = append(explained, line{{"  " + text, plain}})
	}
	for _, text := range Wrap(q.reason, width-2) {
		explained = append(explained, line{{"  " + text, wrong}})
	}
	lines = append(lines, window(len(q.rows), q.at, height-len(lines)-1-len(explained), func(i int) line {
		row, mark, style := q.rows[i], "  ", plain
		if i == q.at {
			mark, style = "> ", focus
		}
		entry := line{{mark + row.key + " = ", style}, {row.value, strong}}
		if i == q.at {
			entry = append(entry, span{"_", focus})
		}
		if row.value != row.Default {
			entry = append(entry, span{"  (default " + row.Default + ")", faint})
		}
		return entry
	})...)
	return append(append(lines, nil), explained...)
}

// allowed says which values an option accepts.
func allowed(o generator.Option) string {
	switch {
	case len(o.Values) > 0:
		return " One of " + strings.Join(o.Values, ", ") + "."
	case o.Type == "bool":
		return " true or false."
	}
	return ""
}

func (q *options) press(key rune) outcome {
	q.reason = ""
	if key == terminal.KeyEnter || key == '\n' {
		return q.take()
	}
	if len(q.rows) == 0 {
		return asking
	}
	row := &q.rows[q.at]
	switch key {
	case terminal.KeyArrowUp:
		q.at = (q.at + len(q.rows) - 1) % len(q.rows)
	case terminal.KeyArrowDown, terminal.KeyTab:
		q.at = (q.at + 1) % len(q.rows)
	case terminal.KeyArrowLeft:
		return back
	case terminal.KeyBackspace, terminal.KeyDelete:
		row.value = withoutLast(row.value)
	case terminal.KeyDeleteLine, terminal.KeyDeleteWord, deleteToStart:
		row.value = ""
	case terminal.KeySpace:
		row.value = following(row.Option, row.value)
	default:
		if unicode.IsPrint(key) {
			row.value += string(key)
		}
	}
	return asking
}

// following is the value after this one, of an option that has few.
func following(o generator.Option, value string) string {
	values := o.Values
	if o.Type == "bool" {
		values = []string{"false", "true"}
	}
	if len(values) == 0 {
		return value + " "
	}
	return values[(slices.Index(values, value)+1)%len(values)]
}

func (q *options) take() outcome {
	values := map[string]string{}
	for _, row := range q.rows {
		if row.value != row.Default {
			values[row.key] = row.value
		}
	}
	with := q.with(q.sofar, values)
	if err := q.check(with); err != nil {
		q.reason = reasonOf(err)
		return asking
	}
	q.values = values
	return taken
}

// with is answers with these options of the chosen presets, and no others of them.
func (q *options) with(a generator.Answers, values map[string]string) generator.Answers {
	a.Options = maps.Clone(a.Options)
	if a.Options == nil {
		a.Options = map[string]string{}
	}
	for _, row := range q.rows {
		_, short, _ := strings.Cut(row.key, "/")
		delete(a.Options, row.key)
		delete(a.Options, short)
	}
	maps.Copy(a.Options, values)
	return a
}

func (q *options) help() string { return "arrows move  type to edit  space change  enter next" }

func (q *options) answer(to *generator.Answers) {
	if q.values != nil {
		*to = q.with(*to, q.values)
	}
}

func (q *options) brief() string { return "" }
