package project_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/project"
)

func someTree() *generator.Tree {
	return &generator.Tree{Files: []generator.File{
		{Path: "README.md", Mode: 0o644, Owner: "skeleton", Template: "files/README.md.tmpl", Content: []byte("# shop\n")},
		{
			Path:     "internal/store/store.go",
			Mode:     0o644,
			Owner:    "database/sqlite",
			Template: "files/@store/store.go.tmpl",
			Content:  []byte("package store"),
		},
		{
			Path:     "run.sh",
			Mode:     0o755,
			Owner:    "skeleton",
			Template: "files/run.sh.tmpl",
			Content:  []byte("#!/bin/sh\n\xff\r\n"),
		},
	}}
}

func TestPristine(t *testing.T) {
	root := t.TempDir()
	tree := someTree()
	p := project.New("v1.2.3", generator.Answers{Name: "shop"}, tree)
	file, err := project.Pristine(tree)
	if err != nil {
		t.Fatal(err)
	}
	if second, _ := project.Pristine(tree); !bytes.Equal(file.Content, second.Content) {
		t.Error("the same tree gives other bytes")
	}
	fails := func() (*generator.Tree, error) { return nil, errors.New("no") }
	write := func(content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(root, project.PristineName), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	write(file.Content)
	got, err := p.ReadPristine(root, fails)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tree, got); diff != "" {
		t.Errorf("read differs from written (-want +got):\n%s", diff)
	}

	other := someTree()
	other.Files[0].Content = []byte("# other\n")
	wrong, _ := project.Pristine(other)
	for name, content := range map[string][]byte{
		"cut short": file.Content[:len(file.Content)/2], "not compressed": []byte("hello"), "of another tree": wrong.Content, "empty": nil,
	} {
		write(content)
		_, err := p.ReadPristine(root, fails)
		var e *generator.Error
		if !errors.As(err, &e) || e.Kind != generator.KindDrift || e.Code != "no-pristine" {
			t.Errorf("%s: the error is %v", name, err)
		}
		got, err := p.ReadPristine(root, func() (*generator.Tree, error) { return someTree(), nil })
		if err != nil || !cmp.Equal(got, tree) {
			t.Errorf("%s: generated again, the tree is not taken: %v", name, err)
		}
		if _, err := p.ReadPristine(root, func() (*generator.Tree, error) { return other, nil }); err == nil {
			t.Errorf("%s: a tree that the project does not list is taken", name)
		}
	}
}
