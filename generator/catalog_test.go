package generator

import (
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestCheckAcceptsTheTestCatalog(t *testing.T) {
	if err := newCatalog(t, "").Check(); err != nil {
		t.Error(err)
	}
}

// Every mistake in a manifest or template is found by Check, with its file and line.
func TestCheckFindsMistakes(t *testing.T) {
	const chi = "-- presets/framework/chi/preset.yaml --\n"
	const ok = "title: chi\nsummary: HTTP.\ndefault: true\nprovides: [inbound.http]\n"
	const metric = "metrics:\n  - name: a\n    unit: s\n    instrument: histogram\n    summary: x\n"
	for name, c := range map[string]struct {
		edits string
		want  []string
	}{
		"unknown key":         {chi + ok + "sumary: x\n", []string{"presets/framework/chi/preset.yaml:5", `unknown key "sumary"`, `did you mean "summary"?`}},
		"key twice":           {chi + ok + "title: x\n", []string{"preset.yaml:5", `"title" twice`}},
		"wrong type":          {chi + "title: [a]\nsummary: b\n", []string{"preset.yaml:1", "title must be text", "it is a list"}},
		"number for text":     {chi + "title: 5\nsummary: b\n", []string{"preset.yaml:1", "in quotes"}},
		"text for bool":       {chi + "title: a\nsummary: b\ndefault: \"yes\"\n", []string{"preset.yaml:3", "default must be true or false"}},
		"text for number":     {chi + ok + "order: x\n", []string{"preset.yaml:5", "order must be a whole number"}},
		"list for mapping":    {chi + ok + "options: []\n", []string{"preset.yaml:5", "options must be a mapping"}},
		"mapping for list":    {chi + ok + "env: {}\n", []string{"preset.yaml:5", "env must be a list"}},
		"no title":            {chi + "summary: b\n", []string{"preset.yaml:1", "has no title"}},
		"no summary":          {chi + "title: b\n", []string{"preset.yaml:1", "has no summary"}},
		"empty summary":       {chi + "title: b\nsummary: \"\"\n", []string{"preset.yaml:2", "summary is empty"}},
		"two-line summary":    {chi + "title: b\nsummary: |\n  a\n  b\n", []string{"preset.yaml:2", "more than one line"}},
		"not yaml":            {chi + "title: chi\nsummary: [\n", []string{"preset.yaml:2", "not YAML"}},
		"not a mapping":       {chi + "just text\n", []string{"preset.yaml:1", "the manifest must be a mapping"}},
		"only a comment":      {chi + "# nothing\n", []string{"preset.yaml:1", "empty"}},
		"no manifest":         {"-- presets/framework/new/files/@inbound/x.go.tmpl --\npackage x\n", []string{"presets/framework/new/preset.yaml", "no preset.yaml"}},
		"no reason":           {chi + ok + "requires:\n  - capability: events.external\n", []string{"preset.yaml:6", "has no reason"}},
		"unknown capability":  {chi + ok + "requires:\n  - {capability: events.externel, reason: x}\n", []string{"preset.yaml:6", `did you mean "events.external"?`}},
		"option type":         {chi + ok + "options:\n  a: {type: number, default: x, summary: x}\n", []string{"preset.yaml:6", `type cannot be "number"`}},
		"option default":      {chi + ok + "options:\n  a: {type: int, default: x, summary: x}\n", []string{"preset.yaml:6", "must be a whole number"}},
		"option rule":         {chi + ok + "options:\n  a: {type: bool, default: \"false\", summary: x, requires: [{capability: nonsense, reason: x}]}\n", []string{"preset.yaml:6", "nonsense"}},
		"option on by itself": {chi + ok + "options:\n  a: {type: bool, default: \"true\", summary: x, requires: [{capability: inbound.http, reason: x}]}\n", []string{"preset.yaml:6", "the option a cannot require anything"}},
		"option name":         {chi + ok + "options:\n  A: {type: int, default: \"1\", summary: x}\n", []string{"preset.yaml:6", "lower-case"}},
		"env half a field":    {chi + ok + "env:\n  - {name: A, section: B, summary: x}\n", []string{"preset.yaml:6", "only one of section and field"}},
		"env when":            {chi + ok + "env:\n  - {name: A, when: nonsense, summary: x}\n", []string{"preset.yaml:6", `no preset provides "nonsense"`}},
		"env option":          {chi + ok + "env:\n  - {name: A, when: options.nonsense, summary: x}\n", []string{"preset.yaml:6", `no option "nonsense" that is on or off`}},
		"option of type int":  {chi + ok + "options:\n  a: {type: int, default: \"1\", summary: x}\nenv:\n  - {name: A, when: options.a, summary: x}\n", []string{"preset.yaml:8", `no option "a" that is on or off`}},
		"env template":        {chi + ok + "env:\n  - {name: A, default: \"{{ .Name\", summary: x}\n", []string{"preset.yaml:6", "not well-formed"}},
		"span kind":           {chi + ok + "spans:\n  - {names: [a], kind: serve, summary: x}\n", []string{"preset.yaml:6", `did you mean "server"?`}},
		"metric instrument":   {chi + ok + "metrics:\n  - {name: a, unit: s, instrument: sum, summary: x}\n", []string{"preset.yaml:6", "instrument"}},
		"alert key":           {chi + ok + metric + "    alerts: [{nam: x}]\n", []string{"preset.yaml:10", `did you mean "name"?`}},
		"alert name":          {chi + ok + metric + "    alerts: [{name: ../x, above: 1, for: 5m, summary: x, action: x}]\n", []string{"preset.yaml:10", "lower-case"}},
		"alert time":          {chi + ok + metric + "    alerts: [{name: x, above: 1, for: 5 minutes, summary: x, action: x}]\n", []string{"preset.yaml:10", "known: 5m, 10m"}},
		"alert above":         {chi + ok + metric + "    alerts: [{name: x, above: many, for: 5m, summary: x, action: x}]\n", []string{"preset.yaml:10", "must be a number"}},
		"alert not a number":  {chi + ok + metric + "    alerts: [{name: x, above: .nan, for: 5m, summary: x, action: x}]\n", []string{"preset.yaml:10", "decimal number"}},
		"alert on histogram":  {chi + ok + metric + "    alerts: [{name: x, above: 1, for: 5m, summary: x, action: x}]\n", []string{"preset.yaml:6", "write an objective"}},
		"objective target":    {chi + ok + metric + "    objectives: [{name: x, target: 100, below: 1, summary: x, action: x}]\n", []string{"preset.yaml:10", "leaves no room"}},
		"objective untold":    {chi + ok + metric + "    objectives: [{name: x, target: 99, summary: x, action: x}]\n", []string{"preset.yaml:6", "has no error.type"}},
		"objective of a sum":  {chi + ok + "metrics:\n  - {name: a, unit: s, instrument: counter, summary: x, objectives: [{name: x, target: 99, below: 1, summary: x, action: x}]}\n", []string{"preset.yaml:6", "can have no objective"}},
		"share of a counter":  {chi + ok + "metrics:\n  - {name: a, unit: s, instrument: counter, summary: x, alerts: [{name: x, above: 1, of: b, for: 5m, summary: x, action: x}]}\n", []string{"preset.yaml:6", "take of out"}},
		"alert of two":        {chi + ok + "metrics:\n  - {name: a, unit: s, instrument: counter, summary: x, alerts: [{name: x, above: 1, absent: true, for: 5m, summary: x, action: x}]}\n", []string{"preset.yaml:6", "has no one condition"}},
		"alert of nothing":    {chi + ok + "metrics:\n  - {name: a, unit: s, instrument: counter, summary: x, alerts: [{name: x, fleet: true, for: 5m, summary: x, action: x}]}\n", []string{"preset.yaml:6", "has no one condition"}},
		"narrow absence":      {chi + ok + "metrics:\n  - {name: a, unit: s, instrument: counter, summary: x, alerts: [{name: x, absent: true, with: {a: b}, for: 5m, summary: x, action: x}]}\n", []string{"preset.yaml:6", "cannot be narrowed"}},
		"runbook template":    {chi + ok + metric + "    objectives: [{name: x, target: 99, below: 1, summary: x, action: \"{{ .Name\"}]\n", []string{"preset.yaml:6", "not well-formed"}},
		"port":                {chi + ok + "ports:\n  - {port: 70000, summary: x}\n", []string{"preset.yaml:6", "65535"}},
		"group on plain axis": {chi + ok + "group: style\n", []string{"preset.yaml:5", `no group "style"`}},
		"no group":            {"-- presets/pattern/new/preset.yaml --\ntitle: a\nsummary: b\n", []string{"presets/pattern/new/preset.yaml:1", "no group"}},
		"layout of a tactic":  {"-- presets/pattern/new/preset.yaml --\ntitle: a\nsummary: b\nlayout: {domain: x}\ngroup: tactic\n", []string{"preset.yaml:3", "one layout"}},
		"layout role":         {"-- presets/pattern/new/preset.yaml --\ntitle: a\nsummary: b\nlayout: {domian: x}\ngroup: style\n", []string{"preset.yaml:1", `did you mean "domain"?`}},
		"layout outside":      {"-- presets/pattern/new/preset.yaml --\ntitle: a\nsummary: b\nlayout: {domain: ../x}\ngroup: style\n", []string{"preset.yaml:3", "clean relative path"}},
		"two defaults":        {"-- presets/framework/new/preset.yaml --\ntitle: a\nsummary: b\ndefault: true\n", []string{"presets/framework/new/preset.yaml", "two defaults"}},
		"no default":          {chi + "title: chi\nsummary: HTTP.\nprovides: [inbound.http]\n", []string{"templates/skeleton.yaml", "framework has no default"}},
		"default tactic":      {"-- presets/pattern/retry/preset.yaml --\ntitle: a\nsummary: b\ndefault: true\ngroup: tactic\n", []string{"cannot be a default"}},
		"unknown slot":        {"-- presets/framework/chi/slots/compose.service.tmpl --\nx: y\n", []string{"presets/framework/chi/slots/compose.service.tmpl", `did you mean "compose.services"?`}},
		"unknown role":        {"-- presets/framework/chi/files/@inbund/x.go.tmpl --\npackage x\n", []string{"presets/framework/chi/files/@inbund/x.go.tmpl", `did you mean "inbound"?`}},
		"no role":             {"-- presets/framework/chi/files/x.go.tmpl --\npackage x\n", []string{"files/x.go.tmpl", "in no role"}},
		"no .tmpl":            {"-- presets/framework/chi/files/@inbound/x.go --\npackage x\n", []string{"files/@inbound/x.go", "rename it to x.go.tmpl"}},
		"placeholder":         {"-- presets/framework/chi/files/@inbound/{enttiy}.go.tmpl --\npackage x\n", []string{"unknown placeholder"}},
		"bad file name":       {"-- presets/framework/chi/files/@inbound/a b.go.tmpl --\npackage x\n", []string{"cannot be written"}},
		"template syntax":     {"-- presets/framework/chi/files/@inbound/x.go.tmpl --\npackage x\n\n{{ if }}\n", []string{"presets/framework/chi/files/@inbound/x.go.tmpl:3", "missing value for if"}},
		"unknown function":    {"-- presets/framework/chi/files/@inbound/x.go.tmpl --\n{{ now }}\n", []string{"x.go.tmpl:1", `"now" not defined`}},
		"role in a call":      {"-- presets/framework/chi/files/@inbound/x.go.tmpl --\n\n{{ if true }}{{ pkg \"inbond\" }}{{ end }}\n", []string{"x.go.tmpl:2", `did you mean "inbound"?`}},
		"capability in has":   {"-- presets/framework/chi/files/@inbound/x.go.tmpl --\n{{ if and true (has \"inbound.htpp\") }}{{ end }}\n", []string{"x.go.tmpl:1", `did you mean "inbound.http"?`}},
		"slot in a preset":    {"-- presets/framework/chi/files/@inbound/x.go.tmpl --\n{{ slot \"readme\" }}\n", []string{"x.go.tmpl:1", "no slot of this file"}},
		"broken partial":      {"-- skeleton/partials/x.tmpl --\n\n{{ end }}\n", []string{"templates/partials/x.tmpl:2"}},
		"broken lock":         {"-- presets/framework/chi/lock.txt --\nnonsense\n", []string{"presets/framework/chi/lock.txt", "lock file"}},
		"slot without file":   {"-- skeleton/files/@root/compose.yaml.tmpl --\n-- presets/x --\n", []string{"templates/skeleton.yaml:17", "does not exist"}},
		"slot not opened":     {"-- skeleton/files/@root/compose.yaml.tmpl --\nservices: {}\n", []string{"templates/skeleton.yaml:17", "does not open"}},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, newCatalog(t, c.edits).Check(), KindPreset, c.want...)
		})
	}
}

