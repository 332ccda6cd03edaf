package writer_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/writer"
)

// applyEnv makes the test binary a program that changes the project it names and stops at the step that stepEnv says, until it is killed.
const (
	applyEnv = "OTELGEN_TEST_APPLY"
	stepEnv  = "OTELGEN_TEST_STEP"
)

func holdApply(root string) {
	var step int
	fmt.Sscan(os.Getenv(stepEnv), &step)
	var steps atomic.Int32
	hold := func(context.Context, string) {
		if int(steps.Add(1)) == step {
			fmt.Println("holding")
			os.Stdin.Read(make([]byte, 1))
		}
	}
	err := writer.Writer{Staged: hold, Moved: hold}.Apply(context.Background(), root, changes())
	fmt.Println("done", err)
	os.Exit(0)
}

// project writes a project that changes fits to.
func project(t *testing.T) (root string) {
	t.Helper()
	root = filepath.Join(t.TempDir(), "shop")
	for name, content := range map[string]string{
		"main.go": "one\n", "empty": "", "old/deep/gone.go": "gone\n", "old/stays.go": "stays\n", "lone/gone.go": "gone\n", "mine.txt": "mine\n",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func changes() []writer.Change {
	return []writer.Change{
		{Path: "main.go", Was: []byte("one\n"), Mode: 0o644, Content: []byte("two\n")},
		{Path: "empty", Was: []byte{}, Mode: 0o755, Content: []byte("#!/bin/sh\n")},
		{Path: "old/deep/gone.go", Was: []byte("gone\n"), Remove: true},
		{Path: "lone/gone.go", Was: []byte("gone\n"), Remove: true},
		{Path: "new/deep/file.go", Mode: 0o644, Content: []byte("new\n")},
		{Path: "new/other.go", Mode: 0o644, Content: []byte("other\n")},
	}
}

// moments is how often Apply calls Staged and Moved for changes.
const moments = 4 + 6

func TestApply(t *testing.T) {
	root := project(t)
	if err := (writer.Writer{}).Apply(t.Context(), root, changes()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`empty -rwxr-xr-x "#!/bin/sh\n"`, `main.go -rw-r--r-- "two\n"`, `mine.txt -rw-r--r-- "mine\n"`, `new drwxr-xr-x ""`, `new/deep drwxr-xr-x ""`,
		`new/deep/file.go -rw-r--r-- "new\n"`, `new/other.go -rw-r--r-- "other\n"`, `old drwxr-xr-x ""`, `old/stays.go -rw-r--r-- "stays\n"`,
	}
	if got := list(t, root); !slices.Equal(got, want) {
		t.Errorf("after the change there is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// An interrupt, whenever it comes, leaves the project as it was.
func TestApplyInterrupted(t *testing.T) {
	for moment := 1; moment <= moments; moment++ {
		root := project(t)
		before := list(t, root)
		ctx, cancel := context.WithCancel(t.Context())
		var passed atomic.Int32
		at := func(context.Context, string) {
			if int(passed.Add(1)) == moment {
				cancel()
			}
		}
		err := writer.Writer{Staged: at, Moved: at}.Apply(ctx, root, changes())
		var e *generator.Error
		if !errors.As(err, &e) || e.Kind != generator.KindInterrupted {
			t.Errorf("interrupted at %d: the error is %v", moment, err)
		}
		if got := list(t, root); !slices.Equal(got, before) {
			t.Errorf("interrupted at %d there is\n%s", moment, strings.Join(got, "\n"))
		}
	}
}

// A process that is killed, whenever it is, leaves what the next run needs to make the project as it was.
func TestApplyKilled(t *testing.T) {
	for moment := 1; moment <= moments; moment++ {
		root := project(t)
		before := list(t, root)
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), applyEnv+"="+root, fmt.Sprintf("%s=%d", stepEnv, moment))
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer stdin.Close()
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, _ := bufio.NewReader(stdout).ReadString('\n'); line != "holding\n" {
			t.Fatalf("moment %d: the process says %q", moment, line)
		}
		// As long as it lives, no other may touch the project.
		var e *generator.Error
		if err := writer.Recover(root); !errors.As(err, &e) || e.Code != "busy" {
			t.Errorf("moment %d: beside a running process the error is %v", moment, err)
		}
		cmd.Process.Kill()
		cmd.Wait()
		if err := writer.Recover(root); err != nil {
			t.Fatalf("moment %d: %v", moment, err)
		}
		if got := list(t, root); !slices.Equal(got, before) {
			t.Errorf("killed at %d, then recovered, there is\n%s", moment, strings.Join(got, "\n"))
		}
	}
}

func TestApplyRefuses(t *testing.T) {
	tests := map[string]struct {
		prepare func(root string) error
		change  writer.Change
		code    string
	}{
		"edited meanwhile":  {change: writer.Change{Path: "main.go", Was: []byte("other\n"), Content: []byte("x")}, code: "target-touched"},
		"removed meanwhile": {change: writer.Change{Path: "nowhere", Was: []byte("other\n"), Content: []byte("x")}, code: "target-touched"},
		"made meanwhile":    {change: writer.Change{Path: "mine.txt", Content: []byte("x")}, code: "target-touched"},
		"below a file":      {change: writer.Change{Path: "mine.txt/x", Content: []byte("x")}, code: "target-parent"},
		"through a link": {
			prepare: func(root string) error { return os.Symlink(filepath.Dir(root), filepath.Join(root, "out")) },
			change:  writer.Change{Path: "out/x", Content: []byte("x")}, code: "target-io",
		},
		"outside": {change: writer.Change{Path: "../x", Content: []byte("x")}, code: "target-io"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			root := project(t)
			if test.prepare != nil {
				if err := test.prepare(root); err != nil {
					t.Fatal(err)
				}
			}
			before := list(t, filepath.Dir(root))
			test.change.Mode = 0o644
			err := (writer.Writer{}).Apply(t.Context(), root, append(changes()[1:], test.change))
			var e *generator.Error
			if !errors.As(err, &e) || e.Kind != generator.KindTarget || e.Code != test.code || e.Mend == "" {
				t.Errorf("the error is %v", err)
			}
			if got := list(t, filepath.Dir(root)); !slices.Equal(got, before) {
				t.Errorf("there is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(before, "\n"))
			}
		})
	}
}
