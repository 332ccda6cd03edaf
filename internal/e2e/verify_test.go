package e2e_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/otelgen/otelgen/internal/proc"
)

// verification is a run of otelgen verify.
type verification struct {
	cmd            *exec.Cmd
	stdout, stderr proc.Output
	temp           string // its folder for temporary files
}

// verifying returns otelgen verify on a project, in the test's own environment, to which some variables are added.
func verifying(t *testing.T, dir string, env environment, arguments ...string) *verification {
	t.Helper()
	binary, err := otelgen()
	if err != nil {
		t.Fatal(err)
	}
	v := &verification{
		cmd:  exec.Command(binary, append([]string{"verify", filepath.Base(dir)}, arguments...)...),
		temp: t.TempDir(),
	}
	v.cmd.Dir = filepath.Dir(dir)
	v.cmd.Stdout, v.cmd.Stderr = &v.stdout, &v.stderr
	v.cmd.Env = append(os.Environ(), "TMPDIR="+v.temp)
	for name, value := range env {
		v.cmd.Env = append(v.cmd.Env, name+"="+value)
	}
	return v
}

// verify runs otelgen verify and returns its output. It checks the exit code, and that nothing is left behind.
func verify(t *testing.T, dir string, code int, env environment, arguments ...string) (stdout, stderr string) {
	t.Helper()
	before := contents(t, dir)
	v := verifying(t, dir, env, arguments...)
	if err := v.cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	if got := v.cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("the exit code is %d, want %d\n%s\n%s", got, code, tail(v.stdout.String()), v.stderr.String())
	}
	if !maps.Equal(before, contents(t, dir)) {
		t.Error("the project was changed")
	}
	v.leavesNothing(t)
	return v.stdout.String(), v.stderr.String()
}

func (v *verification) leavesNothing(t *testing.T) {
	t.Helper()
	left, err := os.ReadDir(v.temp)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		t.Errorf("%s is left behind", entry.Name())
	}
}

// contents are those of all files in a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		all[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// verdicts is the report as JSON.
type verdicts struct {
	OK     bool
	Counts map[string]int
	Rows   []struct {
		Group, Name, Seen, Verdict string
		Findings                   []struct{ Verdict, What, Why string }
	}
}

func readVerdicts(t *testing.T, stdout string) verdicts {
	t.Helper()
	var v verdicts
	if err := json.Unmarshal([]byte(stdout), &v); err != nil {
		t.Fatalf("the report is not JSON: %v\n%s", err, stdout)
	}
	return v
}

// found returns what was found in a row, a line for each finding.
func (v verdicts) found(group, name string) (found string) {
	for _, row := range v.Rows {
		if row.Group == group && row.Name == name {
			for _, f := range row.Findings {
				found += f.Verdict + ": " + f.What + "\n"
			}
		}
	}
	return found
}

// problems are all findings.
func (v verdicts) problems() (all string) {
	for _, row := range v.Rows {
		for _, f := range row.Findings {
			all += row.Group + " " + row.Name + ": " + f.Verdict + ": " + f.What + "\n"
		}
	}
	return all
}

