// Package project reads and writes .otelgen.yaml, by which a generated project knows its origin: the answers, the
// otelgen that wrote it, and the digest and owner of each file. An answers file is the same document, of which
// `answers` alone is required. The package must not generate anything: it only remembers.
package project

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/otelgen/otelgen/generator"
)

// FileName is the name of the file in a project's root.
const FileName = ".otelgen.yaml"

// Schema is the newest form of the file that this package reads, and the one it writes.
const Schema = 1

// maxSize bounds what is read as an answers file: far more than any project needs, little enough to be refused fast.
const maxSize = 1 << 20

const header = "# Written by otelgen: how this project was generated, and from what. Keep it under version control.\n"

// Project is the content of .otelgen.yaml.
type Project struct {
	Schema  int               `yaml:"schema"`
	Otelgen string            `yaml:"otelgen,omitempty"` // version that wrote the project
	Answers generator.Answers `yaml:"answers"`
	Sources `yaml:",inline"`
	// Steps is the history of the schema, oldest first.
	Steps []generator.Step `yaml:"steps,omitempty"`
	Files map[string]File  `yaml:"files,omitempty"` // by path, all but this file itself

	dir string // of the file that it was read from
}

// Sources are where the presets come from that are not built in.
type Sources struct {
	PresetsFrom []Source `yaml:"presets_from,omitempty"`
	// Replace names presets, "axis/name", which a source gives in place of the built-in one or of that of a source
	// before it.
	Replace []string `yaml:"replace,omitempty,flow"`
}

// Source is a folder, which stands here word for word as it was given, so that the same command gives the same bytes
// on any machine; Locate finds it again. Or it is a module at one version, with the checksum of its files.
type Source struct {
	Name string `yaml:"source"`
	Sum  string `yaml:"sum,omitempty"`
}

// File is what is remembered of one generated file.
type File struct {
	Owner  string `yaml:"owner"`
	SHA256 string `yaml:"sha256"` // of the content as generated, in hexadecimal
}

// MarshalYAML puts a file on one line, so that a change of one file is a change of one line.
func (f File) MarshalYAML() (any, error) {
	text := func(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s} }
	return &yaml.Node{
		Kind:    yaml.MappingNode,
		Style:   yaml.FlowStyle,
		Content: []*yaml.Node{text("owner"), text(f.Owner), text("sha256"), text(f.SHA256)},
	}, nil
}

// New describes a tree generated from answers by an otelgen of the given version.
func New(version string, answers generator.Answers, tree *generator.Tree) *Project {
	p := &Project{
		Schema:  Schema,
		Otelgen: version,
		Answers: answers,
		Steps:   tree.Steps,
		Files:   make(map[string]File, len(tree.Files)),
	}
	for _, f := range tree.Files {
		p.Files[f.Path] = File{Owner: f.Owner, SHA256: Digest(f.Content)}
	}
	return p
}

// Digest returns the digest of a file's content.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// File returns p as a file of the tree. The same project gives the same bytes.
func (p *Project) File() (generator.File, error) {
	var b bytes.Buffer
	b.WriteString(header)
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(p), enc.Close()); err != nil {
		return generator.File{}, fmt.Errorf("encode %s: %w", FileName, err)
	}
	return generator.File{Path: FileName, Mode: 0o644, Content: b.Bytes(), Owner: "otelgen"}, nil
}

// ReadAnswers is Read for a file that the user names, which may be a link.
func ReadAnswers(path string) (*Project, error) {
	if at, err := filepath.EvalSymlinks(path); err == nil {
		path = at
	}
	return Read(path)
}

