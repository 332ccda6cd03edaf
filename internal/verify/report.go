package verify

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Verdict is what is thought of a row.
type Verdict string

// The verdicts, the better ones first.
const (
	OK      Verdict = "ok"
	Skipped Verdict = "skip" // could not be looked at
	Note    Verdict = "note" // worth knowing; fails in a strict run
	Fail    Verdict = "fail"
)

var severity = map[Verdict]int{OK: 0, Skipped: 1, Note: 2, Fail: 3}

// Finding is a problem or remark, and why it matters.
type Finding struct {
	Verdict Verdict `json:"verdict"`
	What    string  `json:"what"`
	Why     string  `json:"why"`
}

// Row is one check: what was expected, and what was seen.
type Row struct {
	Group    string    `json:"group"`
	Name     string    `json:"name"`
	Expected string    `json:"expected"`
	Observed string    `json:"seen"`
	Verdict  Verdict   `json:"verdict"` // the worst of the findings
	Findings []Finding `json:"findings"`
}

// add records a finding once, and keeps the worst verdict.
func (r *Row) add(v Verdict, what, why string) {
	f := Finding{v, what, why}
	if slices.Contains(r.Findings, f) {
		return
	}
	r.Findings = append(r.Findings, f)
	if severity[v] > severity[r.Verdict] {
		r.Verdict = v
	}
}

func newRow(group, name, expected string) *Row {
	return &Row{Group: group, Name: name, Expected: expected, Verdict: OK, Findings: []Finding{}}
}

// Report is the outcome of a verification. Its form as JSON is stable.
type Report struct {
	Service string          `json:"service"`
	Dir     string          `json:"dir"`
	OK      bool            `json:"ok"`
	Counts  map[Verdict]int `json:"counts"`
	Rows    []*Row          `json:"rows"`
}

// groups are in the order in which they are read.
var groups = []string{"project", "server", "service", "api", "trace", "span", "metric", "log", "resource", "shutdown"}

func newReport(service, dir string, rows []*Row, strict bool) *Report {
	slices.SortStableFunc(
		rows,
		func(a, b *Row) int { return cmp.Compare(slices.Index(groups, a.Group), slices.Index(groups, b.Group)) },
	)
	r := &Report{
		Service: service,
		Dir:     dir,
		OK:      true,
		Counts:  map[Verdict]int{OK: 0, Skipped: 0, Note: 0, Fail: 0},
		Rows:    rows,
	}
	for _, row := range rows {
		if strict && row.Group != "project" { // where it comes from is no fault of it
			for i := range row.Findings {
				if row.Findings[i].Verdict == Note {
					row.Findings[i].Verdict, row.Verdict = Fail, Fail
				}
			}
		}
		r.Counts[row.Verdict]++
		r.OK = r.OK && row.Verdict != Fail
	}
	return r
}

// Failed names the rows that failed.
func (r *Report) Failed() (names []string) {
	for _, row := range r.Rows {
		if row.Verdict == Fail {
			names = append(names, row.Group+" "+row.Name)
		}
	}
	return names
}

// width is that of the text, where no single word is longer.
const width = 80

// Text writes the report as a table, with what was found below it.
func (r *Report) Text(w io.Writer) {
	name := 0
	for _, row := range r.Rows {
		name = max(name, utf8.RuneCountInString(row.Name))
	}
	name = min(name, 36)
	for i, row := range r.Rows {
		if i == 0 || row.Group != r.Rows[i-1].Group {
			fmt.Fprintln(w, row.Group)
		}
		line := fmt.Sprintf("  %-4s  %-*s  ", row.Verdict, name, row.Name)
		fmt.Fprintln(w, strings.TrimRight(line+short(row.Observed, max(20, width-utf8.RuneCountInString(line))), " "))
	}
	for _, verdict := range []Verdict{Fail, Note, Skipped} {
		for _, row := range r.Rows {
			for _, f := range row.Findings {
				if f.Verdict == verdict {
					fmt.Fprintf(w, "\n%s: %s %s\n%s%s", verdict, row.Group, row.Name, indent(f.What), indent("why it matters: "+f.Why))
				}
			}
		}
	}
	fmt.Fprintf(
		w,
		"\n%s: %d ok, %d failed, %s, %d skipped\n",
		r.Service,
		r.Counts[OK],
		r.Counts[Fail],
		counted(r.Counts[Note], "note"),
		r.Counts[Skipped],
	)
}

func short(s string, most int) string {
	s, _, _ = strings.Cut(s, "\n")
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// indent wraps a text to the width; its own lines stay lines.
func indent(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		column := 0
		for _, word := range strings.Fields(line) {
			switch {
			case column == 0:
				b.WriteString("    ")
				column = 4
			case column+1+utf8.RuneCountInString(word) > width:
				b.WriteString("\n    ")
				column = 4
			default:
				b.WriteString(" ")
				column++
			}
			b.WriteString(word)
			column += utf8.RuneCountInString(word)
		}
		b.WriteString("\n")
	}
	return b.String()
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitMessage `xml:"failure"`
	Skipped *junitMessage `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// JUnit writes the report as CI systems read the results of tests: a suite for each group, a case for each row.
func (r *Report) JUnit(w io.Writer) error {
	all := junitSuites{
		Name:     "otelgen verify " + r.Service,
		Tests:    len(r.Rows),
		Failures: r.Counts[Fail],
		Skipped:  r.Counts[Skipped],
	}
	for _, row := range r.Rows {
		at := slices.IndexFunc(all.Suites, func(s junitSuite) bool { return s.Name == row.Group })
		if at < 0 {
			at = len(all.Suites)
			all.Suites = append(all.Suites, junitSuite{Name: row.Group})
		}
		suite := &all.Suites[at]
		suite.Tests++
		var found strings.Builder
		for _, f := range row.Findings {
			fmt.Fprintf(&found, "%s: %s\nwhy it matters: %s\n", f.Verdict, f.What, f.Why)
		}
		c := junitCase{Class: r.Service + "." + row.Group, Name: row.Name}
		switch row.Verdict {
		case Fail:
			suite.Failures++
			c.Failure = &junitMessage{Message: row.first(Fail), Type: row.Group, Text: found.String()}
		case Skipped:
			suite.Skipped++
			c.Skipped = &junitMessage{Message: row.first(Skipped)}
		default:
			c.Out = found.String()
		}
		suite.Cases = append(suite.Cases, c)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// first is the first finding of that verdict.
func (r *Row) first(v Verdict) string {
	for _, f := range r.Findings {
		if f.Verdict == v {
			return f.What
		}
	}
	return ""
}

// counted is a number of things: 1 note, 2 notes.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
