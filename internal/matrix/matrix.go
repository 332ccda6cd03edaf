// Package matrix names what a catalog can be combined to: a small set of selections in which everything meets that has to, and the
// selections around one preset. It must not render, write or run any of them.
package matrix

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/otelgen/otelgen/generator"
)

// Service is the name of the services that are named here.
const Service = "shop"

// accepted reports whether the answers go together. Any other fault is an error.
func accepted(c *generator.Catalog, a generator.Answers) (bool, error) {
	_, err := c.Select(a)
	var e *generator.Error
	if errors.As(err, &e) && slices.Contains([]string{"conflict", "requires", "too-few", "too-many"}, e.Code) {
		return false, nil
	}
	return err == nil, err
}

// Label names a selection by its presets, and by what else is not a default: "chi+nats+sqlite+hexagonal+console".
func Label(c *generator.Catalog, a generator.Answers) string {
	var parts []string
	for _, axis := range c.Axes() {
		parts = append(parts, a.Presets[axis.Name]...)
	}
	for _, key := range slices.Sorted(maps.Keys(a.Options)) {
		_, short, _ := strings.Cut(key, "/")
		parts = append(parts, short+"="+a.Options[key])
	}
	if a.Entity != "" {
		parts = append(parts, a.Entity)
	}
	return strings.Join(parts, "+")
}

// Arguments returns the command line, after "otelgen", that writes the service of the answers.
func Arguments(c *generator.Catalog, a generator.Answers) []string {
	args := []string{"new", a.Name, "--no-input"}
	add := func(flag, value string) {
		if value != "" {
			args = append(args, "--"+flag, value)
		}
	}
	add("module", a.Module)
	for _, axis := range c.Axes() {
		add(axis.Name, strings.Join(a.Presets[axis.Name], ","))
	}
	add("entity", a.Entity)
	add("entity-plural", a.EntityPlural)
	for _, key := range slices.Sorted(maps.Keys(a.Options)) {
		add("option", key+"="+a.Options[key])
	}
	return args
}
