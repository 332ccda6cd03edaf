package gomod

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// web is a lock of a small universe: a router and a tool, whose tests need two libraries for tests.
const web = `go 1.26.0
import example.org/router router example.org/router
	needs example.org/text
	tests example.org/check 1
	tests example.org/print 2
import example.org/router/middleware middleware example.org/router
	needs example.org/text
import example.org/tool/v2 tool example.org/tool/v2
	tests example.org/check 1
module example.org/check v1.9.0 h1:check= h1:check.mod=
	selects example.org/print
module example.org/print v0.1.0 h1:print= h1:print.mod=
	reads example.org/old v0.0.1
module example.org/router v1.2.3 h1:router= h1:router.mod=
module example.org/text v0.5.0 h1:text= h1:text.mod=
	reads example.org/old v0.0.1
	reads example.org/older v0.0.2
module example.org/tool/v2 v2.0.1 h1:tool= h1:tool.mod=
	selects example.org/check
sum example.org/old v0.0.1/go.mod h1:old.mod=
sum example.org/older v0.0.2/go.mod h1:older.mod=
`

func TestResolve(t *testing.T) {
	for _, test := range []struct {
		name, lock string
		imports    []string
		mod, sum   string
	}{
		{
			name: "the standard library alone has no go.sum",
			lock: web,
			mod:  "module example.com/shop\n\ngo 1.26.0\n",
		},
		{
			name:    "what is required selects the library for tests, which is then only checked",
			lock:    web,
			imports: []string{"example.org/tool/v2"},
			mod: `module example.com/shop

go 1.26.0

require example.org/tool/v2 v2.0.1
`,
			sum: `example.org/check v1.9.0 h1:check=
example.org/check v1.9.0/go.mod h1:check.mod=
example.org/tool/v2 v2.0.1 h1:tool=
example.org/tool/v2 v2.0.1/go.mod h1:tool.mod=
`,
		},
		{
			name:    "a library for tests that nothing selects is required, and selects those farther away",
			lock:    web,
			imports: []string{"example.org/router"},
			mod: `module example.com/shop

go 1.26.0

require example.org/router v1.2.3

require (
	example.org/check v1.9.0 // indirect
	example.org/text v0.5.0 // indirect
)
`,
			sum: `example.org/check v1.9.0 h1:check=
example.org/check v1.9.0/go.mod h1:check.mod=
example.org/old v0.0.1/go.mod h1:old.mod=
example.org/older v0.0.2/go.mod h1:older.mod=
example.org/print v0.1.0 h1:print=
example.org/print v0.1.0/go.mod h1:print.mod=
example.org/router v1.2.3 h1:router=
example.org/router v1.2.3/go.mod h1:router.mod=
example.org/text v0.5.0 h1:text=
example.org/text v0.5.0/go.mod h1:text.mod=
`,
		},
		{
			name:    "a module selects nothing unless it is required itself",
			lock:    web,
			imports: []string{"example.org/tool/v2", "example.org/router/middleware", "example.org/router", "example.org/router"},
			mod: `module example.com/shop

go 1.26.0

require (
	example.org/router v1.2.3
	example.org/tool/v2 v2.0.1
)

require (
	example.org/print v0.1.0 // indirect
	example.org/text v0.5.0 // indirect
)
`,
			sum: `example.org/check v1.9.0 h1:check=
example.org/check v1.9.0/go.mod h1:check.mod=
example.org/old v0.0.1/go.mod h1:old.mod=
example.org/older v0.0.2/go.mod h1:older.mod=
example.org/print v0.1.0 h1:print=
example.org/print v0.1.0/go.mod h1:print.mod=
example.org/router v1.2.3 h1:router=
example.org/router v1.2.3/go.mod h1:router.mod=
example.org/text v0.5.0 h1:text=
example.org/text v0.5.0/go.mod h1:text.mod=
example.org/tool/v2 v2.0.1 h1:tool=
example.org/tool/v2 v2.0.1/go.mod h1:tool.mod=
`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			files, err := Resolve("example.com/shop", test.imports, nil, parse(t, test.lock))
			if err != nil {
				t.Fatal(err)
			}
			if string(files.Mod) != test.mod {
				t.Errorf("go.mod is\n%s\nwant\n%s", files.Mod, test.mod)
			}
			if string(files.Sum) != test.sum {
				t.Errorf("go.sum is\n%s\nwant\n%s", files.Sum, test.sum)
			}
		})
	}
}

// cloud is a lock of a universe with a module inside the path of another one, which held the same packages once.
const cloud = `go 1.26.0
import example.org/a a example.org/a
	tests example.org/cloud/auth 1
import example.org/b b example.org/b
import example.org/c c example.org/c
module example.org/a v1.0.0 h1:a= h1:a.mod=
	brings example.org/cloud v0.2.0
	selects example.org/cloud/auth
module example.org/b v1.0.0 h1:b= h1:b.mod=
	brings example.org/cloud v0.1.0
module example.org/c v1.0.0 h1:c= h1:c.mod=
	brings example.org/cloud v0.10.0
module example.org/cloud/auth v1.0.0 h1:auth= h1:auth.mod=
	beside example.org/cloud v0.10.0 v0.9.0
sum example.org/cloud v0.1.0 h1:cloud1=
sum example.org/cloud v0.2.0 h1:cloud2=
sum example.org/cloud v0.10.0 h1:cloud10=
`

