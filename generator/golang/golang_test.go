package golang

import (
	"errors"
	"go/format"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/tools/imports"
)

// packageName knows two packages whose names cannot be guessed.
func packageName(importPath string) string {
	return map[string]string{"gopkg.in/odd": "even", "github.com/nats-io/nats.go": "nats"}[importPath]
}

var options = Options{Module: "example.com/shop", PackagePath: "example.com/shop/internal/store", PackageName: packageName}

func TestFinish(t *testing.T) {
	for name, c := range map[string]struct {
		src     string
		imports []Import
		want    string
	}{
		"grouped and sorted": {
			src:  "package p\nimport (\n\"example.com/shop/internal/a\"\n\"os\"\n\"go.opentelemetry.io/otel\"\n\"fmt\"\n)\nvar _ = a.X(os.Y, otel.Z, fmt.A)",
			want: "package p\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\n\t\"go.opentelemetry.io/otel\"\n\n\t\"example.com/shop/internal/a\"\n)\n\nvar _ = a.X(os.Y, otel.Z, fmt.A)\n",
		},
		"merged into none": {
			src: "package p // here\n\nvar _ = os.Args", imports: []Import{{Path: "os"}},
			want: "package p // here\n\nimport \"os\"\n\nvar _ = os.Args\n",
		},
		"merged and deduplicated": {
			src: "package p\nimport \"os\"\nvar _ = os.Args\nvar _ = fmt.Sprint", imports: []Import{{Path: "os"}, {Path: "fmt"}, {Name: "os", Path: "os"}},
			want: "package p\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nvar _ = os.Args\nvar _ = fmt.Sprint\n",
		},
		"unused dropped": {
			src: "package p\nimport \"os\"\nimport (\n\"fmt\"\n)\n\nvar x = 1", imports: []Import{{Path: "io"}},
			want: "package p\n\nvar x = 1\n",
		},
		"a variable of the name is no use": {
			src:  "package p\nimport (\n\"time\"\n\"errors\"\n)\nfunc f(time T) { _ = time.X; _ = a.errors.New }\n// errors.New is not used\nvar s = \"errors.New\"\n",
			want: "package p\n\nfunc f(time T) { _ = time.X; _ = a.errors.New }\n\n// errors.New is not used\nvar s = \"errors.New\"\n",
		},
		"used over a line end": {
			src:  "package p\nimport \"strings\"\nvar _ = strings.\n\tToUpper(\"x\")\nvar _ = 1",
			want: "package p\n\nimport \"strings\"\n\nvar _ = strings.\n\tToUpper(\"x\")\nvar _ = 1\n",
		},
		"own package dropped": {
			src:  "package store\nimport \"example.com/shop/internal/store\"\nvar _ = store.X",
			want: "package store\n\nvar _ = store.X\n",
		},
		"own package kept by its external test": {
			src:  "package store_test\nimport \"example.com/shop/internal/store\"\nvar _ = store.X",
			want: "package store_test\n\nimport \"example.com/shop/internal/store\"\n\nvar _ = store.X\n",
		},
		"aliases": {
			src:  "package p\nimport (\nsemconv \"go.opentelemetry.io/otel/semconv/v1.41.0\"\nunused \"os\"\nfmt \"fmt\"\n)\nvar _ = semconv.X + fmt.Y",
			want: "package p\n\nimport (\n\t\"fmt\"\n\n\tsemconv \"go.opentelemetry.io/otel/semconv/v1.41.0\"\n)\n\nvar _ = semconv.X + fmt.Y\n",
		},
		"one package, two names": {
			src:  "package p\nimport (\na \"os\"\n\"os\"\n)\nvar _, _ = a.X, os.X",
			want: "package p\n\nimport (\n\t\"os\"\n\ta \"os\"\n)\n\nvar _, _ = a.X, os.X\n",
		},
		"an alias that says what the name is": {
			src: "package p\nimport \"github.com/nats-io/nats.go\"\nvar _ = nats.X", imports: []Import{{Name: "nats", Path: "github.com/nats-io/nats.go"}},
			want: "package p\n\nimport nats \"github.com/nats-io/nats.go\"\n\nvar _ = nats.X\n",
		},
		"names from the lock, and guessed ones": {
			src:  "package p\nimport (\n\"gopkg.in/odd\"\n\"github.com/x/go-foo/v2\"\n\"gopkg.in/yaml.v3\"\n\"math/rand/v2\"\n)\nvar _ = even.X(foo.X, yaml.X, rand.X)",
			want: "package p\n\nimport (\n\t\"math/rand/v2\"\n\n\t\"github.com/x/go-foo/v2\"\n\t\"gopkg.in/odd\"\n\t\"gopkg.in/yaml.v3\"\n)\n\nvar _ = even.X(foo.X, yaml.X, rand.X)\n",
		},
		"blank and dot": {
			src: "package p\nimport (\n\"fmt\"\n_ \"embed\"\n. \"math\"\n)\nvar _ = Pi", imports: []Import{{Name: "_", Path: "embed"}, {Name: "_", Path: "modernc.org/sqlite"}},
			want: "package p\n\nimport (\n\t_ \"embed\"\n\t. \"math\"\n\n\t_ \"modernc.org/sqlite\"\n)\n\nvar _ = Pi\n",
		},
		"comments stay with their import": {
			src:  "package p\n\nimport (\n// a driver\n_ \"modernc.org/sqlite\" // registers itself\n\n// gone\n\"fmt\" // gone\n\"os\"\n// loose\n)\n\nvar _ = os.Args\n",
			want: "package p\n\nimport (\n\t// loose\n\t\"os\"\n\n\t// a driver\n\t_ \"modernc.org/sqlite\" // registers itself\n)\n\nvar _ = os.Args\n",
		},
		"everything else stays": {
			src:  "// Copyright\n\n//go:build linux\n\n// Package p does.\n//\n// A lot.\npackage p\n\n//go:generate stringer\n\nimport _ \"embed\"\n\n//go:embed x.sql\nvar x string // x\n\n/* block */\n\n// F does.\n//\n//nolint:foo\nfunc F() {\n\t// inside\n\tx :=  0XFF\n\t_ = x // end\n}\n\n// last\n",
			want: "// Copyright\n\n//go:build linux\n\n// Package p does.\n//\n// A lot.\npackage p\n\n//go:generate stringer\n\nimport _ \"embed\"\n\n//go:embed x.sql\nvar x string // x\n\n/* block */\n\n// F does.\n//\n//nolint:foo\nfunc F() {\n\t// inside\n\tx := 0xFF\n\t_ = x // end\n}\n\n// last\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := options
			o.Imports = c.imports
			f, err := Finish([]byte(c.src), o)
			if err != nil {
				t.Fatal(err)
			}
			if string(f.Content) != c.want {
				t.Errorf("got\n%s\nwant\n%s", f.Content, c.want)
			}
			again, err := Finish(f.Content, options)
			if err != nil || string(again.Content) != c.want {
				t.Errorf("the second time gives\n%s\n%v", again.Content, err)
			}
			checkFormatted(t, f.Content)
		})
	}
}

