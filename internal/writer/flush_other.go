//go:build !linux && !darwin

package writer

import "os"

type flusher struct{}

func newFlusher() flusher { return flusher{} }

func (flusher) file(f *os.File) error { return f.Sync() }

func (flusher) tree(*os.Root) error { return nil }
