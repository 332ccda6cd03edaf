package writer

import (
	"os"
	"testing"
)

// Which way a run flushes depends on what else the machine is doing; both must work.
func TestFlusher(t *testing.T) {
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, flush := range []flusher{{once: true}, {once: false}, newFlusher()} {
		f, err := root.Create("x")
		if err != nil {
			t.Fatal(err)
		}
		if err := flush.file(f); err != nil {
			t.Errorf("%+v: file: %v", flush, err)
		}
		if err := flush.tree(root); err != nil {
			t.Errorf("%+v: tree: %v", flush, err)
		}
		f.Close()
	}
}
