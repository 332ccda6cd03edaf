package merge_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/internal/merge"
)

// lines makes a text of one line each word.
func lines(words string) []byte {
	if words == "" {
		return nil
	}
	return []byte(strings.ReplaceAll(words, " ", "\n") + "\n")
}

func TestText(t *testing.T) {
	tests := []struct{ name, base, ours, theirs, want string }{
		{"no side", "a b c", "a b c", "a b c", "a b c"},
		{"only ours", "a b c", "a x c", "a b c", "a x c"},
		{"only theirs", "a b c", "a b c", "a x c", "a x c"},
		{"both alike", "a b c", "a x c", "a x c", "a x c"},
		{"apart", "a b c d e", "A b c d e", "a b c d E", "A b c d E"},
		{"insertions apart", "a b c", "x a b c", "a b c y", "x a b c y"},
		{"ours removes, theirs changes elsewhere", "a b c d", "b c d", "a b c D", "b c D"},
		{"moved blocks keep their neighbors", "a b c d e f", "a b x c d e f", "a b c d e y f", "a b x c d e y f"},
		{"same place", "a b c", "a x c", "a y c", "a <<<<<<<_yours x ======= y >>>>>>>_otelgen c"},
		{"side by side", "a b c d", "a x c d", "a b y d", "a <<<<<<<_yours x c ======= b y >>>>>>>_otelgen d"},
		{"changed and removed", "a b c", "a x c", "a c", "a <<<<<<<_yours x ======= >>>>>>>_otelgen c"},
		{"both insert", "a b", "a x b", "a y b", "a <<<<<<<_yours x ======= y >>>>>>>_otelgen b"},
		{"both insert, in part alike", "a b", "a s x t b", "a s y t b", "a s <<<<<<<_yours x ======= y >>>>>>>_otelgen t b"},
		{"no base", "", "a x", "a y", "a <<<<<<<_yours x ======= y >>>>>>>_otelgen"},
		{"emptied", "a b", "", "a b c", "<<<<<<<_yours ======= c >>>>>>>_otelgen"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			base, ours, theirs := lines(test.base), lines(test.ours), lines(test.theirs)
			want := bytes.ReplaceAll(lines(test.want), []byte("_"), []byte(" "))
			if test.name == "emptied" {
				want = nil
			}
			m := merge.Text(base, ours, theirs)
			if test.name == "emptied" {
				if m.Conflicts != 1 || len(m.Ours) != 0 {
					t.Errorf("%d conflicts, and with the user's side %q", m.Conflicts, m.Ours)
				}
				return
			}
			if !bytes.Equal(m.Text, want) {
				t.Errorf("merged to\n%s\nwant\n%s", m.Text, want)
			}
			conflicts := strings.Count(test.want, "<<<<<<<")
			if m.Conflicts != conflicts || merge.Unresolved(m.Text) != (conflicts > 0) || (m.Rejected != "") != (conflicts > 0) {
				t.Errorf("%d conflicts, want %d; rejected: %q", m.Conflicts, conflicts, m.Rejected)
			}
		})
	}
}

func TestRejected(t *testing.T) {
	m := merge.Text(lines("a b c d e f g h"), lines("a X c d e f g h"), lines("a Y c d e f g H"))
	if want := string(lines("a X c d e f g H")); string(m.Ours) != want {
		t.Errorf("with the user's side of the conflict it is %q, want %q", m.Ours, want)
	}
	if want := "@@ -1,5 +1,5 @@\n a\n-b\n+Y\n c\n d\n e\n"; m.Rejected != want {
		t.Errorf("rejected is\n%s\nwant\n%s", m.Rejected, want)
	}
}

func TestLineEndings(t *testing.T) {
	crlf := func(s string) []byte { return bytes.ReplaceAll(lines(s), []byte("\n"), []byte("\r\n")) }
	m := merge.Text(lines("a b c d e"), crlf("A b c d e"), lines("a b c d E"))
	if want := crlf("A b c d E"); m.Conflicts != 0 || !bytes.Equal(m.Text, want) {
		t.Errorf("a text checked out with CR LF is merged to %q, want %q", m.Text, want)
	}
	m = merge.Text([]byte("a\nb\nc"), []byte("A\nb\nc"), []byte("a\nb\nc\nd"))
	if want := "A\nb\nc\nd"; string(m.Text) != want {
		t.Errorf("a text without a last line feed is merged to %q, want %q", m.Text, want)
	}
}

