package source_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/source"
)

func TestParseModule(t *testing.T) {
	for name, want := range map[string]source.Module{
		"example.com/acme/presets@v1.2.0":           {Path: "example.com/acme/presets", Version: "v1.2.0"},
		"example.com/acme/platform@latest":          {Path: "example.com/acme/platform", Version: "latest"},
		"example.com/acme/platform@v2.0.0/otel/gen": {Path: "example.com/acme/platform", Version: "v2.0.0", Folder: "otel/gen"},
		"presets":                                {},
		"./example.com/acme@v1":                  {},
		"/tmp/acme.com/p@v1":                     {},
		"acme/presets@v1":                        {},
		"example.com/acme/presets@":              {},
		"example.com/acme/presets@v1.0.0/../..":  {},
		"example.com/acme/presets@v1.0.0//etc":   {},
		"example.com/acme/presets@v1.0.0/./here": {},
	} {
		got, ok := source.ParseModule(name)
		if ok != (want.Path != "") || ok && got != want {
			t.Errorf("%s: got %+v, %t", name, got, ok)
		}
		if ok && got.String() != name {
			t.Errorf("%s becomes %s", name, got)
		}
	}
}

// serve makes a module proxy of a folder and has the go command use nothing else.
func serve(t *testing.T, mod module.Version, files map[string]string) (proxy string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), []byte(text))
	}
	proxy = t.TempDir()
	var b bytes.Buffer
	if err := modzip.CreateFromDir(&b, mod, dir); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(proxy, filepath.FromSlash(mod.Path), "@v")
	write(t, filepath.Join(at, mod.Version+".zip"), b.Bytes())
	write(t, filepath.Join(at, mod.Version+".mod"), []byte("module "+mod.Path+"\n"))
	write(t, filepath.Join(at, mod.Version+".info"), []byte(`{"Version":"`+mod.Version+`"}`))
	write(t, filepath.Join(at, "list"), []byte(mod.Version+"\n"))
	for name, value := range map[string]string{
		"GOPROXY": "file://" + filepath.ToSlash(proxy), "GOSUMDB": "off", "GOMODCACHE": t.TempDir(), "GOFLAGS": "-modcacherw", "GONOPROXY": "none", "GOPRIVATE": "",
	} {
		t.Setenv(name, value)
	}
	return proxy
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

var acme = module.Version{Path: "example.com/acme/presets", Version: "v1.2.0"}

func TestModule(t *testing.T) {
	proxy := serve(
		t,
		acme,
		map[string]string{
			"go.mod":                     "module example.com/acme/presets\n",
			"broker/bus/preset.yaml":     "title: Bus\n",
			"more/backend/x/preset.yaml": "title: X\n",
		},
	)
	for name, file := range map[string]string{
		"example.com/acme/presets@latest":      "broker/bus/preset.yaml",
		"example.com/acme/presets@v1.2.0/more": "backend/x/preset.yaml",
	} {
		found, err := source.Open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.Replace(name, "latest", "v1.2.0", 1); found.Name != want || !strings.HasPrefix(found.Sum, "h1:") {
			t.Errorf("%s is %s with the sum %q, want %s", name, found.Name, found.Sum, want)
		}
		if _, err := fs.ReadFile(found.FS, file); err != nil {
			t.Error(err)
		}
	}

	// A module in the cache needs no network.
	if _, err := source.Cached(t.Context(), acme.String()); err != nil {
		t.Errorf("from the cache: %v", err)
	}
	if err := os.RemoveAll(proxy); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOPROXY", "off")
	if _, err := source.Open(t.Context(), acme.String()); err != nil {
		t.Errorf("from the cache: %v", err)
	}
	other := "example.com/acme/presets@v1.3.0"
	if _, err := source.Cached(t.Context(), other); err == nil || !strings.Contains(err.Error(), "--allow-fetch") {
		t.Errorf("what is not in the cache: %v", err)
	}
	refused(t, other, generator.KindTarget, "presets-unfetchable")
	refused(t, "example.com/acme/presets@v1.2.0/none", generator.KindAnswers, "presets-unreadable")
}

// No setting of the user's makes the go command fetch what must come from the cache.
func TestCachedDoesNotFetch(t *testing.T) {
	serve(t, acme, map[string]string{"go.mod": "module example.com/acme/presets\n"})
	for _, env := range [][2]string{{"GOPRIVATE", ""}, {"GOPRIVATE", "example.com"}, {"GONOPROXY", "example.com"}} {
		t.Setenv(env[0], env[1])
		if _, err := source.Cached(t.Context(), acme.String()); err == nil {
			t.Errorf("%v: the module is fetched", env)
		}
	}
}

// A zip that is not a module's, such as one with a way out, is refused by the go command.
func TestModuleWithAnEscape(t *testing.T) {
	proxy := serve(t, acme, map[string]string{"go.mod": "module example.com/acme/presets\n"})
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if _, err := w.Create("example.com/acme/presets@v1.2.0/../../../escaped/preset.yaml"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(proxy, "example.com", "acme", "presets", "@v", "v1.2.0.zip"), b.Bytes())
	refused(t, acme.String(), generator.KindTarget, "presets-unfetchable")
}

// A link in a zip leads nowhere.
func TestModuleWithALink(t *testing.T) {
	proxy := serve(t, acme, map[string]string{"go.mod": "module example.com/acme/presets\n"})
	secret := filepath.Join(t.TempDir(), "secret")
	write(t, secret, []byte("secret"))
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	link := &zip.FileHeader{Name: "example.com/acme/presets@v1.2.0/broker/bus/preset.yaml"}
	link.SetMode(fs.ModeSymlink | 0o777)
	entry, err := w.CreateHeader(link)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write([]byte(secret)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(proxy, "example.com", "acme", "presets", "@v", "v1.2.0.zip"), b.Bytes())
	found, err := source.Open(t.Context(), acme.String())
	if err != nil {
		return // refused is as good
	}
	if data, err := fs.ReadFile(found.FS, "broker/bus/preset.yaml"); err == nil && string(data) == "secret" {
		t.Error("a link in a zip leads out of the module")
	}
}

func TestWithoutGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	refused(t, acme.String(), generator.KindTarget, "no-go")
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "secret"), []byte("secret"))
	write(t, filepath.Join(dir, "presets", "broker", "bus", "preset.yaml"), []byte("title: Bus\n"))
	if err := os.Symlink("../secret", filepath.Join(dir, "presets", "link")); err != nil {
		t.Fatal(err)
	}
	found, err := source.Open(t.Context(), filepath.Join(dir, "presets"))
	if err != nil {
		t.Fatal(err)
	}
	if data, err := fs.ReadFile(found.FS, "link"); err == nil {
		t.Errorf("a link leads out of the folder, to %q", data)
	}
	refused(t, filepath.Join(dir, "none"), generator.KindAnswers, "presets-unreadable")
	refused(t, filepath.Join(dir, "secret"), generator.KindAnswers, "presets-unreadable")
}

func refused(t *testing.T, name string, kind generator.Kind, code string) {
	t.Helper()
	_, err := source.Open(t.Context(), name)
	var e *generator.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Code != code || e.Why == "" || e.Fix == "" {
		t.Errorf("%s: got %v, want the code %s", name, err, code)
	}
}
