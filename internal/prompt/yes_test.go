package prompt_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/otelgen/otelgen/internal/prompt"
)

func TestConfirm(t *testing.T) {
	for typed, want := range map[string]bool{"y\n": true, "Yes\n": true, "n\n": false, "\n": false, "": false, "yellow\n": false} {
		var out bytes.Buffer
		got, err := prompt.Confirm(t.Context(), strings.NewReader(typed), &out, "Delete them?")
		if got != want || err != nil || out.String() != "Delete them? [y/N] " {
			t.Errorf("%q: %v, %v, asked by %q", typed, got, err, out.String())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, _ := io.Pipe()
	if yes, err := prompt.Confirm(ctx, in, io.Discard, "Delete them?"); yes || err == nil {
		t.Errorf("interrupted: %v, %v", yes, err)
	}
}
