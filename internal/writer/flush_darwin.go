package writer

import (
	"os"
	"syscall"
)

// flusher hands each file to the drive, and has the drive empty its cache once: os.File.Sync does that for each file, and it takes long.
type flusher struct{}

func newFlusher() flusher { return flusher{} }

func (flusher) file(f *os.File) error { return syscall.Fsync(int(f.Fd())) }

func (flusher) tree(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
