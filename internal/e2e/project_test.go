package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	// The tests run the command and not its packages; by this, their results are not taken for still valid when it
	// has changed.
	_ "github.com/otelgen/otelgen/internal/cli"
)

// The services that the tests generate. Each is generated, and each of its commands built, once.
var (
	// The one that most tests look at: everything over the network.
	shop = newProject("shop", "--framework=chi", "--broker=nats", "--database=postgres", "--backend=otlp")
	// A worker, reached by events alone.
	worker = newProject("worker", "--framework=none", "--broker=nats", "--database=sqlite", "--backend=otlp")
	// The choices that the others leave out.
	plain = newProject(
		"plain",
		"--framework=nethttp",
		"--broker=none",
		"--database=sqlite",
		"--pattern=layered",
		"--backend=otlp",
	)
	// What cannot lose an event.
	careful = newProject(
		"careful",
		"--framework=chi",
		"--broker=nats",
		"--database=postgres",
		"--pattern=hexagonal,retry,outbox",
		"--backend=otlp",
	)
	// The same as shop over other servers.
	overRabbitMQ = newProject(
		"over-rabbitmq",
		"--framework=nethttp",
		"--broker=rabbitmq",
		"--database=postgres",
		"--backend=otlp",
	)
	overKafka = newProject("over-kafka", "--framework=gin", "--broker=kafka", "--database=postgres", "--backend=otlp")
	overMySQL = newProject(
		"over-mysql",
		"--framework=chi",
		"--broker=nats",
		"--database=mysql",
		"--pattern=layered",
		"--backend=otlp",
	)
	overRedis   = newProject("over-redis", "--framework=nethttp", "--broker=nats", "--database=redis", "--backend=otlp")
	overMongoDB = newProject("over-mongodb", "--framework=chi", "--broker=nats", "--database=mongodb", "--backend=otlp")
	// What `otelgen new` makes when nothing is said.
	standard = newProject("standard")
	// Another entity, of two words.
	renamed = newProject(
		"renamed",
		"--entity=line-item",
		"--field=title:string",
		"--field=price:decimal:0..",
		"--backend=otlp",
	)
)

// workspace holds all that the tests make and share.
var workspace string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if workspace, err = os.MkdirTemp("", "otelgen-e2e-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(workspace) }()
		return m.Run()
	}())
}

// otelgen builds the command and returns its path.
var otelgen = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(workspace, "otelgen")
	return binary, command("../..", "go", "build", "-o", binary, "./cmd/otelgen")
})

// project is a service that otelgen generates.
type project struct {
	name     string
	generate func() (dir string, err error)

	mu       sync.Mutex
	binaries map[string]string
}

func newProject(name string, flags ...string) *project {
	return &project{
		name:     name,
		binaries: make(map[string]string),
		generate: sync.OnceValues(func() (string, error) {
			otelgen, err := otelgen()
			if err != nil {
				return "", err
			}
			dir := filepath.Join(workspace, name)
			arguments := append([]string{"new", name, "--no-input", "--output", dir}, flags...)
			return dir, command(".", otelgen, arguments...)
		}),
	}
}

// source returns the folder of the generated project.
func (p *project) source(t *testing.T) string {
	t.Helper()
	dir, err := p.generate()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// service returns the production binary.
func (p *project) service(t *testing.T) string {
	t.Helper()
	return p.build(t, p.name)
}

// development returns the development binary.
func (p *project) development(t *testing.T) string {
	t.Helper()
	return p.build(t, "dev")
}

func (p *project) build(t *testing.T, name string) string {
	t.Helper()
	dir := p.source(t)
	p.mu.Lock()
	defer p.mu.Unlock()
	if binary, ok := p.binaries[name]; ok {
		return binary
	}
	binary := filepath.Join(workspace, p.name+"-"+name)
	if err := command(dir, "go", "build", "-o", binary, "./cmd/"+name); err != nil {
		t.Fatal(err)
	}
	p.binaries[name] = binary
	return binary
}

// command runs a program in dir. The error has its output.
func command(dir, name string, arguments ...string) error {
	cmd := exec.Command(name, arguments...)
	cmd.Dir = dir
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, output)
	}
	return nil
}
