package writer

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// flusher flushes the file system once if little else waits to be written, and otherwise each file. The former took 3 ms for a
// project of 42 files where the latter took 12, but it waits for the writes of all other processes too, however long these take.
type flusher struct{ once bool }

// littleDirty is what a slow disk writes in the time that flushing each file takes, in KiB.
const littleDirty = 4 << 10

func newFlusher() flusher {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return flusher{}
	}
	waiting := 0
	for _, name := range []string{"\nDirty:", "\nWriteback:"} {
		_, rest, _ := bytes.Cut(info, []byte(name))
		number, _, _ := bytes.Cut(bytes.TrimLeft(rest, " "), []byte(" "))
		n, err := strconv.Atoi(string(number))
		if err != nil {
			return flusher{}
		}
		waiting += n
	}
	return flusher{once: waiting <= littleDirty}
}

func (fl flusher) file(f *os.File) error {
	if fl.once {
		return nil
	}
	return f.Sync()
}

func (fl flusher) tree(root *os.Root) error {
	if !fl.once {
		return nil
	}
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	return unix.Syncfs(int(dir.Fd()))
}
