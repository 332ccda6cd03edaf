// Command validate checks the files of generated services that no Go tool reads, with the code of the programs that
// read them. It uses BuildKit's parser and linter for the Dockerfile, Compose's loader for compose.yaml, actionlint
// for workflows, and the types of Datadog's client for Datadog's API. It only reads.
//
//	validate DIR… [.goreleaser.yaml] [WORKFLOW.yml…]
//
// It reads a configuration of goreleaser strictly, into goreleaser's own types.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"github.com/DataDog/datadog-api-client-go/v2/api/datadog"
	"github.com/DataDog/datadog-api-client-go/v2/api/datadogV1"
	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/goreleaser/goreleaser/v2/pkg/config"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/rhysd/actionlint"
)

func main() {
	failed := false
	for _, dir := range os.Args[1:] {
		if check := fileCheck(dir); check != nil {
			if err := check(dir); err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", dir, err)
				failed = true
			}
			continue
		}
		for name, check := range map[string]func(string) error{
			"Dockerfile": dockerfile, "compose.yaml": compose, ".github/workflows/ci.yml": workflow,
			"deploy/datadog/dashboard.json": datadogJSON[datadogV1.Dashboard], "deploy/datadog/slos.json": datadogJSON[[]datadogV1.ServiceLevelObjectiveRequest],
			"deploy/datadog/monitors.json": datadogJSON[[]datadogV1.Monitor],
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

// fileCheck returns the check of a single file, or nil for a directory.
func fileCheck(path string) func(string) error {
	switch {
	case filepath.Base(path) == ".goreleaser.yaml":
		return func(path string) error {
			_, err := config.Load(path) // strict: an unknown key is an error
			return err
		}
	case filepath.Ext(path) == ".yml":
		return workflow
	}
	return nil
}

// datadogJSON reads a file, if there is one, as the type that Datadog's API takes. Nothing in it may be unknown there.
func datadogJSON[T any](path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var value T
	if err := json.Unmarshal(text, &value); err != nil {
		return err
	}
	if found, what := datadog.ContainsUnparsedObject(value); found {
		return fmt.Errorf("Datadog would not understand %v", what)
	}
	if unknown := unknownKeys(reflect.ValueOf(value)); len(unknown) > 0 {
		return fmt.Errorf("Datadog knows no %v", unknown)
	}
	return nil
}

// unknownKeys returns what the types of Datadog's client have set aside.
func unknownKeys(v reflect.Value) (keys []string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			keys = unknownKeys(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			keys = append(keys, unknownKeys(v.Index(i))...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			switch field := v.Type().Field(i); {
			case field.Name == "AdditionalProperties":
				for _, key := range v.Field(i).MapKeys() {
					keys = append(keys, key.String())
				}
			case field.IsExported():
				keys = append(keys, unknownKeys(v.Field(i))...)
			}
		}
	}
	return keys
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
	options, err := cli.NewProjectOptions([]string{path}, cli.WithName("validate"), cli.WithOsEnv)
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
