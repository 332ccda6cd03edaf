package verify

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"
)

func rows() []*Row {
	good := newRow("span", "POST /orders", "server")
	good.Seen = "server, 3×"
	bad := newRow("span", "send orders.created", "producer")
	bad.find(Fail, "no such span <arrived>", "it is declared by broker/x: dashboards, alerts and searches that rely on it stay empty")
	noted := newRow("metric", strings.Repeat("a.very.long.name", 4), "counter")
	noted.Seen = strings.Repeat("seen ", 30)
	noted.find(Note, "the metric is not declared", "nobody can rely on it")
	noted.find(Note, "the metric is not declared", "nobody can rely on it")
	skipped := newRow("shutdown", "no log record lost", "each")
	skipped.find(Skipped, "cannot be compared", "no JSON")
	return []*Row{skipped, good, bad, noted}
}

func TestText(t *testing.T) {
	var b bytes.Buffer
	newReport("shop", "/shop", rows(), false).Text(&b)
	text := b.String()
	for _, want := range []string{
		"span\n  ok    POST /orders",
		"  fail  send orders.created",
		"\nfail: span send orders.created\n    no such span <arrived>\n    why it matters: it is declared by broker/x: dashboards, alerts and searches\n    that rely on it stay empty\n",
		"\nshop: 1 ok, 1 failed, 1 notes, 1 skipped\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	if strings.Index(text, "\nshutdown\n") < strings.Index(text, "\nmetric\n") {
		t.Errorf("the groups are not in order:\n%s", text)
	}
	if n := strings.Count(text, "the metric is not declared"); n != 1 {
		t.Errorf("the same is said %d times", n)
	}
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width && !strings.Contains(line, "a.very.long.name") {
			t.Errorf("a line has %d characters: %s", n, line)
		}
	}
}

func TestStrict(t *testing.T) {
	report := newReport("shop", "/shop", rows()[3:], false)
	if !report.OK {
		t.Error("a note alone is a failure")
	}
	report = newReport("shop", "/shop", rows()[3:], true)
	if report.OK || report.Counts[Fail] != 1 {
		t.Errorf("with --strict a note is no failure: %v", report.Counts)
	}
}

func TestJSON(t *testing.T) {
	content, err := json.Marshal(newReport("shop", "/shop", rows(), false))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Service string
		OK      *bool
		Counts  map[string]int
		Rows    []struct {
			Group, Name, Expected, Seen, Verdict *string
			Findings                             []struct{ Verdict, What, Why string }
		}
	}
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatal(err)
	}
	if got.Service != "shop" || got.OK == nil || *got.OK || got.Counts["ok"] != 1 || got.Counts["fail"] != 1 || len(got.Rows) != 4 {
		t.Errorf("the JSON is %s", content)
	}
	for _, row := range got.Rows {
		if row.Group == nil || row.Name == nil || row.Expected == nil || row.Seen == nil || row.Verdict == nil || row.Findings == nil {
			t.Errorf("a row is incomplete: %s", content)
		}
	}
}

// The shape is what the common readers of JUnit's XML agree on: testsuites, testsuite, testcase, with failure and skipped, and
// counts that are right.
func TestJUnit(t *testing.T) {
	var b bytes.Buffer
	if err := newReport("shop", "/shop", rows(), false).JUnit(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		XMLName  xml.Name `xml:"testsuites"`
		Tests    int      `xml:"tests,attr"`
		Failures int      `xml:"failures,attr"`
		Skipped  int      `xml:"skipped,attr"`
		Suites   []struct {
			Name     string `xml:"name,attr"`
			Tests    int    `xml:"tests,attr"`
			Failures int    `xml:"failures,attr"`
			Skipped  int    `xml:"skipped,attr"`
			Cases    []struct {
				Class   string `xml:"classname,attr"`
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
				Skipped *struct{} `xml:"skipped"`
				Out     string    `xml:"system-out"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(b.String(), "<?xml ") {
		t.Error("there is no XML declaration")
	}
	if got.Tests != 4 || got.Failures != 1 || got.Skipped != 1 || len(got.Suites) != 3 {
		t.Fatalf("the totals are wrong:\n%s", &b)
	}
	tests, failures, skipped := 0, 0, 0
	for _, suite := range got.Suites {
		tests, failures, skipped = tests+suite.Tests, failures+suite.Failures, skipped+suite.Skipped
		if suite.Tests != len(suite.Cases) {
			t.Errorf("the suite %s counts %d tests and has %d", suite.Name, suite.Tests, len(suite.Cases))
		}
	}
	if tests != got.Tests || failures != got.Failures || skipped != got.Skipped {
		t.Errorf("the suites do not add up:\n%s", &b)
	}
	failed := got.Suites[0].Cases[1]
	if failed.Class != "shop.span" || failed.Name != "send orders.created" || failed.Failure == nil || failed.Failure.Message != "no such span <arrived>" || !strings.Contains(failed.Failure.Text, "why it matters") {
		t.Errorf("the failure is %+v", failed)
	}
	if noted := got.Suites[1].Cases[0]; noted.Failure != nil || !strings.Contains(noted.Out, "the metric is not declared") {
		t.Errorf("the note is %+v", noted)
	}
}
