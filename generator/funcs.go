package generator

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"go.yaml.in/yaml/v3"

	"github.com/otelgen/otelgen/generator/golang/protobuf"
	"github.com/otelgen/otelgen/generator/signals"
)

// unrepeatable are the functions of sprig that sprig.HermeticTxtFuncMap leaves in and that are not the same on each
// machine, at each time and in each run.
var unrepeatable = []string{
	// clock and time zone; nothing gives a template a time, so all of them go
	"ago", "duration", "durationRound", "mustDateModify", "must_date_modify", "mustToDate", "toDate", "unixEpoch",
	// randomness
	"bcrypt", "htpasswd", "encryptAES", "decryptAES", "derivePassword", "shuffle", "randInt", "uuidv4", "buildCustomCert",
	"genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey",
	// order of map keys
	"keys", "values",
	// path rules of the machine
	"osBase", "osClean", "osDir", "osExt", "osIsAbs",
}

// functions is every function that a template can call, but the worker's.
var functions = sync.OnceValue(func() template.FuncMap {
	m := sprig.HermeticTxtFuncMap()
	for _, name := range unrepeatable {
		delete(m, name)
	}
	m["yamlScalar"] = yamlScalar
	m["prometheusMetric"], m["prometheusLabel"] = signals.PrometheusMetric, signals.PrometheusLabel
	// Those of text/template that make something are here to be paid for.
	m["print"], m["printf"], m["println"] = fmt.Sprint, fmt.Sprintf, fmt.Sprintln
	m["html"], m["js"], m["urlquery"] = template.HTMLEscaper, template.JSEscaper, template.URLQueryEscaper
	return m
})

// workerFunctions are the names of a worker's functions, which are not there yet when a template is parsed.
var workerFunctions = map[string]any{"pkg": 0, "importpath": 0, "dir": 0, "has": 0, "hasSection": 0, "slot": 0, "include": 0, "protobuf": 0,
	"Order": 0, "Orders": 0, "order": 0, "orders": 0, "entity": 0, "entities": 0, "anEntity": 0, "upperFirst": 0, "lowerFirst": 0, beginTemplate: 0, beginRound: 0, weighed: 0}

// functions are those that depend on the plan and on the file being rendered.
func (w *worker) functions() template.FuncMap {
	return template.FuncMap{
		"pkg":        func(role string) (string, error) { return w.plan.layout.pkg(role) },
		"importpath": func(role string) (string, error) { return w.plan.layout.importPath(role) },
		"dir":        func(role string) (string, error) { return w.plan.layout.dir(role) },
		"has":        func(capability string) bool { return w.plan.selection.provides(capability) },
		"hasSection": func(name string) bool {
			return slices.ContainsFunc(w.plan.context.Sections, func(s Section) bool { return s.Name == name })
		},
		"slot": w.slot,

		// The entity reads in a template as it does in the default service.
		"Order":    func() string { return w.plan.context.Entity.Type },
		"Orders":   func() string { return w.plan.context.Entity.PluralType },
		"order":    func() string { return w.plan.context.Entity.Var },
		"orders":   func() string { return w.plan.context.Entity.PluralVar },
		"entity":   func() string { return w.plan.context.Entity.Words },
		"entities": func() string { return w.plan.context.Entity.PluralWords },
		"anEntity": func() string { return article(w.plan.context.Entity.Words) },

		"upperFirst": func(s string) string { return mapFirst(s, strings.ToUpper) },
		"lowerFirst": func(s string) string { return mapFirst(s, strings.ToLower) },
		"include":    w.include,
		"protobuf":   w.protobuf,

		beginTemplate: func() string { w.budget.spend(templateWork); return "" },
		beginRound:    func() string { w.budget.spend(roundWork); return "" },
		weighed:       func(v reflect.Value) reflect.Value { return w.budget.weigh(v) },
	}
}

// article puts the indefinite article before words, by their spelling.
func article(words string) string {
	if strings.ContainsRune("aeiou", rune(words[0])) && !strings.HasPrefix(words, "u") {
		return "an " + words
	}
	return "a " + words
}

func mapFirst(s string, convert func(string) string) string {
	if s == "" {
		return s
	}
	return convert(s[:1]) + s[1:]
}

// yamlScalar returns text as one value of a YAML document, in quotes where it needs them.
func yamlScalar(text string) (string, error) {
	data, err := yaml.Marshal(text)
	return strings.TrimSpace(string(data)), err
}

// include executes a named template and returns its text.
func (w *worker) include(name string, dot any) (string, error) {
	t := w.current.Lookup(name)
	if t == nil {
		var known []string
		for _, t := range w.current.Templates() {
			known = append(known, t.Name())
		}
		return "", fmt.Errorf("there is no template %q; %s", name, didYouMean(name, known))
	}
	if w.depth++; w.depth > maxDepth {
		return "", errors.New("templates include one another without end")
	}
	defer func() { w.depth-- }()
	var b limitedBuffer
	err := t.Execute(&b, dot)
	w.budget.spend(int64(b.Len()))
	return b.String(), err
}

// protobuf returns the Go code of a file of protocol buffers.
func (w *worker) protobuf(path, source string) (string, error) {
	w.budget.spend(protobufWork)
	text, err := protobuf.Go(path, source)
	w.budget.spend(int64(len(text)))
	return text, err
}
