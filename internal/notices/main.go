// Command notices writes THIRD_PARTY_NOTICES.md: the licenses and notices of all modules that the binary links, on
// every system that it is released for. It reads them from the module cache.
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// FileName is the file, in the root of the repository.
const FileName = "THIRD_PARTY_NOTICES.md"

// systems are those that otelgen is released for.
var systems = []string{"linux", "darwin", "windows"}

func main() {
	text, err := notices()
	if err == nil {
		err = os.WriteFile(FileName, text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

// legal matches the names of the files that have to go with a binary.
var legal = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-].*)?$`)

type module struct {
	path, version, dir string
	packages           []string // folders of the packages
}

func notices() ([]byte, error) {
	modules, err := linked()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(
		"# Third-party notices\n\nWritten by `make notices`. The otelgen binary is linked from the modules below.\n" +
			"`internal/semconv/registry.txt` is derived from the " +
			"[OpenTelemetry semantic conventions](https://github.com/open-telemetry/semantic-conventions),\n" +
			"copyright The OpenTelemetry Authors, under the Apache License 2.0, by way of `go.opentelemetry.io/otel/semconv`.\n",
	)
	texts := map[string][]string{} // text → who has it
	for _, m := range modules {
		found, err := m.legalTexts()
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s has no license", m.path)
		}
		for name, text := range found {
			texts[text] = append(texts[text], fmt.Sprintf("%s%s, %s", m.path, m.version, name))
		}
	}
	for text := range texts {
		slices.Sort(texts[text])
	}
	byFirst := func(a, b string) int { return cmp.Compare(texts[a][0], texts[b][0]) }
	for _, text := range slices.SortedFunc(maps.Keys(texts), byFirst) {
		fmt.Fprintf(&b, "\n## %s\n\n```text\n%s\n```\n", strings.Join(texts[text], "\n\n## "), text)
	}
	return b.Bytes(), nil
}

// linked returns the modules of which the binary has packages, and Go itself.
func linked() ([]*module, error) {
	modules := map[string]*module{}
	for _, system := range systems {
		cmd := exec.Command(
			"go",
			"list",
			"-deps",
			"-f",
			"{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}",
			"./cmd/otelgen",
		)
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("list the modules: %w", err)
		}
		for line := range strings.Lines(string(out)) {
			f := strings.Split(strings.TrimSpace(line), "\t")
			if len(f) != 4 {
				continue
			}
			if modules[f[0]] == nil {
				modules[f[0]] = &module{path: f[0], version: " " + f[1], dir: f[2]}
			}
			modules[f[0]].packages = append(modules[f[0]].packages, f[3])
		}
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("find Go: %w", err)
	}
	all := slices.Collect(maps.Values(modules))
	all = append(all, &module{path: "The Go programming language", dir: strings.TrimSpace(string(root))})
	slices.SortFunc(all, func(a, b *module) int { return cmp.Compare(a.path, b.path) })
	return all, nil
}

// legalTexts returns the legal texts of a module, by the names of their files: those in its root, and between it and
// the packages.
func (m *module) legalTexts() (map[string]string, error) {
	texts := map[string]string{}
	if err := addTexts(texts, m.dir, m.dir); err != nil {
		return nil, err
	}
	for _, dir := range m.packages {
		for ; len(dir) > len(m.dir); dir = filepath.Dir(dir) {
			if err := addTexts(texts, m.dir, dir); err != nil {
				return nil, err
			}
		}
	}
	return texts, nil
}

func addTexts(texts map[string]string, root, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !legal.MatchString(e.Name()) || filepath.Ext(e.Name()) == ".go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		texts[filepath.ToSlash(name)] = strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n"))
	}
	return nil
}