func TestCheckReportsAllMistakes(t *testing.T) {
	err := newCatalog(t, `
-- presets/framework/chi/preset.yaml --
sumary: x
-- presets/broker/nats/files/@messaging/x.go.tmpl --
{{ now }}
`).Check()
	wantError(t, err, KindPreset, "unknown key", "has no title", "has no summary", `"now" not defined`)
}

func TestNewCatalogRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		edits string
		want  []string
	}{
		"no skeleton":      {"-- skeleton/skeleton.yaml --\n", []string{"templates/skeleton.yaml", "no skeleton.yaml"}},
		"skeleton key":     {"-- skeleton/skeleton.yaml --\ntitle: x\nsummary: x\naxes: []\nroles: []\nlayout: {}\noptions: {}\n", []string{"templates/skeleton.yaml:6", `unknown key "options"`}},
		"skeleton axis":    {"-- skeleton/skeleton.yaml --\naxes:\n  - {name: a}\nroles: []\nlayout: {}\n", []string{"templates/skeleton.yaml:2", "has no title"}},
		"slot type":        {"-- skeleton/skeleton.yaml --\naxes: []\nroles: []\nlayout: {}\nslots:\n  - {name: a, type: toml, file: x}\n", []string{"templates/skeleton.yaml:5", `type cannot be "toml"`}},
		"slot twice":       {"-- skeleton/skeleton.yaml --\naxes: []\nroles: []\nlayout: {}\nslots:\n  - {name: a, type: go, file: x}\n  - {name: a, type: go, file: x}\n", []string{"templates/skeleton.yaml:6", "twice"}},
		"unknown axis":     {"-- presets/frameworks/x/preset.yaml --\ntitle: x\n", []string{"presets/frameworks/x", `did you mean "framework"?`}},
		"name of a preset": {"-- presets/framework/My_Preset/preset.yaml --\ntitle: x\n", []string{"presets/framework/My_Preset", "lower-case"}},
	} {
		t.Run(name, func(t *testing.T) {
			skeleton, presets := testCatalog(t, c.edits)
			_, err := NewCatalog(skeleton, Source{Name: BuiltIn, FS: presets})
			wantError(t, err, KindPreset, c.want...)
		})
	}
}

