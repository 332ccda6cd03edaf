package generator

import (
	"bytes"
	"encoding/json"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/tools/imports"
)

func TestDefaultService(t *testing.T) {
	tree := mustGenerate(t, "", Answers{Name: "shop"})
	var paths []string
	for _, f := range tree.Files {
		paths = append(paths, f.Path)
	}
	want := []string{"README.md", "cmd/shop/main.go", "compose.yaml", "go.mod", "go.sum", "internal/adapter/inbound/run.go", "internal/adapter/messaging/order_events.go",
		"internal/adapter/store/store.go", "internal/config/config.go", "internal/domain/order.go", "run.sh"}
	if !reflect.DeepEqual(paths, want) {
		t.Errorf("got  %v\nwant %v", paths, want)
	}
	if got, want := content(t, tree, "cmd/shop/main.go"), `// Command shop is a service about orders.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"go.opentelemetry.io/otel"

	"example.com/shop/internal/adapter/inbound"
	"example.com/shop/internal/adapter/messaging"
	"example.com/shop/internal/config"
)

func main() {
	ctx := context.Background()
	cfg := config.Config{HTTP: ":8080", Broker: "nats://127.0.0.1:4222"}
	_ = otel.Version()
	slog.InfoContext(ctx, messaging.Orders)
	if err := inbound.Run(ctx, cfg); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
`; got != want {
		t.Errorf("got\n%s", got)
	}
	readme := content(t, tree, "README.md")
	for _, line := range []string{"# shop", "hello orders", "- broker: NATS JetStream", "| OTEL_SERVICE_NAME | shop | skeleton |", "| BROKER_URL | nats://127.0.0.1:4222 | broker/nats |",
		"span handle order of skeleton", "span send orders.created of broker/nats"} {
		if !strings.Contains(readme, line+"\n") {
			t.Errorf("README has no line %q:\n%s", line, readme)
		}
	}
	if got := content(t, tree, "go.mod"); !strings.Contains(got, "module example.com/shop\n") || !strings.Contains(got, "require go.opentelemetry.io/otel v1.47.0") {
		t.Errorf("go.mod is\n%s", got)
	}
	for _, f := range tree.Files {
		if want := map[bool]fs.FileMode{true: 0o755, false: 0o644}[f.Path == "run.sh"]; f.Mode != want {
			t.Errorf("mode of %s is %v", f.Path, f.Mode)
		}
	}
}

func TestRenames(t *testing.T) {
	tree := mustGenerate(t, "", Answers{Name: "stock", Module: "acme.org/x/stock/v2", Entity: "line-item", Presets: map[string][]string{"pattern": {"layered"}}, Options: map[string]string{"nats.subject": "ev"}})
	if got, want := content(t, tree, "internal/messaging/line_item_events.go"), `package messaging

// LineItems is the subject.
const LineItems = "ev.line-items"

// MaxAttempts bounds redelivery.
const MaxAttempts = 5
`; got != want {
		t.Errorf("got\n%s", got)
	}
	// Two roles share the package, so a reference has no qualifier.
	if got := content(t, tree, "internal/model/line_item.go"); !strings.Contains(got, "var _ = LineItem{}\n") {
		t.Errorf("got\n%s", got)
	}
	if got := content(t, tree, "cmd/stock/main.go"); !strings.Contains(got, `"acme.org/x/stock/v2/internal/messaging"`) {
		t.Errorf("got\n%s", got)
	}
}

