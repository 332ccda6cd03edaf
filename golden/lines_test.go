package golden

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// longestLine is how long a line of generated Go may be, in bytes. What protoc-gen-go writes is its own.
const longestLine = 160

func TestLinesOfGoAreShort(t *testing.T) {
	for _, folder := range []string{"presets", "services"} {
		for _, name := range archives(t, folder) {
			archive, err := txtar.ParseFile(filepath.Join(folder, name+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range archive.Files {
				if !strings.HasSuffix(file.Name, ".go") || strings.HasSuffix(file.Name, ".pb.go") {
					continue
				}
				for line := range strings.Lines(string(file.Data)) {
					if len(line) > longestLine+1 {
						t.Errorf("%s of %s has a line of %d bytes: %s", file.Name, name, len(line)-1, line)
					}
				}
			}
		}
	}
}
