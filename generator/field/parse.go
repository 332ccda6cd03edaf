package field

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxDescription = 400 // bytes
	maxName        = 40
)

var (
	validName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$`)
	validWord = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)
	validSpan = regexp.MustCompile(`^(-?[0-9]+(?:\.[0-9]+)?)?\.\.(-?[0-9]+(?:\.[0-9]+)?)?$`)
)

const syntaxHelp = "NAME:TYPE[:optional][:MIN..MAX][:default=VALUE][:pattern=RE2], as in quantity:int:1..1000"

// Parse reads one description, NAME:TYPE[:MODIFIER…]. A pattern is the last modifier: it may contain colons.
func Parse(description string) (Field, *Error) {
	p := parser{text: description}
	if len(description) > maxDescription {
		p.text = strings.ToValidUTF8(description[:maxName], "") + "…"
		return Field{}, p.bad(fmt.Sprintf("it has more than %d bytes", maxDescription), "shorten it")
	}
	if !utf8.ValidString(description) || strings.ContainsFunc(description, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return Field{}, p.bad("it has characters that cannot be printed", "leave them out")
	}
	for _, step := range []func() *Error{p.name, p.kind, p.modifiers, p.bounds, p.pattern, p.fallback, p.samples} {
		if err := step(); err != nil {
			return Field{}, err
		}
	}
	return p.Field, nil
}

// parser reads a description from left to right.
type parser struct {
	Field
	text  string
	start int // of the part that was read last
	end   int // behind it
	span  bool
}

// next returns the part up to the next colon, and false at the end.
func (p *parser) next() (string, bool) {
	if p.start = p.end; p.start > len(p.text) {
		return "", false
	}
	part, _, _ := strings.Cut(p.text[p.start:], ":")
	p.end = p.start + len(part) + 1
	return part, true
}

func (p *parser) bad(why, fix string) *Error {
	return &Error{Description: p.text, Column: min(p.start, len(p.text)) + 1, Why: why, Fix: fix}
}

func (p *parser) name() *Error {
	name, _ := p.next()
	if !validName.MatchString(name) || len(name) > maxName {
		return p.bad("a name has lower-case words joined by underscores, and at most 40 characters", "write "+syntaxHelp)
	}
	p.Name, p.Words, p.Go, p.Proto = name, strings.ReplaceAll(name, "_", " "), goName(name), protoName(name)
	return nil
}

func (p *parser) kind() *Error {
	text, _ := p.next()
	if p.Type = Type(text); !slices.Contains(Types, p.Type) {
		return p.bad("it has no valid type: types are "+join(Types), "write NAME:TYPE, as in "+p.Name+":string")
	}
	if p.Type != Enum {
		return nil
	}
	text, _ = p.next()
	p.Values = strings.Split(text, ",")
	for i, value := range p.Values {
		if !validWord.MatchString(value) || slices.Contains(p.Values[:i], value) {
			return p.bad("an enum has a list of different lower-case words", "write them as in "+p.Name+":enum:draft,sent")
		}
	}
	return nil
}

func (p *parser) modifiers() *Error {
	for {
		modifier, ok := p.next()
		if !ok {
			return nil
		}
		if err := p.modifier(modifier); err != nil {
			return err
		}
	}
}

func (p *parser) modifier(modifier string) *Error {
	word, value, valued := strings.Cut(modifier, "=")
	span := validSpan.FindStringSubmatch(modifier)
	switch {
	case modifier == "optional" && !p.Optional:
		p.Optional = true
	case span != nil && modifier != ".." && !p.span:
		p.span, p.Min, p.Max = true, span[1], span[2]
	case word == "default" && valued && !p.HasDefault:
		p.HasDefault, p.Default = true, value
	case word == "pattern" && valued && p.Pattern == "":
		p.Pattern = p.text[p.start+len("pattern="):]
		p.end = len(p.text) + 1
	default:
		why := fmt.Sprintf("%q is not a valid modifier", modifier)
		if modifier != "" && strings.Contains(p.text[:p.start], ":"+word) {
			why = fmt.Sprintf("%q is there twice", word)
		}
		return p.bad(why, "modifiers are optional, MIN..MAX, default=VALUE and pattern=RE2")
	}
	return nil
}

func join(types []Type) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = string(t)
	}
	return strings.Join(words, ", ")
}

// initialisms are written in capitals in Go. Source: staticcheck's ST1003, and what databases and shops often have.
var initialisms = strings.Fields(`acl api ascii cpu css csv dns ean eof eta eur gps guid html http https iban id ip iso isbn json jwt
	ldap mac os pdf pin pos qps ram rgb rpc sku sla smtp sql ssh ssl tcp tls ttl udp ui uid upc uri url usd utc utf8 uuid vat vm xml xss`)

// goName returns the exported Go name of a field: CustomerID for customer_id.
func goName(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		if slices.Contains(initialisms, word) {
			b.WriteString(strings.ToUpper(word))
		} else {
			b.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
	}
	return b.String()
}

// protoName returns the name that protoc-gen-go gives a field: CustomerId for customer_id.
func protoName(name string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(name, "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