// TestVerify checks that unmodified generated services pass, for each way to drive them, each way to export, and each
// report format.
func TestVerify(t *testing.T) {
	t.Parallel()
	t.Run("the default, which exports nothing by itself", func(t *testing.T) {
		t.Parallel()
		// The user's settings for telemetry do not affect verify.
		env := environment{
			"OTEL_TRACES_SAMPLER":         "always_off",
			"LOG_LEVEL":                   "error",
			"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
		}
		stdout, _ := verify(t, standard.source(t), 0, env, "--strict", "--format", "json")
		v := readVerdicts(t, stdout)
		if problems := v.problems(); problems != "" || !v.OK {
			t.Errorf("the report on the default service is:\n%s", problems)
		}
		for _, want := range []string{"POST /orders", "process orders.created", "INSERT orders", "http.server.request.duration", "orders.created", "correlated", "service.name", "no span lost"} {
			if !strings.Contains(stdout, `"name": "`+want+`"`) {
				t.Errorf("the report has no row %s", want)
			}
		}
	})
	t.Run("everything over the network", func(t *testing.T) {
		t.Parallel()
		env := environment{"DATABASE_URL": newDatabase(t), "BROKER_URL": newNATS(t).URL}
		stdout, _ := verify(t, shop.source(t), 0, env, "--strict")
		for _, want := range []string{"  ok    POST /orders", "  ok    UPDATE orders", "  ok    DATABASE_URL", "0 failed, 0 notes, 0 skipped"} {
			if !strings.Contains(stdout, want) {
				t.Errorf("the report lacks %q:\n%s", want, stdout)
			}
		}
	})
	t.Run("a worker", func(t *testing.T) {
		t.Parallel()
		stdout, _ := verify(t, worker.source(t), 0, nil, "--strict", "--format", "junit")
		var suites struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Suites   []struct {
				Cases []struct {
					Name string `xml:"name,attr"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal([]byte(stdout), &suites); err != nil {
			t.Fatalf("the report is not XML: %v\n%s", err, stdout)
		}
		if suites.Tests < 30 || suites.Failures > 0 || !strings.Contains(stdout, `name="process orders.created"`) {
			t.Errorf("the report is\n%s", stdout)
		}
	})
	t.Run("another entity, without a broker", func(t *testing.T) {
		t.Parallel()
		stdout, _ := verify(t, layered.source(t), 0, nil, "--strict")
		if !strings.Contains(stdout, "  ok    POST /line-items") {
			t.Errorf("the report is\n%s", stdout)
		}
	})
}

// layered differs from the other projects in everything that verify checks.
var layered = newProject(
	"layered",
	"--framework=nethttp",
	"--broker=none",
	"--database=memory",
	"--pattern=layered",
	"--entity=line-item",
	"--backend=otlp",
	"--option=otlp.protocol=grpc",
)

// edited copies the default project, and replaces text in its files, each of which must be there.
func edited(t *testing.T, changes map[string][]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "standard")
	if err := os.CopyFS(dir, os.DirFS(standard.source(t))); err != nil {
		t.Fatal(err)
	}
	for name, pairs := range changes {
		path := filepath.Join(dir, name)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(pairs); i += 2 {
			if !bytes.Contains(content, []byte(pairs[i])) {
				t.Fatalf("%s has no %q", name, pairs[i])
			}
			content = bytes.ReplaceAll(content, []byte(pairs[i]), []byte(pairs[i+1]))
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	useCases  = "internal/usecase/orders.go"
	handlers  = "internal/adapter/inbound/handlers.go"
	createdBy = "	o.telemetry.created.Add(ctx, 1)\n"
)

// TestVerifyEdited runs verify on a project to which its user has added what should not be added: that is noted, with
// the reason.
func TestVerifyEdited(t *testing.T) {
	t.Parallel()
	dir := edited(t, map[string][]string{
		".otelgen.yaml": {"otelgen: devel", "otelgen: v0.0.1"},
		handlers:        {`json:"sku"`, `json:"dish"`},
		useCases: {
			"import (", "import (\n\t\"go.opentelemetry.io/otel/attribute\"\n\t\"go.opentelemetry.io/otel/metric\"\n",
			createdBy, `	o.telemetry.created.Add(ctx, 1, metric.WithAttributes(attribute.String("order.id", order.ID)))
	_, baking := o.telemetry.tracer.Start(ctx, "bake "+order.ID)
	baking.SetAttributes(attribute.String("db.statement", "SELECT 1"), attribute.String("cake.color", "red"))
	baking.End()
	slog.Info("cake baked")
`,
		},
	})
	const body = `{"customer":"ada","dish":"soup","quantity":1}`
	stdout, _ := verify(t, dir, 0, nil, "--format", "json", "--body", body)
	v := readVerdicts(t, stdout)
	if !v.OK || v.Counts["fail"] != 0 {
		t.Errorf("what the user has added is a failure:\n%s", v.problems())
	}
	if v.found("project", "edits") != "" || !strings.Contains(stdout, `"seen": "2 files"`) {
		t.Errorf("the report does not say what was edited:\n%s", stdout)
	}
	for _, want := range []struct{ group, name, says string }{
		{"project", "origin", "the project was generated by otelgen v0.0.1"},
		{"span", "bake {id}", "names that seem to contain an ID"},
		{"span", "bake {id}", `the span "bake {id}" is not declared; its attributes: cake.color, db.statement`},
		{"span", "bake {id}", "the attribute db.statement is deprecated: the conventions v1.43.0 no longer define it " +
			"(last defined in v1.25.0); use db.query.text"},
		{"metric", "orders.created", "the attribute order.id is not declared"},
		{"metric", "orders.created", "the attribute order.id has values that look like ids"},
		{"log", "correlated", `records "cake baked" were written outside of any span`},
	} {
		if found := v.found(want.group, want.name); !strings.Contains(found, want.says) {
			t.Errorf("the report on %s %s is\n%swant %s", want.group, want.name, found, want.says)
		}
	}
	_, stderr := verify(t, dir, 5, nil, "--strict", "--body", body)
	if !strings.Contains(stderr, "the telemetry of standard fails verification: span bake {id}") {
		t.Errorf("the error is %s", stderr)
	}
}

// TestVerifyBroken runs verify on projects in which something was broken: it fails, and says what.
func TestVerifyBroken(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes          map[string][]string
		group, row, says string
	}{
		"a span that is gone": {
			map[string][]string{useCases: {`ctx, end := o.telemetry.start(ctx, "orders.confirm")
	defer func() { end(err) }()
`, ""}},
			"span", "orders.confirm", "no such span arrived",
		},
		"a counter that is gone": {
			map[string][]string{useCases: {createdBy, ""}},
			"metric", "orders.created", "no such metric arrived",
		},
		"a context that is lost on the way to the consumer": {
			map[string][]string{"internal/adapter/messaging/telemetry.go": {"	otel.GetTextMapPropagator().Inject(ctx, " +
				"carrier)\n", ""}},
			"trace", "one for each order", "the trace has no consumer span",
		},
		"telemetry that is not flushed": {
			map[string][]string{"internal/app/app.go": {"	defer func() { stopTelemetry(end.whole) " +
				"}()\n", "	_ = stopTelemetry\n"}},
			"shutdown", "no span lost", "have no span",
		},
		"an API that was changed": {
			map[string][]string{handlers: {`json:"sku"`, `json:"dish"`}},
			"service", "driven", "not driven: the service rejected the request that creates order",
		},
		"a build that fails": {
			map[string][]string{useCases: {createdBy, "	undefined()\n"}},
			"service", "builds", "undefined: undefined",
		},
		"a service that does not start": {
			map[string][]string{"internal/app/app.go": {`	slog.InfoContext(ctx, "service ready"`, `	return fmt.Errorf("the oven is %s", "cold")
	slog.InfoContext(ctx, "service ready"`}},
			"service", "becomes ready", "the oven is cold",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr := verify(t, edited(t, test.changes), 5, nil, "--format", "json")
			v := readVerdicts(t, stdout)
			found := v.found(test.group, test.row)
			if !strings.Contains(found, "fail: ") || !strings.Contains(found, test.says) {
				t.Errorf("the report on %s %s is\n%s\nwant %s; all:\n%s", test.group, test.row, found, test.says, v.problems())
			}
			if !strings.Contains(stderr, `"code":"verify-failed"`) {
				t.Errorf("the error is %s", stderr)
			}
		})
	}
}

// TestVerifyServers holds that a server that is needed and not there is asked for, before anything is built.
func TestVerifyServers(t *testing.T) {
	t.Parallel()
	dir := shop.source(t)
	for _, variable := range []string{"DATABASE_URL", "BROKER_URL"} {
		_, stderr := verify(t, dir, 4, environment{
			"DATABASE_URL": "postgres://u:secret@" + freeAddress(
				t,
			) + "/shop",
			"BROKER_URL": "nats://u:secret@" + freeAddress(t),
			variable:     "memory:",
		})
		other := map[string]string{"DATABASE_URL": "BROKER_URL", "BROKER_URL": "DATABASE_URL"}[variable]
		if !strings.Contains(stderr, "the address in "+other) || strings.Contains(stderr, "secret") {
			t.Errorf("the error is %s", stderr)
		}
	}
	if conn, err := net.Dial("tcp", "127.0.0.1:5432"); err == nil {
		_ = conn.Close()
		t.Skip("a PostgreSQL server runs here")
	}
	_, stderr := verify(t, dir, 2, nil)
	for _, want := range []string{"DATABASE_URL is not set, and no server answers at " +
		"127.0.0.1:5432", "docker compose up --detach --wait postgres"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("the error lacks %q: %s", want, stderr)
		}
	}
}

// TestVerifyInterrupted interrupts verify while the service runs. The service goes with it, and so does all that was
// made for it.
func TestVerifyInterrupted(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("what runs is looked up as Linux shows it")
	}
	// A service that never gets ready.
	dir := edited(
		t,
		map[string][]string{"internal/health/health.go": {"respond(w, status, report)", "respond(w, status+1, report)"}},
	)
	v := verifying(t, dir, nil)
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.cmd.Process.Kill() })
	eventually(t, 4*patience, "the service runs", func() bool { return runs(v.temp) })
	if err := v.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = v.cmd.Wait()
	if code := v.cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("the exit code is %d, want 130: %s", code, v.stderr.String())
	}
	if !strings.Contains(v.stderr.String(), "interrupted: nothing was verified") {
		t.Errorf("it says %s", v.stderr.String())
	}
	v.leavesNothing(t)
	if runs(v.temp) {
		t.Error("the service still runs")
	}
}

// runs reports whether a program from a folder runs, on Linux.
func runs(dir string) bool {
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, command := range commands {
		if line, err := os.ReadFile(command); err == nil && strings.HasPrefix(string(line), dir) {
			return true
		}
	}
	return false
}
