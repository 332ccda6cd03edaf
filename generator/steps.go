package generator

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
)

// Step is one step in the history of a schema: a file such as a migration, which is never changed or renumbered once the
// project has it.
type Step struct {
	Owner string `yaml:"owner"`
	// For is the preset whose schema the step is part of, such as a database, where that is not the owner.
	For string `yaml:"for,omitempty"`
	// Path of the file, whose name begins with the version: "…/00002_outbox.sql".
	Path string `yaml:"path"`
	// Fields describes those that the step gave to its table: all that the entity had when the table was created, or one that
	// was added. It is empty for other steps, and for those of projects that are older than fields.
	Fields []string `yaml:"fields,omitempty"`
	// Content is kept for a step of a schema that the service does not have at present, and comes back with that.
	Content string `yaml:"content,omitempty"`
}

// History is what the schema of a project has been through.
type History struct {
	Steps []Step // in the order in which they were created, with their content where it is known
	// Versions returns the versions of the files in a directory of the project, including the user's own. It may be nil.
	Versions func(dir string) []int64
}

var (
	// stepTemplate matches the name of a template for a step, as in {step2}_outbox.sql. The number orders new steps.
	stepTemplate = regexp.MustCompile(`^\{step([1-9][0-9]{0,3})\}_(.+)$`)
	// versioned matches the name of a file with a version.
	versioned = regexp.MustCompile(`^([0-9]{1,18})_(.+)$`)
)

// Version returns the version that the name of a file begins with, and the rest of the name; 0 if there is none.
func Version(file string) (version int64, name string) {
	m := versioned.FindStringSubmatch(path.Base(file))
	if m == nil {
		return 0, ""
	}
	version, _ = strconv.ParseInt(m[1], 10, 64) // 18 digits always fit
	return version, m[2]
}

// stepOf returns the order and the name of a planned step; 0 for other files.
func stepOf(file string) (order int, name string) {
	m := stepTemplate.FindStringSubmatch(path.Base(file))
	if m == nil {
		return 0, ""
	}
	order, _ = strconv.Atoi(m[1])
	return order, m[2]
}

// Continue generates a service whose schema has a history. Errors are those of Generate.
func (c *Catalog) Continue(a Answers, h History) (*Tree, error) {
	selection, err := c.Select(a)
	if err != nil {
		return nil, err
	}
	plan, err := selection.Plan()
	if err != nil {
		return nil, err
	}
	plan.History = h
	return plan.Render()
}

// schema returns the preset whose schema the step is part of.
func (s Step) schema() string { return cmp.Or(s.For, s.Owner) }

// number puts the steps of the schema into the tree: those of the history as they were, and each new one with the next free version.
func (p *Plan) number(t *Tree) error {
	n := numbering{plan: p, tree: t, rendered: map[string]File{}, taken: map[string]bool{}}
	t.Files = slices.DeleteFunc(t.Files, func(f File) bool {
		order, name := stepOf(f.Path)
		if order > 0 {
			n.rendered[p.schemaOf(f)+" "+f.Owner+" "+name] = f
		}
		return order > 0
	})
	for _, f := range t.Files {
		n.taken[f.Path] = true
	}
	n.last = n.highest()
	for _, step := range p.History.Steps {
		if err := n.known(step); err != nil {
			return err
		}
	}
	n.new()
	return nil
}

type numbering struct {
	plan     *Plan
	tree     *Tree
	rendered map[string]File // by schema, owner and name; those that are left are new
	taken    map[string]bool // paths of the tree
	last     int64           // the highest version so far
}

