// Package goldens renders the golden archives of presets and services, and compares two of them. It must not read or
// write files: built-in and custom presets keep their goldens in different places.
package goldens

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"golang.org/x/tools/txtar"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/matrix"
)

// Command returns an archive without files, which begins with the command that writes the service of the answers.
func Command(c *generator.Catalog, a generator.Answers) *txtar.Archive {
	return &txtar.Archive{Comment: []byte("otelgen " + strings.Join(matrix.Arguments(c, a), " ") + "\n")}
}

// Format returns the bytes of an archive, which give the same files back.
func Format(a *txtar.Archive) ([]byte, error) {
	data := txtar.Format(a)
	back := txtar.Parse(data)
	same := len(back.Files) == len(a.Files)
	for i := 0; same && i < len(a.Files); i++ {
		same = back.Files[i].Name == a.Files[i].Name && bytes.Equal(back.Files[i].Data, a.Files[i].Data)
	}
	if !same {
		return nil, fmt.Errorf(
			"%s: a file does not end with a newline, or holds a line that an archive cannot",
			bytes.TrimSpace(a.Comment),
		)
	}
	return data, nil
}

// Differences shows how each file of an archive differs: a diff of the whole would not say in which file a line is.
func Differences(golden, now []byte) string {
	before, after := txtar.Parse(golden), txtar.Parse(now)
	var b strings.Builder
	if !bytes.Equal(before.Comment, after.Comment) {
		b.Write(diff.Diff("golden comment", before.Comment, "now", after.Comment))
	}
	names := map[string]bool{}
	for _, f := range slices.Concat(before.Files, after.Files) {
		if !names[f.Name] {
			names[f.Name] = true
			compare(&b, f.Name, find(before, f.Name), find(after, f.Name))
		}
	}
	return cmp.Or(b.String(), "only the order of the files differs, or their line endings")
}

// compare writes how a file differs. It is nil where there is none.
func compare(b *strings.Builder, name string, old, now []byte) {
	switch {
	case now == nil:
		fmt.Fprintf(b, "%s is no longer written\n", name)
	case old == nil:
		fmt.Fprintf(b, "%s is new, %d bytes\n", name, len(now))
	default:
		b.Write(diff.Diff("golden "+name, old, "now "+name, now))
	}
}

// find returns a file of an archive, or nil.
func find(a *txtar.Archive, name string) []byte {
	i := slices.IndexFunc(a.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return nil
	}
	return append([]byte{}, a.Files[i].Data...)
}
