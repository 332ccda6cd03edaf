package matrix_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"os/exec"
	"path"
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
const partSize = 6

// Every two presets of the catalog meet in a service that is written to disk. The go command checks its go.mod and go.sum, vets it and runs
// its tests against real servers. The services in which every preset takes part are also linked.
//
// MATRIX_ALL=1 runs all of it, and MATRIX_PART=2 one part. Otherwise the commit decides on the part: so each is run in turn, and a commit
// gives the same result each time.
func TestMatrix(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	c := builtin(t)
	rows := cover(t, c).Pairs
	linked := map[string]bool{}
	for _, a := range few(rows) {
		linked[matrix.Label(c, a)] = true
	}
	turn, why := inTurn(t, (len(rows)+partSize-1)/partSize)
	t.Logf("%d services: %s", len(rows), why)
	p := proof{catalog: c, tested: map[string]bool{}}
	for i, a := range rows {
		if !turn(i) {
			continue
		}
		link := linked[matrix.Label(c, a)]
		if i%12 == 1 {
			a.Entity, a.Module = "line-item", "github.com/acme/"+a.Name
		}
		t.Run(matrix.Label(c, a), func(t *testing.T) { p.service(t, a, link) })
	}
}

// proof has the go command judge services.
type proof struct {
	catalog *generator.Catalog
	tested  map[string]bool // digests of packages whose tests have passed
}

// service writes a service to disk and proves it.
//
// Its packages are all compiled and vetted. Linking and running their tests takes most of the time, so a package is tested once, in the
// first service that has it with the same files. The package that wires a service differs in each of them, and is tested in each.
func (p *proof) service(t *testing.T, a generator.Answers, link bool) {
	env, against := serversOf(t, p.catalog, a)
	tree := render(t, p.catalog, a)
	dir := writeTree(t, a.Name, tree)
	judge(t, dir, env, "mod", "tidy", "-diff")
	judge(t, dir, env, "vet", "./...")
	untested := p.untested(tree)
	if len(untested) > 0 {
		judge(t, dir, env, append([]string{"test", "-vet=off"}, slices.Sorted(maps.Keys(untested))...)...)
	}
	if link {
		judge(t, dir, env, "build", "./...")
	}
	if t.Failed() {
		return
	}
	p.passed(untested)
	label := chosen.ReplaceAllString(matrix.Label(p.catalog, a), "")
	if err := servers.Proven("service "+label, "go mod tidy, go vet, its tests", against); err != nil {
		t.Error(err)
	}
}

// untested returns the packages of a service, as "./internal/app", that no service before had with the same files, and their digests.
func (p *proof) untested(tree *generator.Tree) map[string]string {
	digests := map[string]string{}
	for _, f := range tree.Files {
		if path.Ext(f.Path) == ".go" {
			digests["./"+path.Dir(f.Path)] = digest(tree, path.Dir(f.Path))
		}
	}
	maps.DeleteFunc(digests, func(_, digest string) bool { return p.tested[digest] })
	return digests
}

// passed notes packages, as untested returns them.
func (p *proof) passed(packages map[string]string) {
	for _, digest := range packages {
		p.tested[digest] = true
	}
}

// digest identifies the files below a folder.
func digest(tree *generator.Tree, dir string) string {
	h := sha256.New()
	for _, f := range tree.Files {
		if dir == "." || strings.HasPrefix(f.Path, dir+"/") {
			fmt.Fprintf(h, "%s %x\n", f.Path, sha256.Sum256(f.Content))
		}
	}
	return string(h.Sum(nil))
}

// A package is tested again once one of its files differs, also one that it only embeds.
func TestUntestedPackages(t *testing.T) {
	tree := func(sql string) *generator.Tree {
		return &generator.Tree{Files: []generator.File{
			{Path: "internal/app/app.go", Content: []byte("package app\n")},
			{Path: "internal/store/migrations/1.sql", Content: []byte(sql)},
			{Path: "internal/store/store.go", Content: []byte("package store\n")},
		}}
	}
	p := proof{tested: map[string]bool{}}
	first := p.untested(tree("one"))
	p.passed(first)
	again, other := p.untested(tree("one")), p.untested(tree("two"))
	if len(first) != 2 || len(again) != 0 || len(other) != 1 || other["./internal/store"] == "" {
		t.Errorf("untested are %v, then %v, then %v; want both, none and the store", first, again, other)
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

func writeTree(t *testing.T, name string, tree *generator.Tree) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := (writer.Writer{}).Write(t.Context(), dir, tree.Files); err != nil {
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
