package field

import (
	"math"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode"
)

// plausible are values for fields by the last word of their name: the first is in examples, the second differs from it.
var plausible = map[string][2]string{
	"customer": {"ada", "grace"}, "sku": {"book", "lamp"}, "name": {"Ada Lovelace", "Grace Hopper"}, "title": {"On Computing", "A Manual"},
	"email": {"ada@example.com", "grace@example.com"}, "url": {"https://example.com/1", "https://example.com/2"}, "phone": {"+15550100", "+15550101"},
	"city": {"London", "Arlington"}, "street": {"12 St James Square", "1 Main Street"}, "country": {"GB", "US"}, "currency": {"EUR", "USD"},
	"language": {"en", "fr"}, "number": {"A-1001", "A-1002"}, "code": {"A1", "B2"}, "color": {"red", "blue"}, "note": {"By noon, please.", "Ring twice."},
	"description": {"It works as expected.", "It works even better."}, "comment": {"Well done.", "Not yet."}, "text": {"Hello.", "Goodbye."},
	"quantity": {"2", "3"}, "price": {"12.5", "19.99"}, "total": {"12.5", "19.99"}, "amount": {"12.5", "19.99"}, "count": {"2", "3"},
}

// byType are values for all other fields.
var byType = map[Type][2]string{
	String: {"first", "second"}, Text: {"The first text.", "The second text."}, Int: {"2", "3"}, Float: {"0.5", "1.5"}, Decimal: {"12.5", "19.99"},
	Bool: {"true", "false"}, Timestamp: {"2026-03-14T15:09:26Z", "2027-01-02T03:04:05Z"}, Date: {"2026-03-14", "2027-01-02"},
	UUID: {"018f0000-0000-7000-8000-00000000000a", "018f0000-0000-7000-8000-00000000000b"},
}

// samples finds valid and invalid values for examples and tests.
func (p *parser) samples() *Error {
	last := p.Name[strings.LastIndexByte(p.Name, '_')+1:]
	candidates := append([]string{}, plausible[last][0], plausible[last][1], byType[p.Type][0], byType[p.Type][1])
	candidates = append(candidates, p.Values...)
	candidates = append(candidates, p.constructed()...)
	var valid []string
	for _, c := range candidates {
		if c != "" && p.Accepts(c) && (len(valid) == 0 || len(valid) == 1 && c != valid[0]) {
			valid = append(valid, c)
		}
	}
	if len(valid) == 0 {
		p.start = 0
		return p.bad("no value was found that its range and its pattern accept", "loosen one of the two")
	}
	p.Sample = valid[0]
	if len(valid) > 1 {
		p.Other = valid[1]
	}
	for _, c := range append([]string{"", "?"}, p.outside()...) {
		if p.canCarry(c) && !p.Accepts(c) {
			p.Invalid, p.HasInvalid = c, true
			break
		}
	}
	return nil
}

// constructed returns values that are made to fit the range or the pattern.
func (p *parser) constructed() []string {
	switch p.Type {
	case String, Text:
		if p.Pattern != "" {
			return matching(p.Pattern)
		}
		least := atoi(p.Min)
		return []string{strings.Repeat("a", max(1, least)), strings.Repeat("b", max(1, least))}
	case Int, Float, Decimal:
		return append(p.near(p.Min, 1), p.near(p.Max, -1)...)
	}
	return nil
}

// near returns a bound and the number next to it.
func (p *parser) near(bound string, step int64) []string {
	if bound == "" {
		return nil
	}
	if number, err := strconv.ParseInt(bound, 10, 64); err == nil {
		return []string{bound, strconv.FormatInt(number+step, 10)}
	}
	return []string{bound}
}

// outside returns values that are just outside of the range.
func (p *parser) outside() []string {
	switch p.Type {
	case String, Text:
		return []string{strings.Repeat("x", atoi(p.Max)+1)}
	case Int, Float, Decimal:
		return append(beyond(p.Min, -1), beyond(p.Max, 1)...)
	}
	return nil
}

// beyond returns the whole number that follows a bound in the direction of step.
func beyond(bound string, step int64) []string {
	whole, _, _ := strings.Cut(bound, ".")
	number, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || number == math.MinInt64 || number == math.MaxInt64 {
		return nil
	}
	return []string{strconv.FormatInt(number+step, 10)}
}

// canCarry reports whether a caller could send the value at all: a number is sent as a number.
func (p *parser) canCarry(value string) bool {
	switch p.Type {
	case Int:
		_, err := strconv.ParseInt(value, 10, 64)
		return err == nil
	case Float:
		return validNumber.MatchString(value)
	case Bool:
		return false
	}
	return true
}

// matching returns texts that probably match the pattern: the first alternatives, and the fewest repetitions.
func matching(pattern string) []string {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	first, second := new(strings.Builder), new(strings.Builder)
	write(parsed.Simplify(), first, 0)
	write(parsed.Simplify(), second, 1)
	return []string{first.String(), second.String()}
}

// write appends a text that matches re. The choice selects among several characters.
func write(re *syntax.Regexp, b *strings.Builder, choice int) {
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		b.WriteRune(runeOf(re.Rune, choice))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		b.WriteRune(rune('a' + choice))
	case syntax.OpAlternate:
		write(re.Sub[min(choice, len(re.Sub)-1)], b, choice)
	case syntax.OpConcat, syntax.OpCapture, syntax.OpPlus:
		for _, sub := range re.Sub {
			write(sub, b, choice)
		}
	case syntax.OpRepeat:
		for range max(re.Min, min(1, re.Max)) {
			write(re.Sub[0], b, choice)
		}
	}
}

// runeOf returns a printable character of a class, which is a list of ranges.
func runeOf(ranges []rune, choice int) rune {
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1] && r <= unicode.MaxASCII; r++ {
			if unicode.IsPrint(r) && r != ' ' {
				if choice == 0 {
					return r
				}
				choice--
			}
		}
	}
	if len(ranges) > 0 {
		return ranges[0]
	}
	return '?'
}
