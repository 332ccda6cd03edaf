package golang

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/otelgen/otelgen/generator/field"
)

// Field is a field of an entity with its forms in Go.
type Field struct {
	field.Field
	Entity string // its Go name
}

// Var returns the name of the field as a local variable or an unexported constant: customerID.
func (f Field) Var() string {
	first, _, _ := strings.Cut(f.Name, "_")
	return first + f.Go[len(first):]
}

// GoType returns the type that the field has in the entity. Domain precedes names of the domain's package: "domain.", or "" within it.
func (f Field) GoType(domain string) string {
	if f.Optional {
		return "*" + f.bare(domain)
	}
	return f.bare(domain)
}

func (f Field) bare(domain string) string {
	switch f.Type {
	case field.Int:
		return "int"
	case field.Float:
		return "float64"
	case field.Bool:
		return "bool"
	case field.Decimal:
		return "decimal.Decimal"
	case field.Timestamp:
		return "time.Time"
	case field.Date:
		return domain + "Date"
	}
	return "string"
}

// DraftType returns the type that the field has before it is validated, which is that of its JSON.
func (f Field) DraftType() string {
	if f.Optional || f.HasDefault {
		return "*" + f.plain()
	}
	return f.plain()
}

func (f Field) plain() string {
	switch f.Type {
	case field.Int, field.Float, field.Bool:
		return f.bare("")
	}
	return "string"
}

// Draft returns a value, given as text, as a Go expression of the type of a draft.
func (f Field) Draft(value string) string {
	literal := f.plainLiteral(value)
	if f.Optional || f.HasDefault {
		return "new(" + literal + ")"
	}
	return literal
}

func (f Field) plainLiteral(value string) string {
	switch f.Type {
	case field.Int, field.Bool:
		return value
	case field.Float:
		if !strings.Contains(value, ".") {
			return value + ".0"
		}
		return value
	}
	if strings.ContainsAny(value, "\"\\") && strconv.CanBackquote(value) {
		return "`" + value + "`"
	}
	return strconv.Quote(value)
}

// Literal returns a value, given as text, as a Go expression of the type of the entity. Domain is as for GoType.
func (f Field) Literal(domain, value string) string {
	literal := f.plainLiteral(value)
	switch f.Type {
	case field.Decimal:
		literal = "decimal.RequireFromString(" + literal + ")"
	case field.Date:
		literal = domain + "DateOf(" + dateArguments(value) + ")"
	case field.Timestamp:
		literal = timeLiteral(value)
	}
	if f.Optional {
		return "new(" + literal + ")"
	}
	return literal
}

func dateArguments(value string) string {
	day, _ := time.Parse(time.DateOnly, value) // values have been checked
	return fmt.Sprintf("%d, time.%s, %d", day.Year(), day.Month(), day.Day())
}

func timeLiteral(value string) string {
	t, _ := time.Parse(time.RFC3339Nano, value) // values have been checked
	t = t.UTC()
	return fmt.Sprintf("time.Date(%d, time.%s, %d, %d, %d, %d, %d, time.UTC)",
		t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond())
}

// Read returns the Go expression that validates the field of a draft d, adds what is wrong to the *ValidationError invalid, and gives
// the value that the entity has.
func (f Field) Read() string {
	draft := "d." + f.Go
	if f.HasDefault {
		draft = "withDefault(" + draft + ", " + f.plainLiteral(f.Default) + ")"
	}
	if !f.Optional {
		return f.read(draft)
	}
	inner := f.read("value")
	if inner == "value" {
		return draft
	}
	return fmt.Sprintf("optional(%s, func(value %s) %s { return %s })", draft, f.plain(), f.bare(""), inner)
}

