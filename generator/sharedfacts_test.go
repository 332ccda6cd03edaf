package generator

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	httpFact = `
-- skeleton/facts/http.server.yaml --
summary: Requests over HTTP.
provides: [inbound.http]
modules: {example.com/http: v1.0.0, example.com/tls: v1.0.0}
env:
  - {name: API_DOCS, default: "false", summary: Whether it shows its documentation.}
spans:
  - {id: create, names: ["POST /{{ .Entity.Plural }}"], kind: server, summary: A request to create., attributes: &span [http.route], optional: [error.type]}
  - {id: read, names: ["GET /{{ .Entity.Plural }}/{id}"], kind: server, summary: A request to read., attributes: *span, optional: [error.type]}
metrics:
  - name: http.server.request.duration
    instrument: histogram
    unit: s
    summary: Duration of requests.
    attributes: [http.route]
    optional: [error.type]
    objectives:
      - {name: requests-availability, target: 99.9, summary: Requests do not fail., action: Look.}
      - {name: requests-latency, target: 99, below: 0.5, summary: Requests are fast., action: Look.}
`
	chiManifest = "-- presets/framework/chi/preset.yaml --\ntitle: chi\nsummary: HTTP.\ndefault: true\n"
)

func decodedChi(t *testing.T, edits string) (*Preset, error) {
	t.Helper()
	return newCatalog(t, edits).Preset("framework", "chi")
}

func TestPresetDeclaresItsSharedFacts(t *testing.T) {
	p, err := decodedChi(t, httpFact+chiManifest+"facts: [http.server]\nprovides: [inbound.http, inbound.more]\nmodules: {example.com/tls: v1.1.0}\n")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(p.Provides, []string{"inbound.http", "inbound.more"}) || !slices.Equal(p.Facts, []string{"http.server"}) {
		t.Errorf("provides %v by %v", p.Provides, p.Facts)
	}
	if want := map[string]string{"example.com/http": "v1.0.0", "example.com/tls": "v1.1.0"}; !maps.Equal(p.Modules, want) {
		t.Errorf("pins %v, want %v", p.Modules, want)
	}
	if len(p.Env) != 1 || len(p.Spans) != 2 || len(p.Metrics) != 1 || len(p.Metrics[0].Objectives) != 2 {
		t.Errorf("declares %+v", p)
	}
	if want := "templates/facts/http.server.yaml:7"; p.Spans[0].where != want {
		t.Errorf("the span is declared at %s, want %s", p.Spans[0].where, want)
	}
}

func TestManifestOverridesOnlyWhatItNames(t *testing.T) {
	p, err := decodedChi(t, httpFact+chiManifest+`facts:
  - {name: http.server, attributes: [server.address], optional: [server.port], conditional: true, when: events.external}
env:
  - {override: API_DOCS, default: "true"}
spans:
  - {override: read, names: ["GET /x"], attributes: [url.path], optional: [url.query]}
metrics:
  - override: http.server.request.duration
    summary: Duration of HTTP requests.
    objectives:
      - {override: requests-latency, below: 2}
      - {name: requests-speed, target: 95, below: 1, summary: Fast., action: Look.}
`)
	if err != nil {
		t.Fatal(err)
	}
	if e := p.Env[0]; e.Default != "true" || e.Summary != "Whether it shows its documentation." || e.When != "events.external" {
		t.Errorf("the variable is %+v", e)
	}
	create, read := p.Spans[0], p.Spans[1]
	if !slices.Equal(create.Attributes, []string{"http.route", "server.address"}) || !slices.Equal(create.Optional, []string{"server.port", "error.type"}) || !create.Conditional {
		t.Errorf("a span that is not overridden is %+v", create)
	}
	if !slices.Equal(read.Names, []string{"GET /x"}) || !slices.Equal(read.Attributes, []string{"http.route", "url.path", "server.address"}) ||
		!slices.Equal(read.Optional, []string{"server.port", "url.query", "error.type"}) || read.Summary != "A request to read." {
		t.Errorf("the overridden span is %+v", read)
	}
	if !strings.HasPrefix(read.where, "presets/framework/chi/preset.yaml:") {
		t.Errorf("the overridden span is declared at %s", read.where)
	}
	m := p.Metrics[0]
	if m.Summary != "Duration of HTTP requests." || m.Unit != "s" || len(m.Objectives) != 3 {
		t.Fatalf("the metric is %+v", m)
	}
	if o := m.Objectives[1]; o.Name != "requests-latency" || o.Below != 2 || o.Target != 99 {
		t.Errorf("the overridden objective is %+v", o)
	}
	if m.Objectives[0].Name != "requests-availability" || m.Objectives[2].Name != "requests-speed" {
		t.Errorf("the objectives are %+v", m.Objectives)
	}
}

