package main

import (
	"bytes"
	"os"
	"testing"
)

// The registry is that of the newest conventions in the module that otelgen uses.
func TestRegistryIsCurrent(t *testing.T) {
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../registry.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("registry.txt is out of date; run: go generate ./internal/semconv")
	}
}
