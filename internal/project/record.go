package project

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// ReadFile returns the content of one of otelgen's own files in a project, of at most limit bytes. The project is not
// trusted, so the file must be a regular one: a link can point anywhere, and a pipe or device may never end.
func ReadFile(path string, limit int64) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if err := checkFile(info, limit); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDONLY|safeOpen, 0) // it may have been replaced since
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if err := checkFile(info, limit); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = tooLarge(limit)
	}
	return data, err
}

func checkFile(info fs.FileInfo, limit int64) error {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return errors.New("it is a symbolic link, and otelgen does not follow links")
	case !info.Mode().IsRegular():
		return errors.New("it is not a regular file")
	case info.Size() > limit:
		return tooLarge(limit)
	}
	return nil
}

func tooLarge(limit int64) error { return fmt.Errorf("it is larger than %d MiB", limit>>20) }

// Limits of an answers file. The YAML package compares each key of a mapping with all others.
const (
	maxNodes = 50_000
	maxKeys  = 5_000 // of one mapping
)

// parse parses the YAML documents of data, of which there must be one, and checks it before it is decoded.
func parse(data []byte) (*yaml.Node, error) {
	var doc yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(string(data)))
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the file is empty")
	case err != nil:
		return nil, err
	case !errors.Is(dec.Decode(new(yaml.Node)), io.EOF):
		return nil, errors.New("there is more than one YAML document")
	}
	nodes := 0
	return &doc, checkNode(&doc, &nodes, false)
}

// contentKey is the key of the content of a file, which is text of any form, and is never shown.
const contentKey = "content"

func checkNode(n *yaml.Node, nodes *int, text bool) error {
	wrong := func(why string) error { return fmt.Errorf("line %d: %s", n.Line, why) }
	*nodes++
	switch {
	case *nodes > maxNodes:
		return wrong(fmt.Sprintf("there are more than %d values", maxNodes))
	case n.Kind == yaml.AliasNode:
		return wrong("aliases are not supported")
	case n.Kind == yaml.MappingNode && len(n.Content) > 2*maxKeys:
		return wrong(fmt.Sprintf("a mapping has more than %d keys", maxKeys))
	case !text && strings.ContainsFunc(n.Value, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }):
		return wrong("a value contains a control or invisible character")
	}
	for i, child := range n.Content {
		isText := n.Kind == yaml.MappingNode && i%2 == 1 && n.Content[i-1].Value == contentKey
		if err := checkNode(child, nodes, isText); err != nil {
			return err
		}
	}
	return nil
}
