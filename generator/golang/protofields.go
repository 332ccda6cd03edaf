package golang

import "github.com/otelgen/otelgen/generator/field"

// ProtoType returns the type of the field in protobuf. Decimals and dates are text, because protobuf has no types for
// them.
func (f Field) ProtoType() string {
	if f.Optional && f.Type != field.Timestamp {
		return "optional " + f.protoType()
	}
	return f.protoType()
}

// ProtoDraftType returns the type of the field of a draft in protobuf.
func (f Field) ProtoDraftType() string {
	if f.HasDefault {
		return "optional " + f.protoType()
	}
	return f.ProtoType()
}

func (f Field) protoType() string {
	name := "string"
	switch f.Type {
	case field.Int:
		name = "int64"
	case field.Float:
		name = "double"
	case field.Bool:
		name = "bool"
	case field.Timestamp:
		return "google.protobuf.Timestamp"
	}
	return name
}

// ProtoDraft returns the Go expression that reads the field of a draft from a message. Helpers are those of the package that calls
// answer in: convert, momentText and optionalMomentText.
func (f Field) ProtoDraft(message string) string {
	get, pointer := message+".Get"+f.Proto+"()", f.Optional || f.HasDefault
	switch {
	case f.Type == field.Timestamp && pointer:
		return "optionalMomentText(" + get + ")"
	case f.Type == field.Timestamp:
		return "momentText(" + get + ")"
	case f.Type == field.Int && pointer:
		return "convert[int](" + message + "." + f.Proto + ")"
	case f.Type == field.Int:
		return "int(" + get + ")"
	case pointer:
		return message + "." + f.Proto
	}
	return get
}

// ToProto returns the Go expression that writes the field of an entity to a message.
func (f Field) ToProto(variable string) string {
	value := variable + "." + f.Go
	if f.Optional {
		switch f.Type {
		case field.Decimal, field.Date:
			return "optionalText(" + value + ")"
		case field.Timestamp:
			return "optionalMoment(" + value + ")"
		case field.Int:
			return "convert[int64](" + value + ")"
		}
		return value
	}
	text := value
	switch f.Type {
	case field.Decimal, field.Date:
		text = value + ".String()"
	case field.Timestamp:
		return "timestamppb.New(" + value + ")"
	case field.Int:
		text = "int64(" + value + ")"
	}
	return text
}

// WireToProto returns the Go expression that writes the field of a caller's draft to a message.
func (f Field) WireToProto(variable string) string {
	value, pointer := variable+"."+f.Go, f.Optional || f.HasDefault
	switch {
	case f.Type == field.Timestamp && pointer:
		return "optionalMoment(" + value + ")"
	case f.Type == field.Timestamp:
		return "timestamppb.New(" + value + ")"
	case f.Type == field.Int && pointer:
		return "convert[int64](" + value + ")"
	case f.Type == field.Int:
		return "int64(" + value + ")"
	}
	return value
}

// ProtoWire returns the Go expression that reads the field of an entity, as callers see it, from a message.
func (f Field) ProtoWire(message string) string {
	get := message + ".Get" + f.Proto + "()"
	if f.Optional {
		switch f.Type {
		case field.Timestamp:
			return "optionalTime(" + get + ")"
		case field.Int:
			return "convert[int](" + message + "." + f.Proto + ")"
		}
		return message + "." + f.Proto
	}
	switch f.Type {
	case field.Timestamp:
		return get + ".AsTime()"
	case field.Int:
		return "int(" + get + ")"
	}
	return get
}

// WireDraftType returns the type that the field has in a caller's draft.
func (f Field) WireDraftType() string {
	bare := f.plain()
	if f.Type == field.Timestamp {
		bare = "time.Time"
	}
	if f.Optional || f.HasDefault {
		return "*" + bare
	}
	return bare
}

// WireDraft returns a value, given as text, as a Go expression of the type of a caller's draft.
func (f Field) WireDraft(value string) string {
	literal := f.plainLiteral(value)
	if f.Type == field.Timestamp {
		literal = timeLiteral(value)
	}
	if f.Optional || f.HasDefault {
		return "new(" + literal + ")"
	}
	return literal
}

// DraftTag returns the JSON tag of the field of a draft. A field that may be left out is, if it has no value.
func (f Field) DraftTag() string {
	if f.Optional || f.HasDefault {
		return "`json:\"" + f.Name + ",omitempty\"`"
	}
	return "`json:\"" + f.Name + "\"`"
}

// ProtoComment says what a text stands for, or is empty.
func (f Field) ProtoComment() string {
	switch f.Type {
	case field.Decimal:
		return f.Name + " is a decimal number, such as 12.5."
	case field.Date:
		return f.Name + " is a day, as YYYY-MM-DD."
	case field.UUID:
		return f.Name + " is a UUID."
	case field.Enum:
		return f.Name + " is one of " + joinWords(f.Values) + "."
	}
	return ""
}

func joinWords(words []string) string {
	text := words[0]
	for i, word := range words[1:] {
		separator := ", "
		if i == len(words)-2 {
			separator = " or "
		}
		text += separator + word
	}
	return text
}
