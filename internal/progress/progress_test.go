package progress

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// screen is a terminal of 40 columns. It is written to by the line and read by the test, which stops the line first.
type screen struct {
	mu sync.Mutex
	bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Buffer.Write(b)
}

// shows returns the current line.
func (s *screen) shows() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.String()
	return all[strings.LastIndex(all, erase)+len(erase):]
}

func begin(ctx context.Context, text string) (*screen, *Line) {
	s, l := &screen{}, &Line{text: text}
	s.WriteString(erase)
	l.start(ctx, s, func() int { return 40 })
	return s, l
}

// The clock of these tests is that of synctest: it moves when everything waits.
func TestLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := begin(t.Context(), "building")
		time.Sleep(patience - time.Nanosecond)
		synctest.Wait()
		if got := s.shows(); got != "" {
			t.Errorf("shows %q before half a second", got)
		}
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		if got := s.shows(); got != "| building (0s)" {
			t.Errorf("shows %q", got)
		}
		l.Update("testing\nwhich is more than a line")
		time.Sleep(2*time.Second + beat)
		synctest.Wait()
		if got := s.shows(); !strings.HasSuffix(got, " testing (2s)") {
			t.Errorf("shows %q", got)
		}
		l.Update(strings.Repeat("ü", 100))
		time.Sleep(beat)
		synctest.Wait()
		if got := len([]rune(s.shows())); got != 39 {
			t.Errorf("%d columns of 40 are used; want 39", got)
		}
		l.Stop()
		l.Stop()
		if got := s.shows(); got != "" {
			t.Errorf("leaves %q", got)
		}
	})
}

func TestLineOfWhatIsSoonOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := begin(t.Context(), "building")
		time.Sleep(patience - time.Nanosecond)
		l.Stop()
		if got := s.String(); got != erase {
			t.Errorf("wrote %q", got)
		}
	})
}

func TestLineEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s, l := begin(ctx, "building")
		time.Sleep(time.Second)
		cancel()
		synctest.Wait()
		if got := s.shows(); got != "" {
			t.Errorf("leaves %q", got)
		}
		l.Stop()
	})
}

// A pipe gets no output at all.
func TestNoTerminal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		l := Start(t.Context(), w, "building")
		l.Update("testing")
		time.Sleep(time.Minute)
		l.Stop()
	})
	w.Close()
	if said, err := io.ReadAll(r); err != nil || len(said) > 0 {
		t.Errorf("wrote %q, %v", said, err)
	}
}
