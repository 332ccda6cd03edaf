// Package starter writes a custom preset to start from: a copy of a built-in preset under another name, with
// comments. It knows no preset by name, and the copy of any preset works.
package starter

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/generator/golang/gomod"
	"github.com/otelgen/otelgen/internal/claims"
	"github.com/otelgen/otelgen/internal/goldens"
	"github.com/otelgen/otelgen/internal/matrix"
	"github.com/otelgen/otelgen/internal/proof"
)

// copied are the files and folders of a preset that are copied.
var copied = []string{"files", "slots", gomod.LockFile, "preset.yaml", "README.md"}

// New returns the files of a preset called id, "axis/name", made of the built-in one called from; of the axis's
// default if that is empty. The note says what is left to do before both can be chosen, if they can. Errors are
// *generator.Error of KindAnswers.
func New(
	c *generator.Catalog,
	skeleton fs.FS,
	builtin generator.Source,
	id, from string,
) (all []generator.File, note string, err error) {
	axis, name, ok := strings.Cut(id, "/")
	if !ok {
		return nil, "", &generator.Error{
			Kind: generator.KindAnswers,
			Code: "usage",
			What: fmt.Sprintf("%q is not AXIS/NAME", id),
			Why:  "the name of a preset includes its axis",
			Fix:  "write it as in: otelgen preset init broker/acme-bus",
		}
	}
	model, err := example(c, axis, from)
	if err != nil {
		return nil, "", err
	}
	if err := free(c, axis, name); err != nil {
		return nil, "", err
	}
	files, err := read(builtin, model)
	if err != nil {
		return nil, "", err
	}
	if combines(c, model) {
		note = fmt.Sprintf(rename, model.ID())
	}
	title := strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "-", " ")
	files["preset.yaml"] = manifest(files["preset.yaml"], model, title)
	files["README.md"] = readme(files["README.md"], model, title, note)
	own, err := with(skeleton, builtin, axis, name, files)
	if err != nil {
		return nil, "", err
	}
	if files[claims.FileName], err = script(own, axis, name); err != nil {
		return nil, "", err
	}
	p, err := own.Preset(axis, name)
	if err != nil {
		return nil, "", err
	}
	if files[proof.GoldenFile], err = goldens.Preset(own, p); err != nil {
		return nil, "", err
	}
	for p, content := range files {
		all = append(all, generator.File{Path: p, Mode: 0o644, Content: content})
	}
	slices.SortFunc(all, func(a, b generator.File) int { return cmp.Compare(a.Path, b.Path) })
	return all, note, nil
}

// free returns an error if there is a built-in preset of that name.
func free(c *generator.Catalog, axis, name string) error {
	all, err := c.Presets(axis)
	if err != nil || !slices.ContainsFunc(all, func(p *generator.Preset) bool { return p.Name == name }) {
		return err
	}
	return &generator.Error{
		Kind: generator.KindAnswers, Code: "preset-name", What: axis + "/" + name + " is a built-in preset",
		Why: "a preset with the same name can only replace it, with --replace", Fix: "give it another name",
	}
}

// read returns the files of the model that are copied.
func read(builtin generator.Source, model *generator.Preset) (map[string][]byte, error) {
	sub, err := fs.Sub(builtin.FS, model.ID())
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	err = fs.WalkDir(sub, ".", func(p string, e fs.DirEntry, err error) error {
		if top, _, _ := strings.Cut(p, "/"); err != nil || e.IsDir() || !slices.Contains(copied, top) {
			return err
		}
		files[p], err = fs.ReadFile(sub, p)
		return err
	})
	return files, err
}

// example returns the preset to start from.
func example(c *generator.Catalog, axis, from string) (*generator.Preset, error) {
	all, err := c.Presets(axis)
	if err != nil {
		return nil, err
	}
	if from == "" {
		at := slices.IndexFunc(all, func(p *generator.Preset) bool { return p.Default })
		return all[max(at, 0)], nil
	}
	other, name, ok := strings.Cut(from, "/")
	if !ok || other != axis {
		return nil, &generator.Error{
			Kind: generator.KindAnswers,
			Code: "usage",
			What: fmt.Sprintf("a preset of axis %s cannot start from %q", axis, from),
			Why:  "presets of different axes have different contracts",
			Fix:  "name a built-in preset of the axis, as in --from " + all[0].ID(),
		}
	}
	return c.Preset(axis, name)
}

// guide is written above each manifest.
const guide = `# A custom preset, started from %s. Every key:
#
#   title, summary      what prompts and otelgen list say
#   order, default      place in lists; whether it is the default of its axis
#   group               style or tactic, of a pattern only
#   provides            capabilities that it has, and other presets may require
#   requires, conflicts capabilities that it needs, or cannot be with: {capability, reason}
#   options             settings of a service: KEY: {type: string|int|bool|enum, default, summary, values, min, max, requires};
#                       requires is as above, for a bool whose default is false
#   modules             versions of the modules that its Go files import and otelgen does not pin; then run: otelgen preset lock
#   layout              role: directory, in a style only
#   types               of a database only, what each type of field is: {string: TEXT, int: BIGINT, ...}
#   events              what happens to an entity, besides created, that the use cases handle: [confirmed]
#   facts               shared facts that it uses: NAME, or {name, attributes, optional, when, conditional} to add these to their items.
#                       An item of env, servers, spans or metrics with "override: NAME" changes one of theirs; otelgen's
#                       docs/reference/facts.md has the names
#   env                 variables: {name, section, field, type, default, development, secret, summary, when}; a section and field make
#                       them part of the configuration. Without a default they have the address of the server that provides
#                       them; development is the value that cmd/dev and Compose set
#   servers             what runs beside the service: {name, title, image, checked, note, run, optional, embedded, command, env,
#                       secrets, ports, volumes, files, hostname, user, memory, health, after, provides, when}
#     ports             {port, inside, summary, when}
#     files             {from, to}
#     health            {command, interval, timeout, retries}
#     provides          variables that lead to it: {name, value, when}, in which {address} is its host and port, {host} its host
#   ports               {port, summary} that something else listens on
#   spans               {names, kind, attributes, optional, summary, conditional, when}
#   metrics             {name, instrument, unit, attributes, optional, summary, conditional, when, objectives, alerts}. A test in each
#                       service holds it to just these spans and metrics
#     objectives        of a histogram: {name, target, below, except, summary, action}
#     alerts            of another instrument: {name, above, of, with, fleet, absent, for, summary, action}; above or absent
#
# Files are addressed by role, files/@store/store.go.tmpl, and fragments by slot, slots/readme.notes.tmpl. docs/presets.md of otelgen explains all of it.
`