// checkFormatted holds a file to what gofmt and goimports make of it.
func checkFormatted(t *testing.T, src []byte) {
	t.Helper()
	if formatted, err := format.Source(src); err != nil || string(formatted) != string(src) {
		t.Errorf("gofmt makes of it\n%s\n%v", formatted, err)
	}
	formatted, err := imports.Process("p.go", src, &imports.Options{FormatOnly: true, Comments: true, TabIndent: true, TabWidth: 8})
	if err != nil || string(formatted) != string(src) {
		t.Errorf("goimports makes of it\n%s\n%v", formatted, err)
	}
}

func TestFinishSaysWhatIsImported(t *testing.T) {
	o := options
	o.Imports = []Import{{Path: "fmt"}, {Path: "io"}}
	f, err := Finish([]byte("package p\nimport \"os\"\nimport \"net\"\nvar _ = os.Args\nvar _ = fmt.Sprint"), o)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(f.Imports, []string{"fmt", "os"}) || !reflect.DeepEqual(f.Written, []string{"os", "net"}) {
		t.Errorf("%v, %v", f.Imports, f.Written)
	}
}

func TestFinishRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		src  string
		line int
		want string
	}{
		"no package":         {"\n\nfunc f() {}", 3, "expected 'package'"},
		"empty":              {"", 1, "expected 'package'"},
		"below the imports":  {"package p\nimport (\n\"os\"\n\"fmt\"\n)\n\nvar _ = os.Args\n\nfunc {\n", 9, "func {"},
		"without imports":    {"package p\n\nfunc {\n", 3, "func {"},
		"all imports pruned": {"package p\n\nimport (\n\"fmt\"\n\n\"os\"\n)\n\nfunc {\n", 9, "func {"},
		"in the imports":     {"package p\nimport (\n\"os\n)\n", 3, "not terminated"},
		"cgo":                {"package p\n\n// #include <x>\nimport \"C\"\n", 4, "cgo"},
	} {
		o := options
		o.Imports = []Import{{Path: "io"}, {Path: "embed", Name: "_"}}
		_, err := Finish([]byte(c.src), o)
		var s *SyntaxError
		if !errors.As(err, &s) || s.Line != c.line || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v (%+v)", name, err, s)
		}
	}
	_, err := Finish([]byte("package p\nimport \"text/template\"\nvar _ = template.X"), Options{Imports: []Import{{Path: "html/template"}}})
	if err == nil || !strings.Contains(err.Error(), `"html/template" and "text/template" are both imported as template`) {
		t.Error(err)
	}
}

