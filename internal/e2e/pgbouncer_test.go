package e2e_test

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/otelgen/otelgen/internal/proc"
)

// TestServiceBehindPgBouncer does what docs/how-to/pgbouncer.md says: migrations go over a direct connection, the
// service over PgBouncer in transaction mode, whose two connections many requests share.
func TestServiceBehindPgBouncer(t *testing.T) {
	t.Parallel()
	direct := newDatabase(t)
	broker := newNATS(t)
	env := environment{"DATABASE_URL": direct, "BROKER_URL": broker.URL, "MIGRATE_ON_START": "false"}
	binary := shop.service(t)
	migrate := exec.Command(binary, "migrate")
	for name, value := range env {
		migrate.Env = append(migrate.Env, name+"="+value)
	}
	if output, err := migrate.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}

	pooled := newPgBouncer(t, direct)
	service := serve(t, binary, env.with(environment{"DATABASE_URL": pooled + "&default_query_exec_mode=exec"}))
	service.ready(t, http.StatusOK, recovered)
	const orders, callers = 200, 20
	answers := make(chan answer, orders)
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for range orders / callers {
				a, err := try(t, http.MethodPost, service.base+"/orders", draft)
				if err != nil {
					t.Error(err)
				}
				answers <- a
			}
		})
	}
	group.Wait()
	close(answers)
	for a := range answers {
		if a.status != http.StatusCreated {
			t.Errorf("an order is answered with %d: %s", a.status, a.body)
		}
	}
	service.confirmed(t, service.place(t).ID)
	service.stop(t)
}

// newPgBouncer runs PgBouncer in transaction mode before a database, and returns the URL of the database there.
func newPgBouncer(t *testing.T, database string) string {
	t.Helper()
	binary := "/usr/sbin/pgbouncer"
	if _, err := os.Stat(binary); err != nil {
		t.Skip("PgBouncer is not installed; install it with: scripts/install-deps.sh")
	}
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	address := freeAddress(t)
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`[databases]
* = host=%s port=%s user=%s password=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %s
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = extra_float_digits
`, u.Hostname(), u.Port(), u.User.Username(), password, port)
	folder, err := os.MkdirTemp("", "otelgen-pgbouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	file := filepath.Join(folder, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(folder, 0o755); err != nil { // PgBouncer refuses to run as root, and reads it as another user
		t.Fatal(err)
	}
	arguments := []string{file}
	if os.Getuid() == 0 {
		arguments = []string{"--user=postgres", file}
	}
	running, err := proc.Start(exec.Command(binary, arguments...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = running.Cmd.Process.Kill()
		<-running.Ended
		if t.Failed() {
			t.Log(tail(running.Err.String()))
		}
	})
	u.Host = address
	return u.String()
}