func TestFragmentsStandInOrder(t *testing.T) {
	a := Answers{Name: "shop", Presets: map[string][]string{"pattern": {"retry", "bulkhead"}, "database": {"postgres"}}}
	tree := mustGenerate(t, "-- skeleton/slots/readme.tmpl --\nfirst\n-- presets/database/postgres/slots/readme.tmpl --\n{{ if false }}x{{ end }}\n", a)
	if got := content(t, tree, "README.md"); !strings.HasSuffix(got, "\n\nfirst\nbulkheads\nretries\n") {
		t.Errorf("README is\n%s", got)
	}
	if got, want := content(t, tree, "compose.yaml"), "services:\n  collector:\n    image: collector\n  nats:\n    image: nats\n  postgres:\n    image: postgres\n"; got != want {
		t.Errorf("compose.yaml is\n%s", got)
	}
	for _, f := range tree.Files {
		if f.Path != "README.md" {
			continue
		}
		want := []Fragment{
			{"readme", "skeleton", "slots/readme.tmpl", []byte("first")},
			{"readme", "pattern/bulkhead", "slots/readme.tmpl", []byte("bulkheads")},
			{"readme", "pattern/retry", "slots/readme.tmpl", []byte("retries")},
		}
		if !reflect.DeepEqual(f.Fragments, want) {
			t.Errorf("fragments are %+v", f.Fragments)
		}
		if f.Owner != "skeleton" || f.Template != "files/@root/README.md.tmpl" {
			t.Errorf("owner %s, template %s", f.Owner, f.Template)
		}
	}
	empty := mustGenerate(t, "", Answers{Name: "shop", Presets: map[string][]string{"broker": {"none"}}})
	if got := content(t, empty, "compose.yaml"); got != "services:\n  collector:\n    image: collector\n" {
		t.Errorf("compose.yaml without fragments is\n%s", got)
	}
}

// A fragment uses its own preset's options and may change them without anyone else seeing it.
func TestOptionsAreEachTemplatesOwn(t *testing.T) {
	tree := mustGenerate(t, `
-- presets/broker/nats/slots/readme.tmpl --
{{ $_ := set .Options "subject" "changed" }}{{ .Options.subject }} {{ .Options.trace | not }} {{ add (index .Options "max-attempts") 1 }}
-- presets/broker/nats/files/@root/a.txt.tmpl --
{{ .Options.subject }}
`, Answers{Name: "shop"})
	if got := content(t, tree, "README.md"); !strings.HasSuffix(got, "changed false 6\n") {
		t.Errorf("README is\n%s", got)
	}
	if got := content(t, tree, "a.txt"); got != "events\n" {
		t.Errorf("another template saw the change: %s", got)
	}
}

// A template's definitions are its own, even if another one has a definition of that name.
func TestDefinitionsAreLocal(t *testing.T) {
	tree := mustGenerate(t, `
-- presets/framework/chi/files/@root/a.txt.tmpl --
{{ define "x" }}a{{ end }}{{ template "x" }} {{ include "x" . }}
-- presets/framework/chi/files/@root/b.txt.tmpl --
{{ define "x" }}b{{ end }}{{ template "x" }} {{ include "partials/header" . }}
`, Answers{Name: "shop"})
	if a, b := content(t, tree, "a.txt"), content(t, tree, "b.txt"); a != "a a\n" || b != "b # shop\n\n" {
		t.Errorf("%q, %q", a, b)
	}
}

// A fact with a capability is one of the service only if that is provided.
func TestFactsWithACapability(t *testing.T) {
	const manifest = `
-- presets/framework/chi/preset.yaml --
title: chi
summary: HTTP.
default: true
provides: [inbound.http]
env:
  - {name: WITH_NATS, when: events.external, summary: x}
  - {name: WITHOUT_NATS, when: events.local, summary: x}
spans:
  - {names: [of events], kind: internal, when: events.external, summary: x}
`
	for broker, want := range map[string][2]string{"nats": {"WITH_NATS", "WITHOUT_NATS"}, "none": {"WITHOUT_NATS", "WITH_NATS"}} {
		readme := content(t, mustGenerate(t, manifest, Answers{Name: "shop", Presets: map[string][]string{"broker": {broker}}}), "README.md")
		if !strings.Contains(readme, "| "+want[0]+" |") || strings.Contains(readme, "| "+want[1]+" |") || strings.Contains(readme, "of events") != (broker == "nats") {
			t.Errorf("with %s:\n%s", broker, readme)
		}
	}
}

