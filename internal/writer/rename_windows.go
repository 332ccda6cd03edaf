package writer

import (
	"os"
	"syscall"
)

// rename first removes an empty directory at the new name, where the system renames nothing onto a directory. Of the
// two calls that os.Remove makes, only that for directories is made, so that no file is ever removed.
func rename(from, to string) error {
	name, err := syscall.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	if err := syscall.RemoveDirectory(name); err != nil && err != syscall.ERROR_FILE_NOT_FOUND {
		return err
	}
	return os.Rename(from, to)
}
