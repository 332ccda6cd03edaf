// Package proc runs a program and keeps what it says. It must not know which program that is, nor judge how it ends.
package proc

import (
	"bytes"
	"os/exec"
	"sync"
)

// Process is a program that was started.
type Process struct {
	Cmd *exec.Cmd
	// Out and Err are what it has written so far.
	Out, Err Output
	// Ended is closed once it has ended.
	Ended chan struct{}
}

// Start starts what cmd describes, but for its output, which the process keeps.
func Start(cmd *exec.Cmd) (*Process, error) {
	p := &Process{Cmd: cmd, Ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.Out, &p.Err
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.Ended)
		_ = cmd.Wait()
	}()
	return p, nil
}

// HasEnded reports whether the program has ended.
func (p *Process) HasEnded() bool {
	select {
	case <-p.Ended:
		return true
	default:
		return false
	}
}

// Output is a buffer that can be read while a program writes to it.
type Output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
