package generator

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// overlay returns a mapping with the keys of another one put over it. Attributes are added, mappings merged, and
// objectives and alerts overridden by their names. Any other key is replaced.
func overlay(under, over *yaml.Node) *yaml.Node {
	under, over = unalias(under), unalias(over)
	merged := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: over.Line, Content: slices.Clone(under.Content)}
	for i := 0; i+1 < len(over.Content); i += 2 {
		k, v := over.Content[i], unalias(over.Content[i+1])
		was := lookup(under, k.Value)
		switch {
		case k.Value == "override":
			continue
		case was == nil:
		case k.Value == "attributes":
			v = sequence(v.Line, unalias(was), v)
		case k.Value == "optional":
			v = sequence(v.Line, v, unalias(was))
		case k.Value == "objectives" || k.Value == "alerts":
			v = overlayList(unalias(was), v)
		case v.Kind == yaml.MappingNode && unalias(was).Kind == yaml.MappingNode:
			v = overlay(was, v)
		}
		put(merged, k, v)
	}
	return merged
}

func overlayList(under, over *yaml.Node) *yaml.Node {
	merged := sequence(over.Line, under)
	for _, n := range over.Content {
		name := value(n, "override")
		at := slices.IndexFunc(merged.Content, func(o *yaml.Node) bool { return value(o, "name") == name })
		if name == "" || at < 0 { // an unknown name is left for the decoder, which knows no key override
			merged.Content = append(merged.Content, n)
			continue
		}
		merged.Content[at] = overlay(merged.Content[at], n)
	}
	return merged
}

// lookup returns the value of a key of a mapping, or nil.
func lookup(n *yaml.Node, key string) *yaml.Node {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == key {
				return n.Content[i+1]
			}
		}
	}
	return nil
}

func scalar(line int, tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Line: line, Value: value}
}

// sequence joins sequences. A part that is none stays as it is, for the decoder to refuse.
func sequence(line int, parts ...*yaml.Node) *yaml.Node {
	joined := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: line}
	for _, part := range parts {
		if part.Kind != yaml.SequenceNode {
			return part
		}
		joined.Content = append(joined.Content, part.Content...)
	}
	return joined
}

// put sets a key of a mapping.
func put(n, key, value *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key.Value {
			n.Content[i+1] = value
			return
		}
	}
	n.Content = append(n.Content, key, value)
}

// drop removes a key of a mapping.
func drop(n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = slices.Delete(n.Content, i, i+2)
			return
		}
	}
}

// unalias returns what an alias stands for, and any other node as it is.
func unalias(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// value returns the text under a key of a mapping, or "".
func value(n *yaml.Node, key string) string {
	if v := lookup(unalias(n), key); v != nil {
		return unalias(v).Value
	}
	return ""
}
