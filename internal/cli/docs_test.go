package cli

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/otelgen/otelgen/generator"
)

var update = flag.Bool(
	"update",
	false,
	"rewrite the reference in docs/reference, and the table of presets in README.md",
)

const docsDir = "../../docs"

// The pages that the code and the catalog can write themselves are what they would write.
func TestReference(t *testing.T) {
	a := &app{getenv: func(string) string { return "" }, skeleton: skeleton, builtin: builtin}
	root, err := a.root()
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := generator.NewCatalog(skeleton, builtin)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"cli.md": cliPage(root), "presets.md": presetsPage(t, catalog), "facts.md": factsPage(t, catalog)} {
		file := filepath.Join(docsDir, "reference", name)
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), []byte(want)) {
			t.Errorf("docs/reference/%s is not current: make docs, and read the difference", name)
		}
	}
}

// presetsHeader begins the table of presets in the README.
const presetsHeader = "| axis | presets |\n"

// TestReferenceOfTheReadme: the README's table of presets has all of them, each with a link to its reference.
func TestReferenceOfTheReadme(t *testing.T) {
	catalog, err := generator.NewCatalog(skeleton, builtin)
	if err != nil {
		t.Fatal(err)
	}
	const file = "../../README.md"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	readme := strings.ReplaceAll(string(data), "\r\n", "\n")
	before, rest, ok := strings.Cut(readme, presetsHeader)
	if !ok {
		t.Fatalf("README.md has no table that begins with %q", presetsHeader)
	}
	at := 0
	for line := range strings.Lines(rest) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		at += len(line)
	}
	want := before + presetsTable(t, catalog) + rest[at:]
	switch {
	case want == readme:
	case !*update:
		t.Error("the table of presets in README.md is not current: make docs, and read the difference")
	default:
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// presetsTable lists the presets of each axis, and of each group of one, defaults in bold.
func presetsTable(t *testing.T, catalog *generator.Catalog) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(presetsHeader + "| --- | --- |\n")
	for _, axis := range catalog.Axes() {
		presets, err := catalog.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range axis.Groups {
			var links []string
			for _, p := range presets {
				name := p.Name
				if p.Group != g.Name {
					continue
				}
				if p.Default {
					name = "**" + name + "**"
				}
				links = append(links, fmt.Sprintf("[%s](docs/reference/presets.md#%s)", name, axis.Name+p.Name))
			}
			title := axis.Name
			if g.Name != "" {
				title += ", " + g.Name
			}
			if g.Max != 1 {
				title += " (any number)"
			}
			fmt.Fprintf(&b, "| %s | %s |\n", title, strings.Join(links, ", "))
		}
	}
	return b.String()
}

// cliPage is the reference of all commands.
func cliPage(root *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(
		&b,
		"# Commands\n\nWritten by `make docs` from the commands themselves. The same is in the manual pages, which `otelgen man DIR` writes.\n\n",
	)
	all := commands(root)
	b.WriteString("| command | |\n| --- | --- |\n")
	for _, c := range all {
		fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", c.CommandPath(), strings.ReplaceAll(c.CommandPath(), " ", "-"), c.Short)
	}
	for _, c := range all {
		text := c.Long
		if text == "" {
			text = c.Short + "."
		}
		fmt.Fprintf(
			&b,
			"\n## %s\n\n```text\n%s\n```\n\n%s\n",
			c.CommandPath(),
			strings.TrimSuffix(c.UseLine(), " [flags]"),
			paragraphs(text),
		)
		if c.Example != "" {
			fmt.Fprintf(&b, "\n```sh\n%s\n```\n", unindent(c.Example))
		}
		flags(&b, c.LocalNonPersistentFlags())
	}
	b.WriteString("\n## Every command\n")
	flags(&b, root.PersistentFlags())
	return b.String()
}

// commands returns a command and all below it.
func commands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			all = append(all, commands(sub)...)
		}
	}
	return all
}

func flags(b *strings.Builder, set *pflag.FlagSet) {
	first := true
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || f.Name == "version" {
			return
		}
		if first {
			b.WriteString("\n| flag | |\n| --- | --- |\n")
			first = false
		}
		name, usage := pflag.UnquoteUsage(f)
		fmt.Fprintf(b, "| %s | %s |\n", cell("`--"+strings.TrimSpace(f.Name+" "+name)+"`"), cell(usage))
	})
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// paragraphs keeps what is indented, which is set as code.
func paragraphs(text string) string {
	var out []string
	for part := range strings.SplitSeq(strings.ReplaceAll(text, "\n\n\n", "\n\n"), "\n\n") {
		if strings.HasPrefix(part, "  ") {
			part = "```text\n" + unindent(part) + "\n```"
		}
		out = append(out, part)
	}
	return strings.Join(out, "\n\n")
}

