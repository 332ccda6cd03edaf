package starter_test

import (
	"errors"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/claims"
	"github.com/otelgen/otelgen/internal/starter"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

var builtin = generator.Source{Name: generator.BuiltIn, FS: presets.FS}

func catalog(t *testing.T, more ...generator.Source) *generator.Catalog {
	t.Helper()
	c, err := generator.NewCatalog(templates.FS, append([]generator.Source{builtin}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// write returns the files of the preset id, made of the preset called from.
func write(t *testing.T, id, from string) map[string]string {
	t.Helper()
	files, _, err := starter.New(catalog(t), templates.FS, builtin, id, from)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		all[f.Path] = string(f.Content)
	}
	return all
}

func TestClaimsOfOptionsNameTheFilesTheyChange(t *testing.T) {
	c := catalog(t)
	options := 0
	for _, axis := range c.Axes() {
		all, err := c.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, model := range all {
			t.Run(model.ID(), func(t *testing.T) {
				files := write(t, axis.Name+"/acme", model.ID())
				script := files[claims.FileName]
				fsys := fstest.MapFS{}
				for name, content := range files {
					fsys[path.Join(axis.Name, "acme", name)] = &fstest.MapFile{Data: []byte(content)}
				}
				own := catalog(t, generator.Source{Name: "own", FS: fsys})
				if err := claims.Check(own, axis.Name, "acme", claims.FileName, []byte(script)); err != nil {
					t.Error(err)
				}
				if regexp.MustCompile(`(?m)^changed *$`).MatchString(script) {
					t.Errorf("an option is claimed to change nothing:\n%s", script)
				}
				options += strings.Count(script, "\nnew --option acme.")
			})
		}
	}
	if options == 0 {
		t.Error("no option is claimed to change anything")
	}
}

func TestReadmeKeepsThatOfTheModel(t *testing.T) {
	got := write(t, "broker/acme-bus", "broker/nats")["README.md"]
	for _, want := range []string{"# Acme bus\n", "**Instrumentation** by hand", "(https://github.com/otelgen/otelgen/blob/main/docs/adr/0002-own-instrumentation.md)"} {
		if !strings.Contains(got, want) {
			t.Errorf("the README does not hold %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "](../") || strings.Contains(got, "its own names") {
		t.Errorf("the README has a relative link, or names to change:\n%s", got)
	}
	if got := write(t, "pattern/again", "pattern/retry")["README.md"]; !strings.Contains(got, "its own names") {
		t.Errorf("the README does not say what to rename:\n%s", got)
	}
}

// TestGuideNamesEveryKey compares the guide with the keys that the decoder knows: it lists them when it meets one
// that it does not.
func TestGuideNamesEveryKey(t *testing.T) {
	guide, _, _ := strings.Cut(write(t, "broker/acme-bus", "broker/nats")["preset.yaml"], "\ntitle:")
	for _, manifest := range []string{
		"unknown: 1", "requires: [{unknown: 1}]", "options: {limit: {unknown: 1}}", "env: [{unknown: 1}]", "ports: [{unknown: 1}]",
		"facts: [{unknown: 1}]", "servers: [{unknown: 1}]", "servers: [{ports: [{unknown: 1}]}]", "servers: [{files: " +
			"[{unknown: 1}]}]",
		"servers: [{health: {unknown: 1}}]", "servers: [{provides: [{unknown: 1}]}]", "spans: [{unknown: 1}]", "metrics: [{unknown: 1}]",
		"metrics: [{objectives: [{unknown: 1}]}]", "metrics: [{alerts: [{unknown: 1}]}]",
	} {
		for _, key := range knownKeys(t, manifest) {
			if !regexp.MustCompile(`[ {]` + key + `[ :,};]`).MatchString(guide) {
				t.Errorf("the guide does not name the key %s, in %s", key, manifest)
			}
		}
	}
}

// knownKeys returns the keys that the decoder lists beside the one in the manifest that it does not know.
func knownKeys(t *testing.T, manifest string) []string {
	t.Helper()
	fsys := fstest.MapFS{"broker/acme/preset.yaml": {Data: []byte(manifest)}}
	_, err := catalog(t, generator.Source{Name: "own", FS: fsys}).Preset("broker", "acme")
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("the manifest %s is accepted: %v", manifest, err)
	}
	for _, err := range joined.Unwrap() {
		var e *generator.Error
		if !errors.As(err, &e) || !strings.Contains(e.What, "unknown key") {
			continue
		}
		if known, ok := strings.CutPrefix(e.Why, "known keys: "); ok {
			return strings.Split(known, ", ")
		}
	}
	t.Fatalf("the manifest %s has no unknown key: %v", manifest, err)
	return nil
}
