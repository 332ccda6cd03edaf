package field_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator/field"
)

func none(field.Field) bool { return false }

func TestDescriptionsAreRead(t *testing.T) {
	for description, want := range map[string]field.Field{
		"customer:string":                  {Name: "customer", Go: "Customer", Proto: "Customer", Type: field.String, Min: "1", Max: "100", Sample: "ada", Other: "grace"},
		"customer_id:uuid:optional":        {Name: "customer_id", Go: "CustomerID", Proto: "CustomerId", Type: field.UUID, Optional: true},
		"quantity:int:1..1000":             {Name: "quantity", Go: "Quantity", Type: field.Int, Min: "1", Max: "1000", Sample: "2"},
		"note:text:optional:..500":         {Name: "note", Go: "Note", Type: field.Text, Optional: true, Min: "0", Max: "500"},
		"total:decimal:0.01..":             {Name: "total", Go: "Total", Type: field.Decimal, Min: "0.01", Sample: "12.5"},
		"country:string:2..2:default=DE":   {Name: "country", Go: "Country", Type: field.String, Min: "2", Max: "2", Default: "DE", HasDefault: true, Sample: "GB"},
		"state:enum:draft,in-transit":      {Name: "state", Go: "State", Type: field.Enum, Values: []string{"draft", "in-transit"}, Sample: "draft", Other: "in-transit"},
		`sku:string:pattern=^[A-Z]:\d{3}$`: {Name: "sku", Go: "SKU", Type: field.String, Min: "1", Max: "100", Pattern: `^[A-Z]:\d{3}$`, Sample: "A:000"},
		"level:int:5..5":                   {Name: "level", Go: "Level", Type: field.Int, Min: "5", Max: "5", Sample: "5", Other: ""},
		"api_url:string":                   {Name: "api_url", Go: "APIURL", Type: field.String},
	} {
		got, err := field.Parse(description)
		if err != nil {
			t.Errorf("%s: %v", description, err)
			continue
		}
		same := got.Name == want.Name && got.Go == want.Go && got.Type == want.Type && got.Optional == want.Optional &&
			got.Pattern == want.Pattern && got.Default == want.Default && got.HasDefault == want.HasDefault &&
			fmt.Sprint(got.Values) == fmt.Sprint(want.Values)
		bounds := want.Min+want.Max == "" || got.Min == want.Min && got.Max == want.Max
		samples := want.Sample == "" || got.Sample == want.Sample && (want.Other != "" || want.Min != "5" || got.Other == "")
		if !same || !bounds || !samples || want.Proto != "" && got.Proto != want.Proto {
			t.Errorf("%s is read as %+v", description, got)
		}
		if !got.Accepts(got.Sample) || got.Other != "" && !got.Accepts(got.Other) || got.HasInvalid && got.Accepts(got.Invalid) {
			t.Errorf("%s has the samples %q, %q and %q", description, got.Sample, got.Other, got.Invalid)
		}
	}
}

func TestBadDescriptionsAreRefused(t *testing.T) {
	for description, want := range map[string]string{
		"":                               "column 1: a name has",
		"Customer:string":                "column 1: a name has",
		"customer__id:uuid":              "column 1: a name has",
		strings.Repeat("a", 41) + ":int": "column 1: a name has",
		strings.Repeat("a", 401):         "it has more than 400 bytes",
		"customer":                       "types are string, text, int",
		"customer:":                      "types are string, text, int",
		"customer:varchar":               "column 10: it has no valid type",
		"customer:string:":               `"" is not a valid modifier`,
		"customer:string:unknown":        `column 17: "unknown" is not a valid modifier`,
		"a:int:optional:optional":        `"optional" is there twice`,
		"a:int:1..2:3..4":                "is not a valid modifier",
		"a:int:5..1":                     "no value is between 5 and 1",
		"a:int:1.5..2":                   "1.5 is not a whole number",
		"a:int:99999999999999999999..":   "is not a whole number of 64 bits",
		"a:decimal:0.1234567891..":       "more than 18 digits",
		"a:string:-1..5":                 "the lengths of a string",
		"a:string:0..0":                  "the lengths of a string",
		"a:string:1..5000":               "the lengths of a string are from 0 to 1000",
		"a:bool:1..2":                    "the type bool has no range",
		"a:int:pattern=x":                "the type int has no pattern",
		`a:string:pattern=(?=x)`:         "the pattern is not RE2",
		"a:string:pattern=`":             "no quote or backquote",
		"a:string:2..3:pattern=^x{9}$":   "no value was found",
		"a:string:default=x\ny":          "cannot be printed",
		"a:enum":                         "an enum has a list",
		"a:enum:":                        "an enum has a list",
		"a:enum:b,b":                     "an enum has a list",
		"a:enum:B":                       "an enum has a list",
		"a:enum:b:default=c":             `"c" is not a valid value`,
		"a:int:1..5:default=9":           `"9" is not a valid value`,
		"a:string:default=":              `"" is not a valid value`,
		"a:int:optional:default=1":       "cannot be optional",
		"a:timestamp:default=now":        "a timestamp has no default",
		"a:date:default=tomorrow":        `"tomorrow" is not a valid value`,
		"a:ref:customer":                 "it has no valid type",
	} {
		_, err := field.ParseAll([]string{description}, none)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", description, err, want)
		}
		if bad := (*field.Error)(nil); errors.As(err, &bad) && (bad.Fix == "" || bad.Number != 1 || bad.Column < 1) {
			t.Errorf("%q: the error has no fix or no position: %+v", description, bad)
		}
	}
}

func TestFieldsOfAnEntityDiffer(t *testing.T) {
	many := make([]string, field.MaxFields+1)
	for i := range many {
		many[i] = fmt.Sprintf("f%d:int", i)
	}
	for name, test := range map[string]struct {
		descriptions []string
		want         string
	}{
		"twice":       {[]string{"a:int", "a:string"}, "field 2, "},
		"same in Go":  {[]string{"ab:int", "a_b:int"}, ""},
		"too many":    {many, "at most 40 fields"},
		"taken":       {[]string{"id:int"}, "every entity has id already"},
		"initialisms": {[]string{"customer_id:int", "customer_ID:int"}, "a name has"},
	} {
		_, err := field.ParseAll(test.descriptions, func(f field.Field) bool { return f.Name == "id" })
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a:int:1..2", "s:enum:a,b:default=a", `p:string:3..9:pattern=^[a-c]+\d*$`, "d:decimal:..9.5:optional"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, description string) {
		got, err := field.Parse(description)
		if err != nil {
			if err.Why == "" || err.Fix == "" {
				t.Errorf("%q: %+v has no reason or no fix", description, err)
			}
			return
		}
		if !got.Accepts(got.Sample) {
			t.Errorf("%q does not accept its sample %q", description, got.Sample)
		}
		if got.HasDefault && !got.Accepts(got.Default) {
			t.Errorf("%q does not accept its default %q", description, got.Default)
		}
	})
}

// Samples stand in single quotes in the shell commands of a README.
func TestSamplesNeedNoQuoting(t *testing.T) {
	for _, name := range []string{"customer", "sku", "name", "title", "email", "url", "phone", "city", "street", "country", "note", "text", "other"} {
		f, err := field.Parse(name + ":string")
		if err != nil || strings.ContainsAny(f.Sample+f.Other, "'`") {
			t.Errorf("%s has the samples %q and %q (%v)", name, f.Sample, f.Other, err)
		}
	}
}
