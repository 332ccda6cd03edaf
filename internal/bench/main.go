//go:build unix

// Command bench measures `otelgen new shop --no-input`: the whole command, its stages, and the time until the new
// service is ready. It compares the command with a plain copy of the same files and with the start of a process. It
// asserts nothing, because the figures depend on the machine. For the stages alone: go test -bench . ./internal/bench
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	runs := flag.Int("runs", 40, "runs of each command")
	starts := flag.Int("starts", 7, "starts of the service")
	rounds := flag.Int("rounds", 5, "rounds of load, with telemetry and without")
	length := flag.Duration("length", 5*time.Second, "length of a round")
	profiles := flag.String("profiles", "", "folder for a CPU profile of each service under load, of its last round")
	service := flag.String("service", "", "part of the name of the services under load")
	only := flag.String("only", "", "new, load or outbox: leave out the others")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *only, *profiles, *service, *runs, *starts, *rounds, *length); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only, profiles, service string, runs, starts, rounds int, length time.Duration) error {
	dir, err := os.MkdirTemp("", "otelgen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := bench{ctx: ctx, dir: dir, profiles: profiles, service: service, otelgen: filepath.Join(dir, "otelgen")}
	if _, err := b.command("go", "build", "-trimpath", "-o", b.otelgen, "./cmd/otelgen"); err != nil {
		return err
	}
	if only == "" || only == "new" {
		if err := b.processes(runs); err != nil {
			return err
		}
		if err := b.stages(runs); err != nil {
			return err
		}
		if err := b.ready(starts); err != nil {
			return err
		}
	}
	if only == "" || only == "load" {
		if err := b.load(rounds, length); err != nil {
			return err
		}
	}
	if only == "" || only == "outbox" {
		return b.outbox()
	}
	return nil
}

type bench struct {
	ctx      context.Context
	dir      string
	otelgen  string
	profiles string
	service  string
}

// command runs a command and returns its duration. It prints the output only if the command fails.
func (b *bench) command(name string, args ...string) (time.Duration, error) {
	took, _, err := b.output(name, args...)
	return took, err
}

func (b *bench) output(name string, args ...string) (time.Duration, string, error) {
	cmd := exec.CommandContext(b.ctx, name, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began)
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, &out)
	}
	return took, out.String(), err
}

// processes compares whole processes. They take turns, so that what else the machine does meets them all.
func (b *bench) processes(runs int) error {
	first := filepath.Join(b.dir, "first")
	if _, err := b.command(b.otelgen, "new", "shop", "--no-input", "--output", first); err != nil {
		return err
	}
	files, size := 0, int64(0)
	err := filepath.WalkDir(first, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err == nil {
			files, size = files+1, size+info.Size()
		}
		return err
	})
	if err != nil {
		return err
	}
	var generate, start, copied []time.Duration
	target := filepath.Join(b.dir, "target")
	for range runs {
		for _, one := range []struct {
			into *[]time.Duration
			args []string
		}{
			{&generate, []string{b.otelgen, "new", "shop", "--no-input", "--output", target}},
			{&copied, []string{"cp", "-r", first, target}},
			{&start, []string{b.otelgen, "version"}},
		} {
			took, err := b.command(one.args[0], one.args[1:]...)
			if err != nil {
				return err
			}
			*one.into = append(*one.into, took)
			if err := os.RemoveAll(target); err != nil {
				return err
			}
		}
	}
	fmt.Printf(
		"whole processes, medians of %d runs on %d CPUs: %d files, %.0f kB\n",
		runs,
		runtime.NumCPU(),
		files,
		float64(size)/1000,
	)
	show("otelgen new shop --no-input", generate, 0)
	show("otelgen version", start, median(generate))
	show("cp -r of the same files", copied, median(generate))
	return nil
}

// stages shows what otelgen says of itself.
func (b *bench) stages(runs int) error {
	var order []string
	took := map[string][]time.Duration{}
	target := filepath.Join(b.dir, "target")
	for range runs {
		_, out, err := b.output(b.otelgen, "new", "shop", "--no-input", "--timings", "--output", target)
		if err != nil {
			return err
		}
		if err := os.RemoveAll(target); err != nil {
			return err
		}
		for line := range strings.Lines(out) {
			fields := strings.Fields(line)
			if len(fields) < 3 || fields[len(fields)-1] != "ms" {
				continue
			}
			d, err := time.ParseDuration(fields[len(fields)-2] + "ms")
			if err != nil {
				continue
			}
			name := strings.Join(fields[:len(fields)-2], " ")
			if took[name] == nil {
				order = append(order, name)
			}
			took[name] = append(took[name], d)
		}
	}
	fmt.Printf("\nstages of otelgen new (--timings), medians of %d runs\n", runs)
	for _, name := range order {
		show(name, took[name], 0)
	}
	return nil
}

// ready measures from `go run ./cmd/dev` to an answer of the service's /readyz.
func (b *bench) ready(starts int) error {
	service := filepath.Join(b.dir, "shop")
	if _, err := b.command(b.otelgen, "new", "shop", "--no-input", "--output", service); err != nil {
		return err
	}
	fmt.Printf("\nready from go run ./cmd/dev\n")
	var took []time.Duration
	for i := range starts + 1 {
		d, err := b.start(service)
		if err != nil {
			return err
		}
		if i == 0 {
			show("the first time", []time.Duration{d}, 0)
			continue
		}
		took = append(took, d)
	}
	show(fmt.Sprintf("then, median of %d starts", starts), took, 0)
	return nil
}

func (b *bench) start(service string) (took time.Duration, err error) {
	cmd := exec.Command("go", "run", "./cmd/dev")
	cmd.Dir = service
	cmd.Env = append(os.Environ(), "HTTP_ADDR=127.0.0.1:0", "ADMIN_ADDR=127.0.0.1:0", "GOWORK=off")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setpgid: true,
	} // the service is a child of the go command, and has to be told to end, too
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	end := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	stop := context.AfterFunc(b.ctx, func() { _ = end() })
	defer stop()
	var said strings.Builder
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		_, url, ok := strings.Cut(lines.Text(), " listens on ")
		if !ok {
			continue
		}
		response, err := http.Get(strings.TrimSpace(url) + "/readyz")
		if err != nil {
			return 0, cmp.Or(end(), err)
		}
		response.Body.Close()
		took = time.Since(began)
		if response.StatusCode != http.StatusOK {
			err = fmt.Errorf("/readyz answered %s", response.Status)
		}
		if err := cmp.Or(end(), err); err != nil {
			return 0, err
		}
	}
	_ = cmd.Wait() // how it ends does not matter here
	if took == 0 {
		return 0, fmt.Errorf("the service did not start:\n%s", &said)
	}
	return took, b.ctx.Err()
}

// show prints the median of d, the fastest and slowest tenth, and how many times it goes into whole.
func show(name string, d []time.Duration, whole time.Duration) {
	slices.Sort(d)
	ratio := ""
	if whole > 0 {
		ratio = fmt.Sprintf("   otelgen new takes %.1f times as long", float64(whole)/float64(median(d)))
	}
	spread := ""
	if len(d) >= 10 {
		spread = fmt.Sprintf("   (%s to %s)", ms(d[len(d)/10]), ms(d[len(d)*9/10]))
	}
	fmt.Printf("  %-28s %9s%s%s\n", name, ms(median(d)), spread, ratio)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
