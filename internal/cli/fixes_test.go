package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/kballard/go-shellquote"

	"github.com/otelgen/otelgen/generator"
)

// suggested are the commands and the flags of a remedy, with their arguments.
var suggested = regexp.MustCompile(`otelgen(?: (?:--)?[a-z][a-zA-Z/=.0-9-]*)+|--[a-z-]+(?: [a-z][a-zA-Z/=.0-9-]*)?`)

// Every command and flag in a fix exists.
func TestFixesCanBeTyped(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Chdir(t.TempDir())
	if code, output := typed("new", "shop", "--no-input"); code != 0 {
		t.Fatal(output)
	}
	if code, output := typed("new", "outboxed", "--no-input", "--pattern", "outbox"); code != 0 {
		t.Fatal(output)
	}
	for dir, commands := range map[string][]string{
		".": {
			"new", "new Bad", "new func", "new x --module /x", "new x --entity func", "new x --entity sheep " +
				"--entity-plural sheep", "new x --database nope", "new x --databse memory",
			"new x --pattern cqrs,layered", "new x --framework chi,gin", "new x --framework none --broker none", "new x --pattern outbox --broker none",
			"new x --pattern event-sourcing --database memory", "new x --option nats.max-attempts=0", "new x --option " +
				"nats.max-attempts", "new x --option nats.nope=1", "new x --output shop",
			"check", "undo", "update", "diff nowhere", "show nope", "show memory/nope", "list nope", "explain nope", "completion", "verify shop --timeout 0s", "frobnicate", "chekc",
		},
		"shop": {
			"add pattern/nope", "add database/postgres", "add broker=kafka", "add nats", "add none", "remove kafka", "remove database/sqlite", "remove pattern/hexagonal", "set database/postgres", "set",
			"set database", "set database=nope", "set nope=x", "set broker=none framework=none", "set pattern=cqrs,layered", "set framework=chi,gin", "set pattern=outbox database=memory",
			"set --option nats.max-attempts=0", "set --module /x", "update --conflict theirs", "check --allow everything", "undo", "remove framework/chi", "diff --set database=mongodb --add outbox",
			"check . --project .", "update --dry-rum",
		},
		"outboxed": {"set broker=none", "set database=memory", "remove broker/nats", "set framework=none"},
	} {
		for _, command := range commands {
			t.Run(dir+"/"+command, func(t *testing.T) { tryFixes(t, dir, strings.Fields(command)) })
		}
	}
}

func tryFixes(t *testing.T, dir string, command []string) {
	t.Chdir(dir)
	code, output := typed(append(command, "--format=json")...)
	if code == 0 {
		t.Fatalf("it is not refused")
	}
	var e generator.Error
	if err := json.Unmarshal([]byte(output), &e); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	for _, suggestion := range suggested.FindAllString(e.Fix, -1) {
		words, err := shellquote.Split(suggestion)
		if err != nil {
			t.Fatal(err)
		}
		if words[0] != "otelgen" {
			words = append(append([]string{"otelgen"}, command...), words...)
		}
		if !understood(words[1:]) {
			t.Errorf("%q suggests %q, which otelgen does not understand", e.Fix, suggestion)
		}
	}
}

// understood reports whether a command has the flags and as many arguments as are given.
func understood(words []string) bool {
	root, err := processApp().root()
	if err != nil {
		return false
	}
	cmd, rest, err := root.Find(without(words, []string{"--help"}))
	if err != nil {
		return false
	}
	if rest = without(rest, []string{"--help"}); len(rest) == 0 { // which each command has
		return true
	}
	if i := len(rest) - 1; i >= 0 && strings.HasPrefix(rest[i], "--") { // it is named without a value
		return cmd.Flag(strings.TrimLeft(rest[i], "-")) != nil
	}
	return cmd.ParseFlags(rest) == nil
}

// typed runs a command in this process, and returns its exit code and what it wrote to standard error.
func typed(args ...string) (int, string) {
	var out, output bytes.Buffer
	a := processApp()
	a.stdout, a.stderr = &out, &output
	null, _ := os.Open(os.DevNull)
	defer null.Close()
	a.stdin = null
	return a.main(args), output.String()
}
