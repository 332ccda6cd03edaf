// Command kubernetes checks the Kubernetes objects in the YAML blocks of Markdown pages against the published schemas, as
// kubectl-validate does: unknown fields, wrong types and missing required fields are errors. A page without objects is one, too.
//
//	kubernetes PAGE.md…
package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"

	"sigs.k8s.io/kubectl-validate/pkg/openapiclient"
	"sigs.k8s.io/kubectl-validate/pkg/validator"
)

// version of Kubernetes whose schemas are used, of those that kubectl-validate holds.
const version = "1.30"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(pages []string) error {
	schemas, err := validator.New(openapiclient.NewHardcodedBuiltins(version))
	if err != nil {
		return fmt.Errorf("read the schemas of Kubernetes %s: %w", version, err)
	}
	var failures []error
	for _, page := range pages {
		n, err := check(schemas, page)
		if err == nil && n == 0 {
			err = errors.New("it holds no Kubernetes objects")
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", page, err))
			continue
		}
		fmt.Printf("%s: %d objects fit the schemas of Kubernetes %s\n", page, n, version)
	}
	return errors.Join(failures...)
}

var (
	block     = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```")
	separator = regexp.MustCompile(`(?m)^---$`)
	object    = regexp.MustCompile(`(?m)^apiVersion:`)
)

// check returns how many objects a page holds, and what is wrong with them.
func check(schemas *validator.Validator, page string) (n int, err error) {
	text, err := os.ReadFile(page)
	if err != nil {
		return 0, err
	}
	var failures []error
	for _, found := range block.FindAllSubmatch(text, -1) {
		for _, document := range separator.Split(string(found[1]), -1) {
			if !object.MatchString(document) {
				continue
			}
			n++
			_, parsed, err := schemas.Parse([]byte(document))
			if err == nil {
				err = schemas.Validate(parsed)
			}
			if err != nil {
				failures = append(failures, fmt.Errorf("object %d: %w", n, err))
			}
		}
	}
	return n, errors.Join(failures...)
}
