// Command demo generates the default service, starts it, sends it orders and shows their traces. It needs the go
// command only, and leaves the service for the user to look at.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"
)

const startTimeout = 10 * time.Minute // the first run downloads and builds everything

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := demo(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func demo(ctx context.Context) error {
	parent, err := os.MkdirTemp("", "otelgen-demo-")
	if err != nil {
		return err
	}
	dir := filepath.Join(parent, "shop")

	say("otelgen new shop")
	otelgen := filepath.Join(parent, "otelgen")
	if err := run(ctx, "", "go", "build", "-o", otelgen, "./cmd/otelgen"); err != nil {
		return err
	}
	if err := run(ctx, parent, otelgen, "new", "shop", "--no-input"); err != nil {
		return err
	}

	say("go run ./cmd/dev   (the first time it downloads and builds what the service needs)")
	service, err := start(ctx, dir)
	if err != nil {
		return err
	}
	defer service.stop()

	say("three orders, one of them refused")
	for _, body := range []string{
		`{"customer":"ada","sku":"book","quantity":2}`,
		`{"customer":"grace","sku":"compiler","quantity":1}`,
		`{"customer":"","sku":"nothing","quantity":0}`,
	} {
		if err := service.order(ctx, body); err != nil {
			return err
		}
	}

	say("SIGTERM: the service finishes what it has begun, and shows its metrics")
	service.stop()

	fmt.Printf(`
The service is in      %[1]s
its README             %[1]s/README.md
start it again with    cd %[1]s && go run ./cmd/dev
and its tests with     cd %[1]s && go test ./...

Install otelgen         go install ./cmd/otelgen
and see all presets     otelgen list
`, dir)
	return nil
}

// service is the generated service while it runs.
type service struct {
	cmd    *exec.Cmd
	url    string
	exited chan struct{}
	traces chan string // ids of the traces that were shown
}

func start(ctx context.Context, dir string) (*service, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	binary := filepath.Join(dir, "bin", "dev")
	if err := run(ctx, dir, "go", "build", "-o", binary, "./cmd/dev"); err != nil {
		return nil, err
	}
	s := &service{exited: make(chan struct{}), traces: make(chan string, 100)}
	s.cmd = exec.Command(binary)
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), "HTTP_ADDR=127.0.0.1:0", "ADMIN_ADDR=127.0.0.1:0")
	s.cmd.Stdout = io.Discard // its logs, as JSON
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the service: %w", err)
	}
	url := make(chan string, 1)
	go func() {
		defer close(s.exited)
		lines := bufio.NewScanner(stderr)
		for lines.Scan() {
			fmt.Println(lines.Text())
			if _, after, ok := strings.Cut(lines.Text(), "listens on "); ok {
				url <- strings.TrimSpace(after)
			}
			if after, ok := strings.CutPrefix(lines.Text(), "trace "); ok {
				s.traces <- after
			}
		}
		_ = s.cmd.Wait()
	}()
	select {
	case s.url = <-url:
		return s, nil
	case <-s.exited:
		return nil, errors.New("the service ended before it was ready")
	case <-ctx.Done():
		s.stop()
		return nil, ctx.Err()
	}
}

// order sends an order and waits until its trace was shown.
func (s *service) order(ctx context.Context, body string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/orders", strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, answer, "    ", "  "); err != nil {
		return fmt.Errorf("the service answered %s: %w", answer, err)
	}
	fmt.Printf("\n  POST /orders %s\n  %s\n    %s\n", body, response.Status, strings.TrimSpace(indented.String()))
	select {
	case <-s.traces:
	case <-s.exited:
		return errors.New("the service ended before it had shown the trace")
	case <-ctx.Done():
		return fmt.Errorf("wait for the trace: %w", ctx.Err())
	}
	return nil
}

// stop ends the service and waits until it has ended.
func (s *service) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	<-s.exited
}

func run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}

// say prints a heading, in bold where that is wanted.
func say(text string) {
	if term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("NO_COLOR") == "" {
		text = "\x1b[1m── " + text + "\x1b[0m"
	} else {
		text = "── " + text
	}
	fmt.Printf("\n%s\n", text)
}
