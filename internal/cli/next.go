package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/change"
)

// durable ends the name of the capability to keep data.
const durable = ".durable"

// next returns what is to be done after a change, as sentences or commands.
func (r *changeRun) next(
	o *loadedProject, before, after *generator.Selection,
	base, theirs *generator.Tree,
	report *changeReport,
) []string {
	var steps []string
	for _, s := range newServers(base, theirs) {
		steps = append(steps, "start "+s+": make "+s)
	}
	steps = append(steps, newVariables(before, after)...)
	steps = append(steps, leftData(before, after)...)
	if report.Untidy != "" {
		steps = append(steps, "run go mod tidy: it downloads the modules that your code needs")
	}
	if ours, err := o.files(); err == nil && change.Vendored(ours) && changesFile(report.Files, "go.mod") {
		steps = append(steps, "run go mod vendor: the vendor folder does not match go.mod")
	}
	return steps
}

func changesFile(files []change.File, name string) bool {
	return slices.ContainsFunc(files, func(f change.File) bool { return f.Path == name && f.Changes() })
}

// newServers returns the services of compose.yaml that are new.
func newServers(base, theirs *generator.Tree) []string {
	was := composeServices(base)
	var all []string
	for _, name := range composeServices(theirs) {
		if !slices.Contains(was, name) {
			all = append(all, name)
		}
	}
	return all
}

// composeServices returns the services of compose.yaml that have a target of the Makefile: those that the development
// entry does not start itself.
func composeServices(tree *generator.Tree) []string {
	var compose struct {
		Services map[string]yaml.Node `yaml:"services"`
	}
	makefile := ""
	for _, f := range tree.Files {
		if f.Path == "compose.yaml" && yaml.Unmarshal(f.Content, &compose) != nil {
			return nil
		}
		if f.Path == "Makefile" {
			makefile = string(f.Content)
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(compose.Services)), func(name string) bool {
		return !strings.Contains(makefile, "\n"+name+":")
	})
}

// newVariables returns what to set of the variables that the service did not have, or that mean something else now.
func newVariables(before, after *generator.Selection) (steps []string) {
	was := map[string]generator.Env{}
	for _, e := range variables(before) {
		was[e.Name] = e
	}
	for _, e := range variables(after) {
		old, had := was[e.Name]
		if e.Field == "" || had && old.Default == e.Default && old.Summary == e.Summary {
			continue
		}
		step := "set " + e.Name
		if e.Default != "" {
			step += fmt.Sprintf(" (default %s)", e.Default)
		}
		first, _, _ := strings.Cut(e.Summary, ". ")
		steps = append(steps, step+": "+strings.TrimSuffix(first, "."))
	}
	return steps
}

func variables(s *generator.Selection) []generator.Env {
	plan, err := s.Plan()
	if err != nil {
		return nil // reported elsewhere
	}
	return plan.Contract().Env
}

// leftData says that presets which keep data do not hand it over.
func leftData(before, after *generator.Selection) (steps []string) {
	for _, p := range before.Presets() {
		if slices.ContainsFunc(after.Presets(), func(q *generator.Preset) bool { return q.ID() == p.ID() }) {
			continue
		}
		if slices.ContainsFunc(p.Provides, func(c string) bool { return strings.HasSuffix(c, durable) }) {
			steps = append(steps, "copy the data that you need: otelgen moves no data out of "+p.ID())
		}
	}
	return steps
}
