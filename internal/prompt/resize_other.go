//go:build !unix

package prompt

import "os"

// notifyResize does nothing: the system has no signal for it.
func notifyResize(chan<- os.Signal) {}