func TestResolveOverlappingModules(t *testing.T) {
	for _, test := range []struct {
		name       string
		imports    []string
		mod, notIn string
		sum        string
	}{
		{
			name:    "the selected version of the outer module is checked",
			imports: []string{"example.org/a", "example.org/b"},
			notIn:   "example.org/cloud",
			sum: `example.org/a v1.0.0 h1:a=
example.org/a v1.0.0/go.mod h1:a.mod=
example.org/b v1.0.0 h1:b=
example.org/b v1.0.0/go.mod h1:b.mod=
example.org/cloud v0.2.0 h1:cloud2=
example.org/cloud/auth v1.0.0 h1:auth=
example.org/cloud/auth v1.0.0/go.mod h1:auth.mod=
`,
		},
		{
			name:    "an outer module that holds the package too makes the inner one required",
			imports: []string{"example.org/a", "example.org/c"},
			mod:     "\nrequire example.org/cloud/auth v1.0.0 // indirect\n",
			sum: `example.org/a v1.0.0 h1:a=
example.org/a v1.0.0/go.mod h1:a.mod=
example.org/c v1.0.0 h1:c=
example.org/c v1.0.0/go.mod h1:c.mod=
example.org/cloud/auth v1.0.0 h1:auth=
example.org/cloud/auth v1.0.0/go.mod h1:auth.mod=
`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			files, err := Resolve("example.com/shop", test.imports, parse(t, cloud))
			if err != nil {
				t.Fatal(err)
			}
			if mod := string(files.Mod); !strings.Contains(mod, test.mod) || test.notIn != "" && strings.Contains(mod, test.notIn) {
				t.Errorf("go.mod is\n%s\nwant in it %q, and not %q", mod, test.mod, test.notIn)
			}
			if string(files.Sum) != test.sum {
				t.Errorf("go.sum is\n%s\nwant\n%s", files.Sum, test.sum)
			}
		})
	}
}

func TestResolveTakesLocksTogether(t *testing.T) {
	router, tool, found := strings.Cut(web, "import example.org/tool/v2")
	router += web[strings.Index(web, "module example.org/check"):]
	tool = "go 1.27.0\nimport example.org/tool/v2" + tool
	if !found {
		t.Fatal("the lock has no tool")
	}
	imports := []string{"example.org/router", "example.org/tool/v2"}
	whole, err := Resolve("example.com/shop", imports, parse(t, web))
	if err != nil {
		t.Fatal(err)
	}
	parts, err := Resolve("example.com/shop", imports, parse(t, router), parse(t, tool))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(string(whole.Mod), "go 1.26.0", "go 1.27.0", 1); string(parts.Mod) != want {
		t.Errorf("go.mod is\n%s\nwant\n%s", parts.Mod, want)
	}
	if string(parts.Sum) != string(whole.Sum) {
		t.Errorf("go.sum is\n%s\nwant\n%s", parts.Sum, whole.Sum)
	}
}

func TestResolveRefuses(t *testing.T) {
	lock := parse(t, web)
	_, err := Resolve("example.com/shop", []string{"example.org/router", "example.org/nowhere"}, lock)
	if unknown := (*UnknownImport)(nil); !errors.As(err, &unknown) || unknown.Path != "example.org/nowhere" {
		t.Errorf("an unknown import gives %v", err)
	}
	other := parse(t, strings.ReplaceAll(web, "router v1.2.3", "router v1.3.0"))
	_, err = Resolve("example.com/shop", []string{"example.org/router"}, lock, other)
	if mismatch := (*Mismatch)(nil); !errors.As(err, &mismatch) || *mismatch != (Mismatch{"example.org/router", [2]string{"v1.2.3", "v1.3.0"}}) {
		t.Errorf("locks of two universes give %v", err)
	}
	for name, broken := range map[string]string{
		"a module": strings.ReplaceAll(web, "module example.org/text ", "module example.org/elsewhere "),
		"a sum":    strings.ReplaceAll(web, "sum example.org/old ", "sum example.org/elsewhere "),
	} {
		if _, err := Resolve("example.com/shop", []string{"example.org/router"}, parse(t, broken)); err == nil {
			t.Errorf("a lock that lacks %s is taken", name)
		}
	}
	if _, err := Resolve("example.com/shop", nil); err == nil {
		t.Error("no lock at all is taken")
	}
}

func parse(t testing.TB, text string) *Lock {
	t.Helper()
	l, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// bigLock is of the size of the locks of a default service together: 40 imports, 90 modules.
func bigLock() []byte {
	var b strings.Builder
	b.WriteString("go 1.26.0\n")
	const sum = "h1:0123456789012345678901234567890123456789012="
	for i := range 40 {
		fmt.Fprintf(&b, "import example.org/organization/module%02d/package package example.org/organization/module%02d\n", i, i)
		for j := range 20 {
			fmt.Fprintf(&b, "\tneeds example.org/organization/module%02d\n", (i+j+1)%90)
		}
		for j := range 8 {
			fmt.Fprintf(&b, "\ttests example.org/organization/module%02d %d\n", (i+j+40)%90, j/2+1)
		}
	}
	for i := range 90 {
		fmt.Fprintf(&b, "module example.org/organization/module%02d v1.%d.0 %s %s\n", i, i, sum, sum)
		for j := range 8 {
			fmt.Fprintf(&b, "\tselects example.org/organization/module%02d\n", (i*7+j)%90)
		}
	}
	return []byte(b.String())
}

func BenchmarkParse(b *testing.B) {
	data := bigLock()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	lock := parse(b, string(bigLock()))
	var imports []string
	for path := range lock.Imports {
		imports = append(imports, path)
	}
	for b.Loop() {
		if _, err := Resolve("example.com/shop", imports, lock); err != nil {
			b.Fatal(err)
		}
	}
}
