package project

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/errgroup"

	"github.com/otelgen/otelgen/generator"
)

// PristineName is the name of the file in a project's root that holds the pristine tree: all files as otelgen wrote
// them, from which a later change takes its base. It is a compressed tar archive.
const PristineName = ".otelgen.pristine.tar.gz"

// Limits of a pristine tree. They are far above those of a service.
const (
	maxPristine = 64 << 20
	maxArchive  = 16 << 20
	maxFiles    = maxKeys // as many as .otelgen.yaml can list
)

// paxOrigins is a record of the archive, with a line for each file that says where it comes from: its owner and its
// template.
const paxOrigins = "OTELGEN.origins"

// Records returns the files in which otelgen keeps what it has to know of the project: File and Pristine. They are
// made in parallel.
func (p *Project) Records(tree *generator.Tree) ([]generator.File, error) {
	var record, pristine generator.File
	var both errgroup.Group
	both.Go(func() (err error) {
		pristine, err = Pristine(tree)
		return err
	})
	both.Go(func() (err error) {
		record, err = p.File()
		return err
	})
	return []generator.File{record, pristine}, both.Wait()
}

// Pristine returns the file that remembers tree. The same tree gives the same bytes.
func Pristine(tree *generator.Tree) (generator.File, error) {
	var b bytes.Buffer
	b.Grow(128 << 10)
	zip, err := gzip.NewWriterLevel(&b, 4) // beyond it, the size shrinks more slowly than the time grows
	if err != nil {
		return generator.File{}, err
	}
	w := tar.NewWriter(zip)
	var origins strings.Builder
	for _, f := range tree.Files {
		origins.WriteString(f.Owner + "\t" + f.Template + "\n")
	}
	records := map[string]string{paxOrigins: origins.String()}
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeXGlobalHeader, PAXRecords: records}); err != nil {
		return generator.File{}, fmt.Errorf("pack the pristine tree: %w", err)
	}
	for _, f := range tree.Files {
		err := w.WriteHeader(
			&tar.Header{Typeflag: tar.TypeReg, Name: f.Path, Mode: int64(f.Mode.Perm()), Size: int64(len(f.Content))},
		)
		if err != nil {
			return generator.File{}, fmt.Errorf("pack %s: %w", f.Path, err)
		}
		if _, err := w.Write(f.Content); err != nil {
			return generator.File{}, fmt.Errorf("pack %s: %w", f.Path, err)
		}
	}
	if err := errors.Join(w.Close(), zip.Close()); err != nil {
		return generator.File{}, fmt.Errorf("pack the pristine tree: %w", err)
	}
	return generator.File{Path: PristineName, Mode: 0o644, Content: b.Bytes(), Owner: "otelgen"}, nil
}

// errNoPristine is the error for a pristine tree that does not serve as one.
var errNoPristine = errors.New("it is not the tree recorded in " + FileName + " lists")

// ReadPristine returns the tree that the project at root was generated as. If it is missing or damaged, the tree that
// again generates is used, provided that it matches .otelgen.yaml. Otherwise the error is a *generator.Error of
// KindDrift.
func (p *Project) ReadPristine(root string, again func() (*generator.Tree, error)) (*generator.Tree, error) {
	tree, err := readPristine(filepath.Join(root, PristineName))
	if err == nil && !p.lists(tree) {
		err = errNoPristine
	}
	if err == nil {
		tree.Steps = p.steps()
		return tree, nil
	}
	if made, againErr := again(); againErr == nil && p.lists(made) {
		return made, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.New("there is no such file")
	}
	return nil, &generator.Error{
		Kind: generator.KindDrift, Code: "no-pristine",
		Where: PristineName,
		What:  "the pristine copy of the project is missing or damaged",
		Why:   err.Error(),
		Fix:   "restore " + PristineName + " from version control, or use otelgen " + p.Otelgen + ", which can rebuild it",
	}
}

// lists reports whether p lists just the files of tree.
func (p *Project) lists(tree *generator.Tree) bool {
	for _, f := range tree.Files {
		if p.Files[f.Path].SHA256 != Digest(f.Content) {
			return false
		}
	}
	return len(tree.Files) == len(p.Files)
}

func readPristine(path string) (*generator.Tree, error) {
	data, err := ReadFile(path, maxArchive)
	if err != nil {
		return nil, err
	}
	zip, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	tree := &generator.Tree{}
	var origins []string
	left := int64(maxPristine)
	for r := tar.NewReader(&io.LimitedReader{R: zip, N: 2 * maxPristine}); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return tree, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			origins = strings.Split(h.PAXRecords[paxOrigins], "\n")
			continue
		}
		// A sparse file is as large as it says, however little the archive has of it.
		if left -= h.Size; left < 0 || len(tree.Files) == maxFiles {
			return nil, fmt.Errorf("it holds more than %d MiB or %d files", maxPristine>>20, maxFiles)
		}
		if err := generator.CheckPath(h.Name); err != nil {
			return nil, fmt.Errorf("it holds %q: %w", h.Name, err)
		}
		if h.Typeflag != tar.TypeReg {
			return nil, fmt.Errorf("it holds %q, which is not a regular file", h.Name)
		}
		content := make([]byte, h.Size)
		if _, err := io.ReadFull(r, content); err != nil {
			return nil, err
		}
		file := generator.File{Path: h.Name, Mode: fs.FileMode(h.Mode).Perm(), Content: content}
		if at := len(tree.Files); at < len(origins) {
			file.Owner, file.Template, _ = strings.Cut(origins[at], "\t")
		}
		tree.Files = append(tree.Files, file)
	}
}
