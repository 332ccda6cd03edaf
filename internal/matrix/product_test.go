package matrix_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"
	"golang.org/x/mod/modfile"
	"golang.org/x/tools/imports"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/matrix"
)

// Every selection of the catalog, with an entity of another name, and with each value of each option: all of it is rendered and held
// to what can be told without running it.
func TestEveryCombinationIsWellFormed(t *testing.T) {
	c := builtin(t)
	all, err := matrix.All(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range withDefaultBackend(all) {
		a.Name, a.Module, a.Entity = "front-desk", "github.com/acme/front-desk", "line-item"
		all = append(all, a)
	}
	rows, _, err := matrix.Pairs(c)
	if err != nil {
		t.Fatal(err)
	}
	strangers := strangersOf(t, c)
	jobs := make(chan generator.Answers)
	var wg sync.WaitGroup
	var checked checks
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for a := range jobs {
				for _, fault := range combination(c, a, strangers, &checked) {
					t.Errorf("%s: %s", matrix.Label(c, a), fault)
				}
			}
		})
	}
	for _, a := range append(all, rows...) {
		jobs <- a
	}
	close(jobs)
	wg.Wait()
	t.Logf("%d services", len(all)+len(rows))
}

func combination(c *generator.Catalog, a generator.Answers, strangers *strangers, checked *checks) (faults []string) {
	s, err := c.Select(a)
	if err != nil {
		return []string{err.Error()}
	}
	p, err := s.Plan()
	if err != nil {
		return []string{err.Error()}
	}
	tree, err := p.Render()
	if err != nil {
		return []string{err.Error()}
	}
	for _, f := range tree.Files {
		for _, fault := range append(checked.file(f), strangers.in(f, s.Presets())...) {
			faults = append(faults, f.Path+": "+fault)
		}
		if line := longLine(f); line != "" {
			faults = append(faults, fmt.Sprintf("%s: a line of %d bytes: %s", f.Path, len(line), line))
		}
		for _, part := range f.Fragments {
			if len(bytes.TrimSpace(part.Text)) == 0 {
				faults = append(faults, fmt.Sprintf("%s: the fragment %s of %s is empty", f.Path, part.Slot, part.Owner))
			}
		}
	}
	return faults
}

// longestLine is how long a line of generated Go may be, in bytes. Machine-written code has lines of any length.
const longestLine = 160

// longLine returns the first line of Go that is too long, or "".
func longLine(f generator.File) string {
	if path.Ext(f.Path) != ".go" || strings.HasSuffix(f.Path, ".pb.go") {
		return ""
	}
	for line := range strings.Lines(string(f.Content)) {
		if line = strings.TrimSuffix(line, "\n"); len(line) > longestLine {
			return line
		}
	}
	return ""
}

// checks holds files to what files of their kind are. What it has seen once, it does not look at again.
type checks struct{ seen sync.Map }

func (c *checks) file(f generator.File) []string {
	key := path.Base(f.Path) + "\x00" + fmt.Sprintf("%x", sha256.Sum256(f.Content))
	if _, again := c.seen.LoadOrStore(key, true); again {
		return nil
	}
	return faultsOf(f.Path, f.Content)
}

// residue is what a template leaves behind that has gone wrong.
var residue = regexp.MustCompile(`\{\{|<no value>|%!`) // JSON may end with two braces

// faultsOf says what is wrong with one file.
func faultsOf(name string, content []byte) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	switch {
	case !bytes.HasSuffix(content, []byte("\n")):
		fault("does not end with a newline")
	case bytes.HasSuffix(content, []byte("\n\n")):
		fault("ends with a blank line")
	case bytes.HasPrefix(content, []byte("\n")):
		fault("begins with a blank line")
	}
	for i, line := range strings.Split(string(content), "\n") {
		if line != strings.TrimRight(line, " \t\r") {
			fault("line %d ends with white space: %q", i+1, line)
		}
		if m := residue.FindString(line); m != "" && !strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".json") && !strings.Contains(line, "${{") {
			fault("line %d holds %q: %s", i+1, m, line)
		}
	}
	if i := bytes.Index(content, []byte("\n\n\n")); i >= 0 {
		fault("two blank lines in a row after line %d", bytes.Count(content[:i], []byte("\n"))+1)
	}
	switch {
	case strings.HasSuffix(name, ".go"):
		faults = append(faults, goFaults(name, content)...)
	case strings.HasSuffix(name, ".yaml"), strings.HasSuffix(name, ".yml"):
		faults = append(faults, yamlFaults(content)...)
	case strings.HasSuffix(name, ".json"):
		faults = append(faults, jsonFaults(content)...)
	case strings.HasSuffix(name, ".md"):
		faults = append(faults, markdownFaults(string(content))...)
	case name == "go.mod":
		if _, err := modfile.Parse(name, content, nil); err != nil {
			fault("%v", err)
		}
	}
	return faults
}

