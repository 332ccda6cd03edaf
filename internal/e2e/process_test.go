package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what should come soon. It is generous: the machine may be busy.
const patience = 30 * time.Second

// eventually polls until met says so, and fails the test if that does not happen in time.
func eventually(t *testing.T, within time.Duration, what string, met func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for !met() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

// process is a running program.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr *output
	base           string // URL of the service
	ended          chan struct{}
}

// environment holds the variables of a process. It gets no others.
type environment map[string]string

// with returns the variables together with others, which win.
func (e environment) with(others environment) environment {
	all := maps.Clone(e)
	maps.Copy(all, others)
	return all
}

// launch starts a program in a folder of its own. It is killed at the end of the test, if it still runs then; if the test has
// failed, what it said is shown.
func launch(t *testing.T, binary string, env environment) *process {
	t.Helper()
	p := &process{cmd: exec.Command(binary), stdout: &output{}, stderr: &output{}, ended: make(chan struct{})}
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	p.cmd.Env = []string{} // not nil, which would hand down ours
	for _, name := range slices.Sorted(maps.Keys(env)) {
		p.cmd.Env = append(p.cmd.Env, name+"="+env[name])
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("%s said:\n%s\n%s", binary, tail(p.stdout.String()), tail(p.stderr.String()))
		}
	})
	return p
}

func tail(text string) string {
	const most = 6000
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}

// serve starts a service on a free port, and returns once it listens.
func serve(t *testing.T, binary string, env environment) *process {
	t.Helper()
	p := launch(t, binary, environment{"HTTP_ADDR": "127.0.0.1:0"}.with(env))
	eventually(t, patience, "the service listens", func() bool {
		if p.hasEnded() {
			t.Fatalf("the service ended with code %d before it listened", p.cmd.ProcessState.ExitCode())
		}
		for _, record := range p.logs() {
			if record["msg"] == "service ready" {
				p.base = "http://" + record["addr"].(string)
			}
		}
		return p.base != ""
	})
	return p
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// terminate sends SIGTERM.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// kill ends the process as a crash would.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.ended
}

// exit waits until the process has ended, and returns its exit code.
func (p *process) exit(t *testing.T, within time.Duration) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		t.Fatalf("the process has not ended within %s", within)
		return 0
	}
}

// stop has the process end in good order, which must succeed.
func (p *process) stop(t *testing.T) {
	t.Helper()
	p.terminate(t)
	if code := p.exit(t, patience); code != 0 {
		t.Errorf("the process ended with code %d, want 0", code)
	}
}

// logs returns the records that the process wrote as JSON on stdout.
func (p *process) logs() []map[string]any {
	var records []map[string]any
	for line := range strings.Lines(p.stdout.String()) {
		var record map[string]any
		if json.Unmarshal([]byte(line), &record) == nil {
			records = append(records, record)
		}
	}
	return records
}

// logged counts the records with a message.
func (p *process) logged(message string) int {
	count := 0
	for _, record := range p.logs() {
		if record["msg"] == message {
			count++
		}
	}
	return count
}

// output is a buffer that can be read while a process writes to it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
