package goldens_test

import (
	"strings"
	"testing"

	"github.com/otelgen/otelgen/internal/goldens"
)

func TestDifferences(t *testing.T) {
	const golden = "otelgen new shop\n-- a --\none\n-- b --\ntwo\n"
	for name, test := range map[string]struct{ now, want string }{
		"a line":  {"otelgen new shop\n-- a --\nthree\n-- b --\ntwo\n", "+three"},
		"gone":    {"otelgen new shop\n-- a --\none\n", "b is no longer written"},
		"new":     {golden + "-- c --\nfour\n", "c is new, 5 bytes"},
		"order":   {"otelgen new shop\n-- b --\ntwo\n-- a --\none\n", "only the order of the files differs"},
		"command": {strings.Replace(golden, "shop", "store", 1), "+otelgen new store"},
	} {
		if got := goldens.Differences([]byte(golden), []byte(test.now)); !strings.Contains(got, test.want) {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}
