package generator

import (
	"fmt"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/gertd/go-pluralize"
	"golang.org/x/mod/module"

	"github.com/otelgen/otelgen/generator/golang"
)

const (
	maxName   = 63
	maxEntity = 40 // tables, subjects and file names are made of it
	maxModule = 200
)

// isSlug reports whether s is lower-case letters, digits and hyphens, a letter first and no hyphen last.
func isSlug(s string) bool {
	for i, r := range []byte(s) {
		switch {
		case r >= 'a' && r <= 'z':
		case i > 0 && (r >= '0' && r <= '9' || r == '-' && i < len(s)-1):
		default:
			return false
		}
	}
	return s != ""
}

// CheckName returns an *Error if name cannot be that of a service.
func CheckName(name string) error {
	bad := func(why, fix string) error {
		return &Error{Kind: KindAnswers, Code: "bad-name", What: fmt.Sprintf("%s cannot be the name of a service", show(name)), Why: why, Fix: fix}
	}
	const rule = "use lower-case letters, digits and hyphens, at most 63; begin with a letter, do not end with a hyphen"
	switch {
	case name == "":
		return bad("it is empty; "+rule, "name it, as in: otelgen new shop")
	case !isSlug(name), len(name) > maxName:
		fix := "use such a name, as in: otelgen new shop"
		if s := slugOf(name); s != "" {
			fix = "did you mean " + s + "?"
		}
		return bad(rule, fix)
	case token.IsKeyword(name):
		return bad("it is a keyword of Go", "use another name, such as "+name+"-service")
	case name == "internal" || name == "vendor" || name == "testdata":
		return bad("the Go tool treats a folder of this name specially", "use another name, such as "+name+"-service")
	case module.CheckFilePath(name) != nil:
		return bad("Windows allows no folder of this name", "use another name, such as "+name+"-service")
	}
	return nil
}

// slugOf makes a name of s, or returns "" if too much of s would be lost.
func slugOf(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		return ""
	}
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	slug := strings.Join(words, "-")
	if !isSlug(slug) || len(slug) > maxName || 2*len(slug) < len(s) || token.IsKeyword(slug) {
		return ""
	}
	return slug
}

// CheckModule returns an *Error if the Go tool would refuse the module path.
func CheckModule(modulePath string) error {
	err := module.CheckImportPath(modulePath)
	if err == nil {
		if _, _, ok := module.SplitPathVersion(modulePath); !ok {
			err = fmt.Errorf("it ends in a major version that no module can have")
		}
	}
	switch {
	case err != nil:
	case len(modulePath) > maxModule:
		err = fmt.Errorf("it is longer than %d characters", maxModule)
	case slices.Contains([]string{"go", "toolchain", "cmd", "std"}, firstElement(modulePath)):
		err = fmt.Errorf("the Go tool keeps this name for itself")
	case slices.Contains(strings.Split(modulePath, "/"), "vendor"):
		err = fmt.Errorf("packages below a folder named vendor cannot be imported")
	}
	if err != nil {
		return &Error{Kind: KindAnswers, Code: "bad-module", What: fmt.Sprintf("%s cannot be a module path", show(modulePath)),
			Why: strings.TrimPrefix(err.Error(), fmt.Sprintf("malformed import path %q: ", modulePath)), Fix: "use a path such as --module example.com/shop"}
	}
	return nil
}

func firstElement(p string) string {
	first, _, _ := strings.Cut(p, "/")
	return first
}

