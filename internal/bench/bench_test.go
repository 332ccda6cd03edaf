package main

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/imports"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/writer"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

// The stages of `otelgen new shop --no-input`, each on its own, over the built-in catalog. "format" is the part of
// "render" that formats the Go files, on one core.
func BenchmarkNew(b *testing.B) {
	catalog := func() *generator.Catalog {
		c, err := generator.NewCatalog(templates.FS, generator.Source{Name: generator.BuiltIn, FS: presets.FS})
		if err != nil {
			b.Fatal(err)
		}
		return c
	}
	selection := func(c *generator.Catalog) *generator.Selection {
		s, err := c.Select(generator.Answers{Name: "shop"})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	plan := func(s *generator.Selection) *generator.Plan {
		p, err := s.Plan()
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	render := func(p *generator.Plan) *generator.Tree {
		tree, err := p.Render()
		if err != nil {
			b.Fatal(err)
		}
		return tree
	}
	b.Run("catalog", func(b *testing.B) {
		for b.Loop() {
			catalog()
		}
	})
	b.Run("select", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			c := catalog() // manifests are decoded once
			b.StartTimer()
			selection(c)
		}
	})
	b.Run("plan", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			s := selection(catalog())
			b.StartTimer()
			plan(s)
		}
	})
	b.Run("render", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			p := plan(selection(catalog())) // templates are parsed once
			b.StartTimer()
			render(p)
		}
	})
	b.Run("render again", func(b *testing.B) {
		p := plan(selection(catalog()))
		for b.Loop() {
			render(p)
		}
	})
	b.Run("format", func(b *testing.B) {
		tree := render(plan(selection(catalog())))
		options := &imports.Options{FormatOnly: true, TabWidth: 8, TabIndent: true, Comments: true}
		for b.Loop() {
			for _, f := range tree.Files {
				if strings.HasSuffix(f.Path, ".go") {
					if _, err := imports.Process(path.Base(f.Path), f.Content, options); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
	})
	b.Run("write", func(b *testing.B) {
		tree := render(plan(selection(catalog())))
		dir := filepath.Join(b.TempDir(), "shop")
		for b.Loop() {
			if err := (writer.Writer{}).Write(context.Background(), dir, tree.Files); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			if err := os.RemoveAll(dir); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
		}
	})
}
