package generator

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"text/template"

	"go.yaml.in/yaml/v3"

	"github.com/otelgen/otelgen/generator/golang"
	"github.com/otelgen/otelgen/generator/golang/gomod"
)

// Generate goes from answers to tree in one call: Select, Plan and Render, whose errors it returns.
func (c *Catalog) Generate(a Answers) (*Tree, error) {
	selection, err := c.Select(a)
	if err != nil {
		return nil, err
	}
	plan, err := selection.Plan()
	if err != nil {
		return nil, err
	}
	return plan.Render()
}

// Render executes all templates, formats the results, both in parallel, and returns the whole service with go.mod and
// go.sum. The error is an *Error of KindPreset, unless the module path clashes with a package of the service. If
// there are several errors, it always returns the same one.
func (p *Plan) Render() (*Tree, error) {
	if err := p.addFields(); err != nil {
		return nil, err
	}
	jobs, err := p.run()
	if err != nil {
		return nil, err
	}
	t := &Tree{}
	for _, j := range jobs {
		if len(j.out.Content) > 0 {
			t.Files = append(t.Files, j.out)
		}
	}
	mods, err := p.modules(jobs)
	if err != nil {
		return nil, err
	}
	add := func(name string, content []byte) {
		if len(content) > 0 {
			t.Files = append(t.Files, File{Path: name, Mode: 0o644, Content: content, Owner: skeletonName, Template: gomod.LockFile})
		}
	}
	add("go.mod", mods.Mod)
	add("go.sum", mods.Sum)
	if err := p.number(t); err != nil {
		return nil, err
	}
	slices.SortFunc(t.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return t, nil
}

// Imports returns the third-party import paths that each owner's templates write, sorted, whether the locks know them or not: what a
// lock has to be made of.
func (p *Plan) Imports() (map[string][]string, error) {
	jobs, err := p.run()
	if err != nil {
		return nil, err
	}
	sets := map[string]map[string]bool{}
	for _, j := range jobs {
		for owner, paths := range j.written {
			for _, i := range paths {
				if golang.ThirdParty(i, p.context.Module) {
					if sets[owner] == nil {
						sets[owner] = map[string]bool{}
					}
					sets[owner][i] = true
				}
			}
		}
	}
	all := map[string][]string{}
	for owner, set := range sets {
		all[owner] = slices.Sorted(maps.Keys(set))
	}
	return all, nil
}

// run renders every file of the plan.
func (p *Plan) run() ([]*job, error) {
	jobs := make([]*job, len(p.Files))
	workers := make([]*worker, len(jobs)) // as many as run at once are made
	var all totals
	err := inParallel(len(jobs), func(n, i int) (err error) {
		if workers[n] == nil {
			if workers[n], err = p.newWorker(); err != nil {
				return err
			}
		}
		jobs[i], err = workers[n].render(&p.Files[i], &all)
		return err
	})
	if err != nil {
		return nil, err
	}
	if p.Rendered != nil {
		p.Rendered()
	}
	largest := slices.Clone(jobs) // first, so that in the end no worker waits long for another
	slices.SortStableFunc(largest, func(a, b *job) int { return cmp.Compare(len(b.out.Content), len(a.out.Content)) })
	return jobs, inParallel(len(jobs), func(_, i int) error { return p.finish(largest[i]) })
}

// modules resolves what the files import.
func (p *Plan) modules(jobs []*job) (gomod.Files, error) {
	packages := map[string]bool{}
	for _, j := range jobs {
		if strings.HasSuffix(j.file.Path, ".go") && len(j.out.Content) > 0 {
			packages[path.Join(p.context.Module, j.dir)] = true
		}
	}
	importer := map[string]*PlannedFile{}
	for i := range jobs {
		for _, imp := range jobs[i].imports {
			switch {
			case golang.ThirdParty(imp, p.context.Module):
				if importer[imp] == nil {
					importer[imp] = jobs[i].file
				}
			case golang.Within(imp, p.context.Module) && !packages[imp]:
				return gomod.Files{}, p.noPackage(imp, jobs[i].file)
			}
		}
	}
	files, err := gomod.Resolve(p.context.Module, sortedKeys(importer), p.lockFiles()...)
	if err == nil {
		return files, nil
	}
	return gomod.Files{}, p.lockError(err, importer)
}

// noPackage is the error for an import from the service's own module that none of its files is in.
func (p *Plan) noPackage(imp string, f *PlannedFile) error {
	if first, _, _ := strings.Cut(p.context.Module, "/"); !strings.Contains(first, ".") {
		return &Error{Kind: KindAnswers, Code: "bad-module", What: fmt.Sprintf("%q cannot be the module path", p.context.Module),
			Why: fmt.Sprintf("the service imports %q, which would be taken for its own", imp), Fix: "use a path such as --module example.com/shop"}
	}
	return &Error{Kind: KindPreset, Code: "no-package", What: fmt.Sprintf("%s imports %q", f.Path, imp), Why: "no file of the service is in this package",
		Fix: "import the package by its role, as in \"@store\", or write it", Where: f.position()}
}

// worker renders one file at a time.
type worker struct {
	plan    *Plan
	set     *template.Template // partials, with functions bound to this worker
	current *template.Template // set, or a copy of it for a template with its own definitions
	job     *job
	depth   int
	budget  budget
}

// job is one file being rendered.
type job struct {
	file    *PlannedFile
	dir     string
	out     File // without content if the template left it out
	imports []string

	merge   []golang.Import
	written map[string][]string // owner → imports before pruning
	yaml    bool                // a fragment of YAML went in
}

func (p *Plan) newWorker() (*worker, error) {
	base, err := p.selection.catalog.base()
	if err != nil {
		return nil, err
	}
	set, err := base.Clone()
	if err != nil {
		return nil, err
	}
	w := &worker{plan: p, set: set, current: set, budget: budget{maxWork}}
	set.Funcs(w.budget.guardAll(functions()))
	set.Funcs(w.functions())
	return w, nil
}

// execute runs a template. Its error is an *Error.
func (w *worker) execute(t *parsedTemplate, dot *context) (string, error) {
	set, before := w.set, w.current
	if len(t.trees) > 1 { // its definitions are its own
		var err error
		if set, err = w.set.Clone(); err != nil {
			return "", err
		}
	}
	for name, tree := range t.trees {
		if _, err := set.AddParseTree(name, tree); err != nil {
			return "", err
		}
	}
	w.current = set
	defer func() { w.current = before }()
	var b limitedBuffer
	if err := set.ExecuteTemplate(&b, t.name, dot); err != nil {
		return "", templateError(t.name, err)
	}
	return b.String(), nil
}

func (w *worker) executeFile(o *Preset, file string) (string, error) {
	t, err := w.plan.selection.catalog.template(o.dir, file)
	if err != nil {
		return "", err
	}
	dot := w.plan.contextOf(o)
	if w.job != nil {
		dot.Alert, dot.Field = w.job.file.alert, w.job.file.field
	}
	return w.execute(t, dot)
}

// totals is what the templates of a service have done so far: the work, and the bytes that came of it.
type totals struct{ work, size atomic.Int64 }

// render executes the template of a file.
func (w *worker) render(f *PlannedFile, all *totals) (*job, error) {
	j := &job{file: f, dir: path.Dir(f.Path), out: File{Path: f.Path, Mode: 0o644, Owner: f.Owner, Template: f.Template}, written: map[string][]string{}}
	tooMuch := func(why string) (*job, error) {
		return j, &Error{Kind: KindPreset, Code: "template", What: "the template was stopped", Why: why, Fix: "have the preset give less", Where: f.position()}
	}
	if all.work.Load() > maxTotal {
		return tooMuch("together, the templates of the service do more than any of use would")
	}
	w.job, w.budget.left = j, maxWork
	text, err := w.executeFile(f.owner, f.Template)
	all.work.Add(maxWork - w.budget.left)
	if err != nil || strings.TrimSpace(text) == "" {
		return &job{file: f, dir: j.dir}, err
	}
	j.out.Content = []byte(text)
	if strings.HasPrefix(text, "#!") {
		j.out.Mode = 0o755
	}
	if all.size.Add(int64(len(text))) > maxTree {
		return tooMuch(fmt.Sprintf("together, the templates of the service give more than %d MiB", maxTree>>20))
	}
	return j, nil
}

// finish formats or checks what a template gave.
func (p *Plan) finish(j *job) error {
	switch {
	case len(j.out.Content) == 0:
	case path.Ext(j.file.Path) == ".go":
		return p.finishGo(j)
	case j.yaml:
		var v any
		if err := yaml.Unmarshal(j.out.Content, &v); err != nil {
			return &Error{Kind: KindPreset, Code: "yaml", What: j.file.Path + " is not YAML with what its slots hold", Why: err.Error(),
				Fix: "correct the fragments of its slots, which otelgen explain names", Where: j.file.position()}
		}
	}
	return nil
}

func (p *Plan) finishGo(j *job) error {
	file, err := p.finishedGo(j.out.Content, golang.Options{
		Module: p.context.Module, PackagePath: path.Join(p.context.Module, j.dir), PackageName: p.packageName, Imports: j.merge,
		Role: roleOf(j.file.Template), Roles: p.layout.paths, Composed: len(j.file.Fragments) > 0,
	})
	if err != nil {
		var unknown *golang.UnknownRole
		if errors.As(err, &unknown) {
			return unknownRole(unknown.Role, p.layout.roles, j.file.position())
		}
		return goError(err, j.file.Path, j.file.position())
	}
	j.written[j.file.Owner] = append(j.written[j.file.Owner], file.Written...)
	j.out.Content, j.imports = file.Content, file.Imports
	return nil
}

// finishedGo finishes a Go file, unless a service of the catalog had the same before.
func (p *Plan) finishedGo(src []byte, o golang.Options) (*golang.File, error) {
	digest := sha256.New()
	fmt.Fprintln(digest, o.Module, o.PackagePath, o.Role, o.Roles, o.Imports)
	digest.Write(src)
	key := [sha256.Size]byte(digest.Sum(nil))
	finished := &p.selection.catalog.finished
	if file, ok := finished.Load(key); ok {
		return file.(*golang.File), nil
	}
	file, err := golang.Finish(src, o)
	if err == nil {
		finished.Store(key, file)
	}
	return file, err
}

// roleOf returns the role that a template is addressed to.
func roleOf(template string) string {
	role, _, _ := strings.Cut(strings.TrimPrefix(template, "files/@"), "/")
	return role
}

func (p *Plan) packageName(importPath string) string {
	for _, l := range p.locks {
		if name := l.PackageName(importPath); name != "" {
			return name
		}
	}
	return ""
}

func goError(err error, file, where string) error {
	e := &Error{Kind: KindPreset, Code: "go", What: file + " is not Go as rendered", Why: err.Error(), Fix: "correct the template", Where: where}
	var s *golang.SyntaxError
	if errors.As(err, &s) {
		e.What = fmt.Sprintf("%s is not Go in line %d as rendered", file, s.Line)
	}
	return e
}

// slot renders the fragments of a slot into the current file.
func (w *worker) slot(name string) (string, error) {
	skeleton := w.plan.selection.catalog.skeleton
	decl, ok := skeleton.slots[name]
	if !ok {
		known := sortedKeys(skeleton.slots)
		return "", fmt.Errorf("%q is no slot; known slots: %s; %s", name, list(known), didYouMean(name, known))
	}
	if w.job == nil || w.job.file.Owner != skeletonName || w.job.file.Template != path.Join("files", decl.file+templateSuffix) {
		return "", fmt.Errorf("the slot %q belongs to the file %s", name, decl.file)
	}
	if w.depth++; w.depth > maxDepth {
		return "", errors.New("slots open one another without end")
	}
	defer func() { w.depth-- }()
	var texts []string
	for _, f := range w.job.file.Fragments {
		if f.Slot != name {
			continue
		}
		text, err := w.fragment(f, decl.kind)
		if err != nil {
			return "", err
		}
		if text != "" {
			texts = append(texts, text)
		}
	}
	if decl.kind == "text" { // paragraphs
		return strings.Join(texts, "\n\n"), nil
	}
	return strings.Join(texts, "\n"), nil
}

// fragment renders and checks one fragment, notes it, and returns what goes into the file.
func (w *worker) fragment(f Fragment, kind string) (string, error) {
	o := w.plan.owners[slices.IndexFunc(w.plan.owners, func(o *Preset) bool { return o.ID() == f.Owner })]
	text, err := w.executeFile(o, f.Template)
	if err != nil {
		return "", err
	}
	text = trimLines(text)
	if text == "" {
		return "", nil
	}
	f.Text = []byte(text)
	w.job.out.Fragments = append(w.job.out.Fragments, f)
	where := o.dir.position(f.Template)
	switch kind {
	case "go":
		imports, body, err := golang.CutFragment(f.Text)
		if err != nil {
			return "", goError(err, "the fragment", where)
		}
		w.job.merge = append(w.job.merge, imports...)
		for _, i := range imports {
			w.job.written[f.Owner] = append(w.job.written[f.Owner], i.Path)
		}
		return trimLines(string(body)), nil
	case "yaml":
		var n yaml.Node
		if err := yaml.Unmarshal(f.Text, &n); err != nil {
			return "", &Error{Kind: KindPreset, Code: "yaml", What: "the fragment is not YAML as rendered", Why: err.Error(), Fix: "correct the template", Where: where}
		}
		w.job.yaml = true
	}
	return text, nil
}

// trimLines takes off blank lines at the start and white space at the end; it leaves the indentation of the first line.
func trimLines(s string) string {
	s = strings.TrimRight(s, " \t\r\n")
	for {
		line, rest, ok := strings.Cut(s, "\n")
		if !ok || strings.TrimSpace(line) != "" {
			return s
		}
		s = rest
	}
}
