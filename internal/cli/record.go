package cli

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/change"
	"github.com/otelgen/otelgen/internal/project"
	"github.com/otelgen/otelgen/internal/writer"
)

// maxRecord is how large a file of otelgen's own may be that is replaced or removed.
const maxRecord = 64 << 20

// record returns what is to be written of otelgen's own files.
func (o *loadedProject) record(made *project.Project, tree *generator.Tree) (changes []writer.Change, err error) {
	files, err := made.Records(tree)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		c := writer.Change{Path: f.Path, Content: f.Content, Mode: f.Mode}
		was, err := project.ReadFile(filepath.Join(o.root, f.Path), maxRecord)
		switch {
		case err == nil:
			c.Was, c.Exact = append([]byte{}, was...), true
			if info, err := os.Lstat(filepath.Join(o.root, f.Path)); err == nil {
				c.Mode = info.Mode().Perm()
			}
		case !errors.Is(err, fs.ErrNotExist):
			return nil, &generator.Error{
				Kind: generator.KindTarget, Code: "unreadable",
				What: "cannot read " + f.Path,
				Why:  err.Error(),
				Fix:  "make it a file that you may read",
			}
		}
		if c.Was == nil || !bytes.Equal(c.Was, c.Content) {
			changes = append(changes, c)
		}
	}
	return changes, nil
}

// changesOf returns what is to be written for the files.
func changesOf(files []change.File) (changes []writer.Change) {
	for _, f := range files {
		switch {
		case f.From != "":
			changes = append(
				changes,
				writer.Change{Path: f.From, Was: f.Was, Remove: true},
				writer.Change{Path: f.Path, Content: f.Content, Mode: f.Mode, Exact: true},
			)
		case f.State == change.Removed:
			changes = append(changes, writer.Change{Path: f.Path, Was: f.Was, Remove: true})
		case f.Content != nil:
			changes = append(
				changes,
				writer.Change{Path: f.Path, Was: f.Was, Content: f.Content, Mode: f.Mode, Exact: f.Was != nil},
			)
		}
	}
	return changes
}