// highest returns the highest version that the history or the project has.
func (n *numbering) highest() (last int64) {
	dirs := map[string]bool{}
	for _, f := range n.plan.Files {
		if order, _ := stepOf(f.Path); order > 0 {
			dirs[path.Dir(f.Path)] = true
		}
	}
	for _, step := range n.plan.History.Steps {
		version, _ := Version(step.Path)
		last = max(last, version)
		dirs[path.Dir(step.Path)] = true
	}
	for _, f := range n.tree.Files {
		if version, _ := Version(f.Path); dirs[path.Dir(f.Path)] {
			last = max(last, version)
		}
	}
	if n.plan.History.Versions == nil {
		return last
	}
	for _, dir := range sortedKeys(dirs) {
		last = max(last, slices.Max(append(n.plan.History.Versions(dir), 0)))
	}
	return last
}

// known deals with a step of the history.
func (n *numbering) known(step Step) error {
	_, name := Version(step.Path)
	if err := checkPath(step.Path, ""); err != nil || name == "" {
		return &Error{Kind: KindAnswers, Code: "bad-step", What: fmt.Sprintf("%q is not a valid step of a schema", step.Path),
			Why: "a step is a file in the project whose name begins with a version", Fix: "restore .otelgen.yaml from version control"}
	}
	if !slices.ContainsFunc(n.plan.owners, func(o *Preset) bool { return o.ID() == step.schema() }) {
		n.tree.Steps = append(n.tree.Steps, step)
		return nil
	}
	key := step.schema() + " " + step.Owner + " " + name
	file := File{Path: step.Path, Mode: 0o644, Owner: step.Owner}
	for _, f := range n.plan.Files {
		order, planned := stepOf(f.Path)
		if order == 0 || f.Owner != step.Owner && f.Owner != step.schema() {
			continue
		}
		file.Path = path.Join(path.Dir(f.Path), path.Base(step.Path)) // where the layout has it
		if f.Owner == step.Owner && planned == name {
			file.Template = f.Template
			break
		}
	}
	if file.Content = []byte(step.Content); step.Content == "" {
		file.Content = n.rendered[key].Content
	}
	delete(n.rendered, key)
	n.add(file, step.schema(), step.Fields)
	return nil
}

// new numbers the steps that the project does not have yet.
func (n *numbering) new() {
	files := make([]File, 0, len(n.rendered))
	for _, key := range sortedKeys(n.rendered) {
		files = append(files, n.rendered[key])
	}
	slices.SortStableFunc(files, func(a, b File) int {
		first, _ := stepOf(a.Path)
		second, _ := stepOf(b.Path)
		return cmp.Compare(first, second)
	})
	for _, file := range files {
		n.last++
		_, name := stepOf(file.Path)
		schema := n.plan.schemaOf(file)
		fields := n.plan.fieldsOfStep(file, schema)
		file.Path = path.Join(path.Dir(file.Path), fmt.Sprintf("%05d_%s", n.last, name))
		n.add(file, schema, fields)
	}
}

func (n *numbering) add(file File, schema string, fields []string) {
	if len(file.Content) > 0 && !n.taken[file.Path] {
		n.taken[file.Path] = true
		n.tree.Files = append(n.tree.Files, file)
	}
	step := Step{Owner: file.Owner, Path: file.Path, Fields: fields}
	if schema != file.Owner {
		step.For = schema
	}
	n.tree.Steps = append(n.tree.Steps, step)
}

// schemaOf returns the preset whose schema a new step belongs to. It is the one that was chosen alone, like a
// database, and has the code of the role; otherwise it is the owner.
func (p *Plan) schemaOf(step File) string {
	for _, o := range p.owners {
		if !p.alone(o) {
			continue
		}
		inRole := func(f PlannedFile) bool { return f.owner == o && roleOf(f.Template) == roleOf(step.Template) }
		if slices.ContainsFunc(p.Files, inRole) {
			return o.ID()
		}
	}
	return step.Owner
}

// alone reports whether the preset is the only choice of its group, so that another one takes its place.
func (p *Plan) alone(o *Preset) bool {
	for _, axis := range p.selection.catalog.skeleton.axes {
		if axis.Name == o.Axis {
			group := axis.group(o.Group)
			return group != nil && group.Max == 1
		}
	}
	return false
}
