//go:build linux || darwin

package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal is otelgen at a terminal, and the person in front of it.
type terminal struct {
	t      *testing.T
	cmd    *exec.Cmd
	tty    *os.File
	stdout *bytes.Buffer
	chunks chan []byte
	screen []byte // what was written and not yet waited for
	all    []byte
	asked  int // times that the program asked where the cursor is, since it last got input
}

func atTerminal(t *testing.T, dir string, env []string, args ...string) *terminal {
	t.Helper()
	cmd := exec.Command("otelgen", args...)
	cmd.Dir = dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "CI=") }), "TERM=xterm", "NO_COLOR=1")
	cmd.Env = append(cmd.Env, env...)
	tm := &terminal{t: t, cmd: cmd, stdout: &bytes.Buffer{}, chunks: make(chan []byte)}
	cmd.Stdout = tm.stdout // a pipe: what is asked must not get into it
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		t.Fatal(err)
	}
	tm.tty = tty
	t.Cleanup(func() { cmd.Process.Kill(); tty.Close() })
	go func() {
		defer close(tm.chunks)
		for {
			b := make([]byte, 4096)
			n, err := tty.Read(b)
			if n > 0 {
				tm.chunks <- b[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	return tm
}

var escapes = regexp.MustCompile("\x1b(\\[[0-9;?]*[a-zA-Z]|[78])")

// read takes in the next output.
func (tm *terminal) read() bool {
	tm.t.Helper()
	select {
	case b, ok := <-tm.chunks:
		tm.all = append(tm.all, b...)
		tm.screen = append(tm.screen, b...)
		for range bytes.Count(b, []byte("\x1b[6n")) {
			if tm.asked++; tm.asked == 1 { // the other answer is fills's
				tm.tty.WriteString("\x1b[1;1R")
			}
		}
		return ok
	case <-time.After(30 * time.Second):
		tm.t.Fatalf("nothing happens; so far:\n%s", escapes.ReplaceAll(tm.all, nil))
		return false
	}
}

// sees waits until text is on the screen.
func (tm *terminal) sees(text string) {
	tm.t.Helper()
	for {
		plain := escapes.ReplaceAll(tm.screen, nil)
		if _, after, ok := bytes.Cut(plain, []byte(text)); ok {
			tm.screen = after
			return
		}
		if !tm.read() {
			tm.t.Fatalf("ended without %q:\n%s", text, escapes.ReplaceAll(tm.all, nil))
		}
	}
}

// fills types a line of text. Before survey reads one it asks twice where the cursor is, and it drops what is typed right
// after the second answer, but not what is typed before.
func (tm *terminal) fills(text string) {
	tm.t.Helper()
	for tm.asked < 2 {
		if !tm.read() {
			tm.t.Fatalf("ended instead of reading a line:\n%s", escapes.ReplaceAll(tm.all, nil))
		}
	}
	tm.asked = 0
	tm.types(text + enter + "\x1b[1;1R")
}

func (tm *terminal) types(keys string) { tm.tty.WriteString(keys) }

// ends waits for the end and returns the exit code.
func (tm *terminal) ends() int {
	tm.t.Helper()
	for tm.read() {
	}
	tm.cmd.Wait()
	return tm.cmd.ProcessState.ExitCode()
}

const (
	down  = "\x1b[B"
	enter = "\r"
	ctrlC = "\x03"
)

func TestPrompts(t *testing.T) {
	dir := t.TempDir()
	tm := atTerminal(t, dir, nil, "new")
	tm.sees("Name of the service:")
	tm.fills("My Shop")
	tm.sees("did you mean my-shop?")
	tm.sees("Name of the service:")
	tm.fills("shop")
	tm.sees("How is the service reached?")
	tm.sees("> chi - ") // the default comes first, each choice with its explanation
	tm.sees("  none - ")
	tm.types("none" + enter) // typing finds a choice
	tm.sees("> sqlite - ")   // not the broker: a worker is reached by nothing else
	tm.types("mem" + enter)
	tm.sees("> hexagonal - ")
	tm.types(down + enter)
	tm.sees("> console - ")
	tm.types(enter)
	tm.sees("Go module path:")
	tm.sees("(example.com/shop)")
	tm.fills("example.org/mine")
	if code := tm.ends(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, escapes.ReplaceAll(tm.all, nil))
	}
	out := tm.stdout.String()
	for _, want := range []string{
		"Wrote shop:",
		"otelgen new shop --no-input --module example.org/mine --framework none --broker nats --database memory --pattern layered --backend console\n",
		"  cd shop\n  go run ./cmd/dev\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("standard output has no %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "?") {
		t.Errorf("a question got into standard output:\n%s", out)
	}
	if _, err := os.Stat(filepath.Join(dir, "shop", "go.mod")); err != nil {
		t.Error(err)
	}
}

// Of a group of many, any number can be chosen.
func TestPromptsMany(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"audit", "ledger", "retry"} {
		preset := filepath.Join(dir, "mine", "pattern", name, "preset.yaml")
		if err := errors.Join(os.MkdirAll(filepath.Dir(preset), 0o755), os.WriteFile(preset, []byte("title: X\nsummary: Y.\ngroup: tactic\n"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	tm := atTerminal(t, dir, nil, "new", "shop", "--presets", "mine", "--framework", "chi", "--broker", "nats", "--database", "sqlite", "--backend", "otlp", "--module", "example.com/shop")
	tm.sees("(style)")
	tm.sees("> hexagonal - ")
	tm.types(enter)
	tm.sees("(tactic)")
	tm.sees("retry - Y.")
	tm.types(" " + down + down + " " + enter)
	if code := tm.ends(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, escapes.ReplaceAll(tm.all, nil))
	}
	if !strings.Contains(tm.stdout.String(), "--pattern hexagonal,audit,retry ") {
		t.Errorf("standard output:\n%s", tm.stdout)
	}
}

// What a flag has answered is not asked, nor what leaves no choice.
func TestPromptsOnlyWhatIsOpen(t *testing.T) {
	dir := t.TempDir()
	tm := atTerminal(t, dir, nil, "new", "shop", "--broker", "none", "--pattern", "layered", "--database", "memory", "--module", "example.com/shop")
	tm.sees("> chi - ")
	tm.types(enter)
	tm.sees("> console - ")
	tm.types(enter)
	if code := tm.ends(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, escapes.ReplaceAll(tm.all, nil))
	}
	if bytes.Contains(tm.all, []byte("none - ")) {
		t.Error("offered a framework that does not fit with the broker")
	}
	if !strings.Contains(tm.stdout.String(), "--framework chi --broker none --database memory --pattern layered --backend console") {
		t.Errorf("standard output:\n%s", tm.stdout)
	}
}

// All flags given, or CI set: a terminal makes no difference.
func TestPromptsNothingInCI(t *testing.T) {
	for name, args := range map[string][]string{"CI=true": {"new", "shop"}, "A=b": {"new", "shop", "--no-input"}} {
		dir := t.TempDir()
		tm := atTerminal(t, dir, []string{name}, args...)
		if code := tm.ends(); code != 0 || len(tm.all) > 0 {
			t.Errorf("%s %q: exit code %d, said %q; want 0 and nothing", name, args, code, tm.all)
		}
	}
}

// A target that cannot be written is refused before the questions, not after.
func TestPromptsRefuseTargetFirst(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tm := atTerminal(t, dir, nil, "new", "shop")
	if code := tm.ends(); code != 4 || strings.Contains(string(tm.all), "?") {
		t.Errorf("exit code %d, want 4 and no question:\n%s", code, tm.all)
	}
}

func TestPromptsInterrupted(t *testing.T) {
	interrupts := map[string]func(*terminal){
		"by key":    func(tm *terminal) { tm.types(ctrlC) },
		"by signal": func(tm *terminal) { tm.cmd.Process.Signal(os.Interrupt) },
	}
	for name, interrupt := range interrupts {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			tm := atTerminal(t, dir, nil, "new", "shop")
			tm.sees("> chi - ")
			tm.types(enter)
			tm.sees("> nats - ")
			interrupt(tm)
			tm.sees("interrupted: nothing was written")
			if code := tm.ends(); code != 130 {
				t.Errorf("exit code %d, want 130", code)
			}
			if !bytes.Contains(tm.all, []byte("\x1b[?25h")) {
				t.Error("the cursor stays hidden")
			}
			if entries, _ := os.ReadDir(dir); len(entries) > 0 || tm.stdout.Len() > 0 {
				t.Errorf("left %v, wrote %q", entries, tm.stdout)
			}
		})
	}
}
