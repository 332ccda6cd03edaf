// Package starter writes a preset to start one's own from: a built-in preset under another name, with comments. It must know no preset: whichever
// is taken, what it writes works.
package starter

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
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

// New returns the files of a preset called id, "axis/name", made of the built-in one called from; of the axis's default if that is empty. Errors
// are *generator.Error of KindAnswers.
func New(c *generator.Catalog, skeleton fs.FS, builtin generator.Source, id, from string) ([]generator.File, error) {
	axis, name, ok := strings.Cut(id, "/")
	if !ok {
		return nil, &generator.Error{
			Kind: generator.KindAnswers, Code: "usage", What: fmt.Sprintf("%q is not AXIS/NAME", id), Why: "a preset is named with its axis",
			Fix: "write it as in: otelgen preset init broker/acme-bus",
		}
	}
	model, err := example(c, axis, from)
	if err != nil {
		return nil, err
	}
	if all, err := c.Presets(axis); err != nil {
		return nil, err
	} else if slices.ContainsFunc(all, func(p *generator.Preset) bool { return p.Name == name }) {
		return nil, &generator.Error{
			Kind: generator.KindAnswers, Code: "preset-name", What: id + " is a built-in preset", Why: "yours could only be told from it with --replace",
			Fix: "give it another name",
		}
	}
	sub, err := fs.Sub(builtin.FS, model.ID())
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	err = fs.WalkDir(sub, ".", func(p string, e fs.DirEntry, err error) error {
		if top, _, _ := strings.Cut(p, "/"); err != nil || e.IsDir() || top != "files" && top != "slots" && p != gomod.LockFile && p != "preset.yaml" {
			return err
		}
		files[p], err = fs.ReadFile(sub, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	title := strings.ToUpper(name[:1]) + strings.ReplaceAll(name[1:], "-", " ")
	files["preset.yaml"] = manifest(files["preset.yaml"], model, title)
	files["README.md"] = []byte(readme(model, title))
	if files[claims.FileName], err = script(c, model, name); err != nil {
		return nil, err
	}
	if files[proof.GoldenFile], err = golden(skeleton, builtin, axis, name, files); err != nil {
		return nil, err
	}
	var all []generator.File
	for p, content := range files {
		all = append(all, generator.File{Path: p, Mode: 0o644, Content: content})
	}
	slices.SortFunc(all, func(a, b generator.File) int { return cmp.Compare(a.Path, b.Path) })
	return all, nil
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
			Kind: generator.KindAnswers, Code: "usage", What: fmt.Sprintf("a preset of the axis %s cannot be made of %q", axis, from), Why: "the presets of an axis have one contract, and others another",
			Fix: "name a built-in preset of the axis, as in --from " + all[0].ID(),
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
#   options             settings of a service: KEY: {type: string|int|bool|enum, default, summary, values, min, max}
#   modules             versions of the modules that its Go files import; then run: otelgen preset lock
#   layout              role: directory, in a style only
#   env                 variables: {name, section, field, type, default, secret, summary, when}; a section and field make them part of the configuration
#   ports               {port, summary}
#   spans, metrics      the telemetry that it emits. A test in each service holds it to just these. Metrics may have
#                       objectives and alerts, from which backends make theirs
#
# Files are addressed by role, files/@store/store.go.tmpl, and fragments by slot, slots/compose.services.tmpl. docs/presets.md of otelgen explains all of it.
`

// own are the lines of a manifest that belong to the one preset.
var own = regexp.MustCompile(`(?m)^(title|summary|order|default):.*\n`)

func manifest(data []byte, model *generator.Preset, title string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, guide, model.ID())
	fmt.Fprintf(&b, "title: %s\nsummary: %q\n", title, "To be changed. "+model.Summary)
	b.Write(bytes.TrimLeft(own.ReplaceAll(data, nil), "\n"))
	return b.Bytes()
}

func readme(model *generator.Preset, title string) string {
	return fmt.Sprintf(`# %s

Started from %s: %s

**Instrumentation**: say which library it is, or that it is by hand, and why.

**Server to run**: say how.
`, title, model.ID(), model.Summary)
}

// script claims of the preset what can be told without knowing it: the files that it gives, and that its options have defaults.
func script(c *generator.Catalog, model *generator.Preset, name string) ([]byte, error) {
	answers, err := matrix.Nearest(c, model.Axis, model.Name)
	if err != nil {
		return nil, err
	}
	tree, err := c.Generate(answers)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(`# What a service with this preset holds. One command a line:
#
#	new [FLAG…]          generates a service, called shop, with the preset and the flags of otelgen new
#	! new [FLAG…]        the answers are refused; then: says REGEXP
#	exists PATH…         the service has these files
#	grep REGEXP PATH…    a line of each file matches
#	changed [PATH…]      exactly these files differ from those of the "new" before
new
`)
	for _, f := range tree.Files {
		if f.Owner == model.ID() {
			fmt.Fprintf(&b, "exists %s\n", f.Path)
		}
	}
	for _, o := range model.Options {
		fmt.Fprintf(&b, "\nnew --option %s.%s=%s\nchanged\n", name, o.Name, o.Default)
	}
	return b.Bytes(), nil
}

// golden renders the new preset.
func golden(skeleton fs.FS, builtin generator.Source, axis, name string, files map[string][]byte) ([]byte, error) {
	archive := &txtar.Archive{}
	for p, content := range files {
		archive.Files = append(archive.Files, txtar.File{Name: path.Join(axis, name, p), Data: content})
	}
	fsys, err := txtar.FS(archive)
	if err != nil {
		return nil, err
	}
	c, err := generator.NewCatalog(skeleton, builtin, generator.Source{Name: "the new preset", FS: fsys})
	if err != nil {
		return nil, err
	}
	p, err := c.Preset(axis, name)
	if err != nil {
		return nil, err
	}
	return goldens.Preset(c, p)
}
