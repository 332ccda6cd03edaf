package change_test

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/otelgen/otelgen/generator"
	remembered "github.com/otelgen/otelgen/internal/project"
)

// living is a project, with the databases that each of its states has migrated.
type living struct {
	*world
	project   *remembered.Project
	base      *generator.Tree
	ours      fstest.MapFS
	databases map[string]map[int64]string // by preset: version → content of what it has run
}

// become changes the project to a random service.
func (l *living) become() {
	answers := l.answers()
	tree, err := l.catalog.Continue(answers, l.project.History(l.base, l.ours))
	if err != nil {
		l.t.Fatal(err)
	}
	if l.base.Files == nil {
		l.ours = untouched(tree)
	} else {
		_, l.ours = changed(l.t, l.base, tree, l.ours)
	}
	l.base, l.project = tree, remembered.New("v", answers, tree)
}

// migrations returns the files of the migrations by version, and their directory.
func (l *living) migrations() (files map[int64]string, dir string) {
	files = map[int64]string{}
	for _, step := range l.base.Steps {
		if l.ours[step.Path] != nil {
			dir = path.Dir(step.Path)
		}
	}
	for name := range l.ours {
		version, _ := generator.Version(name)
		if version == 0 || path.Dir(name) != dir {
			continue
		}
		if files[version] != "" {
			l.t.Errorf("two migrations have the version %d", version)
		}
		files[version] = name
	}
	return files, dir
}

// own adds a migration of the user's after all others.
func (l *living) own() {
	files, dir := l.migrations()
	if dir == "" {
		return
	}
	version := int64(1 + l.r.IntN(3))
	for known := range files {
		version = max(version, known+1+int64(l.r.IntN(3)))
	}
	if l.r.IntN(8) == 0 {
		version = max(version, 20260101000000)
	}
	l.ours[fmt.Sprintf("%s/%05d_mine.sql", dir, version)] = &fstest.MapFile{
		Data: fmt.Appendf(nil, "mine %d\n", version),
		Mode: 0o644,
	}
}

// migrate holds the migrations to what goose demands of them, and runs them.
func (l *living) migrate() {
	files, dir := l.migrations()
	if dir == "" {
		return
	}
	database := l.project.Answers.Presets["database"][0]
	ran := l.databases[database]
	if ran == nil {
		ran = map[int64]string{}
		l.databases[database] = ran
	}
	newest := int64(0)
	for version, content := range ran {
		newest = max(newest, version)
		if files[version] == "" {
			l.t.Errorf("%s: migration %d, which has run, is gone", database, version)
		} else if got := string(l.ours[files[version]].Data); got != content {
			l.t.Errorf("%s: migration %d, which has run, has changed to:\n%s", database, version, got)
		}
	}
	tables := map[string]int64{}
	for version, name := range files {
		content := string(l.ours[name].Data)
		if _, done := ran[version]; !done && version < newest {
			l.t.Errorf("%s: %s is new, and %d has run already", database, name, newest)
		}
		ran[version] = content
		for line := range strings.Lines(content) {
			if !strings.HasPrefix(line, "CREATE TABLE") {
				continue
			}
			if other := tables[line]; other != 0 {
				l.t.Errorf("%s: the migrations %d and %d create the same table: %s", database, other, version, line)
			}
			tables[line] = version
		}
	}
}

// Any sequence of changes, with migrations of the user's in between, leads each database that was used forward.
func TestSchemasOnlyMoveForward(t *testing.T) {
	const journeys, changes = 12, 8
	for seed := range uint64(journeys) {
		l := &living{
			world:     newWorld(t, 100+seed),
			project:   &remembered.Project{},
			base:      &generator.Tree{},
			databases: map[string]map[int64]string{},
		}
		for range changes {
			l.become()
			l.migrate()
			if l.r.IntN(2) == 0 {
				l.own()
				l.migrate()
			}
		}
	}
}

// A project from before the list of steps goes on with the numbers of its files.
func TestUnrecordedStepsAreFound(t *testing.T) {
	catalog := newWorld(t, 0).catalog
	answers := generator.Answers{Name: "shop", Presets: map[string][]string{"database": {"postgres"}, "pattern": {"cqrs"}}}
	base, err := catalog.Generate(answers)
	if err != nil {
		t.Fatal(err)
	}
	p := remembered.New("v", answers, base)
	p.Steps = nil
	answers.Presets["pattern"] = []string{"event-sourcing"}
	tree, err := catalog.Continue(answers, p.History(base, untouched(base)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, step := range tree.Steps {
		names = append(names, path.Base(step.Path))
	}
	if want := []string{"00001_orders.sql", "00002_views.sql", "00003_events.sql"}; !slices.Equal(names, want) {
		t.Errorf("the steps are %v, want %v", names, want)
	}
}
