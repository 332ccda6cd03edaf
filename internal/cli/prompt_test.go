//go:build linux || darwin

package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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
}

func atTerminal(t *testing.T, dir string, env []string, args ...string) *terminal {
	t.Helper()
	cmd := exec.Command("otelgen", args...)
	cmd.Dir = dir
	cmd.Env = append(
		slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "CI=") }),
		"TERM=xterm",
		"NO_COLOR=1",
	)
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

// All of it can be typed before the first question is seen. Results go to standard output, and nothing else does.
func TestPromptsTypedAhead(t *testing.T) {
	dir := t.TempDir()
	tm := atTerminal(t, dir, nil, "new")
	tm.types(
		"shop" + enter + "none" + enter + enter + "mem" + enter + down + enter + enter + enter + "example.org/mine" + enter + enter + enter + "y",
	)
	if code := tm.ends(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, escapes.ReplaceAll(tm.all, nil))
	}
	out := tm.stdout.String()
	for _, want := range []string{
		"Wrote shop:",
		"otelgen new shop --no-input --module example.org/mine --framework none --broker nats --database memory " +
			"--pattern layered --backend console --field customer:string --field sku:string --field quantity:int:1..1000\n",
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

// Questions that flags answer are not asked; choices that the flags rule out are shown.
func TestPromptsOnlyWhatIsOpen(t *testing.T) {
	dir := t.TempDir()
	tm := atTerminal(
		t,
		dir,
		nil,
		"new",
		"shop",
		"--broker",
		"none",
		"--pattern",
		"layered",
		"--database",
		"memory",
		"--module",
		"example.com/shop",
		"--entity",
		"order",
		"--field",
		"name:string",
	)
	tm.sees("1/3")
	tm.sees("> chi ")
	tm.sees("x none ")
	tm.types(enter)
	tm.sees("2/3")
	tm.sees("> console ")
	tm.types(enter)
	tm.sees("3/3")
	tm.types(enter)
	if code := tm.ends(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, escapes.ReplaceAll(tm.all, nil))
	}
	if !strings.Contains(
		tm.stdout.String(),
		"--framework chi --broker none --database memory --pattern layered --backend console",
	) {
		t.Errorf("standard output:\n%s", tm.stdout)
	}
}

// Flags that cannot go together are refused, and not after six questions.
func TestPromptsRefuseFlagsThatClash(t *testing.T) {
	tm := atTerminal(t, t.TempDir(), nil, "new", "shop", "--broker", "none", "--framework", "none")
	tm.sees("framework none needs events.external")
	if code := tm.ends(); code != 2 {
		t.Errorf("exit code %d, want 2", code)
	}
}

// A dry run shows more than the preview, and writes nothing: there is nothing to confirm.
func TestPromptsOfDryRun(t *testing.T) {
	dir := t.TempDir()
	tm := atTerminal(
		t,
		dir,
		nil,
		"new",
		"shop",
		"--dry-run",
		"--framework",
		"chi",
		"--broker",
		"nats",
		"--database",
		"sqlite",
		"--pattern",
		"layered",
		"--module",
		"example.com/shop",
		"--entity",
		"order",
		"--field",
		"name:string",
	)
	tm.sees("1/1")
	tm.types(enter)
	if code := tm.ends(); code != 0 || !strings.Contains(tm.stdout.String(), "nothing was written") {
		t.Errorf("exit code %d, wrote:\n%s", code, tm.stdout)
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("left %v", entries)
	}
}

var colors = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestPromptsColour(t *testing.T) {
	for variable, want := range map[string]bool{"NO_COLOR=": true, "NO_COLOR=1": false} {
		tm := atTerminal(t, t.TempDir(), []string{variable}, "new", "shop")
		tm.sees("> chi ")
		tm.types(ctrlC)
		tm.ends()
		if got := colors.Match(tm.all); got != want {
			t.Errorf("with %s color is %v, want %v", variable, got, want)
		}
	}
}

// With all flags, with CI, or on a terminal that cannot move its cursor, otelgen does not ask. It reports the reason
// for the terminal.
func TestPromptsNothingInCI(t *testing.T) {
	for name, args := range map[string][]string{
		"CI=true": {"new", "shop"}, "TERM=dumb": {"new", "shop"}, "A=b": {"new", "shop", "--no-input"},
		"B=c": {"new", "shop", "--framework", "chi", "--broker", "nats", "--database", "sqlite", "--pattern", "layered", "--backend", "console", "--module", "example.com/shop", "--entity", "order"},
	} {
		dir := t.TempDir()
		tm := atTerminal(t, dir, []string{name}, args...)
		code := tm.ends()
		output := strings.Contains(string(tm.all), "used the defaults without asking, because TERM is dumb")
		if code != 0 || output != (name == "TERM=dumb") || !output && len(tm.all) > 0 {
			t.Errorf("%s %q: exit code %d, output %q; want 0 and only the reason", name, args, code, tm.all)
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

func TestDeletionQuestionListsEveryFile(t *testing.T) {
	dir := t.TempDir()
	if code := atTerminal(t, dir, nil, "new", "shop", "--no-input").ends(); code != 0 {
		t.Fatalf("new: exit code %d, want 0", code)
	}
	tm := atTerminal(t, filepath.Join(dir, "shop"), nil, "remove", "framework/chi")
	tm.sees("Delete them? [y/N] ")
	tm.types("n" + enter)
	if code := tm.ends(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	text := strings.ReplaceAll(string(tm.all), "\r\n", "\n")
	count := regexp.MustCompile(`the service loses (\d+) files:\n((?:  \S+\n)+)Delete`).FindStringSubmatch(text)
	if count == nil || count[1] != strconv.Itoa(strings.Count(count[2], "\n")) {
		t.Fatalf("the question does not list each file on a line:\n%s", text)
	}
	if !strings.Contains(count[2], "  client/client.go\n") {
		t.Errorf("the question does not list client/client.go:\n%s", text)
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
			tm.sees("> chi ")
			tm.types(enter)
			tm.sees("> nats ")
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
