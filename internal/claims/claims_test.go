package claims_test

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/claims"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

func catalog(t *testing.T) *generator.Catalog {
	t.Helper()
	c, err := generator.NewCatalog(templates.FS, generator.Source{Name: generator.BuiltIn, FS: presets.FS})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBuiltInPresetsKeepTheirClaims(t *testing.T) {
	c := catalog(t)
	for _, axis := range c.Axes() {
		all, err := c.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			t.Run(p.ID(), func(t *testing.T) {
				file := path.Join(p.Axis, p.Name, claims.FileName)
				script, err := fs.ReadFile(presets.FS, file)
				if err != nil {
					t.Fatalf("the preset claims nothing: %v", err)
				}
				if err := claims.Check(c, p.Axis, p.Name, path.Join("presets", file), script); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// A claim that does not hold is named with its line, and why.
func TestWrongClaimsAreNamed(t *testing.T) {
	c := catalog(t)
	for script, want := range map[string]string{
		"new\nexists nothing.go":                         "x:2: exists nothing.go\n  why: nothing.go: there is no such file",
		"new\n! exists go.mod":                           "go.mod: it exists",
		"new\ngrep Kafka README.md":                      "README.md: no line matches",
		"new\n! grep shop README.md":                     "README.md:1: # shop",
		"new\ngrep x nothing.go":                         "nothing.go: there is no such file",
		"new\ngrep ( README.md":                          "missing closing )",
		"new\nnew --option nats.max-attempts=9\nchanged": "what differs is: ",
		"new\nchanged":                                   "compares two services",
		"! new":                                          "these answers are accepted",
		"new --database oracle":                          `database "oracle" is not a preset`,
		"! new --database oracle\nsays because":          `the error is: database "oracle" is not a preset`,
		"new\nsays x":                                    "nothing was refused",
		"exists go.mod":                                  "start with new",
		"new --color red":                                `"color" is not a flag`,
		"new --entity":                                   "--entity has no value",
		"delete go.mod": "unknown command delete; known commands: changed, exists, " +
			"grep, holds, new, says",
		"new 'it":                              "quote",
		"new\ngrep x":                          "grep needs 2 arguments",
		"!":                                    "no command follows",
		"# nothing but this":                   "has no claims",
		"new --broker=none":                    "broker cannot be none and nats at once",
		"new\nholds go.mod a\n-- a --\nnot so": "go.mod: it does not contain the text",
		"new\nholds go.mod b":                  "the script has no file b",
	} {
		err := claims.Check(c, "broker", "nats", "x", []byte(script+"\n"))
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(want)) {
			t.Errorf("%q: got %v, want %q", script, err, want)
		}
	}
}

// The same service that otelgen new writes for the same flags.
func TestFlagsAreThoseOfNew(t *testing.T) {
	const script = `
# A comment.
new --module github.com/acme/shop --framework nethttp --database=memory --entity line-item --entity-plural line-items --option nats.max-attempts=9
grep '^module github.com/acme/shop$' go.mod
grep '"/line-items"|POST /line-items' internal/adapter/inbound/router.go
grep 'delay, 9 times' README.md
! grep 'delay, 5 times' README.md
! exists internal/devserver/postgres.go
new --framework none
grep worker README.md
! new --database oracle
says 'database "oracle" is not a preset'
! says Oracle
`
	if err := claims.Check(catalog(t), "broker", "nats", "x", []byte(script)); err != nil {
		t.Error(err)
	}
}
