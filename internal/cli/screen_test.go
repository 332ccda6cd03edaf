//go:build linux || darwin

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// screen is a real terminal, tmux's, with otelgen in it: what a person would see there, not what was written to it.
type screen struct {
	t      *testing.T
	socket string
	dir    string // where otelgen runs
}

func onScreen(t *testing.T, width, height int, args ...string) *screen {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Fatal("tmux is not installed; make deps does that")
	}
	short, err := os.MkdirTemp("", "") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, socket: filepath.Join(short, "s"), dir: t.TempDir()}
	t.Cleanup(func() {
		s.tmux("kill-server")
		os.RemoveAll(short)
	})
	start := []string{
		"-f",
		"/dev/null",
		"new-session",
		"-d",
		"-x",
		fmt.Sprint(width),
		"-y",
		fmt.Sprint(height),
		"-c",
		s.dir,
	}
	for _, v := range []string{"CI=", "NO_COLOR=", "PATH=" + os.Getenv("PATH")} {
		start = append(start, "-e", v)
	}
	s.tmux(append(start, "otelgen "+strings.Join(args, " ")+`; echo "exit code $?"; exec cat`)...)
	return s
}

func (s *screen) tmux(args ...string) string {
	s.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", s.socket}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// types sends keys by their names in tmux, such as Enter and C-c; words that are none are typed.
func (s *screen) types(keys ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys"}, keys...)...)
}

// sees waits until all of the texts are on the screen at once, and none of those that begin with "!". It returns the
// screen.
func (s *screen) sees(texts ...string) string {
	s.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		shown := s.tmux("capture-pane", "-p")
		missing := slices.IndexFunc(texts, func(text string) bool {
			text, not := strings.CutPrefix(text, "!")
			return strings.Contains(shown, text) == not
		})
		if missing < 0 {
			return shown
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the screen never shows %q:\n%s", texts[missing], shown)
		}
	}
}

// holdsLines fails if a line of what is shown has wrapped, or has gone beyond the upper edge.
func (s *screen) holdsLines() {
	s.t.Helper()
	trim := func(text string) (lines []string) {
		for line := range strings.Lines(text) {
			lines = append(lines, strings.TrimRight(line, " \n"))
		}
		return lines
	}
	shown, joined := s.tmux("capture-pane", "-p"), ""
	for again := ""; again != shown; again = s.tmux("capture-pane", "-p") { // until two captures are equal
		shown, joined = s.tmux("capture-pane", "-p"), s.tmux("capture-pane", "-p", "-J")
	}
	if !slices.Equal(trim(joined), trim(shown)) {
		s.t.Errorf("a line has wrapped:\n%s", shown)
	}
	if !strings.HasPrefix(shown, "otelgen new") {
		s.t.Errorf("the page does not begin at the top:\n%s", shown)
	}
}

// leavesNothing checks that no file was written.
func (s *screen) leavesNothing() {
	s.t.Helper()
	if entries, err := os.ReadDir(s.dir); err != nil || len(entries) > 0 {
		s.t.Errorf("left %v, %v", entries, err)
	}
}

