package generator

import (
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// hostile is a preset that means no good, chosen beside the defaults: a tactic called evil, whose files are given by their paths in its folder.
func hostile(t *testing.T, files map[string]string) error {
	t.Helper()
	skeleton, presets := testCatalog(t, "")
	mine := fstest.MapFS{"pattern/evil/preset.yaml": {Data: []byte("title: Evil\nsummary: Means no good.\ngroup: tactic\n")}}
	for name, text := range files {
		if !strings.HasPrefix(name, "facts/") {
			name = "pattern/evil/" + name
		}
		mine[name] = &fstest.MapFile{Data: []byte(text)}
	}
	c, err := NewCatalog(skeleton, Source{Name: BuiltIn, FS: presets}, Source{Name: "mine", FS: mine})
	if err != nil {
		return err
	}
	_, err = c.Generate(Answers{Name: "shop", Presets: map[string][]string{"pattern": {"evil"}}})
	return err
}

// refuses holds err to be the preset's author's, and to say where.
func refuses(t *testing.T, err error, where, why string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want it refused", err)
	}
	if e.Kind != KindPreset || !strings.HasPrefix(e.Where, where) || !strings.Contains(e.Why, why) && !strings.Contains(e.What, why) {
		t.Errorf("got kind %d, where %q: %v\nwant the preset at fault, where %q, why %q", e.Kind, e.Where, e, where, why)
	}
	if strings.ContainsFunc(err.Error(), unseen) {
		t.Errorf("the error is unfit for a terminal: %q", err)
	}
	if len(err.Error()) > 100_000 {
		t.Errorf("the error has %d bytes", len(err.Error()))
	}
}

// frugal runs f, and fails if it uses much memory.
func frugal(t *testing.T, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<30 {
		t.Errorf("it took %d MiB", used>>20)
	}
}

