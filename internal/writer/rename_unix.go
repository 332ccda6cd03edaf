//go:build unix

package writer

import "syscall"

// rename is os.Rename, which refuses each directory as the new name, where the system call takes an empty one.
func rename(from, to string) error { return syscall.Rename(from, to) }
