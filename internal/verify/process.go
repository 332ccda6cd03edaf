package verify

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// killDelay is how long a program that is to end may take before it is killed.
const killDelay = 2 * time.Second

// command is a program that is killed, with all that it has started, when ctx is done.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	inGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	cmd.WaitDelay = killDelay
	return cmd
}

// process is the service while it runs.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
	ended          chan struct{}
}

// launch starts a program in dir, to be killed at the latest when ctx is done.
func launch(ctx context.Context, binary, dir string, env []string) (*process, error) {
	p := &process{cmd: command(ctx, binary), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, env
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait()
	}()
	return p, nil
}

// kill ends the process, if it still runs.
func (p *process) kill() {
	if !p.hasEnded() {
		_ = killGroup(p.cmd)
		<-p.ended
	}
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// logLines are the lines of JSON on standard output that were written within a span.
func (p *process) logLines() (lines []logLine) {
	for line := range strings.Lines(p.stdout.String()) {
		var l logLine
		if json.Unmarshal([]byte(line), &l) == nil && l.SpanID != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// said is the last of what the process said.
func (p *process) said() string { return tail(p.stdout.String() + p.stderr.String()) }

// tail is the last lines of a text.
func tail(text string) string {
	const most = 8
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
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
