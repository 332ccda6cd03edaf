package goldens

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// diffSuffix ends the name of a file that is shown as a diff.
const diffSuffix = ".diff"

// contextLines is how many unchanged lines surround a change. Each of them shows up again when it changes itself.
const contextLines = 1

// shorter returns a file as a diff or, where that has more lines than longest, whole. The name says which.
func shorter(from, to string, was, now []byte, longest int) (name string, text []byte) {
	if text = difference(from, to, was, now); lines(text) <= longest {
		return to + diffSuffix, text
	}
	return to, now
}

func lines(text []byte) int { return bytes.Count(text, []byte("\n")) }

var hunk = regexp.MustCompile(`(?m)^@@ -(\d+).*$`)

// difference returns a unified diff whose hunks name the declaration they are in. Line numbers would change with
// every line above.
func difference(from, to string, was, now []byte) []byte {
	text, err := udiff.ToUnified(from, to, string(was), udiff.Lines(string(was), string(now)), contextLines)
	if err != nil {
		panic(err) // the edits are those of the same text
	}
	before := strings.Split(string(was), "\n")
	return []byte(hunk.ReplaceAllStringFunc(text, func(header string) string {
		line, _ := strconv.Atoi(hunk.FindStringSubmatch(header)[1])
		return strings.TrimSpace("@@ " + declaration(before[:max(line-1, 0)]))
	}))
}

var declares = regexp.MustCompile(`^(func|type|var|const) |^#|^[A-Za-z_-]+:$`)

// declaration returns the last line that begins a declaration, a section or a key.
func declaration(lines []string) string {
	for i := len(lines) - 1; i >= 0; i-- {
		if declares.MatchString(lines[i]) {
			return strings.TrimRight(lines[i], " {(")
		}
	}
	return ""
}

// generated is the comment by which Go tools know machine-written code.
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// Digest returns the content of a file or, of machine-written code and checksums, its length and digest.
func Digest(name string, content []byte) []byte {
	code := strings.HasSuffix(name, ".go") && generated.Match(content)
	if name != "go.sum" && !code {
		return content
	}
	return fmt.Appendf(nil, "%d machine-written lines, sha256 %x\n", lines(content), sha256.Sum256(content))
}
