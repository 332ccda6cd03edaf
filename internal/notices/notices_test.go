package main

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

func TestNoticesAreCurrent(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command")
	}
	t.Chdir("../..")
	want, err := notices()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(FileName)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the modules of the binary say: run make notices", FileName)
	}
}
