package e2e_test

import (
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
)

// TestReadOnlyDatabaseIsNotReady has a database accept no writes, as its replicas do and as one does during a
// failover. The service is not ready, says why, and is ready again once the database accepts writes.
func TestReadOnlyDatabaseIsNotReady(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		project *project
		set     func(t *testing.T, database string, readOnly bool)
		reason  string
	}{
		"mysql": {overMySQL, setReadOnlyMySQL, "it is read-only"},
		"redis": {overRedis, setReplicaOfRedis, "it is a read-only replica"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database, broker := newServer(t, name), newNATS(t)
			service := serve(t, test.project.service(t), environment{"DATABASE_URL": database.URL, "BROKER_URL": broker.URL})
			service.ready(t, http.StatusOK, recovered)

			test.set(t, database.URL, true)
			service.ready(t, http.StatusServiceUnavailable, noticed)
			if a := request(t, http.MethodGet, service.base+"/readyz", ""); !strings.Contains(a.body, test.reason) {
				t.Errorf("/readyz answers %s, want %q", a.body, test.reason)
			}
			test.set(t, database.URL, false)
			service.ready(t, http.StatusOK, recovered)
			service.confirmed(t, service.place(t).ID)
			service.stop(t)
		})
	}
}

func setReadOnlyMySQL(t *testing.T, database string, readOnly bool) {
	t.Helper()
	u := parsed(t, database)
	password, _ := u.User.Password()
	value := "OFF"
	if readOnly {
		value = "ON"
	}
	tell(
		t,
		"mariadb",
		"--host="+u.Hostname(),
		"--port="+u.Port(),
		"--user="+u.User.Username(),
		"--password="+password,
		"--execute=SET GLOBAL read_only = "+value,
	)
}

// setReplicaOfRedis makes the database a replica of an empty one, or a primary again.
func setReplicaOfRedis(t *testing.T, database string, readOnly bool) {
	t.Helper()
	primary := []string{"NO", "ONE"}
	if readOnly {
		u := parsed(t, newServer(t, "redis").URL)
		primary = []string{u.Hostname(), u.Port()}
	}
	tell(t, "redis-cli", append([]string{"-u", database, "REPLICAOF"}, primary...)...)
}

func parsed(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// tell has a server's own client run a command.
func tell(t *testing.T, client string, arguments ...string) {
	t.Helper()
	if output, err := exec.Command(client, arguments...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", client, err, output)
	}
}
