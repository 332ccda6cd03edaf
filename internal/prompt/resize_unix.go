//go:build unix

package prompt

import (
	"os"
	"os/signal"
	"syscall"
)

// notifyResize sends to c whenever the terminal has another size.
func notifyResize(c chan<- os.Signal) { signal.Notify(c, syscall.SIGWINCH) }
