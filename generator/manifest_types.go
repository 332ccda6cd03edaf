package generator

import (
	"go.yaml.in/yaml/v3"

	entityfield "github.com/otelgen/otelgen/generator/field"
)

// types decodes what every type of field is in a database.
func (d *decoder) types(to *map[string]string) field {
	return func(n *yaml.Node) {
		*to = map[string]string{}
		columns := map[string]field{}
		var required []string
		for _, t := range entityfield.Types {
			name := string(t)
			columns[name] = func(n *yaml.Node) {
				var column string
				d.line1(name, &column)(n)
				(*to)[name] = column
			}
			required = append(required, name)
		}
		d.object(n, "types", columns, required...)
	}
}
