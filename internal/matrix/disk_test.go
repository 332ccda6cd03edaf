package matrix_test

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/matrix"
	"github.com/otelgen/otelgen/internal/servers"
	"github.com/otelgen/otelgen/internal/writer"
)

// partSize is how many services of the matrix are run, unless all of it is asked for.
const partSize = 8

// Every two answers of the catalog meet in a service that is written to disk and judged by the go command: go.mod and go.sum, go vet, and its
// own tests, against real servers. The services in which every preset takes part are also linked.
//
// MATRIX_ALL=1 runs all of it, and MATRIX_PART=2 one part. Otherwise the commit decides on the part: so each is run in turn, and a commit
// gives the same result each time.
func TestMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	c := builtin(t)
	set := cover(t, c)
	parts := (len(set.Pairs) + partSize - 1) / partSize
	turn, why := inTurn(t, parts)
	t.Logf("%d parts of %d services: %s", parts, len(set.Pairs), why)
	linked := few(set.Pairs)
	for i, a := range set.Pairs {
		if !turn(i) {
			continue
		}
		link := slices.ContainsFunc(linked, func(l generator.Answers) bool { return matrix.Label(c, l) == matrix.Label(c, a) })
		if i%6 == 1 {
			a.Entity, a.Module = "line-item", "github.com/acme/"+a.Name
		}
		t.Run(matrix.Label(c, a), func(t *testing.T) { proveOnDisk(t, c, a, link) })
	}
}

// proveOnDisk writes a service and has the go command judge it. What vet finds, the tests need not look for again.
func proveOnDisk(t *testing.T, c *generator.Catalog, a generator.Answers, link bool) {
	env, against := serversOf(t, c, a)
	dir := write(t, c, a)
	judge(t, dir, env, "mod", "tidy", "-diff")
	judge(t, dir, env, "vet", "./...")
	judge(t, dir, env, "test", "-vet=off", "./...")
	if link {
		judge(t, dir, env, "build", "./...")
	}
	if t.Failed() {
		return
	}
	label := chosen.ReplaceAllString(matrix.Label(c, a), "")
	if err := servers.Proven("service "+label, "go mod tidy, go vet, its tests", against); err != nil {
		t.Error(err)
	}
}

// judge runs the go command, which must succeed and, except for tests, say nothing.
func judge(t *testing.T, dir string, env []string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) > 0 && args[0] != "test" {
		t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	if unset.Match(out) {
		t.Errorf("tests were left out:\n%s", out)
	}
}

// chosen are the options in the label of a service.
var chosen = regexp.MustCompile(`\+[^+=]+=[^+]+`)

var unset = regexp.MustCompile(`TEST_\w+ is not set`)

// inTurn reports which of n things the tests do without the whole matrix, and why: those whose turn it is. MATRIX_PART says so, or else the
// commit.
func inTurn(t *testing.T, n int) (turn func(i int) bool, why string) {
	t.Helper()
	if wholeMatrix() {
		return func(int) bool { return true }, "all, as MATRIX_ALL is set"
	}
	part, why := partOf(t)
	return func(i int) bool { return i%n == part%n }, why
}

// partOf returns the number that decides whose turn it is.
func partOf(t *testing.T) (part int, why string) {
	t.Helper()
	if v := os.Getenv("MATRIX_PART"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 0 {
			t.Fatalf("MATRIX_PART is %q, want a number", v)
		}
		return n, "part " + v + ", as MATRIX_PART says"
	}
	commit, err := exec.CommandContext(t.Context(), "git", "rev-parse", "HEAD").Output()
	if err != nil {
		return 0, "part 0, as there is no commit to choose by"
	}
	h := fnv.New32a()
	h.Write(commit)
	part = int(h.Sum32() % 1000)
	return part, fmt.Sprintf("part %d, by the commit %s", part, bytes.TrimSpace(commit))
}

// write writes the service of the answers to a folder of its own and returns that.
func write(t *testing.T, c *generator.Catalog, a generator.Answers) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), a.Name)
	if err := (writer.Writer{}).Write(t.Context(), dir, render(t, c, a).Files); err != nil {
		t.Fatal(err)
	}
	return dir
}

// goEnvironment is what the go command runs with in services. Without the folder in its output, a package that is in many services is
// compiled, linked and tested once.
func goEnvironment() []string {
	return append(os.Environ(), "GOFLAGS=-trimpath -buildvcs=false", "GOWORK=off")
}

var pool = servers.New("../..")

// serversOf returns the environment that the service of the answers is judged in, and the servers that it names.
func serversOf(t *testing.T, c *generator.Catalog, a generator.Answers) (env []string, against []servers.Server) {
	t.Helper()
	selection, err := c.Select(a)
	if err != nil {
		t.Fatal(err)
	}
	variables, err := pool.Environment(selection.Presets())
	if err != nil {
		t.Fatalf("%v\nwhat the tests need is installed by: make deps", err)
	}
	if against, err = pool.Of(selection.Presets()); err != nil {
		t.Fatal(err)
	}
	return append(goEnvironment(), variables...), against
}
