package generator

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
	"text/template"
)

// Source is a file system of presets, <axis>/<name>/preset.yaml.
type Source struct {
	Name string // BuiltIn, or the folder or module as the user gave it; positions in errors begin with it
	FS   fs.FS
	// Replace names presets, "axis/name", which this source gives in place of those of the sources before it. Any other preset that two sources have
	// is refused: nothing is replaced unless the user asks for it.
	Replace []string
}

// BuiltIn is the name of the source that is part of otelgen.
const BuiltIn = "built-in"

// Catalog is all presets of all sources over one skeleton. A manifest is decoded when its preset is first asked for. A
// Catalog may be used by many goroutines.
type Catalog struct {
	skeleton *manifestSkeleton
	entries  map[string]map[string]*entry // axis → name
	facts    []*library                   // the skeleton's first
	base     func() (*template.Template, error)
	parsed   sync.Map // position of a template → *parsedTemplate
	finished sync.Map // digest of a Go file and its options → *golang.File: services of one catalog share most of their files
}

// entry is a preset that may not be decoded yet.
type entry struct {
	dir    *folder
	decode func() (*Preset, error)
}

// NewCatalog decodes the skeleton's manifest and lists the presets of the sources. Every error is an *Error of KindPreset, or of KindAnswers
// where what is to be replaced is not there,
// or a join of such.
func NewCatalog(skeleton fs.FS, sources ...Source) (*Catalog, error) {
	s, err := decodeSkeleton(&folder{fs: skeleton, root: ".", where: "templates", source: BuiltIn})
	if err != nil {
		return nil, err
	}
	facts, err := readLibrary(s.dir, nil)
	if err != nil {
		return nil, err
	}
	c := &Catalog{skeleton: s, entries: map[string]map[string]*entry{}, facts: []*library{facts}}
	c.base = sync.OnceValues(c.partials)
	for _, a := range s.axes {
		c.entries[a.Name] = map[string]*entry{}
	}
	var errs []error
	var replace []string
	for _, src := range sources {
		errs = append(errs, c.list(src))
		replace = append(replace, src.Replace...)
	}
	slices.Sort(replace)
	errs = append(errs, c.replaced(slices.Compact(replace)))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return c, nil
}

const fixSource = "make it a folder that you may read, with presets as AXIS/NAME/preset.yaml"

// list adds the folders of src to the catalog.
func (c *Catalog) list(src Source) error {
	where := src.Name
	home := &folder{fs: src.FS, root: ".", where: where, source: src.Name}
	if src.Name == BuiltIn {
		where, home = "presets", nil
	}
	facts := c.facts[0]
	if home != nil {
		var err error
		if facts, err = readLibrary(home, facts); err != nil {
			return err
		}
		c.facts = append(c.facts, facts)
	}
	tops, err := fs.ReadDir(src.FS, ".")
	if err != nil {
		return &Error{Kind: KindPreset, Code: "source", What: "the presets cannot be listed", Why: err.Error(), Fix: fixSource, Where: where}
	}
	var errs []error
	for _, top := range tops {
		if !top.IsDir() || hidden(top.Name()) {
			continue
		}
		subs, err := fs.ReadDir(src.FS, top.Name())
		if err != nil {
			errs = append(errs, &Error{Kind: KindPreset, Code: "source", What: "the presets cannot be listed", Why: err.Error(), Fix: fixSource, Where: path.Join(where, top.Name())})
		}
		for _, sub := range subs {
			if !sub.IsDir() || hidden(sub.Name()) {
				continue
			}
			dir := &folder{fs: src.FS, root: path.Join(top.Name(), sub.Name()), where: path.Join(where, top.Name(), sub.Name()), source: src.Name, home: home}
			errs = append(errs, c.add(top.Name(), sub.Name(), dir, facts, src.Replace))
		}
	}
	return errors.Join(errs...)
}

func hidden(name string) bool { return name[0] == '.' || name[0] == '_' }

// replaced holds every preset that is to be replaced to being so.
func (c *Catalog) replaced(names []string) error {
	var errs []error
	for _, id := range names {
		axis, name, _ := strings.Cut(id, "/")
		if e, ok := c.entries[axis][name]; !ok || e.dir.source == BuiltIn {
			errs = append(errs, &Error{Kind: KindAnswers, Code: "replace", What: fmt.Sprintf("nothing replaces %s", show(id)), Why: "no source of presets has this preset, named as AXIS/NAME",
				Fix: "leave it out of --replace, or say with --presets where it is"})
		}
	}
	return errors.Join(errs...)
}

