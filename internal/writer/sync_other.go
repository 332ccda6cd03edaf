//go:build !darwin

package writer

import "os"

func syncFile(f *os.File) error { return f.Sync() }

func syncTree(*os.Root) error { return nil }
