package gotool

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

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

	done, err := LockPresets(t.Context(), dir, templates.FS, presets.FS)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(done.Written, []string{"backend/acme/lock.txt"}) || len(done.Raised) > 0 {
		t.Fatalf("got %+v, want backend/acme/lock.txt", done)
	}
	data, err := os.ReadFile(filepath.Join(dir, "backend", "acme", "lock.txt"))
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

	write("preset.yaml", "title: Acme\nsummary: Ours.\nmodules: {example.com/none: v1.0.0}\n")
	_, err = LockPresets(t.Context(), dir, templates.FS, presets.FS)
	if err == nil || !strings.Contains(err.Error(), "example.com/none") {
		t.Errorf("a module that nothing needs: got %v", err)
	}

	// A lower version than otelgen pins gives way. A shared fact of the folder's own pins like a preset.
	write("preset.yaml", "title: Acme\nsummary: Ours.\nfacts: [acme]\n")
	write(
		"../../facts/acme.yaml",
		"summary: Ours.\nmodules: {go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp: v1.46.0}\n",
	)
	done, err = LockPresets(t.Context(), dir, templates.FS, presets.FS)
	if err != nil {
		t.Fatal(err)
	}
	if len(done.Raised) != 1 || done.Raised[0].Pinned != "v1.46.0" || done.Raised[0].By != "templates pins it" ||
		!strings.HasSuffix(done.Raised[0].At, "/facts") {
		t.Errorf("raised %+v", done.Raised)
	}
}

// A higher version than the built-in presets pin is taken for all of them, as Go would, and for the services with
// such a preset only.
func TestLockPresetsRaisesTheBuiltInOnes(t *testing.T) {
	if testing.Short() {
		t.Skip("asks the go command, which may download modules")
	}
	const chi = "github.com/go-chi/chi/v5"
	skeleton := fstest.MapFS{
		"skeleton.yaml":         {Data: []byte("title: Skeleton\nmodules: {" + chi + ": v5.4.0}\n")},
		"files/@root/x.go.tmpl": {Data: []byte("package x\n\nimport \"" + chi + "\"\n")},
	}
	base, err := ReadUnit("templates", skeleton, "skeleton.yaml")
	if err != nil {
		t.Fatal(err)
	}
	locks, err := Lock(t.Context(), []Unit{base})
	if err != nil {
		t.Fatal(err)
	}
	skeleton["lock.txt"] = &fstest.MapFile{Data: locks["templates"].Bytes()}

	dir := t.TempDir()
	preset := filepath.Join(dir, "framework", "acme")
	if err := os.MkdirAll(filepath.Join(preset, "files", "@inbound"), 0o777); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(preset, filepath.FromSlash(name)), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("preset.yaml", "title: Acme\nsummary: Ours.\nmodules: {"+chi+": v5.5.0}\n")
	write("files/@inbound/x.go.tmpl", "package inbound\n\nimport \""+chi+"/middleware\"\n")
	done, err := LockPresets(t.Context(), dir, skeleton, fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	want := Raise{
		Module:  chi,
		Version: "v5.5.0",
		By:      filepath.ToSlash(dir) + "/framework/acme pins it",
		Pinned:  "v5.4.0",
		At:      "templates",
	}
	if !slices.Equal(done.Raised, []Raise{want}) ||
		!slices.Equal(done.Written, []string{"framework/acme/lock.txt", "lock.txt"}) {
		t.Fatalf("got %+v, want %+v", done, want)
	}
	var own []*gomod.Lock
	for _, name := range done.Written {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		lock, err := gomod.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		own = append(own, lock)
	}
	if err := Verify(t.Context(), []string{chi, chi + "/middleware"}, own...); err != nil {
		t.Error(err)
	}

	// Once nothing is raised any more, what is built in needs no other lock.
	write("preset.yaml", "title: Acme\nsummary: Ours.\nmodules: {"+chi+": v5.4.0}\n")
	if done, err = LockPresets(t.Context(), dir, skeleton, fstest.MapFS{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "lock.txt")); err == nil || len(done.Raised) > 0 || len(done.Written) != 1 {
		t.Errorf("got %+v, and the folder has a lock: %t", done, err == nil)
	}
}
