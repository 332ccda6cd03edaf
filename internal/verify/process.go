package verify

import (
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"time"

	"github.com/otelgen/otelgen/internal/proc"
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
type process struct{ *proc.Process }

// launch starts a program in dir, to be killed at the latest when ctx is done.
func launch(ctx context.Context, binary, dir string, env []string) (*process, error) {
	cmd := command(ctx, binary)
	cmd.Dir, cmd.Env = dir, env
	p, err := proc.Start(cmd)
	if err != nil {
		return nil, err
	}
	return &process{p}, nil
}

// kill ends the process, if it still runs.
func (p *process) kill() {
	if !p.HasEnded() {
		_ = killGroup(p.Cmd)
		<-p.Ended
	}
}

// logLines are the lines of JSON on standard output that were written within a span.
func (p *process) logLines() (lines []logLine) {
	for line := range strings.Lines(p.Out.String()) {
		var l logLine
		if json.Unmarshal([]byte(line), &l) == nil && l.SpanID != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// lastOutput returns the last lines of the output.
func (p *process) lastOutput() string { return tail(p.Out.String() + p.Err.String()) }

// tail is the last lines of a text.
func tail(text string) string {
	const most = 8
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}
