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
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
	"golang.org/x/mod/modfile"
	"golang.org/x/tools/imports"

	"github.com/otelgen/otelgen/generator"
)

// fileCheck compares files with the rules for files of their kind. A file that is in many services is checked once.
type fileCheck struct{ seen sync.Map }

func (c *fileCheck) faults(f generator.File) []string {
	key := path.Base(f.Path) + "\x00" + fmt.Sprintf("%x", sha256.Sum256(f.Content))
	if _, again := c.seen.LoadOrStore(key, true); again {
		return nil
	}
	faults := append(spaceFaults(f.Content), residueFaults(f.Path, f.Content)...)
	switch {
	case strings.HasSuffix(f.Path, ".go"):
		return append(faults, goFaults(f.Path, f.Content)...)
	case strings.HasSuffix(f.Path, ".yaml"), strings.HasSuffix(f.Path, ".yml"):
		return append(faults, yamlFaults(f.Content)...)
	case strings.HasSuffix(f.Path, ".json"):
		return append(faults, jsonFaults(f.Content)...)
	case strings.HasSuffix(f.Path, ".md"):
		return append(faults, markdownFaults(string(f.Content))...)
	case f.Path == "go.mod":
		if _, err := modfile.Parse(f.Path, f.Content, nil); err != nil {
			return append(faults, err.Error())
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

// spaceFaults says where white space is missing or too much.
func spaceFaults(content []byte) (faults []string) {
	switch {
	case !bytes.HasSuffix(content, []byte("\n")):
		faults = append(faults, "does not end with a newline")
	case bytes.HasSuffix(content, []byte("\n\n")):
		faults = append(faults, "ends with a blank line")
	case bytes.HasPrefix(content, []byte("\n")):
		faults = append(faults, "begins with a blank line")
	}
	if i := bytes.Index(content, []byte("\n\n\n")); i >= 0 {
		faults = append(faults, fmt.Sprintf("two blank lines in a row after line %d", bytes.Count(content[:i], []byte("\n"))+1))
	}
	for i, line := range strings.Split(string(content), "\n") {
		if line != strings.TrimRight(line, " \t\r") {
			faults = append(faults, fmt.Sprintf("line %d ends with white space: %q", i+1, line))
		}
	}
	return faults
}

// residue is what a template leaves behind that has failed.
var residue = regexp.MustCompile(`\{\{|<no value>|%!`)

// residueFaults looks for residue in text. Go and JSON also use two braces in a row; their checks look into strings only.
func residueFaults(name string, content []byte) (faults []string) {
	if strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".json") {
		return nil
	}
	for i, line := range strings.Split(string(content), "\n") {
		if m := residue.FindString(line); m != "" && !strings.Contains(line, "${{") {
			faults = append(faults, fmt.Sprintf("line %d holds %q: %s", i+1, m, line))
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
	for _, text := range texts(file) {
		if m := residue.FindString(text); m != "" {
			faults = append(faults, fmt.Sprintf("holds %q: %s", m, text))
		}
	}
	return faults
}

// texts returns the comments and strings of a Go file.
func texts(file *ast.File) (all []string) {
	for _, group := range file.Comments {
		all = append(all, group.Text())
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			all = append(all, lit.Value)
		}
		return true
	})
	return all
}

// legend is how Grafana names the lines of a panel, by a label.
var legend = regexp.MustCompile(`\{\{[a-z_]+\}\}`)

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
		if err := n.Decode(&v); err != nil { // a key that is there twice
			return append(faults, err.Error())
		}
		faults = append(faults, emptyKeys(&n)...)
	}
}

// emptyKeys names the keys without a value: sections that are empty.
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