// Templates without an end, and those that grow without one, are stopped and named with their line.
func TestHostileTemplates(t *testing.T) {
	double := func(how string, n int) string { return strings.Repeat("{{ $x = "+how+" }}", n) }
	const loop = "{{ range until 10000 }}"
	for name, text := range map[string]string{
		"recursion":            `{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}`,
		"recursion by two":     `{{ define "a" }}{{ template "b" . }}{{ template "b" . }}{{ end }}{{ define "b" }}{{ template "a" . }}{{ end }}{{ template "a" . }}`,
		"doubling templates":   doubling(60),
		"recursion by include": `{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}`,
		"endless silence":      loop + loop + loop + `{{ end }}{{ end }}{{ end }}`,
		"a long number":        `{{ range 1000000000000 }}{{ end }}`,
		"a long condition":     `{{ range 1000000000000 }}{{ if eq . 1 }}x{{ end }}{{ end }}`,
		"endless output":       `{{ range 1000000000000 }}` + strings.Repeat("x", 1000) + `{{ end }}`,
		"repeat":               `{{ repeat 1000000000 "x" }}`,
		"repeat overflows":     `{{ repeat 9223372036854775807 "xx" }}`,
		"repeat in repeat":     `{{ repeat 1000000 "x" | repeat 1000 }}`,
		"until":                `{{ until 1000000000 }}`,
		"until below":          `{{ until -1000000000 }}`,
		"untilStep":            `{{ untilStep 0 1000000000 1 }}`,
		"untilStep overflows":  `{{ untilStep 10 20 9223372036854775807 }}`,
		"seq":                  `{{ seq 1000000000 }}`,
		"seq of two":           `{{ seq 1 1000000000 }}`,
		"seq of three":         `{{ seq 1 1 1000000000 }}`,
		"indent":               `{{ indent 1000000000 "x" }}`,
		"nindent":              `{{ nindent 1000000000 "x" }}`,
		"printf width":         `{{ printf "%1000000000d" 1 }}`,
		"printf precision":     `{{ printf "%.1000000000f" 1.0 }}`,
		"printf width given":   `{{ printf "%*d" 1000000000 1 }}`,
		"printf by index":      `{{ $x := repeat 100000 "x" }}{{ printf "` + strings.Repeat("%[1]s", 1000) + `" $x }}`,
		"replace":              `{{ replace "" (repeat 100000 "x") (repeat 100000 "y") }}`,
		"regexReplaceAll":      `{{ regexReplaceAll "" (repeat 100000 "y") (repeat 100000 "x") }}`,
		"regexMatch":           `{{ range 100000 }}{{ regexMatch (repeat 1000 "x?") (repeat 100000 "x") }}{{ end }}`,
		"join":                 `{{ until 10000 | join (repeat 100000 "x") }}`,
		"wrapWith":             `{{ wrapWith 1 (repeat 100000 "x") (repeat 100000 "y") }}`,
		"uniq":                 `{{ range 10000 }}{{ until 5000 | uniq }}{{ end }}`,
		"many comparisons":     `{{ $x := repeat 1000000 "x" }}{{ $y := repeat 1000000 "x" }}{{ range 100000 }}` + strings.Repeat(`{{ if eq $x $y }}{{ end }}`, 1000) + `{{ end }}`,
		"comparisons in pipes": `{{ $x := repeat 1000000 "x" }}{{ $y := repeat 1000000 "x" }}{{ range 100000 }}` + strings.Repeat(`{{ if $x | eq $y }}{{ end }}`, 1000) + `{{ end }}`,
		"many loops":           `{{ $x := dict }}{{ range 10000 }}{{ $y := set $x (toString .) . }}{{ end }}{{ range 100000 }}` + strings.Repeat(`{{ range $x }}{{ break }}{{ end }}`, 1000) + `{{ end }}`,
		"many keys":            `{{ $x := repeat 1000000 "x" }}{{ $y := dict }}{{ range 100000 }}` + strings.Repeat(`{{ if index $y $x }}{{ end }}`, 1000) + `{{ end }}`,
		"counted expressions":  `{{ range 1000 }}{{ regexMatch (repeat 100 "x{1000}") (repeat 90000 "x") }}{{ end }}`,
		"matches to the end":   `{{ regexFindAll "a.*b|a" (repeat 30000 "a") -1 }}`,
		"splits to the end":    `{{ regexSplit "a.*b|a" (repeat 30000 "a") -1 }}`,
		"replaced to the end":  `{{ regexReplaceAllLiteral "a.*b|a" (repeat 30000 "a") "" }}`,
		"long decimals":        `{{ divf ` + strings.Repeat("1e-300 ", 20000) + `}}`,
		"long products":        `{{ mulf ` + strings.Repeat("1.2345678901234567 ", 20000) + `}}`,
		"trimmed characters":   `{{ trimAll (repeat 100000 "é") (repeat 100000 "é") }}`,
		"a long constraint":    `{{ semverCompare (repeat 20000 ">1 ") "1.2.3" }}`,
		"nested messages":      `{{ $s := printf "syntax = \"proto3\"; option go_package = \"x/y\"; %s %s" (repeat 20000 "message A {") (repeat 20000 "}") }}{{ protobuf "x.proto" $s }}`,
		"nested brackets":      "{{ " + strings.Repeat("(", 400000) + "1" + strings.Repeat(")", 400000) + " }}",
		"doubling text":        `{{ $x := "xxxxxxxx" }}` + double("print $x $x", 60),
		"doubling cat":         `{{ $x := "xxxxxxxx" }}` + double("cat $x $x", 60),
		"doubling list":        `{{ $x := list 1 }}` + double("list $x $x", 60) + `{{ $x }}`,
		"doubling dict":        `{{ $x := dict }}` + double(`dict "a" $x "b" $x`, 60) + `{{ toJson $x }}`,
		"doubling concat":      `{{ $x := list 1 }}` + double("concat $x $x", 60),
		"a dict in itself":     `{{ $x := dict }}{{ $y := set $x "x" $x }}{{ $x }}`,
		"dicts in each other":  `{{ $x := dict }}{{ $y := dict "x" $x }}{{ $z := set $x "y" $y }}{{ toJson $x }}`,
		"deep JSON":            `{{ fromJson (repeat 9000 "[") }}{{ fromJson (cat (repeat 9000 "[") (repeat 9000 "]") | nospace) }}`,
	} {
		t.Run(name, func(t *testing.T) {
			frugal(t, func() {
				err := hostile(t, map[string]string{"files/@root/evil.txt.tmpl": "first line\n" + text})
				refuses(t, err, "mine/pattern/evil/files/@root/evil.txt.tmpl", "")
			})
		})
	}
	err := hostile(t, map[string]string{"files/@root/evil.txt.tmpl": "one\ntwo\n{{ range 1000000000000 }}{{ end }}"})
	refuses(t, err, "mine/pattern/evil/files/@root/evil.txt.tmpl:3", "no end")
	err = hostile(t, map[string]string{"files/@root/evil.txt.tmpl": `one
{{ repeat 1000000000 "x" }}`})
	refuses(t, err, "mine/pattern/evil/files/@root/evil.txt.tmpl:2", "repeat is given or gives more than 1024 KiB")
}

