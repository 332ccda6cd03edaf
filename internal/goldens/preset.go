package goldens

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/txtar"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/matrix"
)

const (
	// manifestFile holds what the manifest declares, shared facts included.
	manifestFile = "preset.yaml"
	// defaultFile lists what the preset writes exactly as the default service has it.
	defaultFile = "as in the default service"
)

// Preset returns the golden of a preset: what its manifest declares, and what it changes in the service that is
// nearest to the defaults.
//
// Its own files are whole where they are new, and diffs where the default service has most of their lines. Shared
// files are always diffs. Files that are equal in the default service are only listed, so a change of a shared
// template shows in few goldens.
func Preset(c *generator.Catalog, p *generator.Preset) ([]byte, error) {
	answers, err := matrix.Nearest(c, p.Axis, p.Name)
	if err != nil {
		return nil, err
	}
	tree, err := c.Generate(answers)
	if err != nil {
		return nil, err
	}
	defaults, base, err := defaultService(c)
	if err != nil {
		return nil, err
	}
	g := preset{preset: p, base: base.Files, archive: Command(c, answers)}
	if err := g.manifest(defaults); err != nil {
		return nil, err
	}
	for _, f := range tree.Files {
		g.file(f)
	}
	g.unchanged()
	if !g.gives {
		return nil, fmt.Errorf("%s gives nothing", p.ID())
	}
	return Format(g.archive)
}

// defaultService returns the presets and files of the service that all goldens are compared with.
func defaultService(c *generator.Catalog) ([]*generator.Preset, *generator.Tree, error) {
	selection, err := c.Select(generator.Answers{Name: matrix.Service})
	if err != nil {
		return nil, nil, err
	}
	plan, err := selection.Plan()
	if err != nil {
		return nil, nil, err
	}
	tree, err := plan.Render()
	return selection.Presets(), tree, err
}

// preset builds the golden of one preset.
type preset struct {
	preset  *generator.Preset
	base    []generator.File // of the default service
	archive *txtar.Archive
	same    []string // paths of what is as in the default service
	gives   bool     // something, if only what the default service has, too
}

func (g *preset) add(name string, content []byte) {
	g.archive.Files = append(g.archive.Files, txtar.File{Name: name, Data: content})
}

// manifest adds what the preset declares, or how that differs from the default preset in its place.
func (g *preset) manifest(defaults []*generator.Preset) error {
	now, err := declared(g.preset)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(
		defaults,
		func(d *generator.Preset) bool { return d.Axis == g.preset.Axis && d.Group == g.preset.Group },
	)
	if at < 0 || defaults[at].ID() == g.preset.ID() {
		g.add(manifestFile, now)
		return nil
	}
	was, err := declared(defaults[at])
	if err != nil {
		return err
	}
	name, text := shorter(defaults[at].ID()+"/"+manifestFile, manifestFile, was, now, lines(now))
	g.add(name, text)
	return nil
}

// declared returns a manifest as YAML, without the folder that it was read from.
func declared(p *generator.Preset) ([]byte, error) {
	data, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil { // JSON is YAML
		return nil, err
	}
	root := doc.Content[0]
	if at := slices.IndexFunc(root.Content, func(n *yaml.Node) bool { return n.Value == "source" }); at >= 0 {
		root.Content = slices.Delete(root.Content, at, at+2)
	}
	block(root)
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err = e.Encode(root)
	return b.Bytes(), err
}

// block lays out a document as people write it: lists of words in one line, all else a value a line.
func block(n *yaml.Node) {
	n.Style = 0
	words := func(item *yaml.Node) bool { return item.Kind == yaml.ScalarNode && !strings.Contains(item.Value, " ") }
	if n.Kind == yaml.SequenceNode && !slices.ContainsFunc(n.Content, func(item *yaml.Node) bool { return !words(item) }) {
		n.Style = yaml.FlowStyle
	}
	for _, child := range n.Content {
		block(child)
	}
}

// file adds what a file of the service says of the preset.
func (g *preset) file(f generator.File) {
	own := f.Owner == g.preset.ID()
	part := slices.ContainsFunc(f.Fragments, func(part generator.Fragment) bool { return part.Owner == g.preset.ID() })
	g.gives = g.gives || own || part
	was := g.counterpart(f)
	switch {
	case !own && !part && f.Owner != skeleton || f.Path == "go.sum":
	case !own && !part && was != nil && strings.HasSuffix(f.Path, "_test.go"): // it follows from the manifest
	case was == nil:
		g.add(f.Path, Digest(f.Path, f.Content))
	case bytes.Equal(was.Content, f.Content):
		if own || part {
			g.same = append(g.same, f.Path)
		}
	case own:
		now := Digest(f.Path, f.Content)
		name, text := shorter(was.Path, f.Path, was.Content, now, lines(now)/2)
		g.add(name, text)
	default:
		g.add(f.Path+diffSuffix, difference(was.Path, f.Path, was.Content, f.Content))
	}
}

// skeleton owns the files that every service has.
const skeleton = "skeleton"

// counterpart returns the file of the default service in the place of f, or nil. It has the same path or, in another
// layout, a template of the same name.
func (g *preset) counterpart(f generator.File) *generator.File {
	at := slices.IndexFunc(g.base, func(b generator.File) bool { return b.Path == f.Path })
	if at < 0 && !f.Repeated() {
		at = slices.IndexFunc(g.base, func(b generator.File) bool { return b.Template == f.Template })
	}
	if at < 0 {
		return nil
	}
	return &g.base[at]
}

// unchanged lists what the preset gives and the default service has, too.
func (g *preset) unchanged() {
	if len(g.same) > 0 {
		g.add(defaultFile, []byte(strings.Join(g.same, "\n")+"\n"))
	}
}
