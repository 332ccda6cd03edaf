package gotool

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

func TestReadUnits(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	units, err := ReadUnits(fstest.MapFS{
		"templates/skeleton.yaml": file("title: Skeleton\nmodules: {example.org/base: v1.0.0}\n"),
		"templates/files/@cmd/main.go.tmpl": file(`package main

import (
	"fmt"
	_ "embed" // for the banner

	"example.org/base"
	alias "example.org/base/aliased"
	_ "example.org/base/blank"
	. "example.org/base/dot"
	"{{ importpath "config" }}"
	"{{ .Module }}/internal/app"
{{- if hasSection "Database" }}
	"example.org/base/conditional"
{{- end }}
	{{ if hasSection "Broker" }}"example.org/base/inline"{{ end }}
)

import "example.org/base/single"

const text = "example.org/base/notanimport"
`),
		"templates/files/@root/README.md.tmpl":        file("import \"example.org/prose\"\n"),
		"templates/facts/db.sql.yaml":                 file("summary: SQL.\nmodules: {example.org/migrations: v3.0.0}\n"),
		"templates/partials/store.tmpl":               file("import \"example.org/base/partial\"\n"),
		"presets/broker/nats/preset.yaml":             file("modules:\n  example.org/nats: v1.2.0\n"),
		"presets/broker/nats/slots/dev.server.tmpl":   file("import server \"example.org/nats/server\"\n\nserver.Start()\n"),
		"presets/broker/nats/slots/compose.yaml.tmpl": file("nats:\n  image: \"nats:2\"\n"),
		"presets/database/memory/preset.yaml":         file("title: Memory\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Unit{
		{
			Name:    "templates",
			Modules: map[string]string{"example.org/base": "v1.0.0", "example.org/migrations": "v3.0.0"},
			Imports: []string{
				"example.org/base",
				"example.org/base/aliased",
				"example.org/base/blank",
				"example.org/base/conditional",
				"example.org/base/dot",
				"example.org/base/inline",
				"example.org/base/partial",
				"example.org/base/single",
			},
		},
		{
			Name:    "presets/broker/nats",
			Modules: map[string]string{"example.org/nats": "v1.2.0"},
			Imports: []string{"example.org/nats/server"},
		},
		{Name: "presets/database/memory"},
	}
	if !reflect.DeepEqual(units, want) {
		t.Errorf("units are\n%+v\nwant\n%+v", units, want)
	}
}

func TestReadUnitsNamesTheBrokenManifest(t *testing.T) {
	for _, name := range []string{"presets/broker/nats/preset.yaml", "templates/facts/messaging.yaml"} {
		_, err := ReadUnits(fstest.MapFS{
			"templates/skeleton.yaml": {Data: []byte("title: Skeleton\n")},
			name:                      {Data: []byte("modules: [v1]\n")},
		})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("the error is %v, want it to name %s", err, name)
		}
	}
}

func TestLockRefusesPinsThatCannotBe(t *testing.T) {
	for name, test := range map[string]struct {
		units []Unit
		want  []string
	}{
		"two versions": {
			units: []Unit{
				{Name: "presets/database/sqlite", Modules: map[string]string{"example.org/migrate": "v1.2.0"}},
				{Name: "presets/database/postgres", Modules: map[string]string{"example.org/migrate": "v1.3.0"}},
			},
			want: []string{"example.org/migrate", "v1.2.0 in presets/database/sqlite", "v1.3.0 in presets/database/postgres"},
		},
		"no version": {
			units: []Unit{{Name: "templates", Modules: map[string]string{"example.org/base": "latest"}}},
			want:  []string{"templates", "example.org/base", `"latest"`},
		},
	} {
		_, err := Lock(t.Context(), test.units)
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error is %v, want in it %q", name, err, want)
			}
		}
	}
}
