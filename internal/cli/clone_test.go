//go:build linux

package cli

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Limits of one run of otelgen in a clone: seconds of CPU time, and KiB of private memory.
const limits = "ulimit -t 2; ulimit -d 262144; "

// clone is a project from an untrusted source.
type clone struct {
	dir   string // the project
	world string // all that otelgen may not change, and the project
	r     *rand.Rand
}

// read are names of what otelgen reads in a project.
var read = []string{
	".otelgen.yaml",
	".otelgen.pristine.tar.gz",
	"go.mod",
	"go.sum",
	"go.work",
	"vendor/modules.txt",
	".gitignore",
	"README.md",
	"compose.yaml",
	"internal/app/app.go",
	"cmd",
	"internal/adapter/store",
	".shop.otelgen-1/journal",
	".shop.otelgen-1/lock",
	".shop.otelgen-1/tree/x",
	"presets/broker/evil/preset.yaml",
	"presets/broker/evil/lock.txt",
	"presets/broker/evil/files/@root/evil.md.tmpl",
	"docs/telemetry.md",
	"HEAD",
	"config",
}

// words replace parts of a file.
var words = []string{
	"../../outside/secret",
	".git/config",
	".GIT/hooks/post-index-change",
	"/etc/passwd",
	"\x1b[2J",
	"\u202e",
	"&a [*a, *a]",
	"{{ repeat 1000000000 \"x\" }}",
	"presets_from: [{source: presets}]",
	"presets_from: [{source: /}]",
	"presets_from: [{source: example.com/evil@v1.0.0}]",
	strings.Repeat("[", 5000),
	"\x00",
	"name: evil",
	"!!binary AAAA",
	"<<<<<<< yours\n",
	"{owner: skeleton, sha256: x}",
	"internal/app/app.go",
	"steps: [{owner: database/sqlite, path: .git/hooks/x, content: evil}]",
}

// plant puts something under a name that otelgen reads.
func (c *clone) plant(name string) {
	at := filepath.Join(c.dir, filepath.FromSlash(name))
	var was []byte
	info, err := os.Lstat(at)
	if err == nil && info.Mode().IsRegular() && info.Size() < 1<<20 { // it may have been planted before
		was, _ = os.ReadFile(at)
	}
	os.RemoveAll(at)
	os.MkdirAll(filepath.Dir(at), 0o755)
	switch c.r.IntN(9) {
	case 0:
		os.Symlink([]string{"/dev/zero", "../outside/secret", "../outside", ".", at}[c.r.IntN(5)], at)
	case 1:
		syscall.Mkfifo(at, 0o644)
	case 2:
		os.WriteFile(at, nil, 0o644)
		os.Truncate(at, 1<<32)
	case 3:
		os.Mkdir(at, 0o755)
	case 4:
		garbage := make([]byte, c.r.IntN(1<<12))
		for i := range garbage {
			garbage[i] = byte(c.r.Uint32())
		}
		os.WriteFile(at, garbage, 0o644)
	default:
		os.WriteFile(at, c.mutate(was), os.FileMode([]int{0o644, 0o755, 0o600}[c.r.IntN(3)]))
	}
}

// mutate changes a few places of a text.
func (c *clone) mutate(text []byte) []byte {
	for range 1 + c.r.IntN(4) {
		from := c.r.IntN(len(text) + 1)
		to := min(len(text), from+c.r.IntN(40))
		word := words[c.r.IntN(len(words))]
		if line := bytes.IndexByte(text[from:], '\n'); line >= 0 && c.r.IntN(2) == 0 { // a separate line
			from, to = from+line+1, from+line+1
			word += "\n"
		}
		text = slices.Concat(text[:from], []byte(word), text[to:])
	}
	return text
}