// A fact whose `when` is false is not rendered.
func TestFactsWithConditions(t *testing.T) {
	const manifest = `
-- presets/framework/chi/preset.yaml --
title: chi
summary: HTTP.
default: true
provides: [inbound.http]
options:
  docs: {type: bool, default: "false", summary: x}
env:
  - {name: WITH_DOCS, when: options.docs, summary: x}
  - {name: WITHOUT_DOCS, when: "!options.docs", summary: x}
  - {name: BOTH, when: options.docs events.external, summary: x}
  - {name: NEVER, when: options.docs !inbound.http, summary: x}
`
	for docs, want := range map[string]string{"true": "WITH_DOCS BOTH", "false": "WITHOUT_DOCS"} {
		readme := content(t, mustGenerate(t, manifest, Answers{Name: "shop", Options: map[string]string{"chi.docs": docs}, Presets: map[string][]string{"broker": {"nats"}}}), "README.md")
		for _, name := range []string{"WITH_DOCS", "WITHOUT_DOCS", "BOTH", "NEVER"} {
			if strings.Contains(readme, "| "+name+" |") != slices.Contains(strings.Fields(want), name) {
				t.Errorf("with docs %s, of %s:\n%s", docs, name, readme)
			}
		}
	}
}

// The span of an event is one for each that the presets declare.
func TestSpansOfEvents(t *testing.T) {
	const manifest = `
-- presets/framework/chi/preset.yaml --
title: chi
summary: HTTP.
default: true
provides: [inbound.http]
events: [opened, closed, opened]
spans:
  - {names: ["send {event}", ping], kind: producer, summary: of events}
-- skeleton/files/@root/spans.txt.tmpl --
{{ range .Spans }}{{ if eq .Summary "of events" }}{{ .Names }} {{ end }}{{ end }}{{ .Events }}
`
	if got := content(t, mustGenerate(t, manifest, Answers{Name: "shop", Entity: "line-item"}), "spans.txt"); got != "[send line_items.opened send line_items.closed ping] [opened closed]\n" {
		t.Errorf("got %s", got)
	}
}

func TestEntityFunctions(t *testing.T) {
	const file = "-- presets/framework/chi/files/@root/x.txt.tmpl --\n{{ Order }} {{ Orders }} {{ order }} {{ orders }}, {{ entity }}, {{ entities }}, {{ anEntity }}, {{ upperFirst entity }} {{ lowerFirst Order }}{{ upperFirst \"\" }}\n"
	for entity, want := range map[string]string{
		"order":     "Order Orders order orders, order, orders, an order, Order order\n",
		"line-item": "LineItem LineItems lineItem lineItems, line item, line items, a line item, Line item lineItem\n",
		"user":      "User Users user users, user, users, a user, User user\n",
	} {
		if got := content(t, mustGenerate(t, file, Answers{Name: "shop", Entity: entity}), "x.txt"); got != want {
			t.Errorf("got %s", got)
		}
	}
}

