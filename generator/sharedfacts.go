package generator

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

const (
	factsFolder = "facts" // of the skeleton, or in the root of a custom source
	factSuffix  = ".yaml"
)

// library is the shared facts that a manifest may name: those of its source, and those of the skeleton.
type library struct {
	facts map[string]*sharedFact
	own   []*sharedFact // of this source, sorted by name
}

// sharedFact is what every preset of a kind declares, written once in facts/NAME.yaml. It cannot name another one, so
// there are no cycles.
type sharedFact struct {
	name  string
	where string
	body  func() (*factBody, error)
}

// factBody is the content of a shared fact. Its items are kept as YAML until a manifest has overridden them.
type factBody struct {
	summary  string
	provides []string
	modules  map[string]string
	items    map[string][]*yaml.Node // by kind
	preset   *Preset                 // the same, decoded
}

// SharedFact is what every preset of a kind declares, as a reader needs to know it who wants to use or override it.
type SharedFact struct {
	Name     string   `json:"name"`
	Source   string   `json:"source"` // name of the Source it came from
	Summary  string   `json:"summary"`
	Provides []string `json:"provides,omitempty"`
	Modules  []string `json:"modules,omitempty"` // paths
	Env      []string `json:"env,omitempty"`     // names
	Servers  []string `json:"servers,omitempty"` // names
	Spans    []string `json:"spans,omitempty"`   // ids
	Metrics  []string `json:"metrics,omitempty"` // names
}

// SharedFacts returns the shared facts that manifests can name, sorted: first those of the skeleton, then those of each
// source. The error is a join of *Error of KindPreset.
func (c *Catalog) SharedFacts() ([]SharedFact, error) {
	var all []SharedFact
	for _, l := range c.facts {
		for _, fact := range l.own {
			body, err := fact.body()
			if err != nil {
				return nil, err
			}
			names := map[string][]string{}
			for _, k := range factKinds {
				for _, n := range body.items[k.kind] {
					names[k.kind] = append(names[k.kind], value(n, k.name))
				}
			}
			all = append(all, SharedFact{
				Name: fact.name, Source: body.preset.Source, Summary: body.summary, Provides: body.provides,
				Modules: sortedKeys(body.modules), Env: names["env"], Servers: names["servers"], Spans: names["spans"], Metrics: names["metrics"],
			})
		}
	}
	return all, nil
}

// The kinds of items that a shared fact has and a manifest overrides, each with the key that names an item.
var factKinds = []struct{ kind, name string }{
	{"env", "name"}, {"servers", "name"}, {"spans", "id"}, {"metrics", "name"},
}

// readLibrary lists the shared facts in a folder. Those of base can be named beside them.
func readLibrary(dir *folder, base *library) (*library, error) {
	l := &library{facts: map[string]*sharedFact{}}
	if base != nil {
		for name, fact := range base.facts {
			l.facts[name] = fact
		}
	}
	entries, err := fs.ReadDir(dir.fs, path.Join(dir.root, factsFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Kind: KindPreset, Code: "source", What: "the shared facts cannot be listed", Why: err.Error(),
			Fix: "make it a readable folder", Where: dir.position(factsFolder)}
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), factSuffix)
		if !ok || hidden(e.Name()) {
			continue
		}
		file := path.Join(factsFolder, e.Name())
		if other := l.facts[name]; other != nil {
			return nil, &Error{Kind: KindPreset, Code: "manifest", What: "there are two shared facts " + show(name),
				Why: "the other one is " + other.where,
				Fix: "rename the file: manifests would not know which is meant", Where: dir.position(file)}
		}
		fact := &sharedFact{name: name, where: dir.position(file)}
		fact.body = sync.OnceValues(func() (*factBody, error) { return decodeFact(dir, file) })
		l.facts[name] = fact
		l.own = append(l.own, fact)
	}
	return l, nil
}

