package gomod

import (
	"strings"
	"testing"
)

func TestBytesIsWhatParseReads(t *testing.T) {
	for _, text := range []string{web, cloud} {
		first := parse(t, text).Bytes()
		if again := parse(t, string(first)).Bytes(); string(again) != string(first) {
			t.Errorf("a lock changes when it is read and written: from\n%s\nto\n%s", first, again)
		}
		if body := strings.TrimPrefix(string(first), header); body != text {
			t.Errorf("the lock is written as\n%s\nwant\n%s", body, text)
		}
		if !strings.Contains(string(first), "make lock") {
			t.Error("the file does not say how it is made")
		}
	}
}

func TestPackageName(t *testing.T) {
	lock := parse(t, web)
	for path, want := range map[string]string{"example.org/tool/v2": "tool", "example.org/unknown": ""} {
		if got := lock.PackageName(path); got != want {
			t.Errorf("the package of %s is called %q, want %q", path, got, want)
		}
	}
	if got := (*Lock)(nil).PackageName("example.org/tool/v2"); got != "" {
		t.Errorf("without a lock the package is called %q", got)
	}
}

func TestParseNamesTheBadLine(t *testing.T) {
	for name, text := range map[string]string{
		"merge conflict":        "go 1.26.0\n<<<<<<< ours\n",
		"unknown word":          "go 1.26.0\nmodul example.org/a v1.0.0 h1:a= h1:b=\n",
		"too few words":         "go 1.26.0\nmodule example.org/a v1.0.0\n",
		"too many words":        "go 1.26.0\nsum example.org/a v1.0.0 h1:a= h1:b=\n",
		"fact without a module": "go 1.26.0\n\tselects example.org/a\n",
		"fact of another kind":  "import example.org/a a example.org/a\n\tselects example.org/b\n",
		"distance of nothing":   "import example.org/a a example.org/a\n\ttests example.org/b 0\n",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), "line 2") || !strings.Contains(err.Error(), "make lock") {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	if _, err := Parse(nil); err == nil {
		t.Error("an empty file is taken for a lock")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(web))
	f.Add([]byte(cloud))
	f.Add([]byte("go \nimport  \n\ttests  1"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		lock, err := Parse(data)
		if err != nil {
			return
		}
		imports := make([]string, 0, len(lock.Imports))
		for path := range lock.Imports {
			imports = append(imports, path)
		}
		Resolve("example.com/shop", imports, lock)
	})
}