func goFaults(name string, content []byte) (faults []string) {
	file, err := parser.ParseFile(token.NewFileSet(), name, content, parser.ParseComments)
	if err != nil {
		return []string{err.Error()}
	}
	if formatted, err := format.Source(content); err != nil || !bytes.Equal(formatted, content) {
		faults = append(faults, fmt.Sprintf("is not as gofmt leaves it: %v", err))
	}
	formatted, err := imports.Process(name, content, &imports.Options{FormatOnly: true, TabWidth: 8, TabIndent: true, Comments: true})
	if ours := !ast.IsGenerated(file); ours && (err != nil || !bytes.Equal(formatted, content)) {
		faults = append(faults, fmt.Sprintf("is not as goimports leaves it: %v", err))
	}
	if len(file.Decls) == 0 && path.Base(name) != "doc.go" {
		faults = append(faults, "declares nothing")
	}
	for _, i := range file.Imports {
		if strings.HasPrefix(i.Path.Value, `"@`) {
			faults = append(faults, "imports the role "+i.Path.Value)
		}
	}
	// Two braces in a row are Go's, too, but not in texts.
	var texts []string
	for _, group := range file.Comments {
		texts = append(texts, group.Text())
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			texts = append(texts, lit.Value)
		}
		return true
	})
	for _, text := range texts {
		if m := residue.FindString(text); m != "" {
			faults = append(faults, fmt.Sprintf("holds %q: %s", m, text))
		}
	}
	return faults
}

// legend is how Grafana names the lines of a panel, by a label.
var legend = regexp.MustCompile(`\{\{[a-z_]+\}\}`)

// jsonFaults looks for what templates have left in texts only: objects end in braces, too.
func jsonFaults(content []byte) (faults []string) {
	if !json.Valid(content) {
		return []string{"is not JSON"}
	}
	d := json.NewDecoder(bytes.NewReader(content))
	for {
		token, err := d.Token()
		if err != nil {
			return faults
		}
		text, _ := token.(string)
		if m := residue.FindString(legend.ReplaceAllString(text, "")); m != "" {
			faults = append(faults, fmt.Sprintf("holds %q: %s", m, text))
		}
	}
}

func yamlFaults(content []byte) (faults []string) {
	d := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var n yaml.Node
		err := d.Decode(&n)
		if errors.Is(err, io.EOF) {
			return faults
		}
		if err != nil {
			return append(faults, err.Error())
		}
		var v any
		if err := n.Decode(&v); err != nil { // keys that are there twice
			return append(faults, err.Error())
		}
		faults = append(faults, emptyKeys(&n)...)
	}
}

// emptyKeys names the keys without a value: sections that nothing has been put into.
func emptyKeys(n *yaml.Node) (faults []string) {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 1 && child.Tag == "!!null" && !events[n.Content[i-1].Value] {
			faults = append(faults, fmt.Sprintf("line %d: %s is empty", child.Line, n.Content[i-1].Value))
		}
		faults = append(faults, emptyKeys(child)...)
	}
	return faults
}

// events are keys of a workflow that mean something without a value.
var events = map[string]bool{"push": true, "pull_request": true, "workflow_dispatch": true}

