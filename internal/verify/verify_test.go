package verify

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/otlp"
	"github.com/otelgen/otelgen/internal/project"
)

// tree writes files into a folder of the test's own.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o600))
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestEdits(t *testing.T) {
	dir := tree(t, map[string]string{
		"go.mod":                 "module x",
		"same.go":                "package x",
		"changed.go":             "package y",
		"added/added.go":         "package z",
		"README.md":              "edited",
		".git/x.go":              "",
		"vendor/x/x.go":          "",
		"internal/testdata/x.go": "",
	})
	digest := func(content string) project.File { return project.File{SHA256: project.Digest([]byte(content))} }
	got, err := edits(dir, map[string]project.File{
		"go.mod": digest(
			"module x",
		),
		"same.go":    digest("package x"),
		"changed.go": digest("package x"),
		"removed.go": digest("package x"),
		"README.md":  digest(""),
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"added/added.go", "changed.go", "removed.go"}; !slices.Equal(got, want) {
		t.Errorf("edited are %q, want %q", got, want)
	}
}

func TestServers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	there := listener.Addr().String()
	gone, err := freeAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(gone)
	if err != nil {
		t.Fatal(err)
	}
	dir := tree(t, map[string]string{
		"cmd/dev/main.go": "package main\n\nimport \"os\"\n\nfunc main() { _ = os.Setenv(\"BROKER_URL\", \"nats://\") }\n",
		"compose.yaml": "services:\n  other: {ports: [\"127.0.0.1:1:1\"]}\n  cellar: {ports: " +
			"[\"127.0.0.1:" + port + ":5432\"]}\n",
	})
	for name, test := range map[string]struct {
		variable, value, env string
		code, says           string // of the error, if there is one
		seen                 string // in the row, if there is none
	}{
		"embedded":          {"BROKER_URL", "nats://" + gone, "", "", "", "started by the development entry"},
		"embedded, given":   {"BROKER_URL", "nats://127.0.0.1:1", "BROKER_URL=nats://u:secret@" + gone, "verify-server-unreachable", "no server answers at " + gone + ", the address in BROKER_URL", ""},
		"default there":     {"DATABASE_URL", "postgres://u:secret@" + there + "/x", "", "", "", there},
		"default not there": {"DATABASE_URL", "postgres://u:secret@" + gone + "/x", "", "verify-server-missing", "DATABASE_URL is not set, and no server answers at " + gone, ""},
		"given":             {"DATABASE_URL", "postgres://" + gone + "/x", "DATABASE_URL=postgres://u:secret@" + there + ",127.0.0.1:1", "", "", there},
		"a file":            {"DATABASE_URL", "file:x.db", "", "", "", "needs no server"},
		"a socket":          {"DATABASE_URL", "postgres://" + gone + "/x", "DATABASE_URL=postgres:///x?host=/tmp", "", "", "needs no server"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &run{o: Options{
				Dir: dir, Env: []string{test.env},
				Contract: generator.Contract{
					Dirs: map[string]string{"dev": "cmd/dev"},
					Env: []generator.Env{
						{Name: test.variable, Field: "URL", Type: "url", Default: test.value, Summary: "URL of it."},
					},
				},
			}}
			rows, err := r.servers(t.Context())
			if test.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				if len(rows) != 1 || rows[0].Observed != test.seen {
					t.Errorf("the rows are %+v, want one with %q", rows, test.seen)
				}
				return
			}
			var known *generator.Error
			if !errors.As(err, &known) || known.Code != test.code || !strings.Contains(known.What, test.says) {
				t.Fatalf("the error is %v, want %s: %s", err, test.code, test.says)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells a secret: %v", err)
			}
			if !strings.Contains(known.Fix, "separate server, not to one in production") &&
				!strings.Contains(known.Fix, "to another, not to one in production") {
				t.Errorf("the error does not advise against the server in production: %s", known.Fix)
			}
			if !strings.Contains(known.Fix, "docker compose up --detach --wait cellar") {
				t.Errorf("the error does not say how to start the server: %s", known.Fix)
			}
		})
	}
}

// Without a port in the URL, it is where the owner of the variable says its server listens.
func TestAddress(t *testing.T) {
	r := &run{o: Options{Contract: generator.Contract{Ports: []generator.Port{{Port: 4222, Owner: "broker/x"}}}}}
	if got := r.address("nats://localhost", "broker/x"); got != "localhost:4222" {
		t.Errorf("the address is %q", got)
	}
	if got := r.address("nats://localhost", "broker/y"); got != "" {
		t.Errorf("the address is %q, though no port is known", got)
	}
}

// A missing constructor of the pipeline is an error that says where it should be.
func TestNoConstructor(t *testing.T) {
	dir := tree(
		t,
		map[string]string{
			"pipeline.go":      "package telemetry\n\nfunc (x) NewPipeline() {}\n",
			"pipeline_test.go": "package telemetry\n\nfunc NewPipeline() {}\n",
		},
	)
	_, _, _, err := findConstructor(dir)
	var known *generator.Error
	if !errors.As(err, &known) || known.Code != "verify-no-pipeline" {
		t.Errorf("the error is %v", err)
	}
}

func TestFindConstructor(t *testing.T) {
	dir := tree(
		t,
		map[string]string{
			"a.go": "package telemetry\n",
			"b.go": "package telemetry\n\nfunc NewPipeline() { println(\"NewPipeline\") }\n",
		},
	)
	name, content, pkg, err := findConstructor(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := "package telemetry\n\nfunc otelgenProjectPipeline() { println(\"NewPipeline\") }\n"; name != "b.go" ||
		pkg != "telemetry" ||
		string(content) != want {
		t.Errorf("found %s of package %s:\n%s", name, pkg, content)
	}
}

// Nothing in the environment of the user decides what the service reports, and where.
func TestEnvironment(t *testing.T) {
	receiver, err := otlp.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer receiver.Close()
	for protocol, endpoint := range map[string]string{"grpc": receiver.GRPCEndpoint(), "http/protobuf": receiver.HTTPEndpoint()} {
		r := &run{receiver: receiver, o: Options{Contract: generator.Contract{Env: []generator.Env{
			{Name: "LOG_LEVEL", Type: "level", Default: "info"}, {Name: "OTEL_EXPORTER_OTLP_PROTOCOL", Default: protocol},
			{Name: "OTEL_EXPORTER_OTLP_ENDPOINT"},
		}}}}
		got := r.environment(
			[]string{
				"HOME=/x",
				"OTEL_SDK_DISABLED=true",
				"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://elsewhere",
				"LOG_LEVEL=error",
			},
		)
		want := []string{
			"HOME=/x",
			"LOG_LEVEL=info",
			"OTELGEN_VERIFY_ENDPOINT=" + receiver.HTTPEndpoint(),
			"OTELGEN_VERIFY_REPORT=environment.json",
			"OTEL_EXPORTER_OTLP_PROTOCOL=" + protocol,
			"OTEL_EXPORTER_OTLP_ENDPOINT=" + endpoint,
		}
		if !slices.Equal(got, want) {
			t.Errorf("the environment is %q, want %q", got, want)
		}
	}
}

// A service that cannot be driven never passes.
func TestNotDriven(t *testing.T) {
	dir := tree(t, map[string]string{"go.mod": "module x\n"})
	report, err := Run(t.Context(), Options{
		Dir:      dir,
		Name:     "shop",
		Origin:   &project.Project{},
		Provides: func(capability string) bool { return capability == "inbound.requests" },
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.OK || !slices.Equal(report.Failed(), []string{"service driven"}) {
		t.Errorf("the report is %+v", report)
	}
}
