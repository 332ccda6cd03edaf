package generator

import (
	"os"
	"testing"
)

func realCatalog(t testing.TB) *Catalog {
	c, err := NewCatalog(os.DirFS("../templates"), Source{BuiltIn, os.DirFS("../presets")})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestReal(t *testing.T) {
	c := realCatalog(t)
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	s, err := c.Select(Answers{Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Plan()
	if err != nil {
		t.Fatal(err)
	}
	tree, err := p.Render()
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for _, f := range tree.Files {
		n := 0
		for _, b := range f.Content {
			if b == '\n' {
				n++
			}
		}
		lines += n
	}
	t.Log(len(tree.Files), lines)
}

func BenchmarkReal(b *testing.B) {
	for b.Loop() {
		c := realCatalog(b)
		s, err := c.Select(Answers{Name: "shop"})
		if err != nil {
			b.Fatal(err)
		}
		p, err := s.Plan()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Render(); err != nil {
			b.Fatal(err)
		}
	}
}
