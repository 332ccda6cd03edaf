package writer

import (
	"os"
	"syscall"
)

// rename first removes an empty directory at the new name, because Windows renames nothing onto a directory. It calls
// RemoveDirectory, and never removes a file.
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