func unindent(text string) string {
	return strings.ReplaceAll(strings.TrimPrefix(text, "  "), "\n  ", "\n")
}

// presetsPage is the reference of the built-in presets. Their texts are those of a service about orders.
func presetsPage(t *testing.T, catalog *generator.Catalog) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(
		"# Presets\n\nWritten by `make docs` from the manifests, for a service called shop that is about orders. `otelgen show AXIS/PRESET` says the same, and `otelgen list` lists\ncustom presets as well.\n",
	)
	table := func(title string, head string, rows []string) {
		if len(rows) > 0 {
			fmt.Fprintf(
				&b,
				"\n%s:\n\n%s\n%s\n%s\n",
				title,
				head,
				strings.Repeat("| --- ", strings.Count(head, "|")-1)+"|",
				strings.Join(rows, "\n"),
			)
		}
	}
	for _, axis := range catalog.Axes() {
		fmt.Fprintf(&b, "\n## %s: %s\n", axis.Title, axis.Question)
		presets, err := catalog.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range presets {
			facts := factsOfPreset(t, catalog, p)
			fmt.Fprintf(&b, "\n### %s\n\n**%s.** %s", p.ID(), strings.TrimSuffix(p.Title, "."), p.Summary)
			if p.Group != "" {
				fmt.Fprintf(&b, " Group: %s.", p.Group)
			}
			if p.Default {
				b.WriteString(" The default.")
			}
			b.WriteString("\n")
			if len(p.Provides) > 0 {
				fmt.Fprintf(&b, "\nProvides `%s`.\n", strings.Join(p.Provides, "`, `"))
			}
			if len(p.Facts) > 0 {
				fmt.Fprintf(&b, "\nShared facts: [%s](facts.md).\n", strings.Join(p.Facts, ", "))
			}
			for _, r := range p.Requires {
				fmt.Fprintf(&b, "\nRequires `%s`: %s.\n", r.Capability, r.Reason)
			}
			for _, r := range p.Conflicts {
				fmt.Fprintf(&b, "\nDoes not go with `%s`: %s.\n", r.Capability, r.Reason)
			}
			table("Options", "| option | type | default | |", rows(p.Options, func(o generator.Option) string {
				kind := o.Type
				if len(o.Values) > 0 {
					kind = strings.Join(o.Values, ", ")
				}
				return fmt.Sprintf("| `%s.%s` | %s | `%s` | %s |", p.Name, o.Name, kind, o.Default, cell(o.Summary+with(needs(o))))
			}))
			table("Types of fields", "| type | column |", rows(slices.Sorted(maps.Keys(p.Types)), func(name string) string {
				return fmt.Sprintf("| `%s` | `%s` |", name, p.Types[name])
			}))
			table("Environment", "| variable | default | |", rows(facts.Env, func(e generator.Env) string {
				return fmt.Sprintf("| `%s` | %s | %s |", e.Name, code(e.Default), cell(e.Summary+with(e.When)))
			}))
			table("Servers", "| server | image | provides | |", rows(facts.Servers, func(s generator.Server) string {
				return fmt.Sprintf("| `%s` | `%s` | %s | %s |", s.Name, s.Image, code(provides(s)), cell(s.Checked+with(s.When)))
			}))
			table(
				"Ports",
				"| port | |",
				rows(
					p.Ports,
					func(o generator.Port) string { return fmt.Sprintf("| %d | %s |", o.Port, cell(o.Summary+with(o.When))) },
				),
			)
			table("Spans", "| span | kind | | attributes |", rows(facts.Spans, func(s generator.Span) string {
				return fmt.Sprintf(
					"| `%s` | %s | %s | %s |",
					strings.Join(s.Names, "`, `"),
					s.Kind,
					cell(s.Summary+with(s.When)),
					keys(s.Attributes, s.Optional),
				)
			}))
			table(
				"Metrics",
				"| metric | instrument | unit | | attributes |",
				rows(facts.Metrics, func(m generator.Metric) string {
					return fmt.Sprintf(
						"| `%s` | %s | %s | %s | %s |",
						m.Name,
						m.Instrument,
						m.Unit,
						cell(m.Summary+with(m.When)),
						keys(m.Attributes, m.Optional),
					)
				}),
			)
			table(
				"Objectives and alerts",
				"| alert | metric | condition | | action |",
				alerts(facts.Metrics, func(name, metric, condition, summary, action string) string {
					return fmt.Sprintf("| `%s` | `%s` | %s | %s | %s |", name, metric, cell(condition), cell(summary), cell(action))
				}),
			)
		}
	}
	return b.String()
}