// own are the lines of a manifest that belong to the one preset.
var own = regexp.MustCompile(`(?m)^(title|summary|order|default):.*\n`)

func manifest(data []byte, model *generator.Preset, title string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, guide, model.ID())
	fmt.Fprintf(&b, "title: %s\nsummary: %q\n", title, "Change me. "+model.Summary)
	b.Write(bytes.TrimLeft(own.ReplaceAll(data, nil), "\n"))
	return b.Bytes()
}

// links are those of a built-in README to other files of otelgen.
var links = regexp.MustCompile(`\]\((\.\./[^)]*)\)`)

// readme returns the model's README under another title, with its links made absolute.
func readme(data []byte, model *generator.Preset, title, note string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n\nStarted from %s, whose README follows. Update it with each change.\n", title, model.ID())
	if note != "" {
		fmt.Fprintf(&b, "\n%s\n", note)
	}
	_, body, _ := bytes.Cut(data, []byte("\n"))
	b.Write(links.ReplaceAllFunc(body, func(link []byte) []byte {
		target := string(links.FindSubmatch(link)[1])
		return fmt.Appendf(nil, "](%s%s)", home, path.Join("presets", model.ID(), target))
	}))
	return b.Bytes()
}

// home is where otelgen's files can be read.
const home = "https://github.com/otelgen/otelgen/blob/main/"

// rename is the note of a preset that can be combined with its model.
const rename = "A service cannot have it together with %s until it has its own names. " +
	"Rename the files in `files/`, the package-level " +
	"identifiers in them and in `slots/`, and the `env`, `spans` and `metrics` in `preset.yaml`."

// combines reports whether a service may choose the preset together with another of its group.
func combines(c *generator.Catalog, p *generator.Preset) bool {
	for _, axis := range c.Axes() {
		for _, group := range axis.Groups {
			if axis.Name == p.Axis && group.Name == p.Group {
				return group.Max != 1
			}
		}
	}
	return false
}

const commands = `# What a service with this preset holds. One command a line:
#
#	new [FLAG…]          generates a service, called shop, with the preset and the flags of otelgen new
#	! new [FLAG…]        the answers are refused; then: says REGEXP
#	exists PATH…         the service has these files
#	grep REGEXP PATH…    a line of each file matches
#	changed [PATH…]      exactly these files differ from those of the "new" before
new
`

// script claims what is known of any preset: the files that it adds, and those that each option changes.
func script(c *generator.Catalog, axis, name string) ([]byte, error) {
	layouts, variants, err := matrix.Around(c, axis, name)
	if err != nil {
		return nil, err
	}
	tree, err := c.Generate(layouts[0])
	if err != nil {
		return nil, err
	}
	b := bytes.NewBufferString(commands)
	for _, f := range tree.Files {
		if f.Owner == axis+"/"+name {
			fmt.Fprintf(b, "exists %s\n", f.Path)
		}
	}
	claimed := map[string]bool{}
	for _, a := range variants {
		for option, value := range a.Options {
			paths := changed(c, tree, a)
			if claimed[option] || len(paths) == 0 {
				continue
			}
			claimed[option] = true
			fmt.Fprintf(
				b,
				"\nnew\nnew --option %s=%s\nchanged %s\n",
				strings.TrimPrefix(option, axis+"/"),
				value,
				strings.Join(paths, " "),
			)
		}
	}
	return b.Bytes(), nil
}

// changed returns the files in which the service of the answers differs from tree: none if the answers are refused.
func changed(c *generator.Catalog, tree *generator.Tree, a generator.Answers) (paths []string) {
	other, err := c.Generate(a)
	if err != nil {
		return nil
	}
	before := map[string][]byte{}
	for _, f := range tree.Files {
		before[f.Path] = f.Content
	}
	for _, f := range other.Files {
		if old, ok := before[f.Path]; !ok || !bytes.Equal(old, f.Content) {
			paths = append(paths, f.Path)
		}
		delete(before, f.Path)
	}
	return slices.Sorted(slices.Values(slices.AppendSeq(paths, maps.Keys(before))))
}

// with returns the built-in catalog with the new preset.
func with(
	skeleton fs.FS,
	builtin generator.Source,
	axis, name string,
	files map[string][]byte,
) (*generator.Catalog, error) {
	archive := &txtar.Archive{}
	for p, content := range files {
		archive.Files = append(archive.Files, txtar.File{Name: path.Join(axis, name, p), Data: content})
	}
	fsys, err := txtar.FS(archive)
	if err != nil {
		return nil, err
	}
	return generator.NewCatalog(skeleton, builtin, generator.Source{Name: "the new preset", FS: fsys})
}