func TestCutFragment(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		imports []Import
		body    string
	}{
		"statements":           {"x := 1\n_ = x", nil, "x := 1\n_ = x"},
		"declarations":         {"func f() {}\n\nvar x = 1", nil, "func f() {}\n\nvar x = 1"},
		"imports":              {"import (\n\t\"os\"\n\n\tx \"a/b\"\n)\nimport _ \"embed\"\nx.F(os.Args)", []Import{{Path: "os"}, {Name: "x", Path: "a/b"}, {Name: "_", Path: "embed"}}, "\nx.F(os.Args)"},
		"imports only":         {"import \"os\"", []Import{{Path: "os"}}, ""},
		"the word in a text":   {"log(\"import this\")", nil, "log(\"import this\")"},
		"comments":             {"// why\nx()", nil, "// why\nx()"},
		"a comment at the end": {"x() // why", nil, "x() // why"},
		"nothing":              {"", nil, ""},
	} {
		imports, body, err := CutFragment([]byte(c.text))
		if err != nil || !reflect.DeepEqual(imports, c.imports) || string(body) != c.body {
			t.Errorf("%s: %v, %q, %v", name, imports, body, err)
		}
	}
	for text, want := range map[string]int{"if {": 1, "\nx := ": 2, "import \"os\"\n\nfunc f( {}": 3, "import (\n\"os\"\n": 2, "}\nfunc f() {": 1, "x, ,": 1, "Field int": 1} {
		_, _, err := CutFragment([]byte(text))
		var s *SyntaxError
		if !errors.As(err, &s) || s.Line != want {
			t.Errorf("%q: %v, %+v", text, err, s)
		}
	}
}

// Any rendered text is refused, or finished as goimports would leave it. Finishing it again changes nothing.
func FuzzFinish(f *testing.F) {
	for _, src := range []string{"package p\nimport (\n// c\n)\n", "package p; import \"os\"; var _ = os.Args", "package inbound_test\n\nimport (\n\t_ \"@store\" // x\n\t. \"@inbound\"\n)\n\nvar time = store.X(inbound.Y)\n", "package p /* a\n*/ import `os`\r\n"} {
		f.Add(src)
	}
	o := options
	o.Role, o.Roles = "inbound", map[string]string{"inbound": options.PackagePath, "store": "example.com/shop/internal/db"}
	o.Imports = []Import{{Path: "time"}, {Path: "embed", Name: "_"}}
	f.Fuzz(func(t *testing.T, src string) {
		first, err := Finish([]byte(src), o)
		if err != nil {
			return
		}
		checkFormatted(t, first.Content)
		CutFragment([]byte(src))
		o := o
		o.Imports = nil
		again, err := Finish(first.Content, o)
		if err != nil || string(again.Content) != string(first.Content) {
			t.Errorf("the second time gives\n%s\n%v", again.Content, err)
		}
	})
}

func TestAssumedName(t *testing.T) {
	for path, want := range map[string]string{"fmt": "fmt", "math/rand/v2": "rand", "github.com/x/go-foo": "foo", "gopkg.in/yaml.v3": "yaml", "github.com/nats-io/nats.go": "nats", "example.com/shop/v2": "shop", "v2": "v2", "x/v": "v"} {
		if got := AssumedName(path); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestGroups(t *testing.T) {
	for path, third := range map[string]bool{"fmt": false, "net/http": false, "shop": false, "shop/x": false, "shopping.com/x": true, "example.com/y": true} {
		if ThirdParty(path, "shop") != third {
			t.Error(path)
		}
	}
	if ThirdParty("example.com/shop", "example.com/shop") || !ThirdParty("example.com/shopping", "example.com/shop") || !Within("a/b", "a") || Within("ab", "a") {
		t.Error("a module is more than a prefix")
	}
}

func BenchmarkFinish(b *testing.B) {
	src := []byte("package p\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\t\"os\"\n\n\t\"go.opentelemetry.io/otel\"\n\n\t\"example.com/shop/internal/a\"\n)\n\n" +
		strings.Repeat("// F does.\nfunc F(ctx context.Context) error {\n\tif err := a.Do(ctx, otel.X); err != nil {\n\t\treturn fmt.Errorf(\"do: %w\", err)\n\t}\n\treturn nil\n}\n\n", 12))
	o := options
	o.Imports = []Import{{Path: "os"}, {Path: "io"}}
	b.Run("finish", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			if _, err := Finish(src, o); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("goimports", func(b *testing.B) { // for comparison
		b.SetBytes(int64(len(src)))
		for b.Loop() {
			if _, err := imports.Process("p.go", src, &imports.Options{FormatOnly: true, Comments: true, TabIndent: true, TabWidth: 8}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