// factsPage is the reference of the shared facts, with the names by which a manifest overrides their items.
func factsPage(t *testing.T, catalog *generator.Catalog) string {
	t.Helper()
	facts, err := catalog.SharedFacts()
	if err != nil {
		t.Fatal(err)
	}
	users := map[string][]string{}
	for _, axis := range catalog.Axes() {
		presets, err := catalog.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range presets {
			for _, name := range p.Facts {
				users[name] = append(users[name], p.ID())
			}
		}
	}
	var b strings.Builder
	b.WriteString(
		"# Shared facts\n\nWritten by `make docs` from `templates/facts`. A manifest names them under `facts:`, and overrides their items by the names below;\n" +
			"[presets.md](../presets.md#shared-facts) says how.\n",
	)
	for _, f := range facts {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| declares | |\n| --- | --- |\n", f.Name, f.Summary)
		for _, row := range []struct {
			title string
			names []string
		}{{"capabilities", f.Provides}, {"modules", f.Modules}, {"variables", f.Env}, {"servers", f.Servers}, {"spans, by id", f.Spans}, {"metrics", f.Metrics}} {
			if len(row.names) > 0 {
				fmt.Fprintf(&b, "| %s | `%s` |\n", row.title, strings.Join(row.names, "`, `"))
			}
		}
		fmt.Fprintf(&b, "\nUsed by %s.\n", strings.Join(users[f.Name], ", "))
		if len(users[f.Name]) == 0 {
			t.Errorf("no preset uses the shared fact %s", f.Name)
		}
	}
	return b.String()
}

// keys lists attributes, those that are not always there in parentheses.
func keys(attributes, optional []string) string {
	text := strings.Join(rows(attributes, code), ", ")
	if len(optional) == 0 {
		return text
	}
	return strings.TrimPrefix(text+", ("+strings.Join(rows(optional, code), ", ")+")", ", ")
}

// TestReferenceHasEveryFact checks that show and the reference print every fact of a manifest, also conditional ones.
func TestReferenceHasEveryFact(t *testing.T) {
	catalog, err := generator.NewCatalog(skeleton, builtin)
	if err != nil {
		t.Fatal(err)
	}
	for _, axis := range catalog.Axes() {
		presets, err := catalog.Presets(axis.Name)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range presets {
			facts := factsOfPreset(t, catalog, p)
			metrics := map[string]bool{} // one metric can be declared twice, under conditions that exclude each other
			for _, m := range p.Metrics {
				metrics[m.Name] = true
			}
			for kind, counts := range map[string][2]int{
				"variables": {len(p.Env), len(facts.Env)}, "servers": {len(p.Servers), len(facts.Servers)},
				"spans": {len(p.Spans), len(facts.Spans)}, "metrics": {len(metrics), len(facts.Metrics)},
			} {
				if counts[0] != counts[1] {
					t.Errorf("%s declares %d %s, and the reference has %d", p.ID(), counts[0], kind, counts[1])
				}
			}
		}
	}
}

// code sets a text as code, unless it is empty.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

func factsOfPreset(t *testing.T, catalog *generator.Catalog, p *generator.Preset) generator.Contract {
	t.Helper()
	facts, err := factsOf(catalog, p)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// Every code of an error in the source is in the table of codes, with the exit codes of its kinds, and the table has
// no others.
func TestErrorsPage(t *testing.T) {
	inSource := errorCodes(t)
	content, err := os.ReadFile(filepath.Join(docsDir, "reference", "errors.md"))
	if err != nil {
		t.Fatal(err)
	}
	tables := tablesOf(string(content))
	var keys []string
	for _, row := range tables["key"] {
		keys = append(keys, row[0])
	}
	if want := []string{"`code`", "`message`", "`why`", "`fix`", "`where`"}; !slices.Equal(keys, want) {
		t.Errorf("the table of keys has %v, want %v", keys, want)
	}
	var onPage []string
	for _, row := range tables["code exit it means fix"] {
		if len(row) != 4 {
			t.Errorf("the table of codes has the row %q, want four cells", row)
			continue
		}
		name, exits := strings.Trim(row[0], "`"), row[1]
		onPage = append(onPage, name)
		kinds, ok := inSource[name]
		if !ok {
			t.Errorf("docs/reference/errors.md has the code %s, which no error has", name)
		} else if want := strings.Join(slices.Sorted(maps.Keys(kinds)), ", "); exits != want {
			t.Errorf("docs/reference/errors.md says that %s exits with %q; it is %s", name, exits, want)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(inSource)) {
		if !slices.Contains(onPage, name) {
			t.Errorf(
				"docs/reference/errors.md has no row: | `%s` | %s | when | fix |",
				name,
				strings.Join(slices.Sorted(maps.Keys(inSource[name])), ", "),
			)
		}
	}
	if !slices.IsSorted(onPage) {
		t.Error("the rows of docs/reference/errors.md are not sorted by code")
	}
}

// tablesOf returns the rows of each table of a page, by the words of its header.
func tablesOf(page string) map[string][][]string {
	tables := map[string][][]string{}
	header := ""
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			header = ""
			continue
		}
		var row []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), " | ") {
			row = append(row, strings.TrimSpace(cell))
		}
		switch {
		case header == "":
			header = strings.Join(strings.Fields(strings.Join(row, " ")), " ")
		case !strings.HasPrefix(line, "| ---"):
			tables[header] = append(tables[header], row)
		}
	}
	return tables
}

