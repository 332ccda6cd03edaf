package cli

import (
	"fmt"
	"io"
	"time"
)

// timings says what took how long, for `otelgen new --timings`.
type timings struct {
	on    bool
	begun time.Time
	last  time.Time
	lines []string
}

func (t *timings) start() {
	t.begun = time.Now()
	t.last = t.begun
	if used, ok := cpuTime(); ok { // the clock begins only here, after Go's runtime and the packages are ready
		t.lines = append(t.lines, line("before main (CPU)", used))
	}
}

// mark ends a phase, which began when the one before ended.
func (t *timings) mark(phase string) {
	now := time.Now()
	t.lines = append(t.lines, line(phase, now.Sub(t.last)))
	t.last = now
}

func (t *timings) report(w io.Writer) {
	if !t.on {
		return
	}
	for _, l := range t.lines {
		fmt.Fprintln(w, l)
	}
	fmt.Fprintln(w, line("total", time.Since(t.begun)))
}

func line(phase string, d time.Duration) string {
	return fmt.Sprintf("%-20s %7.2f ms", phase, float64(d.Microseconds())/1000)
}
