// Package claims holds a preset to its own claims: the test.txtar in its folder, a script that generates services
// with the preset and says what must be in them. It reads what the generator returns, in memory; it must not write
// files or run commands, because the claims of a preset are not trusted.
//
// One command a line, quoted as in a shell; a line that begins with "#" is a comment; "!" before a command negates
// it.
//
//	new [FLAG…]          generates a service with the preset, nearest to the defaults; flags as for otelgen new
//	! new [FLAG…]        the answers are refused; says looks at the error
//	says REGEXP          the error of the last "! new", or its reason, matches
//	exists PATH…         the service has these files
//	grep REGEXP PATH…    a line of each file matches
//	holds PATH TEXT      the file has the lines of the script's own file TEXT, one after the other
//	changed [PATH…]      exactly these files differ from those of the "new" before the last one
//
// The service is called shop.
package claims

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kballard/go-shellquote"
	"golang.org/x/tools/txtar"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/matrix"
)

// FileName is the name of the script in the folder of a preset.
const FileName = "test.txtar"

// Check runs the script of the preset. Each claim that does not hold is an *generator.Error of KindPreset; where is
// the path of the script that its position begins with. The error is a join of them.
func Check(c *generator.Catalog, axis, name, where string, script []byte) error {
	archive := txtar.Parse(script)
	r := run{catalog: c, axis: axis, name: name, texts: map[string][]byte{}}
	for _, f := range archive.Files {
		r.texts[f.Name] = f.Data
	}
	var errs []error
	for i, line := range strings.Split(string(archive.Comment), "\n") {
		if err := r.line(line); err != nil {
			errs = append(
				errs,
				&generator.Error{Kind: generator.KindPreset, Code: "claim", What: strings.TrimSpace(line), Why: err.Error(),
					Fix: "correct the claim, or the preset", Where: fmt.Sprintf("%s:%d", where, i+1)},
			)
		}
	}
	if r.commands == 0 {
		errs = append(errs, &generator.Error{Kind: generator.KindPreset, Code: "claim", What: "the script has no claims",
			Why: "it has no commands", Fix: "add a claim, or remove the script", Where: where})
	}
	return errors.Join(errs...)
}

// run is the state of a script.
type run struct {
	catalog    *generator.Catalog
	axis, name string
	texts      map[string][]byte // files of the script

	commands    int
	before, now map[string][]byte // files of the last two services
	refused     error
}

func (r *run) line(text string) error {
	if text = strings.TrimSpace(text); text == "" || text[0] == '#' {
		return nil
	}
	words, err := shellquote.Split(text)
	if err != nil {
		return err
	}
	r.commands++
	negated := words[0] == "!"
	if negated {
		words = words[1:]
	}
	if len(words) == 0 {
		return errors.New("no command follows \"!\"")
	}
	name, args := words[0], words[1:]
	command, ok := commands[name]
	switch {
	case !ok:
		return fmt.Errorf(
			"unknown command %s; known commands: %s",
			name,
			strings.Join(slices.Sorted(maps.Keys(commands)), ", "),
		)
	case len(args) < command.args:
		return fmt.Errorf("%s needs %d arguments", name, command.args)
	case r.now == nil && command.service:
		return errors.New("no service yet: start with new")
	}
	return command.do(r, negated, args)
}

var commands = map[string]struct {
	args    int  // at least
	service bool // there must be one
	do      func(r *run, negated bool, args []string) error
}{
	"new":     {0, false, (*run).new},
	"says":    {1, false, (*run).says},
	"exists":  {1, true, (*run).exists},
	"grep":    {2, true, (*run).grep},
	"holds":   {2, true, (*run).holds},
	"changed": {0, true, (*run).changed},
}

func (r *run) new(refuse bool, args []string) error {
	answers, err := r.answers(args)
	if err != nil {
		return err
	}
	r.refused = nil
	files, err := generate(r.catalog, answers)
	if !refuse && err == nil {
		r.before, r.now = r.now, files
		return nil
	}
	var e *generator.Error
	switch {
	case !refuse:
		return err
	case err == nil:
		return errors.New("these answers are accepted")
	case !errors.As(err, &e) || e.Kind != generator.KindAnswers:
		return fmt.Errorf("the answers were accepted, but a preset is broken: %w", err)
	}
	r.refused = err
	return nil
}

