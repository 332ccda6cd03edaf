package e2e_test

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"github.com/otelgen/otelgen/internal/proc"
)

// TestTutorial does what docs/tutorial.md says, as its reader would.
func TestTutorial(t *testing.T) { readDocs(t, "tutorial.md") }

// TestCI does what docs/how-to/ci.md says.
func TestCI(t *testing.T) { readDocs(t, "how-to/ci.md") }

// TestSampling does what docs/how-to/sample-traces.md says.
func TestSampling(t *testing.T) { readDocs(t, "how-to/sample-traces.md") }

// TestVendor does what docs/how-to/send-to-a-vendor.md says; no vendor is called.
func TestVendor(t *testing.T) { readDocs(t, "how-to/send-to-a-vendor.md") }

// TestEndpoint does what docs/how-to/add-an-endpoint.md says.
func TestEndpoint(t *testing.T) { readDocs(t, "how-to/add-an-endpoint.md") }

// TestAuthentication does what docs/how-to/authenticate-callers.md says.
func TestAuthentication(t *testing.T) { readDocs(t, "how-to/authenticate-callers.md") }

// reader follows the instructions of a page.
type reader struct {
	t       *testing.T
	address string // where the service listens, instead of localhost:8080
	dir     string
	env     []string
	running *process // go run ./cmd/dev, in the first terminal
}

// readDocs runs the fenced blocks of a page. In a console block, lines after "$ " are typed. The lines up to the next
// one must be in the output, in this order; … matches any text. A text block is what the running service prints. A
// diff is applied while the service is stopped. Other blocks are not run.
func readDocs(t *testing.T, page string) {
	t.Parallel()
	content, err := os.ReadFile(filepath.Join("../../docs", page))
	if err != nil {
		t.Fatal(err)
	}
	program, err := otelgen()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	r := &reader{t: t, address: listener.Addr().String(), dir: t.TempDir()}
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); name != "CI" && name != "PATH" && name != "NO_COLOR" {
			r.env = append(r.env, variable)
		}
	}
	r.env = append(
		r.env,
		"TERM=xterm",
		"HTTP_ADDR="+r.address,
		"ADMIN_ADDR=127.0.0.1:0",
		"PATH="+filepath.Dir(program)+string(os.PathListSeparator)+os.Getenv("PATH"),
	)
	did := 0
	for _, block := range regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$").FindAllStringSubmatch(string(content), -1) {
		switch kind, text := block[1], block[2]; kind {
		case "console":
			for _, step := range regexp.MustCompile(`(?m)^\$ `).Split(text, -1)[1:] {
				typed, shown, _ := strings.Cut(step, "\n")
				r.types(typed, shown)
				did++
			}
		case "text":
			r.shows(text, func() string { return r.running.Err.String() })
		case "diff":
			r.stops()
			apply := exec.Command("git", "apply", "--unsafe-paths", "-")
			apply.Dir, apply.Stdin = r.dir, strings.NewReader(text)
			if out, err := apply.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s\n%s", err, out, text)
			}
		}
	}
	r.stops()
	if did == 0 {
		t.Error("there is nothing to do on this page")
	}
}

// types has the shell do what is typed, and looks for what is shown.
func (r *reader) types(typed, shown string) {
	r.t.Helper()
	if dir, ok := strings.CutPrefix(typed, "cd "); ok {
		r.dir = filepath.Join(r.dir, dir)
		return
	}
	cmd := exec.Command("bash", "-c", strings.ReplaceAll(typed, "localhost:8080", r.address))
	cmd.Dir, cmd.Env = r.dir, r.env
	var said string
	var err error
	switch {
	case strings.HasSuffix(typed, "go run ./cmd/dev"):
		r.runs(cmd)
		r.shows(shown, func() string { return r.running.Err.String() })
		return
	case strings.HasPrefix(typed, "otelgen new") && !strings.Contains(typed, " --"):
		said, err = answers(cmd)
	default:
		var out []byte
		out, err = cmd.CombinedOutput()
		said = string(out)
	}
	fails := strings.Contains(shown, "FAIL") || strings.HasPrefix(shown, "{\"code\"")
	if fails != (err != nil) {
		r.t.Fatalf("%s: %v\n%s", typed, err, said)
	}
	if missing := missing(said, shown); missing != "" {
		r.t.Fatalf("%s does not show, at its place, %q, but:\n%s", typed, missing, said)
	}
}

// answers runs a command at a terminal and presses Enter at each question.
func answers(cmd *exec.Cmd) (said string, err error) {
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: 80})
	if err != nil {
		return "", err
	}
	defer terminal.Close()
	if _, err := io.WriteString(terminal, strings.Repeat("\r", 20)); err != nil {
		return "", err
	}
	out, _ := io.ReadAll(terminal) // the error is that of a terminal that is gone
	return escapes.ReplaceAllString(string(out), ""), cmd.Wait()
}

var escapes = regexp.MustCompile(`\x1b\[[0-9;?]*[a-zA-Z]|\r`)

// runs starts the service in the first terminal.
func (r *reader) runs(cmd *exec.Cmd) {
	r.t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C goes to the group
	running, err := proc.Start(cmd)
	if err != nil {
		r.t.Fatal(err)
	}
	p := &process{Process: running}
	r.t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-p.Ended
	})
	r.running = p
}

// stops presses Ctrl-C in the first terminal.
func (r *reader) stops() {
	r.t.Helper()
	if r.running == nil {
		return
	}
	if err := syscall.Kill(-r.running.Cmd.Process.Pid, syscall.SIGINT); err != nil {
		r.t.Fatal(err)
	}
	r.running.exit(r.t, patience)
	r.running = nil
}

// shows waits until the running service shows some lines.
func (r *reader) shows(lines string, said func() string) {
	r.t.Helper()
	eventually(r.t, 5*patience, "the service shows what the page says", func() bool {
		if r.running.HasEnded() {
			r.t.Fatalf("the service has ended:\n%s", said())
		}
		return missing(said(), lines) == ""
	})
}

// missing returns the first of the lines that is not in the output after the lines before it, or "".
func missing(output, lines string) string {
	rest := strings.Split(output, "\n")
	for line := range strings.SplitSeq(strings.TrimSuffix(lines, "\n"), "\n") {
		if line == "" {
			continue
		}
		pattern := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + "$")
		for len(rest) > 0 && !pattern.MatchString(rest[0]) {
			rest = rest[1:]
		}
		if len(rest) == 0 {
			return line
		}
		rest = rest[1:]
	}
	return ""
}