func TestScreen(t *testing.T) {
	s := onScreen(t, 80, 24, "new", "shop")
	s.sees(
		"Framework?",
		"1/10",
		"> chi ",
		"  none ",
		"HTTP with the chi router",
		"emits      3 spans, 3 metrics",
		"type to filter",
	)
	s.holdsLines()

	// Typing filters by name, title and summary.
	s.types("r", "o", "u", "t", "e", "r")
	s.sees("> chi ", "!nethttp", "!none")
	s.types("C-u")
	s.types("z", "z")
	s.sees("no match")
	s.types("Enter") // takes nothing
	s.types("BSpace", "BSpace", "n", "o", "n", "e")
	s.sees(
		"Framework?  none_",
		"> none ",
		"!nethttp",
		"None (worker)",
		"rules out  broker none: a worker is reached only by events",
	)
	s.holdsLines()
	s.types("Enter")

	// A choice that is ruled out is shown with the reason, and cannot be selected.
	s.sees("2/10", "shop  none", "> nats ", "x none ", "unavailable: a worker is reached only by")
	s.holdsLines()
	s.types("-l", "none")
	s.types("Enter")
	s.sees(
		"2/10",
		"> none ",
		"ruled out  a worker is reached only by events from outside of the process",
		"(framework none)",
	)
	s.holdsLines()
	s.types("C-u")
	s.types("-l", "nats")
	s.types("Enter")
	s.sees("3/10", "> sqlite ")
	s.types("Down", "Enter")
	s.sees("4/10", "> hexagonal ")

	// Back, by either key; what was answered is highlighted.
	s.types("Escape")
	s.sees("3/10", "> postgres ")
	s.types("Left")
	s.sees("2/10", "> nats ")
	s.types("Left")
	s.sees("1/10", "> none ")
	s.types("Escape", "F5", "C-Right") // there is nothing before the first, and not all keys mean something
	s.types("-l", "chi")
	s.types("Enter")
	s.sees("2/10", "shop  chi", "> nats ", "  none ", "Events are handled") // no longer ruled out
	s.types("n", "o", "n", "e", "Enter")
	s.sees("3/10", "> postgres ")
	s.types("Enter", "Enter", "Enter", "Enter")

	s.sees("7/10", "Go module path?", "(example.com/shop)")
	s.holdsLines()
	s.types("-l", "https://example.org")
	s.types("Enter")
	s.sees("> https://example.org_", "cannot be")
	s.holdsLines()
	s.types("C-u")
	s.types("-l", "example.org/mine")
	s.types("Enter")
	s.sees("8/10", "Entity?", "A singular noun", "(order)")
	s.types("-l", "config")
	s.types("Enter")
	s.sees("8/10", "config_", "use another word")
	s.types("C-u")
	s.types("Escape")
	s.sees("7/10", "(example.org/mine)")
	s.types("Enter")
	s.types("-l", "line-item")
	s.types("Enter")
	s.sees("9/10", "Next field?", "(name:string)")
	s.types("-l", "title:strin")
	s.types("Enter")
	s.sees("title:strin_", "types are string, text")
	s.types("-l", "g")
	s.types("Enter")
	s.types("-l", "count:int:1..5")
	s.types("Enter")
	s.sees("  title:string", "  count:int:1..5", "> _")
	s.types("BSpace", "BSpace")
	s.sees("> count:int:1.._")
	s.types("-l", "9")
	s.types("Enter", "Enter")

	s.sees(
		"10/10",
		"title:string",
		"count:int:1..9",
		"will be written to shop",
		"framework chi, broker none, database postgres",
		"line-item, line-items",
		"example.org/mine",
		"internal/adapter/",
		"DATABASE_URL",
		"5432 (PostgreSQL clients)",
		"otelgen new shop --no-input --module example.org/mine",
		"Write it?",
		"enter write",
	)
	s.holdsLines()
	s.leavesNothing()
	s.types("b")
	s.sees("9/10", "count:int:1..9")
	s.types("Enter")
	s.sees("10/10")
	s.types("y")
	s.sees("Wrote shop: ", "Plural line-items; title:string, count:int:1..9.", "exit code 0", "!10/10")
	for _, file := range []string{"go.mod", "internal/domain/line_item.go"} {
		if _, err := os.Stat(filepath.Join(s.dir, "shop", file)); err != nil {
			t.Error(err)
		}
	}
}

// The options are changed from the preview, ? opens help, and a resize draws the page again.
func TestScreenOptions(t *testing.T) {
	s := onScreen(t, 80, 24, "new", "shop")
	s.sees("1/10")
	s.types("?")
	s.sees("Keys", "close this help", "!Framework?")
	s.types("?")
	s.sees("Framework?")
	for at := 1; at < 10; at++ {
		s.sees(fmt.Sprintf("%d/10", at))
		s.types("Enter")
	}
	s.sees("10/10", "Write it?")
	s.types("o")
	s.sees("Options?", "broker/nats.max-attempts = 10")
	s.types("Down", "Down")
	s.sees("> broker/nats.max-attempts = 10_")
	s.types("C-u", "0", "Enter")
	s.sees("at least 1")
	s.types("C-u", "7", "Enter")
	s.sees("Write it?", "options    broker/nats.max-attempts=7")
	s.tmux("resize-window", "-x", "60", "-y", "30")
	s.sees("10/10", "Write it?")
	s.holdsLines()
	s.types("y")
	s.sees("exit code 0")
	code, err := os.ReadFile(filepath.Join(s.dir, "shop", "internal", "adapter", "messaging", "messaging.go"))
	if err != nil || !regexp.MustCompile(`maxAttempts += 7\b`).Match(code) {
		t.Errorf("the option is not in the code (%v)", err)
	}
}

