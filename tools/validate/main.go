// Command validate checks the files of generated services that no Go tool reads, with the code of those that do: Dockerfile
// with BuildKit's parser and linter, compose.yaml with Compose's loader, workflows with actionlint. It only reads.
//
//	validate DIR…
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/rhysd/actionlint"
)

func main() {
	failed := false
	for _, dir := range os.Args[1:] {
		for name, check := range map[string]func(string) error{
			"Dockerfile": dockerfile, "compose.yaml": compose, ".github/workflows/ci.yml": workflow,
		} {
			if err := check(filepath.Join(dir, name)); err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Join(dir, name), err)
				failed = true
			}
		}
	}
	if failed {
		os.Exit(1)
	}
	fmt.Printf("%d passed, 0 failed\n", len(os.Args)-1)
}

func dockerfile(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return err
	}
	var problems []error
	for _, warning := range parsed.Warnings {
		problems = append(problems, errors.New(warning.Short))
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) {
		problems = append(problems, fmt.Errorf("%s: %s", rule, message))
	}})
	if _, _, err := instructions.Parse(parsed.AST, lint); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func compose(path string) error {
	options, err := cli.NewProjectOptions([]string{path}, cli.WithName("validate"))
	if err != nil {
		return err
	}
	_, err = options.LoadProject(context.Background())
	return err
}

func workflow(path string) error {
	lint, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
	if err != nil {
		return err
	}
	found, err := lint.LintFile(path, nil)
	problems := []error{err}
	for _, problem := range found {
		problems = append(problems, problem)
	}
	return errors.Join(problems...)
}