func TestGo(t *testing.T) {
	file := func(imports, body string) []byte {
		var b strings.Builder
		b.WriteString("package p\n\nimport (\n")
		for _, path := range strings.Fields(imports) {
			fmt.Fprintf(&b, "\t%q\n", path)
		}
		return []byte(b.String() + ")\n\nfunc f() {\n" + body + "}\n")
	}
	const middle = "\tfmt.Println(1)\n\tfmt.Println(2)\n\tfmt.Println(3)\n"
	tests := []struct {
		name               string
		base, ours, theirs []byte
		want               []byte
	}{
		{
			"both add imports at one place",
			file("fmt", middle), file("fmt os", "\tos.Exit(1)\n"+middle), file("fmt io", middle+"\tio.WriteString(nil, \"\")\n"),
			file("fmt io os", "\tos.Exit(1)\n"+middle+"\tio.WriteString(nil, \"\")\n"),
		},
		{
			"theirs drops an import that ours needs still",
			file(
				"fmt os",
				middle+"\tos.Exit(1)\n",
			),
			file("fmt os", "\tos.Exit(2)\n"+middle+"\tos.Exit(1)\n"),
			file("fmt", middle),
			file("fmt os", "\tos.Exit(2)\n"+middle),
		},
		{
			"ours drops the code, theirs the import of other code",
			file(
				"fmt os",
				"\tos.Exit(1)\n"+middle+"\tos.Exit(2)\n",
			),
			file("fmt os", middle+"\tos.Exit(2)\n"),
			file("fmt os", "\tos.Exit(1)\n"+middle),
			file("fmt", middle),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := merge.Go(test.base, test.ours, test.theirs)
			if m.Conflicts != 0 || !bytes.Equal(m.Text, test.want) {
				t.Errorf("%d conflicts, merged to\n%s\nwant\n%s", m.Conflicts, m.Text, test.want)
			}
		})
	}
}

// Every line that the user has added outside of what otelgen changes is in the result, and all that otelgen changes.
func TestEditsSurvive(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 0))
		// A text in stretches: those with odd numbers are the user's to change, the others otelgen's. Lines repeat,
		// as braces do.
		var base, ours, theirs, both []string
		for stretch := range 2 + r.IntN(10) {
			change := func() (lines []string) {
				for range r.IntN(4) {
					lines = append(lines, fmt.Sprintf("changed %d in %d\n", r.IntN(3), stretch))
				}
				return lines
			}
			var text []string
			for range r.IntN(5) {
				text = append(text, []string{"}\n", "\n", "\treturn err\n"}[r.IntN(3)])
			}
			edge := fmt.Sprintf("func f%d() {\n", stretch)
			for _, to := range []*[]string{&base, &ours, &theirs, &both} {
				*to = append(*to, edge)
			}
			mine, other := text, text
			if changed := change(); stretch%2 == 0 {
				other = changed
			} else {
				mine = changed
			}
			base, ours, theirs = append(base, text...), append(ours, mine...), append(theirs, other...)
			if stretch%2 == 0 {
				both = append(both, other...)
			} else {
				both = append(both, mine...)
			}
		}
		join := func(lines []string) []byte { return []byte(strings.Join(lines, "")) }
		m := merge.Text(join(base), join(ours), join(theirs))
		if m.Conflicts > 0 || !bytes.Equal(m.Text, join(both)) {
			t.Fatalf("seed %d: %d conflicts, merged to\n%s\nwant\n%s", seed, m.Conflicts, m.Text, join(both))
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("a\nb\nc\n"), []byte("a\nx\nc\n"), []byte("a\nb\ny\n"))
	f.Add([]byte("a\r\nb"), []byte("\r\n"), []byte(""))
	f.Add(
		[]byte("package p\n\nimport (\n\t\"fmt\"\n)\n"),
		[]byte("package p\n\nimport (\n\t\"os\"\n)\n"),
		[]byte("package p\n"),
	)
	f.Fuzz(func(t *testing.T, base, ours, theirs []byte) {
		for name, trivial := range map[string][2][]byte{
			"only ours":   {merge.Text(base, ours, base).Text, ours},
			"only theirs": {merge.Text(base, base, theirs).Text, theirs},
			"both alike":  {merge.Text(base, ours, ours).Text, ours},
		} {
			if !bytes.Equal(trivial[0], trivial[1]) && !bytes.Contains(base, []byte("\r")) &&
				!bytes.Contains(ours, []byte("\r")) {
				t.Errorf("%s: %q, want %q", name, trivial[0], trivial[1])
			}
		}
		m, swapped := merge.Text(base, ours, theirs), merge.Text(base, theirs, ours)
		if bytes.ContainsRune(slices.Concat(base, ours, theirs), '\r') {
			return // line ends follow the user's side
		}
		if m.Conflicts != swapped.Conflicts {
			t.Errorf("%d conflicts one way, %d the other", m.Conflicts, swapped.Conflicts)
		}
		// Everything that a side added is in the result, at least as often.
		for side, text := range map[string][]byte{"ours": ours, "theirs": theirs} {
			for line, n := range count(text) {
				if added := n - count(base)[line]; added > 0 && count(m.Text)[line] < added {
					t.Errorf("a line that %s added %d times is %d times in %q: %q", side, added, count(m.Text)[line], m.Text, line)
				}
			}
		}
		merge.Go(base, ours, theirs)
	})
}

