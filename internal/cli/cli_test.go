package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"
)

// holdEnv makes otelgen stop when the first file is staged, or with "moved" when the twelfth file is in place. It
// reports this on standard error, and continues on SIGTERM.
const holdEnv = "OTELGEN_TEST_HOLD"

// panicEnv makes otelgen crash: at once if it is "here", in another goroutine if it is "there".
const panicEnv = "OTELGEN_TEST_PANIC"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"otelgen": func() {
		a := processApp()
		var once sync.Once
		hold := func(ctx context.Context, _ string) {
			once.Do(func() { fmt.Fprintln(os.Stderr, "staged") })
			<-ctx.Done()
		}
		switch os.Getenv(holdEnv) {
		case "":
		case "moved":
			moved := 0
			a.writer.Moved = func(ctx context.Context, path string) {
				if moved++; moved == 12 {
					hold(ctx, path)
				}
			}
		default:
			a.writer.Staged = hold
		}
		switch os.Getenv(panicEnv) {
		case "here":
			a.getenv = func(string) string { panic("a test") }
		case "there":
			a.skeleton = crashing{a.skeleton}
		}
		os.Exit(a.main(os.Args[1:]))
	}})
}

// crashing panics when a template is read, which happens while many are rendered at once.
type crashing struct{ fs.FS }

func (c crashing) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, "README.md.tmpl") {
		panic("a test")
	}
	return c.FS.Open(name)
}

func TestScript(t *testing.T) { runScripts(t, "testdata/script") }

// A project may be a clone of anything: see testdata/hostile/README.md.
func TestHostile(t *testing.T) { runScripts(t, "testdata/hostile") }

func runScripts(t *testing.T, dir string) {
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"holds":   holds,
			"publish": publish,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".tmp", "cache"))
			// The go command, where a script runs it, has the caches of this process.
			out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB").Output()
			if err != nil {
				return nil // such a script is skipped
			}
			for i, value := range strings.Split(strings.TrimSpace(string(out)), "\n") {
				env.Setenv([]string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GOSUMDB"}[i], value)
			}
			acme, err := filepath.Abs("../../docs/examples/acme")
			env.Setenv("ACME", acme)
			return err
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "mounts": // a new mount namespace can be created
				return canMount(), nil
			case "root":
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
	})
}

// publish puts a folder into the module proxy $WORK/proxy: `publish DIR MODULE@VERSION`.
func publish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: publish DIR MODULE@VERSION")
	}
	var m module.Version
	m.Path, m.Version, _ = strings.Cut(args[1], "@")
	var b bytes.Buffer
	ts.Check(modzip.CreateFromDir(&b, m, ts.MkAbs(args[0])))
	dir := ts.MkAbs(filepath.Join("proxy", filepath.FromSlash(m.Path), "@v"))
	ts.Check(os.MkdirAll(dir, 0o777))
	for name, content := range map[string]string{
		m.Version + ".zip": b.String(), m.Version + ".mod": "module " + m.Path + "\n", m.Version + ".info": `{"Version":"` + m.Version + `"}`, "list": m.Version + "\n",
	} {
		ts.Check(os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666))
	}
}

// exits runs a command and holds it to an exit code: `exits 2 otelgen new`. The output is there for stdout and stderr.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit := (*exec.ExitError)(nil)
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	if output := ts.ReadFile("stderr"); got != 0 && !saysAll(output) {
		ts.Fatalf("the error does not say what, why and fix:\n%s", output)
	}
}

// saysAll reports whether an error, as text or as JSON, says what, why and fix.
func saysAll(output string) bool {
	if strings.HasPrefix(output, "{") {
		var e map[string]string
		return json.Unmarshal([]byte(output), &e) == nil && e["code"] != "" && e["message"] != "" && e["why"] != "" &&
			e["fix"] != ""
	}
	return strings.HasPrefix(output, "otelgen: ") && strings.Contains(output, "\n  why: ") &&
		strings.Contains(output, "\n  fix: ")
}

// holds compares what is below a directory with the given paths, directories with a slash at the end: `holds DIR
// PATH...`.
func holds(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: holds DIR [PATH...]")
	}
	root := ts.MkAbs(args[0])
	var got []string
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			rel += "/"
		}
		got = append(got, filepath.ToSlash(rel))
		return nil
	}))
	want := slices.Sorted(slices.Values(args[1:]))
	slices.Sort(got)
	if !slices.Equal(got, want) {
		ts.Fatalf("%s holds %q, want %q", args[0], got, want)
	}
}

var canMount = sync.OnceValue(func() bool {
	return runtime.GOOS == "linux" && exec.Command("unshare", "-m", "sh", "-c", "mount -t tmpfs none /mnt").Run() == nil
})