// decodeFact reads a shared fact and checks that it is complete without any override. All its errors are joined.
func decodeFact(dir *folder, file string) (*factBody, error) {
	b := &factBody{items: map[string][]*yaml.Node{}, preset: &Preset{dir: dir, Source: dir.source}}
	data, err := dir.read(file, maxManifest)
	if err != nil {
		return nil, &Error{Kind: KindPreset, Code: "manifest", What: "the shared fact cannot be read", Why: err.Error(),
			Fix: "make it a readable file", Where: dir.position(file)}
	}
	d := &decoder{where: dir.position(file)}
	if root, ok := d.document(data); ok {
		fields := map[string]field{
			"summary": d.line1("summary", &b.summary), "provides": d.texts("provides", &b.provides),
			"modules": d.textMap("modules", &b.modules),
		}
		for _, k := range factKinds {
			fields[k.kind] = d.list(k.kind, func(n *yaml.Node) { b.items[k.kind] = append(b.items[k.kind], n) })
		}
		d.object(root, "a shared fact", fields, "summary")
		for _, k := range factKinds {
			d.named(k.kind, k.name, b.items[k.kind])
		}
		d.items(b.preset, []factUse{{body: b, where: d.where}}, nil)
	}
	return b, errors.Join(d.errs...)
}

// named holds the items of a kind to a name each, by which a manifest overrides them.
func (d *decoder) named(kind, key string, items []*yaml.Node) {
	seen := map[string]bool{}
	for _, n := range items {
		name := value(n, key)
		switch {
		case name == "":
			d.fail(n.Line, "an item of "+kind+" has no "+key, "a manifest overrides it by its "+key, "add the key "+key)
		case seen[name]:
			d.fail(n.Line, fmt.Sprintf("%s has two items %s", kind, show(name)), "a manifest overrides them by this name",
				"rename one of them")
		}
		seen[name] = true
	}
}

// factUse is a shared fact that a manifest names, with what the preset adds to each of its items.
type factUse struct {
	name                 string
	body                 *factBody
	where                string
	attributes, optional []string
	when                 string
	conditional          bool
}

// uses decodes the list of shared facts: names, or mappings where the preset adds something.
func (d *decoder) uses(l *library, dst *[]factUse) field {
	return d.list("facts", func(n *yaml.Node) {
		var u factUse
		if n = d.resolve(n); n.Kind == yaml.MappingNode {
			d.object(n, "an item of facts", map[string]field{
				"name": d.line1("name", &u.name), "when": d.line1("when", &u.when),
				"attributes": d.texts("attributes", &u.attributes), "optional": d.texts("optional", &u.optional),
				"conditional": d.boolean("conditional", &u.conditional),
			}, "name")
		} else {
			d.line1("an item of facts", &u.name)(n)
		}
		fact, ok := l.facts[u.name]
		switch {
		case u.name == "":
			return
		case !ok:
			known := sortedKeys(l.facts)
			d.fail(n.Line, "there is no shared fact "+show(u.name), "known: "+list(known), didYouMean(u.name, known))
			return
		case slices.ContainsFunc(*dst, func(o factUse) bool { return o.name == u.name }):
			d.fail(n.Line, "facts has "+show(u.name)+" twice", "a shared fact is declared once", "remove one of them")
			return
		}
		body, err := fact.body()
		if err != nil {
			d.errs = append(d.errs, err)
			return
		}
		u.body, u.where = body, fact.where
		*dst = append(*dst, u)
	})
}

// item is one declaration: of a shared fact, perhaps overridden, or of the manifest alone.
type item struct {
	use       *factUse // nil for the manifest's own
	n         *yaml.Node
	overrides *yaml.Node
}

// node returns what there is to decode. It is made when it is needed, so that the decoder's limits hold for it.
func (i *item) node(kind string) *yaml.Node {
	n := i.n
	if i.overrides != nil {
		n = overlay(n, i.overrides)
	}
	if i.use != nil {
		n = i.use.extended(n, kind)
	}
	return n
}