// outside returns what otelgen may not change: everything below world but the project, and the repository in it.
func (c *clone) outside(t *testing.T, alsoProject bool) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(c.world, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == c.dir && !alsoProject {
			return fs.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		entry := info.Mode().String()
		switch {
		case info.Mode().IsRegular() && info.Size() < 1<<20:
			content, _ := os.ReadFile(path)
			entry += " " + string(content)
		case info.Mode()&fs.ModeSymlink != 0:
			to, _ := os.Readlink(path)
			entry += " " + to
		}
		all[path] = entry
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// run runs otelgen in the clone within the limits.
func (c *clone) run(t *testing.T, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", limits+`exec otelgen "$@"`, "sh")
	cmd.Args = append(cmd.Args, args...)
	cmd.Dir = c.dir
	cmd.Env = append(
		os.Environ(),
		"XDG_CACHE_HOME="+filepath.Join(c.world, "..", "cache"),
		"GOPROXY=http://127.0.0.1:1",
		"GOFLAGS=-mod=mod",
		"GOMAXPROCS=2",
	)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	code := cmd.ProcessState.ExitCode()
	crashed := bytes.Contains(out, []byte("goroutine ")) || bytes.Contains(out, []byte("fatal error"))
	if ctx.Err() != nil || crashed || !slices.Contains([]int{0, 2, 3, 4, 5}, code) {
		t.Errorf("otelgen %s: %v, exit code %d:\n%.4000s", strings.Join(args, " "), err, code, out)
	}
	if bytes.ContainsAny(out, "\x1b\x00") {
		t.Errorf("otelgen %s writes what a terminal obeys:\n%.4000q", strings.Join(args, " "), out)
	}
}

// In any clone, otelgen changes nothing when it only reads, and never anything outside of the project. It neither
// hangs nor uses many resources.
func FuzzClone(f *testing.F) {
	for seed := range uint64(12) {
		f.Add(seed)
	}
	made := filepath.Join(f.TempDir(), "made")
	if out, err := exec.Command("otelgen", "new", "shop", "--no-input", "--output", made).CombinedOutput(); err != nil {
		f.Fatalf("%v\n%s", err, out)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		world := filepath.Join(t.TempDir(), "world")
		c := &clone{dir: filepath.Join(world, "shop"), world: world, r: rand.New(rand.NewPCG(seed, 1))}
		if err := os.CopyFS(c.dir, os.DirFS(made)); err != nil {
			t.Fatal(err)
		}
		os.MkdirAll(filepath.Join(world, "outside"), 0o755)
		os.WriteFile(filepath.Join(world, "outside", "secret"), []byte("secret"), 0o644)
		os.MkdirAll(filepath.Join(c.dir, ".git"), 0o755)
		os.WriteFile(filepath.Join(c.dir, ".git", "HEAD"), []byte("ref: refs/heads/main\n"), 0o644)
		for range 1 + c.r.IntN(4) {
			c.plant(read[c.r.IntN(len(read))])
		}
		if c.r.IntN(2) == 0 {
			c.plant(read[0])
		}

		before := c.outside(t, true)
		c.run(t, "check")
		c.run(t, "diff")
		c.run(t, "explain", "README.md")
		c.run(t, "update", "--dry-run", "--allow-dirty")
		same(t, before, c.outside(t, true))
		before = c.outside(t, false)
		git, _ := os.ReadFile(filepath.Join(c.dir, ".git", "HEAD"))
		c.run(t, "update", "--allow-dirty")
		c.run(t, "set", "database=memory", "--allow-dirty")
		c.run(t, "undo")
		same(t, before, c.outside(t, false))
		if now, _ := os.ReadFile(filepath.Join(c.dir, ".git", "HEAD")); !bytes.Equal(now, git) {
			t.Errorf(".git/HEAD is %q, want %q", now, git)
		}
	})
}

func same(t *testing.T, before, after map[string]string) {
	t.Helper()
	for path, was := range before {
		if now, ok := after[path]; !ok {
			t.Errorf("%s is gone", path)
		} else if now != was {
			t.Errorf("%s has changed", path)
		}
	}
	for path := range after {
		if _, ok := before[path]; !ok {
			t.Error(fmt.Sprint(path, " is new"))
		}
	}
}
