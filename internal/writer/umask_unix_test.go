//go:build unix

package writer_test

import (
	"syscall"
	"testing"
)

func umask(t *testing.T, mask int) {
	before := syscall.Umask(mask)
	t.Cleanup(func() { syscall.Umask(before) })
}
