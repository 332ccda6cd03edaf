// Package journal remembers changes of projects outside of the projects: the lock that a change holds, and what it
// takes to undo the change.
//
// All of it lies in the user's cache directory, in a folder for each project, named after the project's real path. A
// project is untrusted: it may be a clone of anything. So nothing in a project is ever read as a journal. The package
// must not write to a project.
package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/otelgen/otelgen/generator"
)

// Journal is one change of a project.
type Journal struct {
	Project string   `json:"project"` // real path
	Command string   `json:"command"` // that made the change, as typed
	Undo    bool     `json:"undo"`    // the change undoes the last one
	Stage   string   `json:"stage"`   // name of the folder in the project where new files are staged
	Dirs    []string `json:"dirs"`    // made by the change, outermost first
	Entries []Entry  `json:"entries"`
}

// Entry is what a change does to one path.
type Entry struct {
	Path   string   `json:"path"`
	Before *Version `json:"before"` // nil if there was no file
	After  *Version `json:"after"`  // nil if there is no file
}

// Version is one content of a file. The contents before the change are kept beside the journal.
type Version struct {
	Mode   fs.FileMode `json:"mode"`
	SHA256 string      `json:"sha256"`
}

// Of returns the version of a file with this content and mode.
func Of(content []byte, mode fs.FileMode) *Version {
	sum := sha256.Sum256(content)
	return &Version{Mode: mode, SHA256: hex.EncodeToString(sum[:])}
}

// Same reports whether both are the same content, or both no file.
func (v *Version) Same(other *Version) bool {
	if v == nil || other == nil {
		return v == other
	}
	return v.SHA256 == other.SHA256
}

// Files in the folder of a project.
const (
	pendingName = "pending" // journal of the change under way
	lastName    = "last"    // journal of the last complete change
	keptName    = "kept"    // versions of files that could not be put back
	journalName = "journal.json"
)

// maxJournal bounds what is read as a journal.
const maxJournal = 16 << 20

var stageName = regexp.MustCompile(`^\.[^/\\]+\.otelgen-[0-9]+$`)

// read returns the journal in a folder, or nil if there is none.
func read(root *os.Root, dir, project string) (*Journal, error) {
	path := filepath.Join(dir, journalName)
	info, err := root.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case info.Size() > maxJournal:
		return nil, fmt.Errorf("%s is not a journal", path)
	}
	data, err := readFile(root, path)
	if err != nil {
		return nil, err
	}
	j := new(Journal)
	if err := json.Unmarshal(data, j); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return j, j.check(project)
}

func (j *Journal) check(project string) error {
	if j.Project != project || !stageName.MatchString(j.Stage) {
		return fmt.Errorf("the journal does not belong to %s", project)
	}
	paths := append([]string{}, j.Dirs...)
	for _, e := range j.Entries {
		paths = append(paths, e.Path)
	}
	for _, p := range paths {
		if err := generator.CheckPath(p); err != nil {
			return fmt.Errorf("the journal names %q: %w", p, err)
		}
	}
	return nil
}

// write puts a journal and the contents that it refers to into dir. The journal comes last, under another name first:
// it is complete, or there is none.
func (j *Journal) write(root *os.Root, dir string, contents [][]byte) error {
	if err := root.RemoveAll(dir); err != nil {
		return err
	}
	if err := root.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for _, content := range contents {
		if err := root.WriteFile(filepath.Join(dir, Of(content, 0).SHA256), content, 0o600); err != nil {
			return err
		}
	}
	data, err := json.MarshalIndent(j, "", " ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, journalName)
	if err := root.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return root.Rename(path+".new", path)
}