func TestSharedFactsRefuse(t *testing.T) {
	const manifest = "presets/framework/chi/preset.yaml:"
	for name, c := range map[string]struct {
		edits string
		want  []string
	}{
		"unknown fact":      {chiManifest + "facts: [http.sever]\n", []string{manifest + "4", `no shared fact "http.sever"`, `did you mean "http.server"?`}},
		"fact twice":        {chiManifest + "facts: [http.server, http.server]\n", []string{manifest + "4", "twice"}},
		"unknown key":       {chiManifest + "facts: [{name: http.server, atributes: [x]}]\n", []string{manifest + "4", `did you mean "attributes"?`}},
		"a path":            {chiManifest + "facts: [../skeleton]\n", []string{manifest + "4", "no shared fact"}},
		"silent override":   {chiManifest + "facts: [http.server]\nmetrics:\n  - {name: http.server.request.duration, unit: s, instrument: histogram, summary: x}\n", []string{manifest + "6", "declared by the shared fact http.server", "write override: http.server.request.duration"}},
		"unknown override":  {chiManifest + "facts: [http.server]\nspans:\n  - {override: raed, summary: x}\n", []string{manifest + "6", `no shared item "raed"`, `did you mean "read"?`}},
		"override of own":   {chiManifest + "spans:\n  - {override: read, summary: x}\n", []string{manifest + "5", "no shared item"}},
		"override twice":    {chiManifest + "facts: [http.server]\nspans:\n  - {override: read, summary: x}\n  - {override: read, summary: y}\n", []string{manifest + "7", "overridden twice"}},
		"bad override":      {chiManifest + "facts: [http.server]\nspans:\n  - {override: read, kind: serve}\n", []string{manifest + "6", `did you mean "server"?`}},
		"bad list":          {chiManifest + "facts: [http.server]\nspans:\n  - {override: read, attributes: x}\n", []string{manifest + "6", "attributes must be a list"}},
		"unknown objective": {chiManifest + "facts: [http.server]\nmetrics:\n  - {override: http.server.request.duration, objectives: [{override: x, below: 1}]}\n", []string{manifest + "6", `unknown key "override"`}},
		"two of one name":   {"-- skeleton/facts/other.yaml --\nsummary: x\nenv: [{name: API_DOCS, summary: x}]\n" + chiManifest + "facts: [http.server, other]\n", []string{"http.server and other both declare"}},
		"facts in a fact":   {"-- skeleton/facts/http.server.yaml --\nsummary: x\nfacts: [http.server]\n", []string{"templates/facts/http.server.yaml:2", `unknown key "facts"`}},
		"fact unfinished":   {"-- skeleton/facts/http.server.yaml --\nsummary: x\nmetrics: [{name: a, unit: s}]\n" + chiManifest + "facts: [http.server]\n", []string{"templates/facts/http.server.yaml:2", "has no instrument"}},
		"span without id":   {"-- skeleton/facts/http.server.yaml --\nsummary: x\nspans: [{names: [a], kind: client, summary: x}]\n", []string{"templates/facts/http.server.yaml:2", "has no id"}},
		"id twice":          {"-- skeleton/facts/http.server.yaml --\nsummary: x\nspans:\n  - &a {id: a, names: [a], kind: client, summary: x}\n  - *a\n", []string{"templates/facts/http.server.yaml", `two items "a"`}},
		"text of a fact":    {"-- skeleton/facts/http.server.yaml --\nsummary: x\nenv: [{name: A, summary: \"{{ .Name\"}]\n", []string{"templates/facts/http.server.yaml:2", "not well-formed"}},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, newCatalog(t, httpFact+c.edits).Check(), KindPreset, c.want...)
		})
	}
}

func TestSourceBringsSharedFacts(t *testing.T) {
	skeleton, presets := testCatalog(t, httpFact)
	source := func(files map[string]string) Source {
		fsys := fstest.MapFS{}
		for name, text := range files {
			fsys[name] = &fstest.MapFile{Data: []byte(text)}
		}
		return Source{Name: "mine", FS: fsys}
	}
	own := source(map[string]string{
		"facts/acme.team.yaml":    "summary: Who owns a service.\nenv: [{name: ACME_TEAM, summary: Team.}]\n",
		"framework/x/preset.yaml": "title: X\nsummary: HTTP.\nfacts: [http.server, acme.team]\n",
	})
	c, err := NewCatalog(skeleton, Source{Name: BuiltIn, FS: presets}, own)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Preset("framework", "x")
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Env) != 2 || p.Env[1].Name != "ACME_TEAM" || p.Env[1].where != "mine/facts/acme.team.yaml:2" {
		t.Errorf("declares %+v", p.Env)
	}
	facts, err := c.SharedFacts()
	if err != nil || len(facts) != 2 || facts[0].Name != "http.server" || facts[1].Source != "mine" || !slices.Equal(facts[1].Env, []string{"ACME_TEAM"}) {
		t.Errorf("the shared facts are %+v, %v", facts, err)
	}

	other := source(map[string]string{"framework/y/preset.yaml": "title: Y\nsummary: HTTP.\nfacts: [acme.team]\n"})
	other.Name = "other"
	c, err = NewCatalog(skeleton, Source{Name: BuiltIn, FS: presets}, own, other)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Preset("framework", "y")
	wantError(t, err, KindPreset, "other/framework/y/preset.yaml:3", "no shared fact")

	again := source(map[string]string{"facts/http.server.yaml": "summary: Another.\n"})
	_, err = NewCatalog(skeleton, Source{Name: BuiltIn, FS: presets}, again)
	wantError(t, err, KindPreset, "mine/facts/http.server.yaml", "two shared facts", "templates/facts/http.server.yaml")
}