// Go that gofmt would take long for, or much memory, is refused before it is formatted.
func TestHostileGo(t *testing.T) {
	body := func(text string) string { return "package evil\n\nfunc f() {\n" + text + "\n}\n" }
	for name, test := range map[string]struct{ text, why string }{
		"blocks":     {body(strings.Repeat("{\n", 40000) + strings.Repeat("}\n", 40000)), "within each other"},
		"literals":   {"package evil\n\nvar x = " + strings.Repeat("[]any{\n", 40000) + strings.Repeat("},\n", 40000), "within each other"},
		"a sum":      {"package evil\n\nvar x = 1" + strings.Repeat(" + 1", 80000) + "\n", "too long"},
		"a selector": {"package evil\n\nvar x = a" + strings.Repeat(".b()", 40000) + "\n", "too long"},
		"an index":   {"package evil\n\nvar x = a" + strings.Repeat("[1]", 40000) + "\n", "too long"},
		"many sums":  {"package evil\n" + strings.Repeat("\nvar _ = 1"+strings.Repeat(" + 1", 2000)+"\n", 100), "too long"},
		"generated":  {"// Code generated by hand. DO NOT EDIT.\n\n" + body(strings.Repeat("{\n", 40000)+strings.Repeat("}\n", 40000)), "within each other"},
		"much":       {body(`{{ range 20 }}{{ repeat 60000 "x()\n" }}{{ end }}`), "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			frugal(t, func() {
				refuses(t, hostile(t, map[string]string{"files/@root/evil.go.tmpl": test.text}), "mine/pattern/evil/files/@root/evil.go.tmpl", test.why)
			})
		})
	}
}

// Any template renders a service, or is refused as its author's fault, in bounded time.
func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		`{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}`, `{{ range until 1000 }}{{ range until 1000 }}{{ end }}{{ end }}`, `{{ $x := dict }}{{ $y := set $x "x" $x }}{{ $x }}`,
		`{{ $x := list 1 }}{{ range 9 }}{{ $x = list $x $x }}{{ end }}{{ $x | toPrettyJson }}`, `{{ printf "%*d" 9 1 }}{{ printf "%[1]s%[1]s" "x" }}`, `{{ untilStep 0 9 -1 }}{{ seq 0 2 9 }}`,
		`{{ regexReplaceAll "a*" "aaa" "${1}x" }}{{ join "," (list 1 2) }}`, `{{ .Env }}{{ .Spans | toJson }}{{ .Options }}`, `{{ merge (dict "a" (dict "b" 1)) (dict "a" (dict "c" 2)) }}`, `{{ include "partials/header" . }}{{ slot "readme" }}`,
		`{{ fromJson "[[[]]]" | deepCopy }}{{ chunk 2 (list 1 2 3) }}{{ dig "a" 1 (dict) }}{{ slice (list 1 2 3) 1 2 }}{{ index (list 1) 0 }}`, `{{ nindent 4 "a\nb" }}{{ wrapWith 2 "|" "a b c" }}{{ abbrevboth 5 10 "1234 5678 9123" }}{{ trunc -2 "abc" }}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := hostile(t, map[string]string{"files/@root/evil.txt.tmpl": text})
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Kind != KindPreset) {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

// doubling is templates each of which executes the next one twice.
func doubling(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{{ define "t%d" }}{{ template "t%d" }}{{ template "t%[2]d" }}{{ end }}`, i, i+1)
	}
	fmt.Fprintf(&b, `{{ define "t%d" }}{{ end }}{{ template "t0" }}`, n)
	return b.String()
}

