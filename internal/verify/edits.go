package verify

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/otelgen/otelgen/internal/project"
)

// maxSource is how large a file may be that verify reads.
const maxSource = 16 << 20

// edits names the Go files and module files of a project that were changed, removed or added since it was generated:
// what the service is built from.
func edits(dir string, files map[string]project.File) (edited []string, err error) {
	for path, recorded := range files {
		if !strings.HasSuffix(path, ".go") && path != "go.mod" && path != "go.sum" {
			continue
		}
		content, err := project.ReadFile(filepath.Join(dir, filepath.FromSlash(path)), maxSource)
		if err != nil || project.Digest(content) != recorded.SHA256 {
			edited = append(edited, path)
		}
	}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if e.IsDir() {
			if rel != "." && (strings.HasPrefix(e.Name(), ".") || rel == "vendor" || e.Name() == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if _, ok := files[rel]; !ok && strings.HasSuffix(rel, ".go") {
			edited = append(edited, rel)
		}
		return nil
	})
	slices.Sort(edited)
	return edited, err
}
