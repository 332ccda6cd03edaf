package generator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decoder reads a YAML document strictly and collects every error with its file and line.
type decoder struct {
	where string
	errs  []error
}

// field decodes the value of one key.
type field func(*yaml.Node)

// document parses data and returns its root.
func (d *decoder) document(data []byte) (*yaml.Node, bool) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		// yaml: line 3: did not find expected key
		msg, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
		if rest, ok := strings.CutPrefix(msg, "line "); ok {
			if number, text, ok := strings.Cut(rest, ": "); ok {
				if n, err := strconv.Atoi(number); err == nil {
					msg, line = text, n
				}
			}
		}
		d.failAt(line, "the file is not YAML", msg)
		return nil, false
	}
	if len(doc.Content) == 0 {
		d.failAt(1, "the file is empty", "")
		return nil, false
	}
	return doc.Content[0], true
}

func (d *decoder) at(line int) string { return d.where + ":" + strconv.Itoa(line) }

func (d *decoder) failAt(line int, what, why string) {
	d.errs = append(d.errs, &Error{Kind: KindPreset, Code: "manifest", What: what, Why: why, Where: d.at(line)})
}

func (d *decoder) fail(n *yaml.Node, format string, args ...any) {
	d.failAt(n.Line, fmt.Sprintf(format, args...), "")
}

// object decodes a mapping with known keys. Those in required have to be there.
func (d *decoder) object(n *yaml.Node, what string, fields map[string]field, required ...string) {
	seen := d.mapping(n, what, func(k, v *yaml.Node) {
		f, ok := fields[k.Value]
		if !ok {
			known := sortedKeys(fields)
			d.errs = append(d.errs, &Error{Kind: KindPreset, Code: "manifest", Where: d.at(k.Line),
				What: fmt.Sprintf("%s has an unknown key %q", what, k.Value),
				Why:  "known keys: " + strings.Join(known, ", "), Mend: didYouMean(k.Value, known)})
			return
		}
		f(v)
	})
	for _, key := range required {
		if seen != nil && !seen[key] {
			d.fail(n, "%s has no %s", what, key)
		}
	}
}

// mapping calls f for each pair of a mapping and returns the keys, or nil if n is none.
func (d *decoder) mapping(n *yaml.Node, what string, f func(k, v *yaml.Node)) map[string]bool {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		d.fail(n, "%s must be a mapping", what)
		return nil
	}
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if k.Kind != yaml.ScalarNode {
			d.fail(k, "a key of %s must be a word", what)
			continue
		}
		if seen[k.Value] {
			d.fail(k, "%s has the key %q twice", what, k.Value)
			continue
		}
		seen[k.Value] = true
		f(k, v)
	}
	return seen
}

func (d *decoder) list(what string, f func(*yaml.Node)) field {
	return func(n *yaml.Node) {
		n = resolve(n)
		if n.Kind != yaml.SequenceNode {
			d.fail(n, "%s must be a list", what)
			return
		}
		for _, item := range n.Content {
			f(item)
		}
	}
}

func (d *decoder) scalar(n *yaml.Node, what, tag, kind string) (string, bool) {
	n = resolve(n)
	if n.Kind != yaml.ScalarNode || n.ShortTag() != tag {
		d.fail(n, "%s must be %s", what, kind)
		return "", false
	}
	return n.Value, true
}

func (d *decoder) text(what string, dst *string) field {
	return func(n *yaml.Node) {
		if s, ok := d.scalar(n, what, "!!str", "a string (in quotes if it looks like something else)"); ok {
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
		case *dst == "" && resolve(n).ShortTag() == "!!str":
			d.fail(n, "%s is empty", what)
		case strings.Contains(*dst, "\n"):
			d.fail(n, "%s has more than one line", what)
		}
	}
}

func (d *decoder) oneOf(what string, dst *string, known ...string) field {
	return func(n *yaml.Node) {
		d.text(what, dst)(n)
		if *dst != "" && !slices.Contains(known, *dst) {
			d.errs = append(d.errs, &Error{Kind: KindPreset, Code: "manifest", Where: d.at(n.Line),
				What: fmt.Sprintf("%s cannot be %q", what, *dst), Why: "known: " + strings.Join(known, ", "), Mend: didYouMean(*dst, known)})
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
		if s, ok := d.scalar(n, what, "!!bool", "true or false"); ok {
			*dst = strings.EqualFold(s, "true")
		}
	}
}

func (d *decoder) integer(what string, dst *int64) field {
	return func(n *yaml.Node) {
		s, ok := d.scalar(n, what, "!!int", "a whole number")
		if !ok {
			return
		}
		v, err := strconv.ParseInt(s, 0, 64)
		if err != nil {
			d.fail(n, "%s must be a whole number", what)
		}
		*dst = v
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

func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