// The budget of templates is per rendering: a plan can be rendered again.
func TestRenderAgain(t *testing.T) {
	selection, err := newCatalog(t, "-- skeleton/files/@root/busy.txt.tmpl --\nx{{ range 60000 }}{{ end }}\n").Select(Answers{Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := selection.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for range 6 {
		if _, err := plan.Render(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	const file = "-- presets/framework/chi/files/@root/x.txt.tmpl --\n"
	const goFile = "-- presets/framework/chi/files/@inbound/x.go.tmpl --\n"
	const inFile = "presets/framework/chi/files/@root/x.txt.tmpl:"
	for name, c := range map[string]struct {
		edits string
		want  []string
	}{
		"unknown field":          {file + "\n{{ .Nmae }}\n", []string{inFile + "2: the template fails at {{ .Nmae }}", "can't evaluate field Nmae"}},
		"unknown option":         {file + "{{ .Options.x }}\n", []string{inFile + "1", `no entry for key "x"`}},
		"unknown role":           {file + "{{ pkg \"inbond\" }}\n", []string{inFile + "1", `did you mean "inbound"?`}},
		"fail":                   {file + "\n\n{{ fail \"no way\" }}\n", []string{inFile + "3", "no way"}},
		"unknown template":       {file + "{{ include \"partials/headr\" . }}\n", []string{inFile + "1", `did you mean "partials/header"?`}},
		"recursion":              {file + "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}\n", []string{inFile + "1", "without end"}},
		"endless output":         {file + "{{ range until 10000 }}{{ repeat 1000 \"x\" }}{{ end }}\n", []string{"presets/framework/chi/files/@root/x.txt.tmpl: ", "8 MiB"}},
		"slot elsewhere":         {file + "{{ slot \"readme\" }}\n", []string{inFile + "1", "belongs to the file @root/README.md"}},
		"unknown slot":           {file + "{{ slot \"readmi\" }}\n", []string{inFile + "1", `did you mean "readme"?`}},
		"error in a fragment":    {"-- presets/framework/chi/slots/readme.tmpl --\n\n{{ .X }}\n", []string{"presets/framework/chi/slots/readme.tmpl:2", "{{ .X }}"}},
		"error in a partial":     {"-- skeleton/partials/header.tmpl --\n\n{{ .X }}\n", []string{"templates/partials/header.tmpl:2"}},
		"error in a fact":        {"-- presets/framework/chi/preset.yaml --\ntitle: x\nsummary: x\nenv:\n  - {name: A, summary: \"{{ .X }}\"}\ndefault: true\n", []string{"presets/framework/chi/preset.yaml:4", "{{ .X }}"}},
		"unknown slot file":      {"-- presets/framework/chi/slots/redme.tmpl --\nx\n", []string{"presets/framework/chi/slots/redme.tmpl", `did you mean "readme"?`}},
		"slot without a file":    {"-- skeleton/files/@root/compose.yaml.tmpl --\n-- presets/x --\n", []string{"templates/skeleton.yaml:17", "@root/compose.yaml"}},
		"not Go":                 {goFile + "package inbound\n\nfunc {\n", []string{"presets/framework/chi/files/@inbound/x.go.tmpl", "internal/adapter/inbound/x.go is not Go in line 3", "func {"}},
		"Go fragment":            {"-- presets/framework/chi/slots/main.open.tmpl --\nimport \"fmt\"\nif {\n", []string{"presets/framework/chi/slots/main.open.tmpl", "not Go in line 2"}},
		"unbalanced fragment":    {"-- presets/framework/chi/slots/main.open.tmpl --\n}\nfunc x() {\n", []string{"presets/framework/chi/slots/main.open.tmpl"}},
		"YAML fragment":          {"-- presets/framework/chi/slots/compose.services.tmpl --\na: [\n", []string{"presets/framework/chi/slots/compose.services.tmpl", "not YAML"}},
		"two services":           {"-- presets/framework/chi/slots/compose.services.tmpl --\nnats: x\n", []string{"templates/files/@root/compose.yaml.tmpl", "already defined"}},
		"two imports, one name":  {goFile + "package inbound\nimport (\n\"text/template\"\n\"html/template\"\n)\nvar _ = template.New\n", []string{"both imported as template"}},
		"unknown import":         {goFile + "package inbound\nimport \"example.org/x\"\nvar _ = x.Y\n", []string{`nothing is locked for the import "example.org/x"`, "presets/framework/chi/files/@inbound/x.go.tmpl", "otelgen preset lock"}},
		"import of nothing":      {goFile + "package inbound\nimport \"{{ .Module }}/internal/x\"\nvar _ = x.Y\n", []string{`imports "example.com/shop/internal/x"`, "no file of the service"}},
		"import of no role":      {goFile + "package inbound\nimport \"@stor\"\nvar _ = stor.Y\n", []string{"presets/framework/chi/files/@inbound/x.go.tmpl", `did you mean "store"?`}},
		"cgo":                    {goFile + "package inbound\n\nimport \"C\"\n", []string{"not Go in line 3", "cgo"}},
		"one path, two owners":   {"-- presets/framework/chi/files/@root/README.md.tmpl --\nx\n", []string{"presets/framework/chi/files/@root/README.md.tmpl", "already taken", "templates/files/@root/README.md.tmpl"}},
		"paths differ in case":   {"-- presets/framework/chi/files/@root/readme.MD.tmpl --\nx\n", []string{"already taken"}},
		"folders differ in case": {"-- presets/framework/chi/files/@root/Internal/x.tmpl --\nx\n", []string{"already taken"}},
		"file for a folder":      {"-- presets/framework/chi/files/@root/internal.tmpl --\nx\n", []string{"already taken"}},
		"go.mod":                 {"-- presets/framework/chi/files/@root/go.mod.tmpl --\nx\n", []string{"otelgen writes this file itself"}},
		"answers file":           {"-- presets/framework/chi/files/@root/.otelgen.yaml.tmpl --\nx\n", []string{"otelgen writes this file itself"}},
		"white space in a path":  {"-- presets/framework/chi/files/@root/a b.tmpl --\nx\n", []string{"cannot be written"}},
		"not ASCII":              {"-- presets/framework/chi/files/@root/ä.tmpl --\nx\n", []string{"cannot be written"}},
		"backslash":              {"-- presets/framework/chi/files/@root/a\\b.tmpl --\nx\n", []string{"cannot be written"}},
		"Windows device":         {"-- presets/framework/chi/files/@root/aux.txt.tmpl --\nx\n", []string{"cannot be written"}},
		"control character":      {"-- presets/framework/chi/files/@root/a\x01b.tmpl --\nx\n", []string{"cannot be written"}},
		"unknown placeholder":    {"-- presets/framework/chi/files/@root/{x}.tmpl --\nx\n", []string{"unknown placeholder"}},
		"role without folder":    {"-- presets/pattern/hexagonal/preset.yaml --\ntitle: x\nsummary: x\ndefault: true\ngroup: style\nlayout: {domain: d}\n", []string{"has no directory"}},
		"two layouts":            {"-- presets/framework/chi/preset.yaml --\ntitle: x\nsummary: x\ndefault: true\nlayout: {config: d}\n", []string{"the role config already has a directory", "skeleton"}},
		"variable twice":         {"-- presets/framework/chi/preset.yaml --\ntitle: x\nsummary: x\ndefault: true\nenv:\n  - {name: HTTP_ADDR, default: x, summary: y}\n", []string{"presets/framework/chi/preset.yaml:5", "declared differently by skeleton"}},
		"field twice":            {"-- presets/framework/chi/preset.yaml --\ntitle: x\nsummary: x\ndefault: true\nenv:\n  - {name: ADDR, section: HTTP, field: Addr, summary: y}\n", []string{"presets/framework/chi/preset.yaml:5", "HTTP.Addr"}},
		"no lock":                {"-- skeleton/lock.txt --\n-- presets/x --\n", []string{"go.mod cannot be written"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := generate(t, c.edits, Answers{Name: "shop"})
			wantError(t, err, KindPreset, c.want...)
		})
	}
}

// A clash that an answer causes is reported as an error of the answer, not of the preset.
func TestAnswersThatClashWithTemplates(t *testing.T) {
	for name, c := range map[string]struct {
		edits string
		a     Answers
		want  []string
	}{
		"name":                {"-- skeleton/files/@root/cmd/dev/main.go.tmpl --\npackage main\n", Answers{Name: "dev"}, []string{"cmd/dev/main.go is already taken", "another name"}},
		"entity":              {"-- skeleton/files/@domain/thing.go.tmpl --\npackage domain\n", Answers{Name: "shop", Entity: "thing"}, []string{"internal/domain/thing.go is already taken"}},
		"entity as platform":  {"-- skeleton/files/@domain/list_{entities}.go.tmpl --\npackage domain\n", Answers{Name: "shop", Entity: "window"}, []string{"list_windows.go"}},
		"entity as test":      {"", Answers{Name: "shop", Entity: "order-test"}, []string{"order_test.go"}},
		"entity as vendor":    {"-- skeleton/files/@root/{entity}/x.txt.tmpl --\nx\n", Answers{Name: "shop", Entity: "vendor"}, []string{"vendor"}},
		"entity as device":    {"", Answers{Name: "shop", Entity: "con"}, []string{"con.go"}},
		"module like the std": {"", Answers{Name: "shop", Module: "log"}, []string{`"log" cannot be the module path`, `"log/slog"`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := generate(t, c.edits, c.a)
			wantError(t, err, KindAnswers, c.want...)
		})
	}
	if _, err := generate(t, "", Answers{Name: "shop", Entity: "window"}); err != nil {
		t.Errorf("an entity is refused that harms no file: %v", err)
	}
}

// A file named {alert} is written for each alert of the service, with what that is about, in the words of the answers.
func TestFilesForAlerts(t *testing.T) {
	const edits = `
-- presets/framework/chi/preset.yaml --
title: chi
summary: HTTP.
default: true
provides: [inbound.http]
metrics:
  - name: requests
    unit: s
    instrument: histogram
    summary: Requests.
    optional: [error.type]
    objectives:
      - {name: requests-availability, target: 99.5, summary: "Requests of {{ .Name }}.", action: Look.}
      - {name: requests-latency, target: 99, below: 0.5, summary: Fast requests., action: Look.}
  - name: queue
    unit: "{item}"
    instrument: gauge
    summary: Items that wait.
    alerts: [{name: queue-long, above: 10, for: 5m, summary: Too much waits., action: Work.}]
-- presets/framework/chi/files/@root/pages/{alert}.md.tmpl --
{{ .Alert.Title }}: {{ .Alert.Summary }} {{ with .Alert.Objective }}{{ .Target }}{{ end }}{{ with .Alert.Threshold }}{{ .Above }}{{ end }}
`
	tree := mustGenerate(t, edits, Answers{Name: "shop"})
	for name, want := range map[string]string{
		"pages/requests-availability.md": "RequestsAvailability: Requests of shop. 99.5\n",
		"pages/requests-latency.md":      "RequestsLatency: Fast requests. 99\n",
		"pages/queue-long.md":            "QueueLong: Too much waits. 10\n",
	} {
		if got := content(t, tree, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	for _, f := range tree.Files {
		if f.Repeated() != strings.HasPrefix(f.Path, "pages/") {
			t.Errorf("%s: repeated is %v", f.Path, f.Repeated())
		}
	}

	for name, c := range map[string]struct{ old, new, want string }{
		"a share of nothing": {"above: 10,", "above: 10, of: nothing,", "a metric that is not there"},
		"one name twice":     {"name: queue-long", "name: requests-latency", "two metrics have an objective or alert requests-latency"},
		"in a folder":        {"@root/pages/{alert}.md", "@root/{alert}/page.md", "unknown placeholder"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := generate(t, strings.Replace(edits, c.old, c.new, 1), Answers{Name: "shop"})
			wantError(t, err, KindPreset, c.want)
		})
	}
}

// Layouts of presets cannot lead out of the target either.
func TestLayoutOutside(t *testing.T) {
	for _, dir := range []string{"../x", "/x", "..", "a/../..", "a//b", "./a"} {
		_, err := generate(t, "-- presets/pattern/hexagonal/preset.yaml --\ntitle: x\nsummary: x\ndefault: true\ngroup: style\nlayout: {domain: \""+dir+"\"}\n", Answers{Name: "shop"})
		wantError(t, err, KindPreset, "presets/pattern/hexagonal/preset.yaml:5", "clean relative path")
	}
}

func TestSameBytesEveryTime(t *testing.T) {
	a := Answers{Name: "shop", Presets: map[string][]string{"pattern": {"retry", "bulkhead"}, "database": {"postgres"}}}
	first := mustGenerate(t, "", a)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, procs := range []int{1, 2, 16} {
		runtime.GOMAXPROCS(procs)
		if !reflect.DeepEqual(mustGenerate(t, "", a), first) {
			t.Errorf("another tree with GOMAXPROCS=%d", procs)
		}
	}
	// One plan, and one catalog, can be rendered again.
	s, err := newCatalog(t, "").Select(a)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p, err := s.Plan()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if tree, err := p.Render(); err != nil || !reflect.DeepEqual(tree, first) {
				t.Errorf("another tree, %v", err)
			}
		}
	}
}

// crashing panics when one of its files is opened.
type crashing struct {
	fs.FS
	name string
}

func (c crashing) Open(name string) (fs.File, error) {
	if name == c.name {
		panic("a test")
	}
	return c.FS.Open(name)
}

// A panic in another goroutine reaches the caller, who can recover from it, together with its stack.
func TestCrash(t *testing.T) {
	for _, file := range []string{"framework/chi/files/@inbound/run.go.tmpl", "framework/chi/lock.txt"} { // while rendering, while planning
		t.Run(file, func(t *testing.T) {
			defer func() {
				crash, ok := recover().(*Crash)
				if !ok || crash.Value != "a test" || !strings.Contains(string(crash.Stack), "crashing.Open") {
					t.Errorf("recovered %v", crash)
				}
			}()
			skeleton, presets := testCatalog(t, "")
			_, err := generateFrom(skeleton, crashing{presets, file}, Answers{Name: "shop"})
			t.Errorf("no crash, but %v", err)
		})
	}
}

func TestPlanImports(t *testing.T) {
	s, err := newCatalog(t, `
-- presets/framework/chi/slots/main.open.tmpl --
import "example.org/unknown/v2"
import "os/signal"
_ = unknown.X
`).Select(Answers{Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Imports()
	want := map[string][]string{"skeleton": {"go.opentelemetry.io/otel"}, "framework/chi": {"example.org/unknown/v2"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

// All combinations of the test catalog give Go that parses and is formatted.
func TestAllCombinations(t *testing.T) {
	c := newCatalog(t, "")
	n := 0
	for _, framework := range []string{"chi", "none"} {
		for _, broker := range []string{"nats", "none"} {
			for _, database := range []string{"memory", "postgres"} {
				for _, pattern := range [][]string{{"hexagonal"}, {"layered", "retry"}} {
					s, err := c.Select(Answers{Name: "shop", Presets: map[string][]string{"framework": {framework}, "broker": {broker}, "database": {database}, "pattern": pattern}})
					if err != nil {
						wantError(t, err, KindAnswers)
						continue
					}
					p, err := s.Plan()
					if err != nil {
						t.Fatal(err)
					}
					tree, err := p.Render()
					if err != nil {
						t.Fatal(err)
					}
					checkTree(t, tree)
					n++
				}
			}
		}
	}
	if n != 10 {
		t.Errorf("%d combinations, want 10", n)
	}
}

// checkTree holds what is true of every tree.
func checkTree(t testing.TB, tree *Tree) {
	t.Helper()
	for i, f := range tree.Files {
		if i > 0 && tree.Files[i-1].Path >= f.Path {
			t.Errorf("%s does not come after %s", f.Path, tree.Files[i-1].Path)
		}
		if !fs.ValidPath(f.Path) || path.Clean(f.Path) != f.Path || module.CheckFilePath(f.Path) != nil {
			t.Errorf("path %q is not clean", f.Path)
		}
		if f.Owner == "" || f.Template == "" {
			t.Errorf("%s has no owner or template", f.Path)
		}
		if path.Ext(f.Path) != ".go" {
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), f.Path, f.Content, parser.ParseComments); err != nil {
			t.Error(err)
		}
		if formatted, err := imports.Process(f.Path, f.Content, &imports.Options{FormatOnly: true, Comments: true, TabIndent: true, TabWidth: 8}); err != nil || !bytes.Equal(formatted, f.Content) {
			t.Errorf("%s is not formatted", f.Path)
		}
	}
}

func FuzzAnswersToTree(f *testing.F) {
	f.Add("shop", "", "order", "", "chi", "nats", "memory", "hexagonal,retry", "nats.max-attempts", "3")
	f.Add("x-1", "example.com/x/v2", "line-item", "stuff", "none", "", "postgres", "layered", "nats.subject", "{{ .Name }}")
	f.Add("dev", "log", "window", "windows", "none", "none", "", "", "", "")
	f.Add("shop", "", "", "", "", "", "", "", "broker/nats.subject", "\"\\`\xff")
	f.Add("con", "a/vendor", "order_test", "type", "", "", "", "", "broker/nats.subject", "\"\\`")
	c := newCatalog(f, "")
	f.Fuzz(func(t *testing.T, name, modulePath, entity, plural, framework, broker, database, pattern, key, value string) {
		a := Answers{Name: name, Module: modulePath, Entity: entity, EntityPlural: plural, Presets: map[string][]string{}}
		for axis, names := range map[string]string{"framework": framework, "broker": broker, "database": database, "pattern": pattern} {
			if names != "" {
				a.Presets[axis] = strings.Split(names, ",")
			}
		}
		if key != "" {
			a.Options = map[string]string{key: value}
		}
		s, err := c.Select(a)
		if err != nil {
			wantError(t, err, KindAnswers)
			return
		}
		if _, err := json.Marshal(s.Answers()); err != nil {
			t.Error(err)
		}
		p, err := s.Plan()
		if err != nil {
			wantError(t, err, KindAnswers)
			return
		}
		tree, err := p.Render()
		if err != nil {
			wantError(t, err, KindAnswers)
			return
		}
		checkTree(t, tree)
	})
}
