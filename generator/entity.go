package generator

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	entityfield "github.com/otelgen/otelgen/generator/field"
	"github.com/otelgen/otelgen/generator/golang"
)

// DefaultFields returns the fields of an entity whose answers name none.
func DefaultFields(entity string) []string {
	if entity == DefaultEntity {
		return []string{"customer:string", "sku:string", "quantity:int:1..1000"}
	}
	return []string{"name:string"}
}

// ownFields are names that templates give to what every entity has: columns, and in Go methods and fields.
var ownFields = strings.Fields(`id status version created_at updated_at idempotency_key fingerprint
	ID Status Version CreatedAt UpdatedAt IdempotencyKey Fingerprint At Foreign
	After Confirm Confirmed ConfirmedAt Created Placed PlacedElsewhere Repeats Requested Validate
	Descriptor Marshal ProtoMessage ProtoReflect Reset String Unmarshal
	cmax cmin ctid tableoid xmax xmin`) // the last line: system columns of PostgreSQL

// newFields reads the descriptions of an entity's fields. Errors are *Error of KindAnswers.
func newFields(entity string, descriptions []string) ([]golang.Field, error) {
	fields, err := entityfield.ParseAll(descriptions, func(f entityfield.Field) bool {
		// Getters of protobuf are named like fields that begin with get.
		return slices.Contains(ownFields, f.Name) || slices.Contains(ownFields, f.Go) || strings.HasPrefix(f.Name, "get_")
	})
	if bad := (*entityfield.Error)(nil); errors.As(err, &bad) {
		return nil, &Error{Kind: KindAnswers, Code: "bad-field", What: fmt.Sprintf("%s cannot be a field", show(bad.Description)),
			Why: fmt.Sprintf("field %d, column %d: %s", bad.Number, bad.Column, bad.Why), Fix: bad.Fix}
	}
	all := make([]golang.Field, len(fields))
	constants := map[string]string{} // of enums, and the value of each
	for i, f := range fields {
		all[i] = golang.Field{Field: f, Entity: entity}
		for _, value := range f.Values {
			name := all[i].Constant(value)
			if other, taken := constants[name]; taken {
				return nil, &Error{Kind: KindAnswers, Code: "bad-field", What: fmt.Sprintf("%s cannot be a field", show(descriptions[i])),
					Why: fmt.Sprintf("the values %s and %s have the same name in Go, %s", other, value, name), Fix: "use another word for one of them"}
			}
			constants[name] = value
		}
	}
	return all, nil
}

// Has reports whether the entity has a field of one of the types.
func (e Entity) Has(types ...string) bool {
	return slices.ContainsFunc(e.Fields, func(f golang.Field) bool { return slices.Contains(types, string(f.Type)) })
}

// Optional reports whether a field of the entity is optional.
func (e Entity) Optional() bool {
	return slices.ContainsFunc(e.Fields, func(f golang.Field) bool { return f.Optional })
}

// Columns returns the names of the fields in quotation marks, joined by commas.
func (e Entity) Columns(quote string) string {
	names := make([]string, len(e.Fields)) // on one line, as they are part of a string
	for i, f := range e.Fields {
		names[i] = quote + f.Name + quote
	}
	return strings.Join(names, ", ")
}

// Of returns the fields of a variable, joined by commas: "order.Customer, order.SKU".
func (e Entity) Of(variable string) string {
	return e.join(func(f golang.Field) string { return variable + "." + f.Go })
}

// Literal returns the fields of a composite literal of the entity, with samples: `Customer: "ada", SKU: "book"`. Domain precedes names of
// the domain's package.
func (e Entity) Literal(domain string) string {
	return e.join(func(f golang.Field) string { return f.Go + ": " + f.Literal(domain, f.Sample) })
}

// Draft returns the fields of a composite literal of a draft, with samples.
func (e Entity) Draft() string {
	return e.join(func(f golang.Field) string { return f.Go + ": " + f.Draft(f.Sample) })
}

// JSON returns the members of a JSON object with samples: `"customer":"ada","sku":"book"`.
func (e Entity) JSON() string {
	members := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		members[i] = fmt.Sprintf("%q:%s", f.Name, f.JSON(f.Sample))
	}
	return strings.Join(members, ",")
}

// Changeable returns a field of which there are two valid samples, or nil.
func (e Entity) Changeable() *golang.Field {
	if i := slices.IndexFunc(e.Fields, func(f golang.Field) bool { return f.Other != "" }); i >= 0 {
		return &e.Fields[i]
	}
	return nil
}

// Refusable returns a field that refuses a value of its type, or nil.
func (e Entity) Refusable() *golang.Field {
	if i := slices.IndexFunc(e.Fields, func(f golang.Field) bool { return f.HasInvalid }); i >= 0 {
		return &e.Fields[i]
	}
	return nil
}

func (e Entity) join(form func(golang.Field) string) string {
	var b strings.Builder
	width := 0
	for i, f := range e.Fields {
		text := form(f)
		if width += len(text) + 2; i > 0 && width > maxJoined {
			b.WriteString(",\n")
			width = len(text)
		} else if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(text)
	}
	return b.String()
}

// maxJoined is how many bytes of fields stand on one line of Go.
const maxJoined = 100

// Patterned reports whether a field of the entity has a pattern.
func (e Entity) Patterned() bool {
	return slices.ContainsFunc(e.Fields, func(f golang.Field) bool { return f.Pattern != "" })
}

// Defaulted reports whether a field of the entity has a default.
func (e Entity) Defaulted() bool {
	return slices.ContainsFunc(e.Fields, func(f golang.Field) bool { return f.HasDefault })
}

// Bounded reports whether a field of the entity, a number, has both bounds ("both"), or only the one named ("min", "max").
func (e Entity) Bounded(which string) bool {
	return slices.ContainsFunc(e.Fields, func(f golang.Field) bool { return f.Bounds() == which })
}

// Freest returns a field that holds any text of its length, or nil: the one with the longest texts.
func (e Entity) Freest() *golang.Field {
	var freest *golang.Field
	for i, f := range e.Fields {
		if f.FreeText() && (freest == nil || f.MaxLength() > freest.MaxLength()) {
			freest = &e.Fields[i]
		}
	}
	return freest
}

// InvalidDraft returns the fields of a composite literal of a draft in which every field is invalid that can be.
func (e Entity) InvalidDraft() string {
	return e.join(func(f golang.Field) string {
		if f.HasInvalid {
			return f.Go + ": " + f.InvalidDraft()
		}
		return f.Go + ": " + f.Draft(f.Sample)
	})
}

// InvalidNames returns the names of the fields that are invalid in InvalidDraft, separated by spaces.
func (e Entity) InvalidNames() string {
	var names []string
	for _, f := range e.Fields {
		if f.HasInvalid {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, " ")
}

// OptionalOf reports whether a field of the type is optional.
func (e Entity) OptionalOf(fieldType string) bool {
	return slices.ContainsFunc(e.Fields, func(f golang.Field) bool { return f.Optional && string(f.Type) == fieldType })
}

// WireDraft returns the fields of a composite literal of a caller's draft, with samples.
func (e Entity) WireDraft() string {
	return e.join(func(f golang.Field) string { return f.Go + ": " + f.WireDraft(f.Sample) })
}

// Leavable reports whether a field of the type may be left out of a draft.
func (e Entity) Leavable(fieldType string) bool {
	return slices.ContainsFunc(e.Fields, func(f golang.Field) bool { return string(f.Type) == fieldType && (f.Optional || f.HasDefault) })
}
