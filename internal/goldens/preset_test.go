package goldens_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/goldens"
)

// shop is a catalog of two presets that share a document, a style of code and some files.
const shop = `
-- templates/skeleton.yaml --
title: Skeleton
summary: What every service has.
axes:
  - {name: database, title: Database, question: "Database?"}
roles: [root, store]
layout: {root: ., store: internal/store}
slots:
  - {name: readme, type: text, file: "@root/README.md"}
env:
  - {name: LOG_LEVEL, section: Process, field: LogLevel, type: level, default: info, summary: Level.}
-- templates/lock.txt --
go 1.26.0
-- templates/files/@root/README.md.tmpl --
# {{ .Name }}

One.
{{ slot "readme" }}
{{- range .Metrics }}
- {{ .Name }}: {{ .Summary }}
{{- end }}
-- presets/database/first/preset.yaml --
title: First
summary: The first one.
default: true
metrics:
  - {name: queries, instrument: counter, unit: "{query}", summary: Queries.}
-- presets/database/first/slots/readme.tmpl --
Needs nothing.
-- presets/database/first/files/@store/same.txt.tmpl --
both
-- presets/database/first/files/@store/near.txt.tmpl --
LINES
first
-- presets/database/first/files/@store/far.txt.tmpl --
first
-- presets/database/second/preset.yaml --
title: Second
summary: The second one.
metrics:
  - name: queries
    instrument: counter
    unit: "{query}"
    summary: Queries.
    alerts: [{name: queries-many, above: 10, for: 5m, summary: Too many queries., action: Send fewer.}]
-- presets/database/second/slots/readme.tmpl --
Needs a server.
-- presets/database/second/files/@store/same.txt.tmpl --
both
-- presets/database/second/files/@store/near.txt.tmpl --
LINES
second
-- presets/database/second/files/@store/far.txt.tmpl --
second
-- presets/database/second/files/@store/new.txt.tmpl --
new
`

// golden returns the files of the golden of a preset of the shop, which is edited: old, new, old, new.
func golden(t *testing.T, name string, edits ...string) map[string]string {
	t.Helper()
	lines := strings.TrimSuffix(strings.Repeat("a line\n", 20), "\n")
	text := strings.NewReplacer(append(edits, "LINES", lines)...).Replace(shop)
	skeleton, presets := fstest.MapFS{}, fstest.MapFS{}
	for _, f := range txtar.Parse([]byte(text)).Files {
		if rest, ok := strings.CutPrefix(f.Name, "templates/"); ok {
			skeleton[rest] = &fstest.MapFile{Data: f.Data}
		} else {
			presets[strings.TrimPrefix(f.Name, "presets/")] = &fstest.MapFile{Data: f.Data}
		}
	}
	c, err := generator.NewCatalog(skeleton, generator.Source{Name: "../some/folder", FS: presets})
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Preset("database", name)
	if err != nil {
		t.Fatal(err)
	}
	data, err := goldens.Preset(c, p)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(data), "some/folder") {
		t.Errorf("the golden names the folder that the preset was read from:\n%s", data)
	}
	files := map[string]string{}
	for _, f := range txtar.Parse(data).Files {
		files[f.Name] = string(f.Data)
	}
	return files
}

func TestGoldenShowsWhatThePresetChanges(t *testing.T) {
	got := golden(t, "second")
	for name, want := range map[string]string{
		"README.md.diff": "--- README.md\n+++ README.md\n@@ # shop\n One.\n-Needs nothing.\n+Needs a " +
			"server.\n - queries: Queries.\n",
		"internal/store/near.txt.diff": "--- internal/store/near.txt\n+++ internal/store/near.txt\n@@\n a " +
			"line\n-first\n+second\n",
		"internal/store/far.txt":    "second\n",
		"internal/store/new.txt":    "new\n",
		"as in the default service": "internal/store/same.txt\n",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if text := got["preset.yaml"] + got["preset.yaml.diff"]; !strings.Contains(text, "queries-many") {
		t.Errorf("the alert is not shown: %q", text)
	}
	if len(got) != 6 {
		t.Errorf("%d files, want 6: %v", len(got), got)
	}
}

// Files of the default service are not repeated, so the golden of a default preset is its manifest and a list.
func TestGoldenOfADefaultPresetIsAList(t *testing.T) {
	got := golden(t, "first")
	if want := "README.md\ninternal/store/far.txt\ninternal/store/near.txt\ninternal/store/same.txt\n"; got["as in the default service"] != want ||
		len(got) != 2 {
		t.Errorf("got %v, want preset.yaml and %q", got, want)
	}
}

// A line that is added to a shared file, or to one that both presets have, is no change that the preset makes.
func TestGoldenIgnoresSharedChanges(t *testing.T) {
	was := fmt.Sprint(golden(t, "second"))
	if now := fmt.Sprint(golden(t, "second", "\n\nOne.", "\nAbove.\n\nOne.", "both", "each")); now != was {
		t.Errorf("got %s, want as before: %s", now, was)
	}
}

// A change of any fact in a manifest shows.
func TestGoldenShowsEveryFact(t *testing.T) {
	was := fmt.Sprint(golden(t, "second"))
	for _, edit := range [][2]string{
		{"The second one.", "The other one."}, {"above: 10", "above: 11"}, {"Send fewer.", "Send less."}, {"for: 5m", "for: 10m"}, {"instrument: counter\n    unit: \"{query}\"\n    summary: Queries.\n    alerts", "instrument: updowncounter\n    unit: \"{query}\"\n    summary: Queries.\n    alerts"},
		{"summary: The second one.", "summary: The second one.\nprovides: [durable]"},
		{"summary: The second one.", "summary: The second one.\nenv: [{name: URL, section: Database, field: URL, type: " +
			"url, default: x, summary: S.}]"},
		{"summary: The second one.", "summary: The second one.\nspans: [{names: [query], kind: client, summary: S.}]"},
		{"summary: The second one.", "summary: The second one.\nports: [{port: 5432, summary: S.}]"},
	} {
		if now := fmt.Sprint(golden(t, "second", edit[0], edit[1])); now == was {
			t.Errorf("%q to %q changes nothing", edit[0], edit[1])
		}
	}
}

func TestDigest(t *testing.T) {
	const generated = "// Code generated by protoc-gen-go. DO NOT EDIT.\n\npackage p\n"
	for name, test := range map[string]struct {
		content string
		want    string
	}{
		"p/p.pb.go": {generated, "3 machine-written lines, sha256 "},
		"go.sum":    {"a\n", "1 machine-written lines, sha256 "},
		"README.md": {generated, "// Code"},
		"p/p.go":    {"package p\n", "package p\n"},
	} {
		if got := string(goldens.Digest(name, []byte(test.content))); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s is %q, want %q", name, got, test.want)
		}
	}
}