// Not one large file, and not many of them.
func TestHostileSizes(t *testing.T) {
	many := map[string]string{}
	for i := range 300 {
		many["files/@root/f"+strconv.Itoa(i)+".txt.tmpl"] = `{{ $x := repeat 1000 "x" }}{{ range 300 }}{{ $x }}{{ end }}`
	}
	busy := map[string]string{}
	for i := range 300 {
		busy["files/@root/f"+strconv.Itoa(i)+".txt.tmpl"] = `x{{ range 60000 }}{{ end }}`
	}
	silent := map[string]string{}
	for i := range 300 {
		silent["files/@root/f"+strconv.Itoa(i)+".txt.tmpl"] = `{{ range 60000 }}{{ end }}`
	}
	countless := map[string]string{}
	for i := range 3000 {
		countless["files/@root/f"+strconv.Itoa(i)+".txt.tmpl"] = "x"
	}
	for name, test := range map[string]struct {
		files      map[string]string
		where, why string
	}{
		"many large files": {many, "mine/pattern/evil/files/@root/f", "64 MiB"},
		"many slow files":  {busy, "mine/pattern/evil/files/@root/f", "together"},
		"many silent ones": {silent, "mine/pattern/evil/files/@root/f", "together"},
		"countless files":  {countless, "mine/pattern/evil/files", "more than 2000"},
		"a large template": {map[string]string{"files/@root/x.tmpl": strings.Repeat("x", 2<<20)}, "mine/pattern/evil/files/@root/x.tmpl", "1024 KiB"},
		"a large manifest": {map[string]string{"preset.yaml": strings.Repeat("# x\n", 1<<20)}, "mine/pattern/evil/preset.yaml", "256 KiB"},
		"a large lock":     {map[string]string{"lock.txt": strings.Repeat("go 1.26.0\n", 1<<20)}, "mine/pattern/evil/lock.txt", "8192 KiB"},
		"no lock":          {map[string]string{"lock.txt": strings.Repeat("x", 1<<20)}, "mine/pattern/evil/lock.txt", "is not a line"},
		"a fragment":       {map[string]string{"slots/readme.tmpl": `{{ range 1000000000000 }}{{ end }}`}, "mine/pattern/evil/slots/readme.tmpl:1", "no end"},
	} {
		t.Run(name, func(t *testing.T) {
			frugal(t, func() { refuses(t, hostile(t, test.files), test.where, test.why) })
		})
	}
}