// markdownFaults holds tables to one number of columns, headings to a text below them, and code blocks to an end.
func markdownFaults(text string) (faults []string) {
	fault := func(line int, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("line %d: ", line+1)+fmt.Sprintf(format, args...))
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	code := false
	for i, line := range lines {
		if strings.HasPrefix(line, "```") {
			code = !code
			continue
		}
		if code {
			continue
		}
		inTable := func(i int) bool { return i >= 0 && i < len(lines) && strings.HasPrefix(lines[i], "|") }
		if inTable(i) {
			if !strings.HasSuffix(line, "|") {
				fault(i, "the row has no end: %s", line)
			}
			head := i
			for inTable(head - 1) {
				head--
			}
			if got, want := columns(line), columns(lines[head]); got != want {
				fault(i, "%d columns, and the head has %d: %s", got, want, line)
			}
			switch {
			case i == head+1 && strings.Trim(line, "|-: ") != "":
				fault(i, "no line of dashes below the head: %s", line)
			case i == head && !inTable(head+2):
				fault(i, "the table is empty: %s", line)
			case i == head && head > 0 && lines[head-1] != "":
				fault(i, "no blank line before the table")
			}
		}
		if level := len(line) - len(strings.TrimLeft(line, "#")); level > 0 {
			if i+2 >= len(lines) || lines[i+1] != "" || heading(lines[i+2]) > 0 && heading(lines[i+2]) <= level {
				fault(i, "the section is empty: %s", line)
			}
		}
	}
	if code {
		faults = append(faults, "a block of code has no end")
	}
	return faults
}

func heading(line string) int { return len(line) - len(strings.TrimLeft(line, "#")) }

// columns counts the cells of a row. A bar splits cells inside of code, too, unless it is escaped.
func columns(row string) int {
	return strings.Count(strings.ReplaceAll(row, `\|`, ""), "|") - 1
}

// strangers finds what a file says of presets that were not chosen.
type strangers struct {
	terms map[string][]*generator.Preset // what presets are known by → they
	seen  sync.Map
}

// common are names of presets that are also words which any service may use, and why.
var common = map[string]string{
	"none":     "a word of English",
	"console":  "a value of OpenTelemetry's OTEL_*_EXPORTER",
	"retry":    "what the topics of Kafka are called by everybody that events wait in",
	"otlp":     "the protocol of OpenTelemetry, which many backends speak",
	"memory":   "a word of English, and part of the metrics go.memory.*",
	"grpc":     "a protocol of OTLP",
	"net/http": "the package of the standard library that also serves the health checks",
}

func strangersOf(t *testing.T, c *generator.Catalog) *strangers {
	s := &strangers{terms: map[string][]*generator.Preset{}}
	for _, p := range allPresets(t, c) {
		for _, term := range []string{strings.ToLower(p.Name), strings.ToLower(p.Title)} {
			if _, ok := common[term]; !ok {
				s.terms[term] = append(s.terms[term], p)
			}
		}
	}
	return s
}

func (s *strangers) in(f generator.File, chosen []*generator.Preset) (faults []string) {
	if f.Path == "go.mod" || f.Path == "go.sum" { // others' dependencies may be what they like; go mod tidy judges these files
		return nil
	}
	key := sha256.Sum256(append([]byte(f.Path+"\n"), f.Content...))
	found, ok := s.seen.Load(key)
	if !ok {
		terms := map[string]string{} // → line
		text := strings.ToLower(f.Path + "\n" + string(f.Content))
		for term := range s.terms {
			for from := 0; ; from++ {
				at := strings.Index(text[from:], term)
				if at < 0 {
					break
				}
				if from += at; word(text, from, from+len(term)) {
					before, after := strings.LastIndexByte(text[:from], '\n')+1, strings.IndexByte(text[from:]+"\n", '\n')
					terms[term] = text[before : from+after]
					break
				}
			}
		}
		found = terms
		s.seen.Store(key, found)
	}
	for term, line := range found.(map[string]string) {
		if !slices.ContainsFunc(s.terms[term], func(p *generator.Preset) bool { return slices.Contains(chosen, p) }) && !library(term, chosen) {
			faults = append(faults, fmt.Sprintf("mentions %s, which was not chosen: %s", s.terms[term][0].ID(), line))
		}
	}
	return faults
}

// library reports whether the term is also the name of a library that a chosen preset is built on.
func library(term string, chosen []*generator.Preset) bool {
	return slices.ContainsFunc(chosen, func(p *generator.Preset) bool {
		for module := range p.Modules {
			if slices.Contains(strings.Split(module, "/"), term) {
				return true
			}
		}
		return false
	})
}

// word reports whether line[from:to] stands for itself.
func word(line string, from, to int) bool {
	letter := func(i int) bool {
		return i >= 0 && i < len(line) && (line[i] == '_' || line[i] >= '0' && line[i] <= '9' || line[i]|0x20 >= 'a' && line[i]|0x20 <= 'z')
	}
	return !letter(from-1) && !letter(to)
}
