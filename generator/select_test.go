package generator

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestSelectFillsInDefaults(t *testing.T) {
	s, err := newCatalog(t, "").Select(Answers{Name: "shop", Presets: map[string][]string{"pattern": {"retry", "bulkhead"}}, Options: map[string]string{"nats.max-attempts": "7"}})
	if err != nil {
		t.Fatal(err)
	}
	want := Answers{
		Name: "shop", Module: "example.com/shop", Entity: "order", EntityPlural: "orders",
		Fields:  []string{"customer:string", "sku:string", "quantity:int:1..1000"},
		Presets: map[string][]string{"framework": {"chi"}, "broker": {"nats"}, "database": {"memory"}, "pattern": {"retry", "bulkhead", "hexagonal"}},
		Options: map[string]string{"broker/nats.max-attempts": "7", "broker/nats.mode": "push", "broker/nats.trace": "true", "broker/nats.subject": "events"},
	}
	if got := s.Answers(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	var ids []string
	for _, p := range s.Presets() {
		ids = append(ids, p.ID())
	}
	if got := strings.Join(ids, " "); got != "framework/chi broker/nats database/memory pattern/hexagonal pattern/bulkhead pattern/retry" {
		t.Errorf("presets are %s", got)
	}
	again, err := newCatalog(t, "").Select(s.Answers())
	if err != nil || !reflect.DeepEqual(again.Answers(), want) {
		t.Errorf("the answers do not select themselves: %+v, %v", again, err)
	}
}

func TestSelectRefuses(t *testing.T) {
	on := func(axis string, names ...string) Answers {
		return Answers{Name: "shop", Presets: map[string][]string{axis: names}}
	}
	option := func(key, value string) Answers {
		return Answers{Name: "shop", Options: map[string]string{key: value}}
	}
	for name, c := range map[string]struct {
		a    Answers
		want []string
	}{
		"unknown axis":      {on("brokers", "nats"), []string{`"brokers" is not an axis`, `did you mean "broker"?`}},
		"unknown preset":    {on("broker", "kafak"), []string{`broker "kafak" is not a preset`, "known presets of broker: nats, none"}},
		"empty preset":      {on("broker", ""), []string{`broker "" is not a preset`}},
		"two of one":        {on("broker", "nats", "none"), []string{"broker cannot be nats and none at once", "--broker nats"}},
		"two styles":        {on("pattern", "hexagonal", "layered"), []string{"pattern (style) cannot be hexagonal and layered at once"}},
		"requirement":       {Answers{Name: "shop", Presets: map[string][]string{"framework": {"none"}, "broker": {"none"}}}, []string{"framework none needs events.external", "why: a worker is reached only by events that come from outside", "fix: add one of: --broker nats"}},
		"conflict":          {Answers{Name: "shop", Presets: map[string][]string{"database": {"postgres"}, "broker": {"none"}}}, []string{"database postgres and broker none do not go together", "why: an outbox needs a broker", "use another broker: nats"}},
		"unknown option":    {option("nats.max-attempt", "1"), []string{`"nats.max-attempt" is not an option`, `did you mean "max-attempts"?`}},
		"option of no one":  {option("kafka.x", "1"), []string{`no preset "kafka" is chosen`}},
		"option, no preset": {option("x", "1"), []string{"is not an option"}},
		"option twice":      {Answers{Name: "shop", Options: map[string]string{"nats.mode": "pull", "broker/nats.mode": "push"}}, []string{"are the same"}},
		"not an int":        {option("nats.max-attempts", "many"), []string{"must be a whole number", "--option nats.max-attempts=5"}},
		"too small":         {option("nats.max-attempts", "0"), []string{"at least 1"}},
		"too large":         {option("nats.max-attempts", "21"), []string{"at most 20"}},
		"not a bool":        {option("nats.trace", "yes"), []string{"true or false"}},
		"not of the enum":   {option("nats.mode", "poll"), []string{"one of: push, pull"}},
		"two lines":         {option("nats.subject", "a\nb"), []string{"one line"}},
		"pinned module":     {Answers{Name: "shop", Module: "go.opentelemetry.io"}, []string{"cannot be the module path", "go.opentelemetry.io/otel"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newCatalog(t, "").Select(c.a)
			wantError(t, err, KindAnswers, c.want...)
		})
	}
}

func TestSelectOptionOfTwoPresetsOfOneName(t *testing.T) {
	c := newCatalog(t, `
-- presets/framework/nats/preset.yaml --
title: a
summary: b
options:
  mode: {type: string, default: x, summary: x}
`)
	a := Answers{Name: "shop", Presets: map[string][]string{"framework": {"nats"}}, Options: map[string]string{"nats.mode": "pull"}}
	_, err := c.Select(a)
	wantError(t, err, KindAnswers, "both framework/nats and broker/nats are chosen", "framework/nats.mode")
	a.Options = map[string]string{"broker/nats.mode": "pull"}
	if _, err := c.Select(a); err != nil {
		t.Error(err)
	}
}

// The requirements of an option apply if the option is on.
func TestOptionThatRequires(t *testing.T) {
	c := newCatalog(t, `
-- presets/framework/chi/preset.yaml --
title: chi
summary: HTTP.
default: true
provides: [inbound.http]
options:
  relay: {type: bool, default: "false", summary: x, requires: [{capability: events.external, reason: There must be somewhere to go.}]}
`)
	choose := func(broker, relay string) error {
		_, err := c.Select(Answers{Name: "shop", Presets: map[string][]string{"broker": {broker}}, Options: map[string]string{"chi.relay": relay}})
		return err
	}
	wantError(t, choose("none", "true"), KindAnswers, "the option chi.relay needs events.external", "There must be somewhere to go.", "leave out --option chi.relay, or add one of: --broker nats")
	if err := errors.Join(choose("nats", "true"), choose("none", "false")); err != nil {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{
		"shop": true, "shop-2": true, "a": true, strings.Repeat("a", 63): true, "go2": true,
		"": false, "Shop": false, "my shop": false, "../x": false, "-x": false, "x-": false, "2x": false, "x_y": false, "x.y": false, "x/y": false,
		strings.Repeat("a", 64): false, strings.Repeat("a", 300): false, "func": false, "go": false, "internal": false, "vendor": false, "testdata": false, "lädchen": false, "con": false, "nul": false, "shop\n": false, "\x00": false,
	} {
		err := CheckName(name)
		if ok && err != nil {
			t.Error(err)
		} else if !ok {
			wantError(t, err, KindAnswers, "fix:")
		}
	}
	wantError(t, CheckName("My Shop"), KindAnswers, "did you mean my-shop?")
	wantError(t, CheckName("läden"), KindAnswers, "as in: otelgen new shop") // and not: did you mean l-den?
}

func TestModulePaths(t *testing.T) {
	for path, ok := range map[string]bool{
		"example.com/shop": true, "shop": true, "example.com/shop/v2": true, "gopkg.in/shop.v1": true, "example.com/Shop": true, "example.com/internal/shop": true,
		"": false, "/shop": false, "shop/": false, "a//b": false, "./shop": false, "../shop": false, ".": false, "example.com/a b": false, "example.com/shöp": false, "https://example.com/shop": false,
		"example.com/shop/v1": false, "gopkg.in/shop": false, "example.com/con": false, "example.com/x.": false, "-x": false, "example.com/vendor/x": false, "vendor": false, "go": false, "toolchain": false,
		"cmd": false, "std": false, "cmd/shop": false, "std/shop": false, "example.com/cmd": true,
		"example.com/" + strings.Repeat("a", 300): false, "a\\b": false, "a\nb": false,
	} {
		if path == "" {
			continue // the default
		}
		err := CheckModule(path)
		if ok && err != nil {
			t.Error(err)
		} else if !ok {
			wantError(t, err, KindAnswers, "fix:")
		}
	}
}

func TestEntities(t *testing.T) {
	reserved := map[string]bool{"config": true, "Store": true}
	for name, want := range map[string]Entity{
		"order":     {Name: "order", Type: "Order", Var: "order", Snake: "order", Words: "order", Plural: "orders", PluralType: "Orders", PluralVar: "orders", PluralSnake: "orders", PluralWords: "orders", Receiver: "o"},
		"line-item": {Name: "line-item", Type: "LineItem", Var: "lineItem", Snake: "line_item", Words: "line item", Plural: "line-items", PluralType: "LineItems", PluralVar: "lineItems", PluralSnake: "line_items", PluralWords: "line items", Receiver: "l"},
	} {
		got, err := newEntity(name, "", reserved)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v", got, err)
		}
	}
	for name, plural := range map[string]string{"category": "categories", "box": "boxes", "person": "people", "status": "statuses", "datum": "data", "line_item": "line-items", "sales-person": "sales-people", "virus": "viruses", "waltz": "waltzes",
		"fez": "fezzes", "quiz": "quizzes", "topaz": "topazes", "buzz": "buzzes", "mother-in-law": "mothers-in-law", "point-of-sale": "points-of-sale",
		"bias": "biases", "epoch": "epochs", "german": "germans", "log-in": "log-ins"} {
		if got, err := newEntity(name, "", reserved); err != nil || got.Plural != plural {
			t.Errorf("plural of %s is %q, %v", name, got.Plural, err)
		}
	}
	for _, c := range [][2]string{{"Order", ""}, {"2x", ""}, {"-x", ""}, {"x-", ""}, {"x--y", ""}, {"a b", ""}, {"../x", ""}, {"ordér", ""}, {strings.Repeat("a", 41), ""}, {"a-1", ""},
		{"type", ""}, {"string", ""}, {"len", ""}, {"fish", ""}, {"orders", ""}, {"config", ""}, {"store", ""}, {"order", "order"}, {"order", "Orders"}, {"order", "range"}, {"order", "any"}} {
		_, err := newEntity(c[0], c[1], reserved)
		wantError(t, err, KindAnswers, "fix:")
	}
	_, err := newEntity("fish", "", nil)
	wantError(t, err, KindAnswers, "--entity-plural")
	if e, err := newEntity("fish", "school_of-fish", nil); err != nil || e.PluralVar != "schoolOfFish" {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestChoices(t *testing.T) {
	c := newCatalog(t, "")
	for name, tt := range map[string]struct {
		axis  string
		sofar map[string][]string
		want  string
	}{
		"nothing decided":         {"framework", nil, "chi none"},
		"requirement still met":   {"framework", map[string][]string{"database": {"memory"}}, "chi none"},
		"requirement not met":     {"framework", map[string][]string{"broker": {"none"}}, "chi -none: a worker is reached only by events that come from outside (framework none)"},
		"the other way round":     {"broker", map[string][]string{"framework": {"none"}}, "nats -none: a worker is reached only by events that come from outside (framework none)"},
		"conflict":                {"broker", map[string][]string{"database": {"postgres"}}, "nats -none: an outbox needs a broker"},
		"own axis is asked again": {"broker", map[string][]string{"broker": {"none"}, "framework": {"chi"}}, "nats none"},
	} {
		choices, err := c.Choices(tt.axis, Answers{Presets: tt.sofar})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, choice := range choices {
			if choice.Fits {
				got = append(got, choice.Preset.Name)
			} else {
				got = append(got, "-"+choice.Preset.Name+": "+choice.Why)
			}
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: got %s", name, s)
		}
	}
	_, err := c.Choices("x", Answers{})
	wantError(t, err, KindAnswers, "not an axis")
	_, err = c.Choices("broker", Answers{Presets: map[string][]string{"database": {"x"}}})
	wantError(t, err, KindAnswers, "not a preset")
}

// A choice in one group of an axis counts for the other groups, and in a group of many for its other presets.
func TestChoicesBesideOthersOfTheAxis(t *testing.T) {
	c := newCatalog(t, `
-- presets/pattern/cache/preset.yaml --
title: Cache
summary: Keeps answers.
group: tactic
provides: [cached]
-- presets/pattern/fresh/preset.yaml --
title: Fresh
summary: Keeps nothing.
group: tactic
conflicts: [{capability: cached, reason: what is fresh is not from a cache}]
-- presets/pattern/plain/preset.yaml --
title: Plain
summary: Nothing else.
group: style
conflicts: [{capability: cached, reason: plain code has no cache}]
layout: {domain: a, ports: b, usecase: c, inbound: d, store: e, messaging: f, resilience: g}
`)
	for chosen, want := range map[string]string{"fresh": "cache", "cache": "fresh plain", "plain": "cache", "retry": ""} {
		choices, err := c.Choices("pattern", Answers{Presets: map[string][]string{"pattern": {chosen}}})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, choice := range choices {
			if !choice.Fits {
				out = append(out, choice.Preset.Name)
			}
		}
		slices.Sort(out)
		if got := strings.Join(out, " "); got != want {
			t.Errorf("%s rules out %q beside it, want %q", chosen, got, want)
		}
	}
}

func TestRulesOut(t *testing.T) {
	c := newCatalog(t, "")
	for name, tt := range map[string]struct {
		axis, preset string
		sofar        map[string][]string
		want         string
	}{
		"a requirement":        {"framework", "none", nil, "broker none: a worker is reached only by events that come from outside (framework none)"},
		"a conflict":           {"database", "postgres", map[string][]string{"pattern": {"layered"}}, "broker none: an outbox needs a broker"},
		"both ways":            {"broker", "none", nil, "framework none: a worker is reached only by events that come from outside (framework none), database postgres: an outbox needs a broker"},
		"not what is answered": {"broker", "none", map[string][]string{"framework": {"chi"}, "database": {"memory"}}, ""},
		"not what is out":      {"database", "postgres", map[string][]string{"framework": {"none"}}, ""},
		"nothing":              {"framework", "chi", nil, ""},
	} {
		p, err := c.Preset(tt.axis, tt.preset)
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.RulesOut(p, Answers{Presets: tt.sofar})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, choice := range out {
			got = append(got, choice.Preset.Axis+" "+choice.Preset.Name+": "+choice.Why)
		}
		if s := strings.Join(got, ", "); s != tt.want {
			t.Errorf("%s: got %s", name, s)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"nats", "none", "kafka", "framework"}
	for word, want := range map[string]string{"nast": "nats", "kafak": "kafka", "Kafka": "kafka", "frame": "", "zzzz": "", "x": "", "": "", strings.Repeat("n", 1000): ""} {
		if got := Nearest(word, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}

func TestErrorText(t *testing.T) {
	err := &Error{What: "a", Why: "b", Fix: "c", Where: "f:1"}
	if got := err.Error(); got != "f:1: a\n  why: b\n  fix: c" {
		t.Errorf("%q", got)
	}
	for kind, code := range map[Kind]int{KindBug: 1, KindAnswers: 2, KindPreset: 3, KindTarget: 4, KindDrift: 5, KindInterrupted: 130} {
		if kind.ExitCode() != code {
			t.Errorf("exit code of %d is %d", kind, kind.ExitCode())
		}
	}
}
