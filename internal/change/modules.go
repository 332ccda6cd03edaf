package change

import (
	"bytes"
	"context"
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/generator/golang"
	"github.com/otelgen/otelgen/internal/merge"
)

// Tidy has the go command tidy a go.mod and go.sum, for the project as it will be once the files are changed.
type Tidy func(ctx context.Context, files []File, mod, sum []byte) (tidyMod, tidySum []byte, err error)

// Modules returns what happens to go.mod and go.sum, given what happens to the other files. Where the user has added
// neither requirements nor imports of other packages, they are what otelgen generates, which is tidy. Otherwise they
// are merged, and tidied by tidy; where that fails they hold all that either side requires, and untidy says why.
func (s *Sides) Modules(ctx context.Context, files []File, tidy Tidy) (changed []File, untidy, err error) {
	base, theirs := index(s.Base), index(s.Theirs)
	var ours [2][]byte
	same, all := true, true // the user's are otelgen's; they are there
	names := [2]string{"go.mod", "go.sum"}
	for i, name := range names {
		if ours[i], err = Read(s.Ours, name); err != nil {
			return nil, nil, moduleError(name, err)
		}
		same = same && bytes.Equal(ours[i], base[name].Content)
		all = all && ours[i] != nil
	}
	was, now := [2][]byte{
		base[names[0]].Content,
		base[names[1]].Content,
	}, [2][]byte{
		theirs[names[0]].Content,
		theirs[names[1]].Content,
	}
	if bytes.Equal(was[0], now[0]) && bytes.Equal(was[1], now[1]) || ours[0] == nil {
		return nil, nil, nil
	}
	result := now
	if same {
		if same, err = s.sameImports(files); err != nil {
			return nil, nil, err
		}
	}
	if !same {
		if result[0], err = merge.GoMod(was[0], ours[0], now[0]); err != nil {
			return nil, nil, moduleError(names[0], err)
		}
		result[1] = merge.GoSum(ours[1], now[1])
		if mod, sum, err := tidy(ctx, files, result[0], result[1]); err != nil {
			if ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
			untidy = err
		} else {
			result = [2][]byte{mod, sum}
		}
	}
	for i, name := range names {
		f := File{Path: name, State: Merged, Was: ours[i], Content: result[i], Mode: 0o644}
		if info, err := s.Ours.Lstat(name); err == nil {
			f.Mode = info.Mode().Perm()
		}
		switch {
		case bytes.Equal(ours[i], result[i]):
			continue
		case len(result[i]) == 0:
			f.State, f.Content = Removed, nil
		case ours[i] == nil:
			f.State = Added
		case same:
			f.State = Updated
		}
		changed = append(changed, f)
	}
	return changed, untidy, nil
}

func moduleError(name string, err error) error {
	if known := (*generator.Error)(nil); errors.As(err, &known) {
		return err
	}
	return &generator.Error{
		Kind:  generator.KindDrift,
		Code:  "go-mod",
		What:  "cannot merge " + name,
		Why:   err.Error(),
		Fix:   "correct the file, and run the command again",
		Where: name,
	}
}

// sameImports reports whether the project will import, of other modules, just the packages that otelgen's own files do.
func (s *Sides) sameImports(files []File) (bool, error) {
	module := modfile.ModulePath(index(s.Theirs)["go.mod"].Content)
	want, have := map[string]bool{}, map[string]bool{}
	for _, f := range s.Theirs.Files {
		addImports(want, f.Path, f.Content, module)
	}
	changed := map[string]bool{}
	for _, f := range files {
		changed[f.Path], changed[f.From] = true, true
		addImports(have, f.Path, f.Content, module)
	}
	var nested []string // separate modules
	err := walk(s.Ours, func(name string, _ fs.FileInfo) error {
		if path.Base(name) == "go.mod" && name != "go.mod" {
			nested = append(nested, path.Dir(name)+"/")
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	err = walk(s.Ours, func(name string, _ fs.FileInfo) error {
		if changed[name] || path.Ext(name) != ".go" {
			return nil
		}
		for _, dir := range nested {
			if strings.HasPrefix(name, dir) {
				return nil
			}
		}
		content, err := fs.ReadFile(s.Ours, name)
		if err != nil {
			return unreadable(name, err)
		}
		addImports(have, name, content, module)
		return nil
	})
	return maps.Equal(want, have), err
}

// addImports adds the imports of a Go file from other modules to found. If the file does not parse, it adds the
// imports that can be read.
func addImports(found map[string]bool, name string, content []byte, module string) {
	if path.Ext(name) != ".go" || strings.Contains("/"+name, "/testdata/") || content == nil {
		return
	}
	file, _ := parser.ParseFile(token.NewFileSet(), "", content, parser.ImportsOnly)
	if file == nil {
		return
	}
	for _, spec := range file.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil && golang.ThirdParty(p, module) {
			found[p] = true
		}
	}
}