// A list that is longer than the screen says how much of it is not shown.
func TestScreenMarksMore(t *testing.T) {
	s := onScreen(t, 40, 15, "new", "shop", "--framework", "chi", "--broker", "none")
	s.sees("Database?", "more")
	s.holdsLines()
}

// The page fits the screen at every size.
func TestScreenSizes(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {40, 24}, {60, 14}, {200, 50}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			s := onScreen(t, size[0], size[1], "new", "shop")
			for at := 1; at <= 10; at++ {
				s.sees(fmt.Sprintf("%d/10", at))
				s.holdsLines()
				if at > 1 && at < 7 {
					s.types("Down")
					s.types("Up")
				}
				if at < 10 {
					s.types("Enter")
				}
			}
			s.sees("Write it?", "shop: ")
			s.holdsLines()
		})
	}
}

// Wherever the questions are ended, nothing is left: no file, no half page, no hidden cursor.
func TestScreenEnded(t *testing.T) {
	for at := 1; at <= 11; at++ {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			s := onScreen(t, 80, 24, "new")
			for before := 1; before < at; before++ {
				s.sees(fmt.Sprintf("%d/11", before))
				if before == 1 {
					s.types("-l", "shop")
				}
				s.types("Enter")
			}
			s.sees(fmt.Sprintf("%d/11", at))
			s.types("C-c")
			shown := s.sees("otelgen: interrupted: nothing was written", "exit code 130")
			if !strings.HasPrefix(shown, "otelgen: interrupted") {
				t.Errorf("a page is left:\n%s", shown)
			}
			if cursor := s.tmux("display-message", "-p", "#{cursor_flag}"); cursor != "1\n" {
				t.Errorf("the cursor stays hidden")
			}
			s.leavesNothing()
		})
	}
}

func TestScreenDeclined(t *testing.T) {
	s := onScreen(t, 80, 24, "new", "shop")
	for at := 1; at < 10; at++ {
		s.sees(fmt.Sprintf("%d/10", at))
		s.types("Enter")
	}
	s.sees("Write it?")
	s.types("n")
	s.sees("interrupted: nothing was written", "why: you answered no at the preview", "exit code 130")
	s.leavesNothing()
}

// Any number can be chosen in a group of many. Choices that one of them rules out are marked as soon as it is picked.
func TestScreenMany(t *testing.T) {
	mine := t.TempDir()
	for name, more := range map[string]string{"audit": "provides: [mine.audited]\n", "ledger": "", "review": "conflicts: [{capability: mine.audited, reason: who audits does not try twice}]\n"} {
		preset := filepath.Join(mine, "pattern", name, "preset.yaml")
		if err := os.MkdirAll(filepath.Dir(preset), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(preset, []byte("title: T\nsummary: Like "+name+".\ngroup: tactic\n"+more), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := onScreen(
		t,
		80,
		24,
		"new",
		"shop",
		"--presets",
		mine,
		"--framework",
		"chi",
		"--broker",
		"nats",
		"--database",
		"sqlite",
		"--backend",
		"otlp",
		"--module",
		"example.com/shop",
		"--entity",
		"order",
		"--field",
		"name:string",
	)
	s.sees("Code layout?", "1/3")
	s.types("Enter")
	s.sees("Anything else?  (optional)", "^C quit", "2/3", "> [ ] audit ", "  [ ] review ", "space pick")
	s.types("Space")
	s.sees("> [x] audit ", "x [ ] review ", "unavailable: who audits does not try twice")
	s.types("Down", "Space", "Down", "Space")
	s.sees("[x] audit", "[x] ledger", "> [ ] review", "ruled out")
	s.types("Enter")
	s.sees("3/3", "pattern audit, pattern ledger")
	s.types("Escape")
	s.sees("2/3", "[x] audit", "[x] ledger")
	s.types("Enter")
	s.types("Enter")
	s.sees("--pattern hexagonal,audit,ledger ", "exit code 0")
}
