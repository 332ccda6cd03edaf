package cli

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/otelgen/otelgen/internal/prompt"
)

// preview says, in at most height lines of at most width columns, what will be written. Where the room is too small,
// it is the folders that are left out.
func (s *service) preview(width, height int) []string {
	size := 0
	folders := map[string]int{} // to the second level, with all files below
	for _, f := range s.files {
		size += len(f.Content)
		parts := strings.Split(path.Dir(f.Path), "/")
		folders[strings.Join(parts[:min(2, len(parts))], "/")]++
	}
	full := s.report.Answers
	var choices, options, variables, ports []string
	for _, p := range s.selection.Presets() {
		choices = append(choices, p.Axis+" "+p.Name)
	}
	for _, key := range slices.Sorted(maps.Keys(full.Options)) {
		if full.Options[key] != s.defaultOf(key) {
			options = append(options, key+"="+full.Options[key])
		}
	}
	contract := s.plan.Contract()
	for _, e := range contract.Env {
		if e.Secret || e.Type == "url" { // what differs between deployments; the others have good defaults
			variables = append(variables, e.Name)
		}
	}
	for _, p := range contract.Ports {
		ports = append(ports, fmt.Sprintf("%d (%s)", p.Port, p.Summary))
	}
	section := func(label string, texts ...string) []string {
		return prompt.Labeled(label, strings.Join(texts, ", "), width)
	}
	before := slices.Concat(
		prompt.Wrap(
			fmt.Sprintf("%s: %d files, %s, will be written to %s", full.Name, len(s.files), kilobytes(size), s.report.Output),
			width,
		),
		[]string{""},
		section(
			"choices",
			choices...),
		section("options", options...),
		section("entity", full.Entity, full.EntityPlural),
		section("fields", full.Fields...),
		section("module", full.Module),
	)
	after := slices.Concat(
		section("variables", variables...),
		section("ports", ports...),
		section("command", s.report.Repeat),
	)

	names := slices.Sorted(maps.Keys(folders))
	var files []string
	for shown := len(names); shown >= 0; shown-- {
		var texts []string
		for _, name := range names[:shown] {
			texts = append(texts, fmt.Sprintf("%s/ (%d)", name, folders[name]))
		}
		if shown < len(names) {
			texts = append(texts, fmt.Sprintf("and %d more folders", len(names)-shown))
		}
		if files = section("files", texts...); len(before)+len(files)+len(after) <= height {
			break
		}
	}
	all := slices.Concat(before, files, after)
	return all[:max(0, min(len(all), height))]
}

// defaultOf returns the default of an option, by its full name.
func (s *service) defaultOf(key string) string {
	for _, p := range s.selection.Presets() {
		for _, o := range p.Options {
			if p.ID()+"."+o.Name == key {
				return o.Default
			}
		}
	}
	return ""
}
