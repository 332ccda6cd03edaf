package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestChangeKeepsModulesTidy changes a project whose user code imports other modules: one unknown to otelgen, one
// that a preset adds, and one that a preset removes.
func TestChangeKeepsModulesTidy(t *testing.T) {
	t.Parallel()
	generator, err := otelgen()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "mine")
	run := func(name string, arguments ...string) string {
		t.Helper()
		cmd := exec.Command(name, arguments...)
		cmd.Dir = filepath.Dir(dir)
		if name == "go" || arguments[0] != "new" {
			cmd.Dir = dir
		}
		said, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, said)
		}
		return string(said)
	}
	run(
		generator,
		"new",
		"mine",
		"--no-input",
		"--framework",
		"nethttp",
		"--broker",
		"none",
		"--database",
		"sqlite",
		"--backend",
		"otlp",
	)
	write := func(imports ...string) {
		t.Helper()
		code := "// Package extra is the user's.\npackage extra\n\nimport (\n\t_ \"" + strings.Join(
			imports,
			"\"\n\t_ \"",
		) + "\"\n)\n"
		if err := os.MkdirAll(filepath.Join(dir, "extra"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "extra", "extra.go"), []byte(code), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	requires := func(module string, want bool) {
		t.Helper()
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(mod), module+" "); got != want {
			t.Errorf("go.mod requires %s: %t, want %t\n%s", module, got, want, mod)
		}
	}
	sound := func() {
		t.Helper()
		run("go", "mod", "tidy", "-diff")
		run("go", "vet", "./...")
	}

	write("github.com/go-chi/chi/v5", "modernc.org/sqlite")
	run("go", "mod", "tidy")
	run(generator, "set", "database=memory") // takes a module away that the user's code needs still
	sound()
	requires("modernc.org/sqlite", true)
	run(generator, "set", "framework=chi", "broker=nats")
	sound()
	write("github.com/go-chi/chi/v5")
	run(generator, "set", "framework=nethttp")
	sound()
	requires("github.com/go-chi/chi/v5", true)
	requires("modernc.org/sqlite", false)
	requires("github.com/nats-io/nats.go", true)

	// Without the go command, the requirements of both sides are there, and the report says what is left to do.
	cmd := exec.Command(generator, "set", "database=sqlite")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+t.TempDir())
	said, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(said), "run go mod tidy") {
		t.Errorf("without the go command it says: %v\n%s", err, said)
	}
	run("go", "mod", "tidy")
	sound()
	requires("modernc.org/sqlite", true)
}
