// Package field reads the descriptions of an entity's fields, such as "quantity:int:1..1000". It knows no language, database or
// protocol: what a type is there is theirs to say. It must not import any other package of the generator.
package field

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Type is a type that a field can have.
type Type string

// The types of fields.
const (
	String    Type = "string"  // 1 to 100 characters, unless the field has a range
	Text      Type = "text"    // 1 to 10,000 characters, unless the field has a range
	Int       Type = "int"     // 64 bits
	Float     Type = "float"   // 64 bits, finite
	Decimal   Type = "decimal" // exact: up to 18 digits before the point and 9 after it
	Bool      Type = "bool"
	Timestamp Type = "timestamp" // a moment, to the microsecond
	Date      Type = "date"      // a day, without a time zone
	UUID      Type = "uuid"
	Enum      Type = "enum" // one of a list of words
)

// Types lists all types, in the order of the documentation.
var Types = []Type{String, Text, Int, Float, Decimal, Bool, Timestamp, Date, UUID, Enum}

// Field is an attribute of an entity.
type Field struct {
	Name  string // customer_id: in JSON, SQL and protobuf
	Words string // "customer id"
	Go    string // CustomerID
	Proto string // CustomerId, as protoc-gen-go writes it
	Type  Type

	// Optional fields may be left out, and then have no value.
	Optional bool
	// Default is the value of a field that is left out. HasDefault distinguishes an empty default from none.
	Default    string
	HasDefault bool
	// Min and Max bound the value of a number, or the length of a text in characters. A bound that is empty does not exist.
	Min, Max string
	Pattern  string   // RE2, of a string or a text
	Values   []string // of an enum

	Sample string // a valid value, as text
	Other  string // a second one, or "" if there is none
	// Invalid is a value that the field refuses; HasInvalid is false where it accepts every value of its type.
	Invalid    string
	HasInvalid bool
}

// MaxFields is how many fields an entity may have.
const MaxFields = 40

// Error is a description that cannot be accepted.
type Error struct {
	Description string
	Number      int // of the field, from 1
	Column      int // of the fault in the description, from 1
	Why, Fix    string
}

func (e *Error) Error() string {
	return fmt.Sprintf("field %d, %q, column %d: %s", e.Number, e.Description, e.Column, e.Why)
}

// ParseAll reads the descriptions of all fields of an entity. Names for which taken returns true belong to the entity itself. Errors
// are *Error.
func ParseAll(descriptions []string, taken func(Field) bool) ([]Field, error) {
	if len(descriptions) > MaxFields {
		return nil, &Error{Description: descriptions[MaxFields], Number: MaxFields + 1, Column: 1,
			Why: fmt.Sprintf("an entity has at most %d fields", MaxFields), Fix: "leave some out"}
	}
	fields := make([]Field, 0, len(descriptions))
	for i, description := range descriptions {
		f, err := Parse(description)
		if err == nil {
			err = clash(f, description, fields, taken)
		}
		if err != nil {
			err.Number = i + 1
			return nil, err
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func clash(f Field, description string, before []Field, taken func(Field) bool) *Error {
	same := func(o Field) bool { return o.Go == f.Go || o.Proto == f.Proto || o.Name == f.Name }
	if i := slices.IndexFunc(before, same); i >= 0 {
		return &Error{Description: description, Column: 1, Why: "the field " + before[i].Name + " has the same name", Fix: "use another name"}
	}
	if taken(f) {
		return &Error{Description: description, Column: 1, Why: "every entity has " + f.Name + " already",
			Fix: "use another name, such as " + f.Name + "_value"}
	}
	return nil
}

// JSON returns a value of the field, given as text, as it is in JSON. Source: RFC 8259. A decimal is a string, so that no reader makes a
// float of it.
func (f Field) JSON(value string) string {
	switch f.Type {
	case Int, Float, Bool:
		return value
	}
	text, _ := json.Marshal(value) // a string always has a JSON form
	return string(text)
}

// SQL returns a value of the field, given as text, as a literal of SQL. Source: ISO 9075. Backslashes are doubled for a database in whose
// strings they escape.
func (f Field) SQL(value string, escapes bool) string {
	switch f.Type {
	case Int, Float, Decimal, Bool:
		return value
	}
	if escapes {
		value = strings.ReplaceAll(value, `\`, `\\`)
	}
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}

// SQLText returns text as a string of SQL in which backslashes escape.
func (Field) SQLText(text string) string {
	return Field{Type: String}.SQL(text, true)
}
