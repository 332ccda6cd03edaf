package prompt

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/AlecAivazis/survey/v2/terminal"

	"github.com/otelgen/otelgen/generator"
)

// choose is a question that presets of one group of an axis answer: one of them, or some.
type choose struct {
	catalog Catalog
	check   func(generator.Answers) error
	axis    generator.Axis
	group   generator.Group

	sofar   generator.Answers
	choices []generator.Choice // those of the group, the default first
	picked  []string           // the answer
	filter  string
	at      int // the highlighted one of shown
	reason  string
}

func (q *choose) one() bool { return q.group.Min == 1 && q.group.Max == 1 }

func (q *choose) begin(sofar generator.Answers, _, _ int) error {
	q.sofar, q.filter, q.at, q.reason = sofar, "", 0, ""
	if err := q.judge(); err != nil {
		return err
	}
	fits := func(c generator.Choice) bool { return c.Fits }
	if q.group.Min > 0 && !slices.ContainsFunc(q.choices, fits) {
		with := withPresets(sofar, q.axis.Name, q.choices[0].Preset.Name)
		if err := q.check(with); err != nil { // flags that do not go together
			return err
		}
	}
	q.picked = slices.DeleteFunc(q.picked, func(name string) bool { return !q.takes(name) }) // it may no longer fit
	q.at = max(0, slices.IndexFunc(q.choices, func(c generator.Choice) bool {
		return c.Fits && (len(q.picked) == 0 || c.Preset.Name == q.picked[0])
	}))
	return nil
}

// judge finds out what fits, beside what is picked where more than one can be.
func (q *choose) judge() error {
	sofar := q.sofar
	if !q.one() {
		sofar = withPresets(sofar, q.axis.Name, q.picked...)
	}
	all, err := q.catalog.Choices(q.axis.Name, sofar)
	if err != nil {
		return err
	}
	q.choices = slices.DeleteFunc(all, func(c generator.Choice) bool { return c.Preset.Group != q.group.Name })
	slices.SortStableFunc(
		q.choices,
		func(x, y generator.Choice) int { return first(x.Preset.Default) - first(y.Preset.Default) },
	)
	return nil
}

func first(yes bool) int {
	if yes {
		return 0
	}
	return 1
}

func (q *choose) takes(name string) bool {
	return slices.ContainsFunc(q.choices, func(c generator.Choice) bool { return c.Fits && c.Preset.Name == name })
}

// withPresets is answers with more presets of an axis.
func withPresets(a generator.Answers, axis string, names ...string) generator.Answers {
	a = answered(a, nil)
	a.Presets[axis] = append(slices.Clip(a.Presets[axis]), names...)
	return a
}

// shown are the choices that the filter leaves, those first in whose name it is.
func (q *choose) shown() []generator.Choice {
	var shown []generator.Choice
	for _, c := range q.choices {
		if matches(c.Preset, q.filter) {
			shown = append(shown, c)
		}
	}
	slices.SortStableFunc(shown, func(x, y generator.Choice) int {
		return first(strings.Contains(x.Preset.Name, q.filter)) - first(strings.Contains(y.Preset.Name, q.filter))
	})
	return shown
}

func (q *choose) page(width, height int) []line {
	asked := line{{"? ", focus}, {cmp.Or(q.group.Question, q.axis.Question), strong}}
	if q.group.Min == 0 {
		asked = append(asked, span{"  (optional)", faint})
	}
	lines := []line{append(asked, span{"  " + q.filter, focus}, span{"_", focus}), nil}
	shown := q.shown()
	if len(shown) == 0 {
		return append(lines, line{{"  no match: delete what you typed to see all", warning}})
	}
	explained := q.explain(shown[q.at], width)
	rows := max(5, height-len(lines)-1-len(explained))
	widest := 0
	for _, c := range shown {
		widest = max(widest, terminal.StringWidth(c.Preset.Name))
	}
	lines = append(
		lines,
		window(len(shown), q.at, rows, func(i int) line { return q.row(shown[i], i == q.at, widest) })...)
	lines = append(lines, nil)
	if q.reason != "" {
		lines = append(lines, line{{"  " + q.reason, wrong}})
	}
	return append(lines, explained[:max(0, min(len(explained), height-len(lines)))]...)
}

func (q *choose) row(c generator.Choice, highlighted bool, widest int) line {
	mark, name, rest := "  ", plain, plain
	if highlighted {
		mark, name = "> ", focus
	}
	text := c.Preset.Summary
	if !c.Fits {
		text, rest = "unavailable: "+c.Why, faint
		if !highlighted {
			mark, name = "x ", faint
		}
	}
	if !q.one() {
		box := "[ ] "
		if slices.Contains(q.picked, c.Preset.Name) {
			box = "[x] "
		}
		mark += box
	}
	return line{{mark + pad(c.Preset.Name, widest), name}, {"  " + text, rest}}
}