// show quotes what a user typed, cut to a bearable length.
func show(s string) string {
	if len(s) > 2*maxName {
		s = strings.ToValidUTF8(s[:2*maxName], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}

// Entity is what the service is about, in every form that templates use.
type Entity struct {
	Name, Type, Var, Snake, Words                           string // line-item LineItem lineItem line_item "line item"
	Plural, PluralType, PluralVar, PluralSnake, PluralWords string
	Receiver                                                string // "l"
	Fields                                                  []golang.Field
}

// newEntity checks the words and derives the forms. Identifiers in reserved are refused.
func newEntity(name, plural string, reserved map[string]bool) (Entity, error) {
	if err := checkEntity("entity", name); err != nil {
		return Entity{}, err
	}
	words := entityWords(name)
	var pluralWords []string
	if plural == "" {
		pluralWords = slices.Clone(words)
		head := headOf(words)
		pluralWords[head] = pluralOf(words[head])
	} else {
		if err := checkEntity("entity-plural", plural); err != nil {
			return Entity{}, err
		}
		pluralWords = entityWords(plural)
	}
	e := Entity{Receiver: name[:1]}
	e.Name, e.Type, e.Var, e.Snake, e.Words = forms(words)
	e.Plural, e.PluralType, e.PluralVar, e.PluralSnake, e.PluralWords = forms(pluralWords)
	if e.Var == e.PluralVar || e.Type == e.PluralType {
		return Entity{}, &Error{Kind: KindAnswers, Code: "bad-entity", What: fmt.Sprintf("the plural of %q is the same word", name),
			Why: "one and many need different names in the code", Fix: "give the plural: --entity " + name + " --entity-plural " + name + "-list, or give the entity in the singular"}
	}
	for _, id := range []string{e.Var, e.PluralVar, e.Type, e.PluralType, e.Snake, e.PluralSnake} {
		var why string
		switch {
		case token.IsKeyword(id):
			why = "it is a keyword of Go"
		case types.Universe.Lookup(id) != nil:
			why = "it is a predeclared identifier of Go"
		case reserved[id]:
			why = "generated code uses this identifier itself"
		default:
			continue
		}
		fix := "use another word, such as --entity " + name + "-record"
		if plural != "" && (id == e.PluralVar || id == e.PluralType || id == e.PluralSnake) {
			fix = "use another word for --entity-plural"
		}
		return Entity{}, &Error{Kind: KindAnswers, Code: "bad-entity", What: fmt.Sprintf("the entity %q would need the identifier %s", name, id), Why: why, Fix: fix}
	}
	return e, nil
}

func checkEntity(flag, name string) error {
	ok := name != "" && len(name) <= maxEntity
	if ok {
		for _, w := range strings.FieldsFunc(name, isWordBreak) {
			ok = ok && isSlug(w)
		}
		ok = ok && !isWordBreak(rune(name[0])) && !isWordBreak(rune(name[len(name)-1])) && len(entityWords(name)) == strings.Count(name, "-")+strings.Count(name, "_")+1
	}
	if ok {
		return nil
	}
	return &Error{Kind: KindAnswers, Code: "bad-entity", What: fmt.Sprintf("%s cannot be the %s", show(name), flag),
		Why: fmt.Sprintf("use lower-case words joined by hyphens or underscores, each beginning with a letter, at most %d characters", maxEntity), Fix: "use such words, as in --entity line-item"}
}

func isWordBreak(r rune) bool { return r == '-' || r == '_' }

func entityWords(name string) []string { return strings.FieldsFunc(name, isWordBreak) }

func forms(words []string) (kebab, typ, variable, snake, spaced string) {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(strings.ToUpper(w[:1]) + w[1:])
	}
	typ = b.String()
	return strings.Join(words, "-"), typ, words[0] + typ[len(words[0]):], strings.Join(words, "_"), strings.Join(words, " ")
}

// pluralizer takes a millisecond to build, so the default entity does without.
var pluralizer = sync.OnceValue(pluralize.NewClient)

// prepositions follow the noun that they explain: it is the mothers in mothers-in-law that are many.
var prepositions = []string{"at", "by", "for", "from", "in", "of", "on", "to", "with"}

// headOf returns the index of the word that takes the plural: the one before the first preposition, else the last.
func headOf(words []string) int {
	for i, w := range words[1:] {
		if i+2 < len(words) && slices.Contains(prepositions, w) {
			return i
		}
	}
	return len(words) - 1
}

// irregularPlurals are those that the library gets wrong.
var irregularPlurals = map[string]string{
	"virus": "viruses", "lens": "lenses", "german": "germans", "schema": "schemas", "larva": "larvae", "bias": "biases",
	"pancreas": "pancreases", "monarch": "monarchs", "epoch": "epochs", "veto": "vetoes", "topaz": "topazes",
}

// shortZ are words of one syllable that double their z: fez, fezzes.
var shortZ = regexp.MustCompile(`^[^aeiou]*[aeiou]z$`)

// pluralOf returns the plural of an English noun. Source: the rules of the library, and those for -z that it lacks.
func pluralOf(word string) string {
	switch plural := irregularPlurals[word]; {
	case word == DefaultEntity:
		return DefaultEntity + "s"
	case plural != "":
		return plural
	case shortZ.MatchString(word):
		return word + "zes"
	case strings.HasSuffix(word, "z") && word != "quiz" && !strings.HasSuffix(word, "zz"):
		return word + "es"
	}
	return pluralizer().Plural(word)
}

// maxPrefix bounds the beginning of the names of tables, so that whole names are short enough for every database.
const maxPrefix = 40

// nameSnake returns the name of a service as the beginning of the names of tables.
func nameSnake(name string) string {
	name = strings.ReplaceAll(name, "-", "_")
	if strings.HasPrefix(name, "sqlite") {
		name = "service_" + name // SQLite reserves names that begin with sqlite_
	}
	return strings.TrimRight(name[:min(maxPrefix, len(name))], "_")
}