func TestHostileManifests(t *testing.T) {
	const head = "title: Evil\nsummary: Means no good.\ngroup: tactic\n"
	var laughs strings.Builder
	laughs.WriteString(head + "provides:\n  - &a0 [lol]\n")
	for i := range 40 {
		fmt.Fprintf(&laughs, "  - &a%d [*a%d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d, *a%[2]d]\n", i+1, i)
	}
	fact := func(text string) string { return head + "env:\n  - {name: X, summary: '" + text + "'}\n" }
	for name, test := range map[string]struct{ manifest, why string }{
		"billion laughs":      {laughs.String(), "must be text"},
		"aliases in products": {head + "provides: &a [" + strings.Repeat("x, ", 20000) + "x]\nspans:\n  - &s {names: [a], kind: client, summary: S, attributes: *a}\n" + strings.Repeat("  - *s\n", 20000), "more than 50000 values"},
		"an alias of itself":  {head + "provides: &a [*a]\n", ""},
		"deep nesting":        {head + "provides: " + strings.Repeat("[", 100000) + "\n", ""},
		"deep mappings":       {head + "layout: " + strings.Repeat("{a: ", 9000) + strings.Repeat("}", 9000) + "\n", ""},
		"many errors":         {head + "provides: [" + strings.Repeat("1, ", 10000) + "1]\n", "must be text"},
		"merged keys":         {head + "x: &x {a: b}\n<<: *x\n", "unknown key"},
		"a tag":               {head + "order: !!binary AAAA\n", ""},
		"an endless summary":  {fact("{{ range 1000000000000 }}{{ end }}"), "no end"},
		"a growing summary":   {fact(`{{ repeat 1000000000 "x" }}`), "repeat"},
		"a looking summary":   {fact(`{{ env "HOME" }}`), "not defined"},
		"control characters":  {head + "env: [{name: \"A\\u0007\\e[2J\", summary: x}]\n\x00", ""},
		"escape sequences":    {"title: Evil\nsummary: \"\\e[2J\"\ngroup: tactic\n", "obey"},
		"bidi":                {"title: \"\u202eEvil\"\nsummary: S\ngroup: tactic\n", "obey"},
		"zero width":          {"title: \"Ev\u200bil\"\nsummary: S\ngroup: tactic\n", "obey"},
		"two documents":       {head + "---\ntitle: Other\n", "more than one"},
		"no UTF-8":            {"title: \xff\xfe\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			frugal(t, func() {
				refuses(t, hostile(t, map[string]string{"preset.yaml": test.manifest}), "mine/pattern/evil/preset.yaml", test.why)
			})
		})
	}
}

// Shared facts are as limited as the manifests that use them, also where these multiply what they say.
func TestHostileFacts(t *testing.T) {
	const head = "title: Evil\nsummary: Means no good.\ngroup: tactic\n"
	many := strings.Repeat("x, ", 20000) + "x"
	var spans, overrides strings.Builder
	spans.WriteString("summary: S\nspans:\n")
	overrides.WriteString(head + "facts: [evil]\nspans:\n")
	for i := range 2000 {
		fmt.Fprintf(&spans, "  - {id: s%d, names: [a], kind: client, summary: S}\n", i)
		fmt.Fprintf(&overrides, "  - {override: s%d, attributes: *a}\n", i)
	}
	use := head + "facts: [evil]\n"
	for name, test := range map[string]struct{ fact, manifest, where, why string }{
		"large":                {"summary: S\n" + strings.Repeat("# x\n", 1<<20), use, "mine/facts/evil.yaml", "256 KiB"},
		"aliases in products":  {"summary: S\nprovides: &a [" + many + "]\nspans:\n  - &s {id: a, names: [a], kind: client, summary: S, attributes: *a}\n" + strings.Repeat("  - *s\n", 9000), use, "mine/facts/evil.yaml", "two items"},
		"extended in products": {spans.String(), head + "facts: [{name: evil, attributes: [" + many + "]}]\n", "mine/", "more than 50000 values"},
		"overridden in products": {
			spans.String(), strings.Replace(overrides.String(), "facts:", "provides: &a ["+many+"]\nfacts:", 1), "mine/", "more than 50000 values",
		},
		"not YAML":        {"summary: [", use, "mine/facts/evil.yaml:1", ""},
		"empty":           {"", use, "mine/facts/evil.yaml:1", "empty"},
		"an endless text": {"summary: S\nenv: [{name: X, summary: '{{ range 1000000000000 }}{{ end }}'}]\n", use, "mine/facts/evil.yaml:2", "no end"},
	} {
		t.Run(name, func(t *testing.T) {
			frugal(t, func() {
				refuses(t, hostile(t, map[string]string{"facts/evil.yaml": test.fact, "preset.yaml": test.manifest}), test.where, test.why)
			})
		})
	}
}

