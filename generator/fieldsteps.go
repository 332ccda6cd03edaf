package generator

import (
	"fmt"
	"path"
	"slices"
	"strings"

	entityfield "github.com/otelgen/otelgen/generator/field"
	"github.com/otelgen/otelgen/generator/golang"
)

// fieldEnding ends the name of a template for a step that adds a field to a table, as in {step5}_orders_{field}.sql. The step that
// created the table is named after the table alone: 00001_orders.sql.
const fieldEnding = "_{field}.sql"

// tableOf returns the table that a planned step adds a field to.
func tableOf(file string) string {
	_, name := stepOf(file)
	return strings.TrimSuffix(name, fieldEnding)
}

// addFields plans a step for each field that a table of the history lacks. A table that is new has all fields from the beginning.
func (p *Plan) addFields() error {
	p.added = map[string]string{}
	for _, step := range p.fieldSteps {
		schema := p.schemaOf(File{Owner: step.Owner, Template: step.Template})
		known, exists := p.History.fieldsOf(schema, tableOf(step.Path))
		if !exists {
			continue
		}
		if err := checkKept(known, p.context.Entity.Fields); err != nil {
			return err
		}
		for i, f := range p.context.Entity.Fields {
			if slices.ContainsFunc(known, func(k entityfield.Field) bool { return k.Name == f.Name }) {
				continue
			}
			if !f.Optional && !f.HasDefault {
				return badAddition(f, "rows that exist have no value for it", "make it "+p.selection.answers.Fields[i]+":optional, or give it a default")
			}
			one := step
			one.Path = strings.TrimSuffix(step.Path, fieldEnding) + "_" + f.Name + ".sql"
			one.field = &p.context.Entity.Fields[i]
			p.Files = append(p.Files, one)
			p.added[one.Path] = p.selection.answers.Fields[i]
		}
	}
	return nil
}

// fieldsOf returns the fields that a table has after all steps of the history, and whether there is a step that created it.
func (h History) fieldsOf(schema, table string) (fields []entityfield.Field, exists bool) {
	for _, step := range h.Steps {
		_, name := Version(step.Path)
		created := name == table+".sql"
		if step.schema() != schema || !created && (len(step.Fields) != 1 || !strings.HasPrefix(name, table+"_")) {
			continue
		}
		descriptions := step.Fields
		if created && len(descriptions) == 0 {
			descriptions = DefaultFields(DefaultEntity)
		}
		exists = exists || created
		for _, description := range descriptions {
			if f, err := entityfield.Parse(description); err == nil {
				fields = append(fields, f)
			}
		}
	}
	return fields, exists
}

// checkKept refuses fields that no longer fit the columns of a table: otelgen adds columns, and changes none.
func checkKept(known []entityfield.Field, fields []golang.Field) error {
	for _, k := range known {
		i := slices.IndexFunc(fields, func(f golang.Field) bool { return f.Name == k.Name })
		switch {
		case i < 0:
			return badAddition(golang.Field{Field: k}, "the answers no longer have it, and its column may hold data",
				"restore it in .otelgen.yaml, or drop the column with your own migration and eject")
		case fields[i].Type != k.Type || fields[i].Optional != k.Optional:
			return badAddition(fields[i], "its column was created as "+describeColumn(k), "restore its description in .otelgen.yaml, or add another field")
		}
	}
	return nil
}

func describeColumn(f entityfield.Field) string {
	if f.Optional {
		return "an optional " + string(f.Type)
	}
	return "a required " + string(f.Type)
}

func badAddition(f golang.Field, why, fix string) error {
	return &Error{Kind: KindAnswers, Code: "bad-field", What: fmt.Sprintf("the field %s does not fit the schema of the project", f.Name), Why: why, Fix: fix}
}

// fieldsOfStep returns the descriptions of the fields that a new step gives to its table.
func (p *Plan) fieldsOfStep(step File, schema string) []string {
	if description, ok := p.added[step.Path]; ok {
		return []string{description}
	}
	_, name := stepOf(step.Path)
	creates := func(f PlannedFile) bool {
		return path.Dir(f.Path) == path.Dir(step.Path) && tableOf(f.Path)+".sql" == name && p.schemaOf(File{Owner: f.Owner, Template: f.Template}) == schema
	}
	if slices.ContainsFunc(p.fieldSteps, creates) {
		return p.selection.answers.Fields
	}
	return nil
}