func TestTwoSources(t *testing.T) {
	skeleton, presets := testCatalog(t, "")
	_, mine := testCatalog(t, `
-- presets/broker/mine/preset.yaml --
title: Mine
summary: Of our own.
bad: x
-- presets/docs/pictures/a.png --
not a preset
`)
	for name := range mine {
		if !strings.HasPrefix(name, "broker/mine/") && !strings.HasPrefix(name, "docs/") {
			delete(mine, name)
		}
	}
	c, err := NewCatalog(skeleton, Source{Name: BuiltIn, FS: presets}, Source{Name: "./my presets", FS: mine})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Preset("broker", "mine")
	wantError(t, err, KindPreset, "my presets/broker/mine/preset.yaml:3")
	p, err := c.Preset("broker", "nats")
	if err != nil || p.Source != BuiltIn {
		t.Errorf("%+v, %v", p, err)
	}

	_, err = NewCatalog(skeleton, Source{Name: BuiltIn, FS: presets}, Source{Name: "./mine", FS: presets})
	wantError(t, err, KindPreset, "mine/broker/nats", "two presets broker/nats", "presets/broker/nats")
}

func TestPresets(t *testing.T) {
	c := newCatalog(t, "")
	presets, err := c.Presets("pattern")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range presets {
		names = append(names, p.Name)
	}
	if want := []string{"hexagonal", "layered", "bulkhead", "retry"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v: group, then order, then name", names, want)
	}
	_, err = c.Presets("patern")
	wantError(t, err, KindAnswers, "known axes: framework, broker", `did you mean "pattern"?`)
	_, err = c.Preset("broker", "nast")
	wantError(t, err, KindAnswers, `broker "nast" is not a preset`, "nats, none", "did you mean --broker nats?")
	_, err = c.Preset("brokr", "nats")
	wantError(t, err, KindAnswers, `did you mean "broker"?`)
}

