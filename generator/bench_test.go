package generator

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// benchCatalog is the test catalog with 60 presets more, which are not chosen, and with about 3000 lines of Go in 55 files.
func benchCatalog(b *testing.B) (skeleton, presets fstest.MapFS) {
	skeleton, presets = testCatalog(b, "")
	manifest := presets["broker/nats/preset.yaml"]
	text := strings.Replace(string(manifest.Data), "default: true\n", "", 1)
	for i := range 60 {
		dir := fmt.Sprintf("%s/extra-%d/", []string{"framework", "broker", "database"}[i%3], i)
		presets[dir+"preset.yaml"] = &fstest.MapFile{Data: []byte(text)}
		presets[dir+"files/@store/store.go.tmpl"] = &fstest.MapFile{Data: []byte("package {{ pkg \"store\" }}\n")}
	}
	var body strings.Builder
	for i := range 6 {
		fmt.Fprintf(&body, `
// Do%d does something with {{ .Entity.PluralWords }}.
func Do%d(ctx context.Context, id string) (*{{ .Entity.Type }}, error) {
	if id == "" {
		return nil, fmt.Errorf("{{ .Entity.Words }} %%q: %%w", id, errors.New("no id"))
	}
	x := {{ .Entity.Type }}{ID: id}
	slog.InfoContext(ctx, "done", "id", x.ID)
	return &x, nil
}
`, i, i)
	}
	for i := range 50 {
		presets[fmt.Sprintf("framework/chi/files/@domain/p%d/x.go.tmpl", i)] = &fstest.MapFile{Data: []byte(
			"package p\n\nimport (\n\t\"context\"\n\t\"errors\"\n\t\"fmt\"\n\t\"log/slog\"\n\t\"os\"\n)\n\n// {{ .Entity.Type }} is one.\ntype {{ .Entity.Type }} struct{ ID string }\n" + body.String())}
	}
	return skeleton, presets
}

// Benchmark measures the engine's part of `otelgen new`, step by step.
func Benchmark(b *testing.B) {
	skeleton, presets := benchCatalog(b)
	catalog := func() *Catalog {
		c, err := NewCatalog(skeleton, Source{Name: BuiltIn, FS: presets})
		if err != nil {
			b.Fatal(err)
		}
		return c
	}
	selection := func(c *Catalog) *Selection {
		s, err := c.Select(Answers{Name: "shop"})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	plan := func(s *Selection) *Plan {
		p, err := s.Plan()
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	render := func(p *Plan) {
		if _, err := p.Render(); err != nil {
			b.Fatal(err)
		}
	}
	steps := []struct {
		name  string
		setUp func() any
		run   func(any)
	}{
		{"catalog", func() any { return nil }, func(any) { catalog() }},
		{"select", func() any { return catalog() }, func(c any) { selection(c.(*Catalog)) }},
		{"plan", func() any { return selection(catalog()) }, func(s any) { plan(s.(*Selection)) }},
		{"render", func() any { return plan(selection(catalog())) }, func(p any) { render(p.(*Plan)) }},
		{"all", func() any { return nil }, func(any) { render(plan(selection(catalog()))) }},
	}
	for _, s := range steps {
		b.Run(s.name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				x := s.setUp()
				b.StartTimer()
				s.run(x)
			}
		})
	}
	b.Run("again", func(b *testing.B) { // on a catalog that has been used
		c := catalog()
		for b.Loop() {
			render(plan(selection(c)))
		}
	})
}
