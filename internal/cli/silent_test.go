package cli

import (
	"os"
	"strings"
	"testing"
)

// otelgen reports why it does not ask.
func TestNewSaysWhyItAsksNothing(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		args newRun
		want string
	}{
		"flag":     {nil, newRun{noInput: true}, "--no-input"},
		"answers":  {nil, newRun{answersFile: "x"}, "--answers"},
		"CI":       {map[string]string{"CI": "true"}, newRun{}, "CI is set"},
		"terminal": {map[string]string{"TERM": "dumb"}, newRun{}, "TERM is dumb"},
		"pipe":     {map[string]string{"CI": "false"}, newRun{}, "not a terminal"},
	} {
		t.Run(name, func(t *testing.T) {
			null, err := os.Open(os.DevNull)
			if err != nil {
				t.Fatal(err)
			}
			defer null.Close()
			run := test.args
			run.app = &app{stdin: null, stderr: null, getenv: func(name string) string { return test.env[name] }}
			if got := run.silent(); !strings.Contains(got, test.want) {
				t.Errorf("silent() = %q, want it to say %q", got, test.want)
			}
		})
	}
}
