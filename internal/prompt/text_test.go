package prompt

import (
	"slices"
	"strings"
	"testing"

	"github.com/AlecAivazis/survey/v2/terminal"
)

func TestWrap(t *testing.T) {
	for text, want := range map[string][]string{
		"":                       nil,
		"one two three":          {"one two", "three"},
		"a word-that-is-longer":  {"a", "word-tha", "t-is-lon", "ger"},
		"日本語のサービス":               {"日本語の", "サービス"},
		"exactly8 then  a   gap": {"exactly8", "then a", "gap"},
	} {
		if got := Wrap(text, 8); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestFit(t *testing.T) {
	for text, want := range map[string]string{"": "", "as wide": "as wide", "eightcol": "eightcol", "nine cols": "nine ...", "日本語のサ": "日本..."} {
		if got := Fit(text, 8); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestLabelledStaysInWidth(t *testing.T) {
	for _, l := range Labeled("rules out", strings.Repeat("a reason that is long ", 9), 40) {
		if terminal.StringWidth(l) > 40 {
			t.Errorf("%q is wider than 40 columns", l)
		}
	}
}
