// Package progress shows on a terminal that something which takes long is under way: one line, from half a second on,
// which is gone when it is over. Where there is no terminal it shows nothing. It must not write to anything but a
// terminal.
package progress

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	patience = 500 * time.Millisecond // what is over by then needs no explanation
	beat     = 100 * time.Millisecond
	erase    = "\r\x1b[K"
)

// Line is the line of one thing under way.
type Line struct {
	stop func() // ends the goroutine and waits until it has erased the line

	mu   sync.Mutex
	text string
}

// Start begins to show text on w, if w is a terminal that can erase a line. The line is there until Stop is called or
// ctx ends.
func Start(ctx context.Context, w io.Writer, text string) *Line {
	l := &Line{stop: func() {}, text: text}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		l.start(ctx, w, func() int {
			width, _, err := term.GetSize(int(f.Fd()))
			if err != nil || width == 0 {
				return 80
			}
			return width
		})
	}
	return l
}

// Update changes the text.
func (l *Line) Update(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = text
}

// Stop erases the line and leaves the cursor at its beginning. It may be called more than once.
func (l *Line) Stop() { l.stop() }

func (l *Line) start(ctx context.Context, w io.Writer, width func() int) {
	ctx, cancel := context.WithCancel(ctx)
	gone := make(chan struct{})
	l.stop = func() {
		cancel()
		<-gone
	}
	go func() {
		defer close(gone)
		begun := time.Now()
		select {
		case <-ctx.Done():
			return
		case <-time.After(patience):
		}
		defer fmt.Fprint(w, erase)
		ticks := time.NewTicker(beat)
		defer ticks.Stop()
		for i := 0; ; i++ {
			l.mu.Lock()
			text := l.text
			l.mu.Unlock()
			fmt.Fprint(
				w,
				erase+fit(fmt.Sprintf("%c %s (%ds)", `|/-\`[i%4], firstLine(text), int(time.Since(begun).Seconds())), width()-1),
			)
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
		}
	}()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// fit cuts a line that would be longer than the terminal is wide, since only one line can be erased.
func fit(line string, width int) string {
	runes := []rune(line)
	if len(runes) <= width {
		return line
	}
	return string(runes[:max(width, 0)])
}