// items decodes what a preset declares into p: the items of the shared facts that it uses, as it overrides them, then its
// own.
func (d *decoder) items(p *Preset, uses []factUse, own map[string][]*yaml.Node) {
	for _, u := range uses {
		p.Provides = append(p.Provides, u.body.provides...)
		p.Facts = append(p.Facts, u.name)
		for path, version := range u.body.modules {
			if p.Modules == nil {
				p.Modules = map[string]string{}
			}
			p.Modules[path] = cmp.Or(p.Modules[path], version)
		}
	}
	for _, k := range factKinds {
		for _, i := range d.merge(k.kind, k.name, uses, own[k.kind]) {
			if d.nodes > maxNodes {
				return
			}
			in := d
			if i.use != nil && i.overrides == nil {
				in = &decoder{where: i.use.where, nodes: d.nodes}
			}
			switch n := i.node(k.kind); k.kind {
			case "env":
				p.Env = append(p.Env, in.env(n))
			case "servers":
				p.Servers = append(p.Servers, in.server(n))
			case "spans":
				p.Spans = append(p.Spans, in.span(n))
			case "metrics":
				p.Metrics = append(p.Metrics, in.metric(n))
			}
			if in != d {
				d.nodes, d.errs = in.nodes, append(d.errs, in.errs...)
			}
		}
	}
}

// merge returns the items of a kind, those of the shared facts first, each with what the manifest overrides.
func (d *decoder) merge(kind, key string, uses []factUse, own []*yaml.Node) []item {
	var items []item
	at := map[string]int{} // name of a shared item → its index
	for i := range uses {
		u := &uses[i]
		for _, n := range u.body.items[kind] {
			name := value(n, key)
			if i, ok := at[name]; ok {
				d.fail(1, fmt.Sprintf("%s and %s both declare %s", items[i].use.name, u.name, show(name)),
					"each of "+kind+" is declared once", "use one of these shared facts")
				continue
			}
			at[name] = len(items)
			items = append(items, item{use: u, n: n})
		}
	}
	for _, n := range own {
		name := value(n, "override")
		i, shared := at[name]
		switch {
		case name == "" && lookup(unalias(n), "override") == nil:
			if i, ok := at[value(n, key)]; ok && key == "name" {
				d.fail(n.Line, fmt.Sprintf("%s is declared by the shared fact %s", show(value(n, key)), items[i].use.name),
					"an item of a shared fact changes only where the manifest says so",
					"write override: "+value(n, key)+" instead of name, and only what differs")
			}
			items = append(items, item{n: n})
		case !shared:
			known := sortedKeys(at)
			d.fail(n.Line, "there is no shared item "+show(name)+" to override",
				"the shared facts of this preset declare in "+kind+": "+list(known), didYouMean(name, known))
		case items[i].overrides != nil:
			d.fail(n.Line, show(name)+" is overridden twice", "only one of them could count", "remove one of them")
		default:
			items[i].overrides = n
		}
	}
	return items
}

// extended returns an item with what a use of its shared fact adds, and without the id that only shared facts have.
func (u factUse) extended(n *yaml.Node, kind string) *yaml.Node {
	n = unalias(n)
	line := n.Line
	n = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: line, Content: slices.Clone(n.Content)}
	add := func(key, tag, value string) {
		put(n, scalar(line, "!!str", key), scalar(line, tag, value))
	}
	if u.when != "" {
		add("when", "!!str", strings.TrimSpace(value(n, "when")+" "+u.when))
	}
	if kind == "spans" || kind == "metrics" {
		if u.conditional {
			add("conditional", "!!bool", "true")
		}
		u.extend(n, "attributes", func(was, more *yaml.Node) *yaml.Node { return sequence(line, was, more) }, u.attributes)
		u.extend(n, "optional", func(was, more *yaml.Node) *yaml.Node { return sequence(line, more, was) }, u.optional)
	}
	if kind == "spans" {
		drop(n, "id")
	}
	return n
}

func (u factUse) extend(n *yaml.Node, key string, join func(was, more *yaml.Node) *yaml.Node, texts []string) {
	if len(texts) == 0 {
		return
	}
	more := sequence(n.Line)
	for _, text := range texts {
		more.Content = append(more.Content, scalar(n.Line, "!!str", text))
	}
	was := sequence(n.Line)
	if v := lookup(n, key); v != nil {
		was = unalias(v)
	}
	put(n, scalar(n.Line, "!!str", key), join(was, more))
}