// explain says all that helps to decide on a choice.
func (q *choose) explain(c generator.Choice, width int) []line {
	p := c.Preset
	lines := []line{{{"  " + p.Title, strong}}}
	add := func(style string, texts ...string) {
		for _, text := range texts {
			lines = append(lines, line{{text, style}})
		}
	}
	for _, text := range Wrap(p.Summary, width-2) {
		add(plain, "  "+text)
	}
	if !c.Fits {
		add(warning, Labeled("ruled out", c.Why, width)...)
		return lines
	}
	if emits := emits(p); emits != "" {
		add(plain, Labeled("emits", emits, width)...)
	}
	var ports, options []string
	for _, port := range p.Ports {
		ports = append(ports, strconv.Itoa(port.Port)+" ("+port.Summary+")")
	}
	for _, o := range p.Options {
		options = append(options, p.Name+"."+o.Name+"="+o.Default)
	}
	if len(ports) > 0 {
		add(plain, Labeled("ports", strings.Join(ports, ", "), width)...)
	}
	if len(options) > 0 {
		add(plain, Labeled("options", strings.Join(options, ", "), width)...)
	}
	sofar := q.sofar
	if !q.one() {
		sofar = withPresets(
			sofar,
			q.axis.Name,
			slices.DeleteFunc(slices.Clone(q.picked), func(name string) bool { return name == p.Name })...)
	}
	out, err := q.catalog.RulesOut(p, sofar)
	if err != nil { // of a manifest that cannot be read; its own question says so
		return lines
	}
	label := "rules out"
	for _, other := range out {
		add(warning, Labeled(label, other.Preset.Axis+" "+other.Preset.Name+": "+other.Why, width)...)
		label = ""
	}
	return lines
}

// emits counts what a preset adds to the telemetry of every service that has it.
func emits(p *generator.Preset) string {
	spans, metrics := 0, 0
	for _, s := range p.Spans {
		if s.When == "" {
			spans += len(s.Names)
		}
	}
	for _, m := range p.Metrics {
		if m.When == "" {
			metrics++
		}
	}
	var parts []string
	for _, n := range []struct {
		count int
		noun  string
	}{{spans, "span"}, {metrics, "metric"}} {
		switch {
		case n.count == 1:
			parts = append(parts, "1 "+n.noun)
		case n.count > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n.count, n.noun))
		}
	}
	return strings.Join(parts, ", ")
}

const deleteToStart = '\x15' // Ctrl-U

func (q *choose) press(key rune) outcome {
	q.reason = ""
	shown, filter := q.shown(), q.filter
	switch key {
	case terminal.KeyEnter, '\n':
		return q.take(shown)
	case terminal.KeyArrowUp:
		q.at = (q.at + len(shown) - 1) % max(len(shown), 1)
	case terminal.KeyArrowDown, terminal.KeyTab:
		q.at = (q.at + 1) % max(len(shown), 1)
	case terminal.KeyArrowLeft:
		return back
	case terminal.KeyBackspace, terminal.KeyDelete:
		q.filter = withoutLast(q.filter)
	case terminal.KeyDeleteLine, terminal.KeyDeleteWord, deleteToStart:
		q.filter = ""
	case terminal.KeySpace:
		if !q.one() && len(shown) > 0 {
			q.toggle(shown[q.at])
			break
		}
		fallthrough
	default:
		if unicode.IsPrint(key) {
			q.filter += strings.ToLower(string(key))
		}
	}
	if q.filter != filter { // the first that can be taken
		q.at = max(0, slices.IndexFunc(q.shown(), func(c generator.Choice) bool { return c.Fits }))
	}
	return asking
}

func (q *choose) toggle(c generator.Choice) {
	name := c.Preset.Name
	if at := slices.Index(q.picked, name); at >= 0 {
		q.picked = slices.Delete(q.picked, at, at+1)
	} else if c.Fits {
		q.picked = append(q.picked, name)
	}
	if err := q.judge(); err != nil {
		q.reason = err.Error()
	}
}

func (q *choose) take(shown []generator.Choice) outcome {
	if !q.one() {
		if n := len(q.picked); n < q.group.Min || q.group.Max >= 0 && n > q.group.Max {
			q.reason = fmt.Sprintf("choose at least %d and at most %d", q.group.Min, q.group.Max)
			return asking
		}
		return taken
	}
	if len(shown) == 0 || !shown[q.at].Fits {
		return asking // the page says why
	}
	q.picked = []string{shown[q.at].Preset.Name}
	return taken
}

func (q *choose) about() string {
	if q.one() {
		return "Choose one preset."
	}
	return "Choose any number of presets, or none."
}

func (q *choose) help() string {
	if q.one() {
		return "arrows move  type to filter  enter next"
	}
	return "arrows move  type to filter  space pick  enter next"
}

func (q *choose) answer(to *generator.Answers) {
	to.Presets[q.axis.Name] = append(slices.Clip(to.Presets[q.axis.Name]), q.picked...)
}

func (q *choose) brief() string { return strings.Join(q.picked, ",") }
