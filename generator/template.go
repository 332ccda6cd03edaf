package generator

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"text/template"
	"text/template/parse"
)

// parsedTemplate is the syntax of one template file, which many goroutines may execute.
type parsedTemplate struct {
	name  string
	trees map[string]*parse.Tree // itself, and what it defines
}

// parseTemplate parses text. The name is the position of its file, so that errors show it.
func parseTemplate(name, text string) (*parsedTemplate, error) {
	trees, err := parse.Parse(name, text, "", "", workerFunctions, functions(), builtins)
	if err != nil {
		return nil, templateError(name, err)
	}
	for _, tree := range trees {
		meter(tree)
	}
	return &parsedTemplate{name, trees}, nil
}

// builtins are the functions of text/template itself, which does not export their names.
var builtins = map[string]any{
	"and": 0, "call": 0, "html": 0, "index": 0, "slice": 0, "js": 0, "len": 0, "not": 0, "or": 0, "print": 0, "printf": 0, "println": 0,
	"urlquery": 0, "eq": 0, "ge": 0, "gt": 0, "le": 0, "lt": 0, "ne": 0,
}

// template reads and parses a template of the folder, once for the catalog.
func (c *Catalog) template(dir *folder, file string) (*parsedTemplate, error) {
	where := dir.position(file)
	if t, ok := c.parsed.Load(where); ok {
		return t.(*parsedTemplate), nil
	}
	text, err := dir.read(file, maxTemplate)
	if err != nil {
		return nil, &Error{Kind: KindPreset, Code: "template", What: "the template cannot be read", Why: err.Error(), Fix: "make it a file that may be read", Where: where}
	}
	t, err := parseTemplate(where, string(text))
	if err != nil {
		return nil, err
	}
	c.parsed.Store(where, t)
	return t, nil
}

// warm parses the partials ahead, while the selection is made. Their errors, and panics, come back when they are needed.
func (c *Catalog) warm() {
	defer func() { _ = recover() }()
	_, _ = c.base()
}

// partials returns a new set with the partials of the skeleton, "partials/x", and all functions.
func (c *Catalog) partials() (*template.Template, error) {
	set := template.New("").Option("missingkey=error").Funcs(functions())
	names, err := c.skeleton.dir.walk("partials")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		t, err := c.template(c.skeleton.dir, "partials/"+name)
		if err != nil {
			return nil, err
		}
		for n, tree := range t.trees {
			if n == t.name {
				n = "partials/" + strings.TrimSuffix(name, templateSuffix)
			}
			if _, err := set.AddParseTree(n, tree); err != nil {
				return nil, err
			}
		}
	}
	return set, nil
}

// templateError turns an error of text/template, "template: FILE:LINE:COL: executing "FILE" at <.X>: why", into an *Error. One that holds
// an *Error already, of a template further in, becomes that. One without a position gets the name.
func templateError(name string, err error) error {
	var inner *Error
	if errors.As(err, &inner) {
		return inner
	}
	what, why, where := "the template fails", err.Error(), name
	if msg, ok := strings.CutPrefix(why, "template: "); ok {
		what = "the template is not well-formed"
		where, why, _ = strings.Cut(msg, ": ")
		if rest, ok := strings.CutPrefix(why, "executing "); ok {
			_, rest, _ = strings.Cut(rest, " at <")
			what, why, _ = strings.Cut(rest, ">: ")
			what = "the template fails at {{ " + strings.NewReplacer(weighed+" ", "", " | "+weighed, "").Replace(what) + " }}"
		}
	}
	if limit := (*limitError)(nil); errors.As(err, &limit) {
		what, why = "the template was stopped", limit.why
	}
	return &Error{Kind: KindPreset, Code: "template", What: what, Why: why, Fix: "correct the template at this place", Where: firstLine(where)}
}

// firstLine cuts "file:line:column" behind the first number.
func firstLine(where string) string {
	file, number := where, ""
	for {
		at := strings.LastIndexByte(file, ':')
		if at < 0 || at+1 == len(file) || strings.Trim(file[at+1:], "0123456789") != "" {
			break
		}
		file, number = file[:at], file[at:]
	}
	return file + number
}

// limitedBuffer refuses to grow without end.
type limitedBuffer struct{ bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxOutput {
		return 0, &limitError{fmt.Sprintf("it gives more than %d MiB", maxOutput>>20)}
	}
	return b.Buffer.Write(p)
}