// opened records the files that are read.
type opened struct {
	fs.FS
	mu    sync.Mutex
	names []string
}

func (o *opened) Open(name string) (fs.File, error) {
	f, err := o.FS.Open(name)
	if err == nil {
		if info, statErr := f.Stat(); statErr == nil && !info.IsDir() {
			o.mu.Lock()
			o.names = append(o.names, name)
			o.mu.Unlock()
		}
	}
	return f, err
}

// A broken manifest of a preset that is not chosen is not even decoded.
func TestCatalogIsLazy(t *testing.T) {
	const broken = `
-- presets/framework/broken/preset.yaml --
nonsense: [
-- presets/broker/none/preset.yaml --
title: [
`
	if _, err := generate(t, broken, Answers{Name: "shop"}); err != nil {
		t.Errorf("a preset that is not chosen stands in the way: %v", err)
	}
	skeleton, presets := testCatalog(t, broken)
	o := &opened{FS: presets}
	a := Answers{Name: "shop", Presets: map[string][]string{"framework": {"chi"}, "broker": {"nats"}, "database": {"memory"}, "pattern": {"hexagonal"}}}
	if _, err := generateFrom(skeleton, o, a); err != nil {
		t.Fatal(err)
	}
	for _, name := range o.names {
		if dir := strings.Join(strings.Split(name, "/")[:2], "/"); !slices.Contains([]string{"framework/chi", "broker/nats", "database/memory", "pattern/hexagonal"}, dir) {
			t.Errorf("read %s", name)
		}
	}
}

func TestMayBeDefault(t *testing.T) {
	for manifest, want := range map[string]bool{
		"title: x\ndefault: true\n":      true,
		"  default:   True\n":            true,
		`{"default": true, title: x}`:    true,
		"default:\n  true\n":             true,
		"default: false\n":               false,
		"env:\n - {default: \"true\"}\n": false,
		"summary: the default\n":         false,
		"":                               false,
	} {
		if got := mayBeDefault([]byte(manifest)); got != want {
			t.Errorf("%q: got %v", manifest, got)
		}
	}
}

func TestTwoDefaults(t *testing.T) {
	_, err := generate(t, "-- presets/framework/new/preset.yaml --\ntitle: a\nsummary: b\ndefault: true\n", Answers{Name: "shop"})
	wantError(t, err, KindPreset, "presets/framework/new/preset.yaml", "framework has two defaults", "presets/framework/chi")
}