// answers reads the flags. Axes that they do not name get the presets that are nearest to the defaults.
func (r *run) answers(args []string) (generator.Answers, error) {
	a := generator.Answers{Name: matrix.Service, Presets: map[string][]string{}, Options: map[string]string{}}
	for len(args) > 0 {
		flag, value, ok := strings.Cut(args[0], "=")
		args = args[1:]
		if !ok {
			if len(args) == 0 {
				return a, fmt.Errorf("%s has no value", flag)
			}
			value, args = args[0], args[1:]
		}
		flag, ok = strings.CutPrefix(flag, "--")
		isAxis := slices.ContainsFunc(r.catalog.Axes(), func(axis generator.Axis) bool { return axis.Name == flag })
		switch {
		case ok && isAxis:
			a.Presets[flag] = append(a.Presets[flag], strings.Split(value, ",")...)
		case ok && flag == "module":
			a.Module = value
		case ok && flag == "entity":
			a.Entity = value
		case ok && flag == "entity-plural":
			a.EntityPlural = value
		case ok && flag == "option":
			key, set, _ := strings.Cut(value, "=")
			a.Options[key] = set
		default:
			return a, fmt.Errorf("%q is not a flag of otelgen new that a claim can use", flag)
		}
	}
	nearest, err := matrix.Nearest(r.catalog, r.axis, r.name)
	if err != nil {
		return a, err
	}
	given := maps.Clone(a.Presets)
	for axis, names := range nearest.Presets {
		if given[axis] == nil {
			a.Presets[axis] = names
		}
	}
	if !slices.Contains(a.Presets[r.axis], r.name) {
		a.Presets[r.axis] = append(a.Presets[r.axis], r.name)
	}
	return a, nil
}

func generate(c *generator.Catalog, a generator.Answers) (map[string][]byte, error) {
	tree, err := c.Generate(a)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, f := range tree.Files {
		files[f.Path] = f.Content
	}
	return files, nil
}

func (r *run) says(negated bool, args []string) error {
	if r.refused == nil {
		return errors.New("nothing was refused: says must follow ! new")
	}
	pattern, err := regexp.Compile(args[0])
	if err != nil {
		return err
	}
	if pattern.MatchString(r.refused.Error()) == negated {
		return fmt.Errorf("the error is: %s", strings.ReplaceAll(r.refused.Error(), "\n ", ";"))
	}
	return nil
}

func (r *run) exists(negated bool, paths []string) error {
	for _, path := range paths {
		if _, ok := r.now[path]; ok == negated {
			return fmt.Errorf("%s: %s", path, map[bool]string{true: "it exists", false: "there is no such file"}[ok])
		}
	}
	return nil
}

func (r *run) grep(negated bool, args []string) error {
	pattern, err := regexp.Compile(args[0])
	if err != nil {
		return err
	}
	for _, path := range args[1:] {
		content, ok := r.now[path]
		if !ok {
			return fmt.Errorf("%s: there is no such file", path)
		}
		lines := bytes.Split(content, []byte("\n"))
		at := slices.IndexFunc(lines, pattern.Match)
		switch {
		case at < 0 && !negated:
			return fmt.Errorf("%s: no line matches", path)
		case at >= 0 && negated:
			return fmt.Errorf("%s:%d: %s", path, at+1, lines[at])
		}
	}
	return nil
}

func (r *run) holds(negated bool, args []string) error {
	content, ok := r.now[args[0]]
	text, known := r.texts[args[1]]
	switch {
	case len(args) > 2:
		return errors.New("holds takes a path and the name of a file in the script")
	case !ok:
		return fmt.Errorf("%s: there is no such file", args[0])
	case !known || len(bytes.TrimSpace(text)) == 0:
		return fmt.Errorf("the script has no file %s", args[1])
	case bytes.Contains(append([]byte("\n"), content...), append([]byte("\n"), text...)) == negated:
		return fmt.Errorf(
			"%s: %s",
			args[0],
			map[bool]string{true: "it contains the text", false: "it does not contain the text"}[negated],
		)
	}
	return nil
}

func (r *run) changed(negated bool, paths []string) error {
	if negated || r.before == nil {
		return errors.New("changed compares two services and cannot be negated")
	}
	var got []string
	for path := range r.now {
		if old, ok := r.before[path]; !ok || !bytes.Equal(old, r.now[path]) {
			got = append(got, path)
		}
	}
	for path := range r.before {
		if _, ok := r.now[path]; !ok {
			got = append(got, path)
		}
	}
	slices.Sort(got)
	if want := slices.Sorted(slices.Values(paths)); !slices.Equal(got, want) {
		return fmt.Errorf("what differs is: %s", strings.Join(got, " "))
	}
	return nil
}