func count(text []byte) map[string]int {
	n := map[string]int{}
	for line := range strings.Lines(string(text)) {
		if line == "\n" { // among imports it is for gofmt
			continue
		}
		n[strings.TrimSuffix(line, "\n")]++
	}
	return n
}

func TestGoMod(t *testing.T) {
	mod := func(requires ...string) []byte {
		return []byte("module example.com/shop\n\ngo 1.26\n\nrequire (\n\t" + strings.Join(requires, "\n\t") + "\n)\n")
	}
	base := mod("a.org/a v1.0.0", "b.org/b v1.0.0", "c.org/c v1.0.0", "d.org/d v1.0.0 // indirect")
	ours := []byte(
		"module example.com/mine\n\ngo 1.26\n\nrequire (\n\ta.org/a v1.5.0 // pinned for us\n\tb.org/b " +
			"v1.0.0\n\td.org/d v1.0.0\n\tu.org/u v0.1.0\n)\n\nreplace u.org/u => ../u\n",
	)
	theirs := []byte(
		strings.Replace(
			string(mod("a.org/a v1.2.0", "b.org/b v0.9.0", "c.org/c v1.0.0", "d.org/d v1.1.0 // indirect", "e.org/e v1.0.0")),
			"go 1.26",
			"go 1.27",
			1,
		),
	)
	got, err := merge.GoMod(base, ours, theirs)
	if err != nil {
		t.Fatal(err)
	}
	want := `module example.com/mine

go 1.27

require (
	a.org/a v1.5.0 // pinned for us
	b.org/b v0.9.0
	d.org/d v1.1.0
	e.org/e v1.0.0
	u.org/u v0.1.0
)

replace u.org/u => ../u
`
	if string(got) != want {
		t.Errorf("merged to\n%s\nwant\n%s", got, want)
	}
	if _, err := merge.GoMod(base, []byte("modul x"), theirs); err == nil {
		t.Error("what is no go.mod is merged")
	}
	if got, want := string(merge.GoSum([]byte("b 1\nc 1\n"), []byte("a 1\nb 1"))), "a 1\nb 1\nc 1\n"; got != want {
		t.Errorf("go.sum is merged to %q, want %q", got, want)
	}
}

func TestIgnoreKeepsLines(t *testing.T) {
	base, theirs := []byte("/bin/\n# data\n*.db\n*.db-wal\n.env\n"), []byte("/bin/\n/out/\n.env\n")
	for ours, want := range map[string]string{
		string(base):                      "/bin/\n*.db\n*.db-wal\n/out/\n.env\n",
		string(base) + "mine\n":           "/bin/\n*.db\n*.db-wal\n/out/\n.env\nmine\n",
		"/bin/\n# data\n*.db-wal\n.env\n": "/bin/\n*.db-wal\n/out/\n.env\n",
	} {
		got := merge.Ignore(base, []byte(ours), theirs)
		for line := range strings.Lines(want) {
			if !strings.Contains(string(got.Text), line) {
				t.Errorf("of %q the line %q is gone: %q", ours, line, got.Text)
			}
		}
	}
	if got := merge.Ignore(base, base, theirs); !merge.Extends(got.Text, theirs) || merge.Extends(theirs, base) {
		t.Errorf("%q is not %q with more lines", got.Text, theirs)
	}
}