var kinds = map[string]generator.Kind{
	"KindBug":         generator.KindBug,
	"KindAnswers":     generator.KindAnswers,
	"KindPreset":      generator.KindPreset,
	"KindTarget":      generator.KindTarget,
	"KindDrift":       generator.KindDrift,
	"KindInterrupted": generator.KindInterrupted,
}

// errorCodes reads the source for the codes of errors, each with the exit codes of the kinds that it is made with.
func errorCodes(t *testing.T) map[string]map[string]bool {
	t.Helper()
	codes := map[string]map[string]bool{}
	for _, pattern := range []string{"../../generator/*.go", "../*/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			returned := returnedCodes(parsed)
			ast.Inspect(parsed, func(n ast.Node) bool {
				literal, ok := n.(*ast.CompositeLit)
				if !ok || !isError(literal.Type, parsed.Name.Name) {
					return true
				}
				var exit string
				var names []string
				for _, e := range literal.Elts {
					field := e.(*ast.KeyValueExpr)
					switch field.Key.(*ast.Ident).Name {
					case "Kind":
						exit = strconv.Itoa(kinds[kindName(field.Value)].ExitCode())
					case "Code":
						switch value := field.Value.(type) {
						case *ast.BasicLit:
							names = []string{text(value)}
						case *ast.BinaryExpr: // "preset-" + name
							names = []string{text(value.X) + "NAME"}
						default:
							names = returned
						}
					}
				}
				if exit == "" || len(names) == 0 {
					t.Errorf("%s: an error is made in a way that this test does not understand", file)
				}
				for _, name := range names {
					if codes[name] == nil {
						codes[name] = map[string]bool{}
					}
					codes[name][exit] = true
				}
				return true
			})
		}
	}
	return codes
}

// returnedCodes are the texts that functions return for a result called code.
func returnedCodes(file *ast.File) (codes []string) {
	for _, decl := range file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Type.Results == nil || len(fn.Type.Results.List[0].Names) == 0 ||
			fn.Type.Results.List[0].Names[0].Name != "code" {
			continue
		}
		ast.Inspect(fn, func(n ast.Node) bool {
			if r, ok := n.(*ast.ReturnStmt); ok {
				codes = append(codes, text(r.Results[0]))
			}
			return true
		})
	}
	return codes
}

func kindName(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		return s.Sel.Name
	}
	if i, ok := e.(*ast.Ident); ok {
		return i.Name
	}
	return ""
}

func text(e ast.Expr) string {
	literal, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, _ := strconv.Unquote(literal.Value)
	return s
}

// Links of the documentation lead to what there is.
func TestDocsLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:\s]+)(#[^)]*)?\)`)
	pages := []string{"../../README.md", "../../CONTRIBUTING.md"}
	if err := filepath.WalkDir(docsDir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			pages = append(pages, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		content, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, to := range link.FindAllSubmatch(content, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), string(to[1]))); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

func TestDecisionsHaveHeadingsInOneForm(t *testing.T) {
	pages, err := filepath.Glob("../../docs/adr/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no decisions: %v", err)
	}
	for _, page := range pages {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		number, _, _ := strings.Cut(filepath.Base(page), "-")
		want := "# " + strings.TrimLeft(number, "0") + ". "
		if heading, _, _ := strings.Cut(string(data), "\n"); !strings.HasPrefix(heading, want) {
			t.Errorf("%s begins with %q, want %q and a title", page, heading, want)
		}
	}
}