func (c *Catalog) add(axisName, name string, dir *folder, facts *library, replace []string) error {
	axis := c.axis(axisName)
	if axis == nil {
		if _, err := fs.Stat(dir.fs, path.Join(dir.root, manifestFile)); err != nil {
			return nil // some other folder of the user's
		}
		return &Error{Kind: KindPreset, Code: "unknown-axis", What: fmt.Sprintf("%q is not an axis", axisName),
			Why: "known axes: " + list(c.axisNames()), Fix: didYouMean(axisName, c.axisNames()), Where: dir.where}
	}
	if !isSlug(name) {
		return &Error{Kind: KindPreset, Code: "preset-name", What: fmt.Sprintf("%q cannot name a preset", name),
			Why: "a preset is lower-case letters, digits and hyphens, a letter first", Fix: "rename the folder", Where: dir.where}
	}
	if other, ok := c.entries[axisName][name]; ok && !slices.Contains(replace, axisName+"/"+name) {
		return &Error{Kind: KindPreset, Code: "preset-twice", What: fmt.Sprintf("there are two presets %s/%s", axisName, name),
			Why: "the other one is " + other.dir.where, Fix: "rename one of the folders, or say that this one is meant: --replace " + axisName + "/" + name, Where: dir.where}
	}
	c.entries[axisName][name] = &entry{dir: dir, decode: sync.OnceValues(func() (*Preset, error) { return decodePreset(axis, name, dir, facts) })}
	return nil
}

// Axes returns the axes in the order of the skeleton.
func (c *Catalog) Axes() []Axis { return slices.Clone(c.skeleton.axes) }

func (c *Catalog) axis(name string) *Axis {
	for i := range c.skeleton.axes {
		if c.skeleton.axes[i].Name == name {
			return &c.skeleton.axes[i]
		}
	}
	return nil
}

func (c *Catalog) axisNames() (names []string) {
	for _, a := range c.skeleton.axes {
		names = append(names, a.Name)
	}
	return names
}

// findAxis is axis with an error for the user.
func (c *Catalog) findAxis(name string) (*Axis, error) {
	if a := c.axis(name); a != nil {
		return a, nil
	}
	return nil, &Error{Kind: KindAnswers, Code: "unknown-axis", What: fmt.Sprintf("%q is not an axis", name),
		Why: "known axes: " + list(c.axisNames()), Fix: didYouMean(name, c.axisNames())}
}

// Presets decodes and returns the presets of an axis: by group, then by the manifest's order, then by name.
func (c *Catalog) Presets(axis string) ([]*Preset, error) {
	a, err := c.findAxis(axis)
	if err != nil {
		return nil, err
	}
	var presets []*Preset
	var errs []error
	for _, name := range sortedKeys(c.entries[axis]) {
		p, err := c.entries[axis][name].decode()
		presets, errs = append(presets, p), append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	a.sort(presets)
	return presets, nil
}

func (a *Axis) sort(presets []*Preset) {
	group := func(p *Preset) int {
		return slices.IndexFunc(a.Groups, func(g Group) bool { return g.Name == p.Group })
	}
	slices.SortFunc(presets, func(x, y *Preset) int {
		return cmp.Or(cmp.Compare(group(x), group(y)), cmp.Compare(x.Order, y.Order), cmp.Compare(x.Name, y.Name))
	})
}

// Preset decodes and returns one preset. An unknown name is an *Error of KindAnswers with the known names and the nearest of them.
func (c *Catalog) Preset(axis, name string) (*Preset, error) {
	if _, err := c.findAxis(axis); err != nil {
		return nil, err
	}
	e, ok := c.entries[axis][name]
	if !ok {
		known := sortedKeys(c.entries[axis])
		fix := "see otelgen list; custom presets need --presets DIR"
		if near := Nearest(name, known); near != "" {
			fix = fmt.Sprintf("did you mean --%s %s?", axis, near)
		}
		return nil, &Error{Kind: KindAnswers, Code: "unknown-preset", What: fmt.Sprintf("%s %s is not a preset", axis, show(name)),
			Why: fmt.Sprintf("known presets of %s: %s", axis, list(known)), Fix: fix}
	}
	return e.decode()
}

// defaultOf returns the default preset of a group, or nil. It decodes only those manifests that can be it.
func (c *Catalog) defaultOf(axis *Axis, group string) (found *Preset, err error) {
	for _, name := range sortedKeys(c.entries[axis.Name]) {
		e := c.entries[axis.Name][name]
		if data, err := e.dir.read(manifestFile, maxManifest); err == nil && !mayBeDefault(data) {
			continue
		}
		p, err := e.decode()
		switch {
		case err != nil:
			return nil, err
		case !p.Default || p.Group != group:
		case found != nil:
			return nil, twoDefaults(axis, found, p)
		default:
			found = p
		}
	}
	return found, nil
}

func twoDefaults(axis *Axis, first, second *Preset) error {
	return &Error{Kind: KindPreset, Code: "default", What: fmt.Sprintf("%s has two defaults", describe(axis, *axis.group(second.Group))),
		Why: "the other one is " + first.dir.where, Fix: "take default: true out of one of them", Where: second.at(1)}
}

// mayBeDefault looks for "default: true" without decoding; it may find one that means something else.
func mayBeDefault(manifest []byte) bool {
	for {
		_, rest, ok := bytes.Cut(manifest, []byte("default"))
		if !ok {
			return false
		}
		manifest = rest
		rest = bytes.TrimLeft(rest, `"' `)
		if rest, ok := bytes.CutPrefix(rest, []byte(":")); ok {
			if rest = bytes.TrimLeft(rest, " \r\n\t"); len(rest) > 0 && bytes.IndexByte([]byte("tT!&*"), rest[0]) >= 0 {
				return true
			}
		}
	}
}
