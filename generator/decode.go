package generator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decoder reads a YAML document strictly and collects every error with its file and line.
type decoder struct {
	where string
	errs  []error
	nodes int // visited, an alias as often as it stands for its anchor
}

const (
	maxNodes  = 50000
	maxErrors = 20 // reported for one document
)

// field decodes the value of one key.
type field func(*yaml.Node)

// document parses data and returns its root.
func (d *decoder) document(data []byte) (*yaml.Node, bool) {
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		// yaml: line 3: did not find expected key
		msg, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
		if rest, ok := strings.CutPrefix(msg, "line "); ok {
			if number, text, ok := strings.Cut(rest, ": "); ok {
				if n, err := strconv.Atoi(number); err == nil {
					msg, line = text, n
				}
			}
		}
		d.fail(line, "the file is not YAML", msg, "correct it at this line")
		return nil, false
	}
	if len(doc.Content) == 0 {
		d.fail(1, "the file is empty", "a manifest says at least what its title and summary are", "write title: and summary:")
		return nil, false
	}
	if !errors.Is(dec.Decode(new(yaml.Node)), io.EOF) {
		d.fail(doc.Line, "there is more than one YAML document", "a manifest is one", "take the lines from the second --- on out")
		return nil, false
	}
	return doc.Content[0], true
}

// at is a position in the document.
func (d *decoder) at(line int) string { return d.where + ":" + strconv.Itoa(line) }

func (d *decoder) fail(line int, what, why, fix string) {
	if len(d.errs) == maxErrors || d.nodes > maxNodes && len(d.errs) > 0 {
		return
	}
	d.errs = append(d.errs, &Error{Kind: KindPreset, Code: "manifest", What: what, Why: why, Fix: fix, Where: d.at(line)})
}

// wrongType says that n, which is called what, is not as it must be.
func (d *decoder) wrongType(n *yaml.Node, what, must, fix string) {
	is := "a mapping"
	switch {
	case n.Kind == yaml.SequenceNode:
		is = "a list"
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		is = "nothing"
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str":
		is = "text"
	case n.Kind == yaml.ScalarNode:
		is = show(n.Value) + " without quotes"
	}
	d.fail(n.Line, what+" must be "+must, "it is "+is, fix)
}

// object decodes a mapping with known keys. Those in required have to be there.
func (d *decoder) object(n *yaml.Node, what string, fields map[string]field, required ...string) {
	seen := d.mapping(n, what, func(k, v *yaml.Node) {
		f, ok := fields[k.Value]
		if !ok {
			known := sortedKeys(fields)
			d.fail(k.Line, fmt.Sprintf("%s has an unknown key %s", what, show(k.Value)), "known keys: "+list(known), didYouMean(k.Value, known))
			return
		}
		f(v)
	})
	for _, key := range required {
		if seen != nil && !seen[key] {
			d.fail(n.Line, what+" has no "+key, what+" needs "+list(required), "add the key "+key)
		}
	}
}

// mapping calls f for each pair of a mapping and returns the keys, or nil if n is none.
func (d *decoder) mapping(n *yaml.Node, what string, f func(k, v *yaml.Node)) map[string]bool {
	n = d.resolve(n)
	if n.Kind != yaml.MappingNode {
		d.wrongType(n, what, "a mapping", "write it as lines of KEY: VALUE")
		return nil
	}
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		switch {
		case k.Kind != yaml.ScalarNode:
			d.wrongType(k, "a key of "+what, "a word", "write a word before the colon")
		case seen[k.Value]:
			d.fail(k.Line, fmt.Sprintf("%s has the key %q twice", what, k.Value), "only one of them could count", "remove one of them")
		default:
			seen[k.Value] = true
			f(k, v)
		}
	}
	return seen
}

func (d *decoder) list(what string, f func(*yaml.Node)) field {
	return func(n *yaml.Node) {
		n = d.resolve(n)
		if n.Kind != yaml.SequenceNode {
			d.wrongType(n, what, "a list", "begin each item with a hyphen, or write [a, b]")
			return
		}
		for _, item := range n.Content {
			f(item)
		}
	}
}

