package e2e_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// TestUsedDatabasesFollowEveryChange changes a project at random, with migrations of the user's in between. The
// service that each change makes migrates the same database, which holds the orders of those before, by its command;
// it is then ready and creates an order.
func TestUsedDatabasesFollowEveryChange(t *testing.T) {
	broker := newNATS(t)
	for seed, database := range []string{"postgres", "mysql", "sqlite"} {
		t.Run(database, func(t *testing.T) {
			env := environment{"BROKER_URL": broker.URL, "DATABASE_URL": usedDatabase(t, database), "MIGRATE_ON_START": "false"}
			s := newSchema(t, database, uint64(seed))
			s.use(env)
			for _, change := range s.changes() {
				if s.change(change) {
					s.use(env)
				}
			}
		})
	}
}

func usedDatabase(t *testing.T, database string) string {
	t.Helper()
	switch database {
	case "postgres":
		return newDatabase(t)
	case "sqlite":
		return newSQLite(t)
	}
	return newServer(t, database).URL
}

// schema is a project whose schema grows.
type schema struct {
	t        *testing.T
	r        *rand.Rand
	database string
	dir      string
	otelgen  string
}

func newSchema(t *testing.T, database string, seed uint64) *schema {
	t.Helper()
	binary, err := otelgen()
	if err != nil {
		t.Fatal(err)
	}
	s := &schema{
		t:        t,
		r:        rand.New(rand.NewPCG(seed, seed)),
		database: database,
		dir:      filepath.Join(t.TempDir(), "shop"),
		otelgen:  binary,
	}
	err = command(
		".",
		binary,
		"new",
		"shop",
		"--no-input",
		"--output",
		s.dir,
		"--framework=nethttp",
		"--broker=nats",
		"--database="+database,
		"--backend=otlp",
	)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// changes returns most of the changes that touch the schema, in a random order.
func (s *schema) changes() [][]string {
	kinds := [][]string{
		{"set", "pattern=hexagonal"}, {"set", "pattern=layered"}, {"set", "pattern=cqrs"}, {"set", "pattern=event-sourcing"},
		{"add", "pattern/outbox"}, {"remove", "pattern/outbox", "--yes"}, {"set", "database=memory"}, {"own"}, {"own"},
		{"add", "field", "order", "note:text:optional"}, {"add", "field", "order", "country:string:2..2:default=DE", "weight:float:optional"},
	}
	s.r.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	return kinds[:9]
}

// change makes a change, and reports whether it was one that otelgen makes.
func (s *schema) change(kind []string) bool {
	s.t.Helper()
	s.t.Logf("%v", kind)
	switch {
	case kind[0] == "own":
		s.addOwn()
	case !s.run(kind...):
		return false
	case kind[1] == "database=memory":
		return s.run("set", "database="+s.database)
	}
	return true
}

// run changes the project. Choices that do not go together are refused with the exit code 2.
func (s *schema) run(arguments ...string) bool {
	s.t.Helper()
	err := command(s.dir, s.otelgen, append(arguments, "--allow-dirty")...)
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) && failed.ExitCode() == 2 {
		return false
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return true
}

// addOwn adds a migration of the user's with the user's number.
func (s *schema) addOwn() {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "internal", "*", "migrations", "*.sql"))
	if err != nil || len(files) == 0 {
		files, err = filepath.Glob(filepath.Join(s.dir, "internal", "*", "*", "migrations", "*.sql"))
	}
	if err != nil || len(files) == 0 {
		s.t.Fatalf("there are no migrations: %v", err)
	}
	version := 0
	for _, file := range files {
		n, err := strconv.Atoi(regexp.MustCompile(`^\d+`).FindString(filepath.Base(file)))
		if err != nil {
			s.t.Fatal(err)
		}
		version = max(version, n)
	}
	version += 1 + s.r.IntN(3)
	text := fmt.Sprintf("-- +goose Up\nCREATE TABLE IF NOT EXISTS notes%d (id INTEGER);\n", version)
	err = os.WriteFile(filepath.Join(filepath.Dir(files[0]), fmt.Sprintf("%05d_notes.sql", version)), []byte(text), 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
}

// use builds the service, migrates the database with it, and creates an order.
func (s *schema) use(env environment) {
	s.t.Helper()
	binary := filepath.Join(s.dir, "built")
	if err := command(s.dir, "go", "build", "-o", binary, "./cmd/shop"); err != nil {
		s.t.Fatal(err)
	}
	migrate := exec.Command(binary, "migrate")
	migrate.Env = []string{"OTEL_SDK_DISABLED=true"}
	for name, value := range env {
		migrate.Env = append(migrate.Env, name+"="+value)
	}
	if said, err := migrate.CombinedOutput(); err != nil {
		s.t.Fatalf("migrate: %v\n%s", err, said)
	}
	service := serve(s.t, binary, env.with(environment{"OTEL_SDK_DISABLED": "true"}))
	service.ready(s.t, http.StatusOK, patience)
	service.place(s.t)
	if a := request(s.t, http.MethodGet, service.base+"/orders?limit=100", ""); a.status != http.StatusOK {
		s.t.Errorf("orders of all versions cannot be listed: %d %s", a.status, a.body)
	}
	service.stop(s.t)
}
