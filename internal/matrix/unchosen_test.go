package matrix_test

import (
	"crypto/sha256"
	"slices"
	"strings"
	"sync"

	"github.com/otelgen/otelgen/generator"
)

// unchosen finds what a file says of presets that were not chosen.
type unchosen struct {
	terms map[string][]*generator.Preset // names and titles, in lower case
	seen  sync.Map                       // digest of a file → the terms in it, each with its line
}

// common are names of presets that any service can mention, and why.
var common = map[string]string{
	"none":     "an English word",
	"console":  "a value of OpenTelemetry's OTEL_*_EXPORTER",
	"retry":    "the usual name of Kafka topics in which events wait",
	"otlp":     "the protocol of OpenTelemetry, which many backends speak",
	"memory":   "an English word, and part of the metrics go.memory.*",
	"grpc":     "a protocol of OTLP",
	"net/http": "the standard library's package, which also serves the health checks",
}

func newUnchosen(presets []*generator.Preset) *unchosen {
	u := &unchosen{terms: map[string][]*generator.Preset{}}
	for _, p := range presets {
		for _, term := range []string{strings.ToLower(p.Name), strings.ToLower(p.Title)} {
			if _, ok := common[term]; !ok {
				u.terms[term] = append(u.terms[term], p)
			}
		}
	}
	return u
}

// mentions says where a file mentions a preset that is not among the chosen, and is no library of one of them.
func (u *unchosen) mentions(f generator.File, chosen []*generator.Preset) (faults []string) {
	if f.Path == "go.mod" || f.Path == "go.sum" { // they name the dependencies of dependencies; go mod tidy judges them
		return nil
	}
	for term, line := range u.in(f) {
		known := slices.ContainsFunc(u.terms[term], func(p *generator.Preset) bool { return slices.Contains(chosen, p) })
		if !known && !library(term, chosen) {
			faults = append(faults, "mentions "+u.terms[term][0].ID()+", which was not chosen: "+line)
		}
	}
	return faults
}

// in returns the terms that stand in a file, each with its line. Most files are in many services, and are searched once.
func (u *unchosen) in(f generator.File) map[string]string {
	key := sha256.Sum256(append([]byte(f.Path+"\n"), f.Content...))
	if found, ok := u.seen.Load(key); ok {
		return found.(map[string]string)
	}
	text := strings.ToLower(f.Path + "\n" + string(f.Content))
	found := map[string]string{}
	for term := range u.terms {
		if at := word(text, term); at >= 0 {
			from, to := strings.LastIndexByte(text[:at], '\n')+1, strings.IndexByte(text[at:]+"\n", '\n')
			found[term] = text[from : at+to]
		}
	}
	u.seen.Store(key, found)
	return found
}

// word returns the place where the term stands for itself, not within a word, or -1.
func word(text, term string) int {
	for from := 0; ; from++ {
		at := strings.Index(text[from:], term)
		if at < 0 {
			return -1
		}
		if from += at; !letter(text, from-1) && !letter(text, from+len(term)) {
			return from
		}
	}
}

func letter(text string, i int) bool {
	return i >= 0 && i < len(text) && (text[i] == '_' || text[i] >= '0' && text[i] <= '9' || text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z')
}

// library reports whether the term is also the name of a library that a chosen preset is built on.
func library(term string, chosen []*generator.Preset) bool {
	for _, p := range chosen {
		for module := range p.Modules {
			if slices.Contains(strings.Split(module, "/"), term) {
				return true
			}
		}
	}
	return false
}