// read returns the expression for a value that is there.
func (f Field) read(value string) string {
	name := strconv.Quote(f.Name)
	switch f.Type {
	case field.String, field.Text:
		text := fmt.Sprintf("invalid.text(%s, %s, %s, %s)", name, value, f.Min, f.Max)
		if f.Pattern != "" {
			return fmt.Sprintf("invalid.match(%s, %s, %sPattern)", name, text, f.Var())
		}
		return text
	case field.Int:
		return f.bounded(name, value)
	case field.Float:
		return f.bounded(name, fmt.Sprintf("invalid.finite(%s, %s)", name, value))
	case field.Decimal:
		return fmt.Sprintf("invalid.decimal(%s, %s, %q, %q)", name, value, f.Min, f.Max)
	case field.Timestamp:
		return fmt.Sprintf("invalid.timestamp(%s, %s)", name, value)
	case field.Date:
		return fmt.Sprintf("invalid.date(%s, %s)", name, value)
	case field.UUID:
		return fmt.Sprintf("invalid.uuid(%s, %s)", name, value)
	case field.Enum:
		return fmt.Sprintf("invalid.oneOf(%s, %s, %s)", name, value, strings.Join(f.constants(), ", "))
	}
	return value
}

func (f Field) bounded(name, value string) string {
	switch f.Bounds() {
	case "both":
		return fmt.Sprintf("between(&invalid, %s, %s, %s, %s)", name, value, f.Min, f.Max)
	case "min":
		return fmt.Sprintf("atLeast(&invalid, %s, %s, %s)", name, value, f.Min)
	case "max":
		return fmt.Sprintf("atMost(&invalid, %s, %s, %s)", name, value, f.Max)
	}
	return value
}

// Constant returns the name of the constant for a value of an enum: OrderStateInTransit for the value in-transit of an order's state.
func (f Field) Constant(value string) string {
	name := f.Entity + f.Go
	for word := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == '-' || r == '_' }) {
		name += strings.ToUpper(word[:1]) + word[1:]
	}
	return name
}

func (f Field) constants() []string {
	names := make([]string, len(f.Values))
	for i, value := range f.Values {
		names[i] = f.Constant(value)
	}
	return names
}

// Tag returns the JSON tag of the field. A field without a value is left out.
func (f Field) Tag() string {
	if f.Optional {
		return "`json:\"" + f.Name + ",omitempty\"`"
	}
	return "`json:\"" + f.Name + "\"`"
}

// Bounds returns which bounds a number without decimals has: "both", "min", "max", or "" for none.
func (f Field) Bounds() string {
	switch {
	case f.Type != field.Int && f.Type != field.Float:
		return ""
	case f.Min != "" && f.Max != "":
		return "both"
	case f.Min != "":
		return "min"
	case f.Max != "":
		return "max"
	}
	return ""
}

// WireType returns the type that the field has for callers, who do not import the domain: decimals and dates are strings.
func (f Field) WireType() string {
	bare := f.plain()
	if f.Type == field.Timestamp {
		bare = "time.Time"
	}
	if f.Optional {
		return "*" + bare
	}
	return bare
}

// FreeText reports whether the field holds any text of its length.
func (f Field) FreeText() bool {
	return (f.Type == field.String || f.Type == field.Text) && f.Pattern == ""
}

// MaxLength returns the length of the longest text, in characters.
func (f Field) MaxLength() int {
	most, _ := strconv.Atoi(f.Max) // bounds have been checked
	return most
}

// Text returns the Go expression that puts the text of an expression into the field.
func (f Field) Text(expression string) string {
	if f.Optional {
		return "new(" + expression + ")"
	}
	return expression
}

// InvalidDraft returns the invalid value as a Go expression of the type of a draft. A text that is too long is spelled as a repetition.
func (f Field) InvalidDraft() string {
	if most := f.MaxLength(); len(f.Invalid) > most && f.Invalid == strings.Repeat("x", most+1) {
		text := fmt.Sprintf("strings.Repeat(\"x\", %d)", most+1)
		if f.Optional || f.HasDefault {
			return "new(" + text + ")"
		}
		return text
	}
	return f.Draft(f.Invalid)
}
