package e2e_test

import (
	"context"
	"encoding/json"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/otelgen/otelgen/internal/proc"
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
	*proc.Process
	base string // URL of the service
}

// environment holds the variables of a process. It gets no others.
type environment map[string]string

// with returns the variables together with others, which win.
func (e environment) with(others environment) environment {
	all := maps.Clone(e)
	maps.Copy(all, others)
	return all
}

// launch starts a program in an empty folder. It is killed at the end of the test if it is still running. If the test
// fails, its output is logged.
func launch(t *testing.T, binary string, env environment) *process {
	t.Helper()
	cmd := exec.Command(binary)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"ADMIN_ADDR=127.0.0.1:0"}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, name+"="+env[name])
	}
	running, err := proc.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Process: running}
	t.Cleanup(func() {
		_ = p.Cmd.Process.Kill()
		<-p.Ended
		if t.Failed() {
			t.Logf("output of %s:\n%s\n%s", binary, tail(p.Out.String()), tail(p.Err.String()))
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
		if p.HasEnded() {
			t.Fatalf("the service ended with code %d before it listened", p.Cmd.ProcessState.ExitCode())
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

// terminate sends SIGTERM.
func (p *process) terminate(t *testing.T) {
	t.Helper()
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// kill ends the process as a crash would.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.Cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.Ended
}

// exit waits until the process has ended, and returns its exit code.
func (p *process) exit(t *testing.T, within time.Duration) int {
	t.Helper()
	select {
	case <-p.Ended:
		return p.Cmd.ProcessState.ExitCode()
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
	for line := range strings.Lines(p.Out.String()) {
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