func (d *decoder) scalar(n *yaml.Node, what, tag, must, fix string) (string, bool) {
	n = d.resolve(n)
	if n.Kind != yaml.ScalarNode || n.ShortTag() != tag {
		d.wrongType(n, what, must, fix)
		return "", false
	}
	if strings.ContainsFunc(n.Value, unseen) {
		d.fail(n.Line, what+" holds an invisible character", "a terminal or an editor would obey it", "remove control characters and those that change the direction of writing")
		return "", false
	}
	return n.Value, true
}

func (d *decoder) text(what string, dst *string) field {
	return func(n *yaml.Node) {
		if s, ok := d.scalar(n, what, "!!str", "text", "write text, in quotes where it looks like something else"); ok {
			*dst = s
		}
	}
}

// line1 is text that is not empty and has no second line.
func (d *decoder) line1(what string, dst *string) field {
	return func(n *yaml.Node) {
		d.text(what, dst)(n)
		*dst = strings.TrimSpace(*dst)
		switch {
		case *dst == "" && d.resolve(n).ShortTag() == "!!str":
			d.fail(n.Line, what+" is empty", "it has something to say", "fill it in")
		case strings.Contains(*dst, "\n"):
			d.fail(n.Line, what+" has more than one line", "it is shown in lists, where it has one line", "shorten it")
		}
	}
}

func (d *decoder) oneOf(what string, dst *string, known ...string) field {
	return func(n *yaml.Node) {
		d.text(what, dst)(n)
		if *dst != "" && !slices.Contains(known, *dst) {
			d.fail(n.Line, fmt.Sprintf("%s cannot be %s", what, show(*dst)), "known: "+list(known), didYouMean(*dst, known))
		}
	}
}

func (d *decoder) texts(what string, dst *[]string) field {
	return d.list(what, func(n *yaml.Node) {
		var s string
		d.line1("an item of "+what, &s)(n)
		*dst = append(*dst, s)
	})
}

func (d *decoder) boolean(what string, dst *bool) field {
	return func(n *yaml.Node) {
		if s, ok := d.scalar(n, what, "!!bool", "true or false", "write one of these, without quotes"); ok {
			*dst = strings.EqualFold(s, "true")
		}
	}
}

func (d *decoder) integer(what string, dst *int64) field {
	return func(n *yaml.Node) {
		s, ok := d.scalar(n, what, "!!int", "a whole number", "write a number, without quotes")
		if !ok {
			return
		}
		v, err := strconv.ParseInt(s, 0, 64)
		if err != nil {
			d.wrongType(n, what, "a whole number", "write a smaller number")
		}
		*dst = v
	}
}

func (d *decoder) number(what string, dst *float64) field {
	return func(n *yaml.Node) {
		if tag := d.resolve(n).ShortTag(); tag != "!!int" && tag != "!!float" {
			d.wrongType(n, what, "a number", "write one, without quotes")
			return
		}
		v, err := strconv.ParseFloat(d.resolve(n).Value, 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			d.wrongType(n, what, "a decimal number", "write it with digits and a point")
			return
		}
		*dst = v
	}
}

// slug is a name that can be part of a path.
func (d *decoder) slug(what string, dst *string) field {
	return func(n *yaml.Node) {
		d.line1(what, dst)(n)
		if *dst != "" && !isSlug(*dst) {
			d.fail(n.Line, fmt.Sprintf("%s cannot be %s", what, show(*dst)), "a name is lower-case letters, digits and hyphens, a letter first", "rename it")
		}
	}
}

func (d *decoder) textMap(what string, dst *map[string]string) field {
	return func(n *yaml.Node) {
		*dst = map[string]string{}
		d.mapping(n, what, func(k, v *yaml.Node) {
			var s string
			d.line1(what+" "+k.Value, &s)(v)
			(*dst)[k.Value] = s
		})
	}
}

// resolve returns the node that n is an alias of, or n. It returns nothing once the document exceeds its limits.
func (d *decoder) resolve(n *yaml.Node) *yaml.Node {
	if d.nodes++; d.nodes > maxNodes {
		if d.nodes == maxNodes+1 {
			d.errs = nil
			d.fail(n.Line, "the manifest is too large", fmt.Sprintf("it has more than %d values, each alias counted as what it stands for", maxNodes), "say less")
		}
		return &yaml.Node{Kind: yaml.MappingNode, Line: n.Line}
	}
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
