package gotool

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator/golang/gomod"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

func TestLockPresetsOfOnesOwn(t *testing.T) {
	if testing.Short() {
		t.Skip("asks the go command, which may download modules")
	}
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, "backend", "acme", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	const imported = "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	write("preset.yaml", "title: Acme\nsummary: Ours.\n")
	write("files/@telemetry/pipeline.go.tmpl", "package telemetry\n\nimport \""+imported+"\"\n")

	written, err := LockPresets(t.Context(), dir, templates.FS, presets.FS)
	if err != nil {
		t.Fatal(err)
	}
	if len(written) != 1 || written[0] != "backend/acme/lock.txt" {
		t.Fatalf("wrote %v, want backend/acme/lock.txt", written)
	}
	data, err := os.ReadFile(filepath.Join(dir, written[0]))
	if err != nil {
		t.Fatal(err)
	}
	lock, err := gomod.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(t.Context(), []string{imported}, lock); err != nil {
		t.Error(err)
	}

	write("preset.yaml", "title: Acme\nsummary: Ours.\nmodules: {github.com/nats-io/nats.go: v1.54.0}\n")
	if _, err := LockPresets(t.Context(), dir, templates.FS, presets.FS); err == nil || !strings.Contains(err.Error(), "v1.54.0 in "+filepath.ToSlash(dir)) {
		t.Errorf("another version than the built-in presets pin: got %v, want both named", err)
	}
}