// Read reads .otelgen.yaml or an answers file, which must be a regular file. Errors are *generator.Error of
// KindAnswers, with the position in the file.
func Read(path string) (*Project, error) {
	data, err := ReadFile(path, maxSize)
	if err != nil {
		reason := err
		if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
			reason = pathErr.Err
		}
		return nil, &generator.Error{
			Kind: generator.KindAnswers,
			Code: "answers-unreadable",
			What: "cannot read the answers file " + path,
			Why:  reason.Error(),
			Fix:  "give the path of a project's " + FileName + ", or of a file with `answers:`",
		}
	}
	doc, err := parse(data)
	if err != nil {
		return nil, malformed(path, err.Error())
	}
	var head struct {
		Schema int `yaml:"schema"`
	}
	// A newer file may hold anything, so its schema is looked at alone before anything else is judged.
	if doc.Decode(&head) == nil && head.Schema > Schema {
		return nil, &generator.Error{
			Kind: generator.KindAnswers, Code: "answers-newer", Where: path, What: "the file was written by a newer otelgen",
			Why: fmt.Sprintf("its schema is %d, and this otelgen supports schemas up to %d", head.Schema, Schema),
			Fix: "update otelgen: go install github.com/otelgen/otelgen/cmd/otelgen@latest",
		}
	}
	p := &Project{Schema: Schema, dir: filepath.Dir(path)}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(p); err != nil {
		return nil, malformed(path, err.Error())
	}
	if p.Schema < 1 {
		return nil, malformed(path, fmt.Sprintf("schema: %d is not valid; the newest is %d", p.Schema, Schema))
	}
	paths := slices.Sorted(maps.Keys(p.Files))
	for _, step := range p.Steps {
		paths = append(paths, step.Path)
	}
	for _, name := range paths {
		if err := generator.CheckPath(name); err != nil {
			return nil, malformed(path, fmt.Sprintf("%q is not a valid file name: %v", name, err))
		}
	}
	return p, nil
}

// Locate returns the current path of a folder of presets. A relative path is resolved against the directory of the
// file that p was read from, then against each parent directory. If no such folder exists, the path is returned
// unchanged.
func (p *Project) Locate(folder string) string {
	dir, err := filepath.Abs(p.dir)
	if err != nil || filepath.IsAbs(folder) {
		return folder
	}
	for {
		at := filepath.Join(dir, folder)
		if info, err := os.Stat(at); err == nil && info.IsDir() {
			return at
		}
		if dir == filepath.Dir(dir) {
			return folder
		}
		dir = filepath.Dir(dir)
	}
}

// malformed turns the decoder's words, such as "line 3: field x not found in type T", into the user's.
func malformed(path, why string) error {
	if m := regexp.MustCompile(`line (\d+): `).FindStringSubmatchIndex(why); m != nil {
		path += ":" + why[m[2]:m[3]]
		why = why[m[1]:]
	}
	why = regexp.MustCompile(`field (\S+) not found in type \S+`).ReplaceAllString(why, "unknown key $1")
	if m := regexp.MustCompile("cannot unmarshal !!(\\w+) (`.*` )?into (\\S+)").FindStringSubmatch(why); m != nil {
		there := cmp.Or(strings.TrimSpace(m[2]), map[string]string{"seq": "a list", "map": "a mapping"}[m[1]])
		why = there + " is used where " + cmp.Or(
			map[string]string{"string": "text", "int": "a whole number", "[]string": "a list"}[m[3]],
			"a mapping",
		) + " belongs"
	}
	why, _, _ = strings.Cut(strings.TrimPrefix(why, "yaml: "), "\n")
	return &generator.Error{
		Kind: generator.KindAnswers, Code: "answers-malformed", Where: path, What: "the answers file is malformed", Why: why,
		Fix: "see a generated project's " + FileName + " for an example; only `answers` is required",
	}
}

// notInProject says that a path is in no project; of a project's record, its directory.
func notInProject(path string) string {
	if filepath.Base(path) == FileName {
		path = filepath.Dir(path)
	}
	if path == "." {
		return "the current directory is not in a generated project"
	}
	return path + " is not in a generated project"
}

// Find returns the root of the project that holds path: the nearest directory upwards with a .otelgen.yaml. The error
// is a *generator.Error of KindAnswers.
func Find(path string) (root string, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for dir := filepath.Dir(abs); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, FileName)); err == nil && info.Mode().IsRegular() {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", &generator.Error{
				Kind: generator.KindAnswers,
				Code: "no-project",
				What: notInProject(path),
				Why:  "no directory from here up has a " + FileName,
				Fix:  "go to a generated project or name it with --project DIR; otelgen new NAME writes one",
			}
		}
	}
}
