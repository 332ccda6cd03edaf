package prompt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"

	"github.com/AlecAivazis/survey/v2"
	"github.com/AlecAivazis/survey/v2/core"
	"github.com/AlecAivazis/survey/v2/terminal"
	"golang.org/x/term"

	"github.com/otelgen/otelgen/generator"
)

// screen shows one page at a time on a terminal, each in the place of the one before, and hands out the keys that are
// pressed.
type screen struct {
	survey.Renderer
	out    *os.File
	reader *terminal.RuneReader // one for all pages, so that nothing typed ahead is lost
	keys   chan key
	sizes  chan os.Signal // the terminal has another size
	closed chan struct{}
}

type key struct {
	rune rune
	err  error
}

// The styles of text, in survey's terms.
const (
	plain   = ""
	strong  = "default+b"
	focus   = "cyan+b"
	faint   = "black+h"
	warning = "yellow"
	wrong   = "red"
)

type span struct{ Text, Style string }

type line []span

// pageTemplate makes a page of lines; survey executes it with colors, and without them to know how much to erase later.
//
//nolint:lll // A line break would be printed.
const pageTemplate = `{{range .}}{{range .}}{{if .Style}}{{color .Style}}{{.Text}}{{color "reset"}}{{else}}{{.Text}}{{end}}{{end}}
{{end}}`

func openScreen(in, out *os.File, noColour bool) (*screen, error) {
	core.DisableColor = noColour
	s := &screen{out: out, keys: make(chan key), sizes: make(chan os.Signal, 1), closed: make(chan struct{})}
	notifyResize(s.sizes)
	s.WithStdio(terminal.Stdio{In: &keyFile{File: in}, Out: out, Err: out})
	s.reader = s.NewRuneReader()
	if err := s.reader.SetTermMode(); err != nil {
		return nil, fmt.Errorf("the terminal's mode: %w", err)
	}
	_ = s.NewCursor().Hide()
	go func() { // it ends with the process, where no key is pressed any more
		for {
			r, _, err := s.reader.ReadRune()
			select {
			case s.keys <- key{r, err}:
			case <-s.closed:
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return s, nil
}

// close leaves the terminal as it was, without a trace of the pages.
func (s *screen) close() {
	signal.Stop(s.sizes)
	close(s.closed)
	_ = s.show(nil)
	_ = s.NewCursor().Show()
	_ = s.reader.RestoreTermMode()
}

func (s *screen) size() (width, height int) {
	width, height, err := term.GetSize(int(s.out.Fd()))
	if err != nil || width == 0 || height == 0 {
		return 80, 24
	}
	return max(width, 20), max(height, 10)
}

// show puts a page in the place of the last one. Each line must be shorter than the terminal is wide, and the page
// less high.
func (s *screen) show(page []line) error { return s.Render(pageTemplate, page) }

// resized is the key that stands for another size of the terminal.
const resized rune = -1

// press waits for a key, or for another size. The error is a *generator.Error of KindInterrupted when it means the
// end, or when ctx ends.
func (s *screen) press(ctx context.Context) (rune, error) {
	select {
	case k := <-s.keys:
		hungUp := errors.Is(k.err, io.EOF) || errors.As(k.err, new(*fs.PathError))
		if k.err != nil && !hungUp {
			return 0, k.err
		}
		if hungUp || k.rune == terminal.KeyInterrupt || k.rune == terminal.KeyEndTransmission {
			return 0, interrupted("you quit before the last question")
		}
		return k.rune, nil
	case <-s.sizes:
		_, err := fmt.Fprint(s.out, "\x1b[2J\x1b[H") // lines may have wrapped: what is erased otherwise is not all
		return resized, err
	case <-ctx.Done():
		return 0, interrupted("you quit before the last question")
	}
}

func interrupted(why string) error {
	return &generator.Error{
		Kind: generator.KindInterrupted, Code: "interrupted", What: "interrupted: nothing was written", Why: why,
		Fix: "run the command again, or use flags and --no-input",
	}
}
