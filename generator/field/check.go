package field

import (
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

const (
	maxString     = 1000
	maxText       = 100_000
	minYear       = 1000 // the first that every database can keep
	defaultString = "100"
	defaultText   = "10000"
)

var validDecimal = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,9})?$`)

// bounds checks the range, and gives texts one if they have none.
func (p *parser) bounds() *Error {
	p.start = strings.Index(p.text, ":"+p.Min+".."+p.Max) + 1
	switch p.Type {
	case String, Text:
		return p.lengths()
	case Int, Float, Decimal:
	default:
		if p.span {
			return p.bad(fmt.Sprintf("the type %s has no range", p.Type), "leave the range out")
		}
		return nil
	}
	for _, bound := range []string{p.Min, p.Max} {
		if _, err := strconv.ParseInt(bound, 10, 64); p.Type == Int && bound != "" && err != nil {
			return p.bad(fmt.Sprintf("%s is not a whole number of 64 bits", bound), "use whole numbers, as in 1..1000")
		}
		if p.Type == Decimal && bound != "" && !validDecimal.MatchString(bound) {
			return p.bad(bound+" has more than 18 digits before the point or 9 after it", "use fewer digits")
		}
	}
	if p.Min != "" && p.Max != "" && rational(p.Min).Cmp(rational(p.Max)) > 0 {
		return p.bad("no value is between "+p.Min+" and "+p.Max, "write the smaller number first")
	}
	return nil
}

func (p *parser) lengths() *Error {
	if p.Min == "" {
		p.Min = "1"
		if p.Optional {
			p.Min = "0"
		}
	}
	if p.Max == "" {
		p.Max = map[Type]string{String: defaultString, Text: defaultText}[p.Type]
		if least, err := strconv.Atoi(p.Min); p.span && err == nil && least > 1 {
			p.Max = strconv.Itoa(max(least, atoi(p.Max)))
		}
	}
	least, err := strconv.Atoi(p.Min)
	most, err2 := strconv.Atoi(p.Max)
	limit := maxString
	if p.Type == Text {
		limit = maxText
	}
	if err != nil || err2 != nil || least < 0 || most < 1 || least > most || most > limit {
		return p.bad(fmt.Sprintf("the lengths of a %s are from 0 to %d, the smaller first and the larger at least 1", p.Type, limit),
			"write a range such as 2..50")
	}
	return nil
}

// pattern checks that the pattern is one that can be used.
func (p *parser) pattern() *Error {
	if p.Pattern == "" {
		return nil
	}
	p.start = strings.Index(p.text, ":pattern=") + 1
	if p.Type != String && p.Type != Text {
		return p.bad(fmt.Sprintf("the type %s has no pattern", p.Type), "leave the pattern out, or make the field a string")
	}
	if len(p.Pattern) > maxPattern || strings.ContainsAny(p.Pattern, "`'") {
		return p.bad(fmt.Sprintf("a pattern has at most %d characters and no quote or backquote", maxPattern), "use a simpler pattern")
	}
	if _, err := regexp.Compile(p.Pattern); err != nil {
		return p.bad("the pattern is not RE2: "+err.Error(), "correct the pattern; its syntax is that of Go's package regexp")
	}
	return nil
}

const maxPattern = 200

// fallback checks that the default is a valid value.
func (p *parser) fallback() *Error {
	if !p.HasDefault {
		return nil
	}
	p.start = strings.Index(p.text, ":default=") + 1
	switch {
	case p.Optional:
		return p.bad("a field with a default always has a value, so it cannot be optional", "leave out one of the two")
	case p.Type == Timestamp:
		return p.bad("a timestamp has no default", "leave the default out")
	case !p.Accepts(p.Default):
		return p.bad(fmt.Sprintf("%q is not a valid value of the field", p.Default), "use a default that the field accepts")
	}
	return nil
}

// Accepts reports whether the value, as text, is a valid value of the field.
func (f Field) Accepts(value string) bool {
	switch f.Type {
	case String, Text:
		return f.acceptsText(value)
	case Int:
		_, err := strconv.ParseInt(value, 10, 64)
		return err == nil && f.inRange(value)
	case Float:
		number, err := strconv.ParseFloat(value, 64)
		return err == nil && number-number == 0 && validNumber.MatchString(value) && f.inRange(value)
	case Decimal:
		return validDecimal.MatchString(value) && f.inRange(value)
	case Bool:
		return value == "true" || value == "false"
	case Timestamp:
		t, err := time.Parse(time.RFC3339Nano, value)
		return err == nil && t.UTC().Year() >= minYear
	case Date:
		t, err := time.Parse(time.DateOnly, value)
		return err == nil && t.Year() >= minYear
	case UUID:
		return len(value) == 36 && uuid.Validate(value) == nil
	case Enum:
		for _, v := range f.Values {
			if v == value {
				return true
			}
		}
	}
	return false
}

var validNumber = regexp.MustCompile(`^-?[0-9]{1,30}(\.[0-9]{1,30})?$`)

func (f Field) acceptsText(value string) bool {
	length := utf8.RuneCountInString(value)
	if length < atoi(f.Min) || length > atoi(f.Max) || !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return false
	}
	if f.Min != "0" && strings.TrimSpace(value) == "" {
		return false
	}
	if f.Pattern == "" {
		return true
	}
	matched, err := regexp.MatchString(f.Pattern, value)
	return err == nil && matched
}

func (f Field) inRange(value string) bool {
	return (f.Min == "" || rational(value).Cmp(rational(f.Min)) >= 0) && (f.Max == "" || rational(value).Cmp(rational(f.Max)) <= 0)
}

func rational(text string) *big.Rat {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return new(big.Rat)
	}
	return r
}

func atoi(text string) int {
	n, _ := strconv.Atoi(text) // lengths have been checked
	return n
}
