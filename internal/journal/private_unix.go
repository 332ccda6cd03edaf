//go:build unix

package journal

import (
	"io/fs"
	"os"
	"syscall"
)

// noBlock lets no open wait, as that of a named pipe would.
const noBlock = syscall.O_NONBLOCK

// private reports whether a folder belongs to the user, and no other user can write to it.
func private(info fs.FileInfo) bool {
	const others = 0o022
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid() && info.Mode()&others == 0
}
