package writer

import (
	"os"
	"syscall"
)

// os.File.Sync empties the cache of the drive, which takes long there: once for the whole tree is enough.

func syncFile(f *os.File) error { return syscall.Fsync(int(f.Fd())) }

func syncTree(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