// No name leads out of the project, into what git or otelgen keep there, or to what another system takes for something else.
func TestHostilePaths(t *testing.T) {
	for _, name := range []string{
		"@root/a..b\\x", "@root/..\\..\\x", "@root/C:\\x", "@root/c:x", "@root/\\\\server\\share", "@root/x:stream", "@root/.git/hooks/pre-commit", "@root/.GIT/config", "@root/sub/.git", "@root/git~1/config",
		"@root/.otelgen.yaml", "@root/.Otelgen.yaml", "@root/.otelgen.Pristine.tar.gz", "@root/go.mod", "@root/GO.SUM",
		"@root/con", "@root/CON.txt", "@root/nul.go", "@root/docs/aux.md", "@root/com1", "@root/LPT9.x", "@root/dot.", "@root/space ", "@root/a b", "@root/ x", "@root/.../x",
		"@root/café", "@root/cafe\u0301", "@root/\u202egnp.exe", "@root/zero\u200bwidth", "@root/ﬀ", "@root/İ", "@root/bom\ufeff", "@root/fullwidth／slash", "@root/new\nline", "@root/bell\a", "@root/nul\x00", "@root/esc\x1b[2J", "@root/bad\xff",
		"@root/star*", "@root/what?", "@root/pipe|", "@root/less<", "@root/quote\"", "@root/tick'", "@root/{{name}}", "@root/{evil}", "@root/{{ \"..\\x\" }}", "@root/" + strings.Repeat("x", 10) + "\u00a0",
		"@nowhere/x", "@../x", "x", "root/x",
	} {
		if err := hostile(t, map[string]string{"files/" + name + ".tmpl": "x"}); err == nil {
			t.Errorf("%q is written", name)
		} else {
			refuses(t, err, "mine/pattern/evil/files/", "")
		}
	}
	for _, pair := range [][2]string{{"@root/Notes.md", "@root/notes.md"}, {"@root/notes", "@root/notes/x"}, {"@root/DOCS/a", "@root/docs/b"}} {
		refuses(t, hostile(t, map[string]string{"files/" + pair[0] + ".tmpl": "x", "files/" + pair[1] + ".tmpl": "y"}), "mine/pattern/evil/files/@root", "already taken")
	}
	for _, theirs := range []string{"@root/README.md", "@root/readme.md", "@cmd/main.go", "@root/cmd", "@root/run.sh/x"} {
		err := hostile(t, map[string]string{"files/" + theirs + ".tmpl": "mine"})
		var e *Error
		if !errors.As(err, &e) || e.Code != "path-twice" {
			t.Errorf("%s: got %v, want the file of another owner kept", theirs, err)
		}
	}
}

func TestHostileLayouts(t *testing.T) {
	skeleton, presets := testCatalog(t, "")
	for _, dir := range []string{"../x", "..", "/etc", "a/../../x", "a/..", "./a", "a//b", "C:\\x", "c:/x", "..\\x", "\\\\server\\x", ".git", ".git/hooks", "a b", "con", "x.", "é", "{name}/../..", "\u202ex"} {
		mine := fstest.MapFS{
			"pattern/evil/preset.yaml":              {Data: []byte("title: Evil\nsummary: Means no good.\ngroup: style\nlayout: {domain: domain, ports: ports, usecase: usecase, inbound: inbound, store: store, messaging: messaging, resilience: " + strconv.Quote(dir) + "}\n")},
			"pattern/evil/files/@resilience/x.tmpl": {Data: []byte("x")},
		}
		c, err := NewCatalog(skeleton, Source{Name: BuiltIn, FS: presets}, Source{Name: "mine", FS: mine})
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.Select(Answers{Name: "shop", Presets: map[string][]string{"pattern": {"evil"}}})
		if err == nil {
			_, err = s.Plan()
		}
		if err == nil {
			t.Errorf("%q is a directory of a role", dir)
			continue
		}
		refuses(t, err, "mine/pattern/evil/", "")
	}
}

func TestHostileNames(t *testing.T) {
	skeleton, presets := testCatalog(t, "")
	for _, name := range []string{"Evil", "evil\u202e", "ev il", "é", "evil.", "e\x1b[2J", strings.Repeat("e", 10) + "\u200b", "--option"} {
		mine := fstest.MapFS{"pattern/" + name + "/preset.yaml": {Data: []byte("title: Evil\nsummary: S\ngroup: tactic\n")}}
		_, err := NewCatalog(skeleton, Source{Name: BuiltIn, FS: presets}, Source{Name: "mine", FS: mine})
		refuses(t, err, "mine/pattern/", "cannot name a preset")
	}
}
