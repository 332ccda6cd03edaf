package generator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const schema = `
-- presets/database/postgres/files/@store/migrations/{step1}_{entities}.sql.tmpl --
CREATE TABLE {{ .Entity.PluralSnake }}
-- presets/database/postgres/files/@store/migrations/{step2}_retries.sql.tmpl --
{{ if has "retry" }}CREATE TABLE retries{{ end }}
-- presets/database/postgres/files/@store/migrations/{step10}_bulk.sql.tmpl --
{{ if has "bulkhead" }}CREATE TABLE bulk{{ end }}
-- presets/database/memory/preset.yaml --
title: Memory
summary: Keeps nothing.
default: true
-- presets/database/memory/files/@store/migrations/{step1}_{entities}.sql.tmpl --
MEMORY
-- presets/pattern/retry/preset.yaml --
title: Retry
summary: Retries.
group: tactic
provides: [retry]
-- presets/pattern/audit/preset.yaml --
title: Audit
summary: Has a step of its own.
group: tactic
-- presets/pattern/audit/files/@store/migrations/{step3}_audit.sql.tmpl --
CREATE TABLE audit
-- presets/pattern/bulkhead/preset.yaml --
title: Bulkhead
summary: Limits.
group: tactic
provides: [bulkhead]
`

// migrations returns the names of the migrations of a tree.
func migrations(tree *Tree) (names []string) {
	for _, f := range tree.Files {
		if version, _ := Version(f.Path); version > 0 {
			names = append(names, f.Path[strings.LastIndexByte(f.Path, '/')+1:])
		}
	}
	return names
}

// next generates the service that a project becomes.
func next(t *testing.T, was *Tree, database string, tactics []string, own ...int64) *Tree {
	t.Helper()
	content := map[string]string{}
	for _, f := range was.Files {
		content[f.Path] = string(f.Content)
	}
	h := History{Steps: slices.Clone(was.Steps), Versions: func(string) []int64 { return own }}
	for i, step := range h.Steps {
		if step.Content == "" {
			h.Steps[i].Content = content[step.Path]
		}
	}
	tree, err := newCatalog(t, schema).Continue(Answers{Name: "shop", Presets: map[string][]string{"database": {database}, "pattern": tactics}}, h)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestStepsGetTheNextFreeVersion(t *testing.T) {
	tree := &Tree{}
	for i, c := range []struct {
		database string
		tactics  []string
		own      []int64
		want     string
	}{
		{"postgres", []string{"bulkhead"}, nil, "00001_orders.sql 00002_bulk.sql"},
		{"postgres", []string{"bulkhead", "retry"}, []int64{4}, "00001_orders.sql 00002_bulk.sql 00005_retries.sql"},
		{"postgres", nil, []int64{4}, "00001_orders.sql 00002_bulk.sql 00005_retries.sql"},
		{"memory", nil, []int64{4}, "00006_orders.sql"},
		{"postgres", []string{"retry"}, []int64{4}, "00001_orders.sql 00002_bulk.sql 00005_retries.sql"},
	} {
		before := tree
		tree = next(t, before, c.database, c.tactics, c.own...)
		if got := strings.Join(migrations(tree), " "); got != c.want {
			t.Errorf("change %d: the migrations are %s, want %s", i, got, c.want)
		}
	}
}

func TestReleasedStepsKeepTheirContent(t *testing.T) {
	tree := next(t, &Tree{}, "postgres", nil)
	released := content(t, tree, tree.Steps[0].Path)
	tree.Files[slices.IndexFunc(tree.Files, func(f File) bool { return f.Path == tree.Steps[0].Path })].Content = []byte("as it was\n")
	tree = next(t, next(t, tree, "memory", nil), "postgres", nil)
	if got := content(t, tree, tree.Steps[0].Path); got != "as it was\n" || got == released {
		t.Errorf("the released migration became %q", got)
	}
}

func TestNewStepsAreOrderedByNumber(t *testing.T) {
	tree := next(t, &Tree{}, "postgres", []string{"retry", "bulkhead"})
	if got := strings.Join(migrations(tree), " "); got != "00001_orders.sql 00002_retries.sql 00003_bulk.sql" {
		t.Errorf("the migrations are %s", got)
	}
}

func TestInvalidStepsAreRefused(t *testing.T) {
	for _, path := range []string{"../00001_x.sql", "main.go", ".git/00001_x", "/00001_x.sql", ""} {
		_, err := newCatalog(t, schema).Continue(Answers{Name: "shop"}, History{Steps: []Step{{Owner: "database/postgres", Path: path}}})
		wantError(t, err, KindAnswers, "not a valid step")
	}
}

// A step of a tactic is part of the schema of the database: it stays when the tactic goes, and goes with the database.
func TestStepsOfTacticsBelongToTheDatabase(t *testing.T) {
	tree := &Tree{}
	for i, c := range []struct {
		database string
		tactics  []string
		want     string
	}{
		{"postgres", []string{"audit"}, "00001_orders.sql 00002_audit.sql"},
		{"postgres", []string{"bulkhead"}, "00001_orders.sql 00002_audit.sql 00003_bulk.sql"},
		{"memory", []string{"audit"}, "00004_orders.sql 00005_audit.sql"},
		{"postgres", nil, "00001_orders.sql 00002_audit.sql 00003_bulk.sql"},
		{"postgres", []string{"audit"}, "00001_orders.sql 00002_audit.sql 00003_bulk.sql"},
	} {
		tree = next(t, tree, c.database, c.tactics)
		if got := strings.Join(migrations(tree), " "); got != c.want {
			t.Errorf("change %d: the migrations are %s, want %s", i, got, c.want)
		}
	}
}

// A record that others have written may list anything.
func TestRepeatedStepsGiveOneFile(t *testing.T) {
	h := History{}
	for i := range 60_000 {
		h.Steps = append(h.Steps, Step{Owner: "database/postgres", Path: fmt.Sprintf("internal/%05d_x.sql", i%30_000+1), Content: "x"})
	}
	tree, err := newCatalog(t, schema).Continue(Answers{Name: "shop", Presets: map[string][]string{"database": {"postgres"}}}, h)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range tree.Files {
		if seen[f.Path] {
			t.Fatalf("%s is there twice", f.Path)
		}
		seen[f.Path] = true
	}
}
