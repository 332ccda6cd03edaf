// Package merge joins two changes of one text: the user's and otelgen's, both made to the text that otelgen wrote
// before. It knows lines, Go imports, go.mod and go.sum. It must neither read nor write files, nor know projects or
// presets.
package merge

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// The lines around a conflict, as git writes them.
const (
	MarkOurs   = "<<<<<<< yours\n"
	markMiddle = "=======\n"
	MarkTheirs = ">>>>>>> otelgen\n"
)

// Merged is the outcome of a merge.
type Merged struct {
	Text      []byte // with markers around each conflict
	Conflicts int
	Ours      []byte // the same, but with the user's side of each conflict and no markers
	Rejected  string // what Ours lacks of the other change: a unified diff, without its header; empty without conflicts
}

// Text merges the changes of ours and theirs to base, line by line, like diff3 (Khanna, Kunal, Pierce: A Formal
// Investigation of Diff3, 2007). A change of one side is applied. Different changes of both sides to the same or
// adjacent lines are a conflict. Go imports are merged as sets.
//
// If every line of ours ends in CR LF, as after a checkout on Windows, so does every line of the result.
func Text(base, ours, theirs []byte) Merged {
	if crlf(ours) && !crlf(base) {
		m := Text(base, LF(ours), LF(theirs))
		m.Text, m.Ours = toCRLF(m.Text), toCRLF(m.Ours)
		return m
	}
	switch {
	case bytes.Equal(ours, theirs), bytes.Equal(base, theirs):
		return Merged{Text: ours, Ours: ours}
	case bytes.Equal(base, ours):
		return Merged{Text: theirs, Ours: theirs}
	}
	o, a, b := splitLines(base), splitLines(ours), splitLines(theirs)
	var m Merged
	var marked, mine strings.Builder
	var rejected []udiff.Edit
	offsets := lineOffsets(o)
	for _, r := range regions(o, a, b) {
		left, right := a[r.ourStart:r.ourEnd], b[r.theirStart:r.theirEnd]
		was := o[r.start:r.end]
		var clean []string
		switch {
		case slices.Equal(left, right), slices.Equal(right, was):
			clean = left
		case slices.Equal(left, was):
			clean = right
		default:
			if joined, ok := joinImports(was, left, right); ok {
				clean = joined
				break
			}
			m.Conflicts++
			conflict(&marked, left, right)
			writeLines(&mine, left)
			rejected = append(rejected, udiff.Edit{Start: offsets[r.start], End: offsets[r.end], New: strings.Join(right, "")})
			continue
		}
		writeLines(&marked, clean)
		writeLines(&mine, clean)
	}
	m.Text, m.Ours = []byte(marked.String()), []byte(mine.String())
	if len(rejected) > 0 {
		// The edits are in order and inside of base, which is all that can be wrong with them.
		text, err := udiff.ToUnified("", "", string(base), rejected, udiff.DefaultContextLines)
		if err != nil {
			panic(err)
		}
		m.Rejected = text[strings.Index(text, "@@"):]
	}
	return m
}

// Ignore is Text for a file that lists what git or Docker ignores: a line that otelgen drops stays, so that no data
// is published which was ignored before.
func Ignore(base, ours, theirs []byte) Merged {
	o, b := splitLines(base), splitLines(theirs)
	var kept strings.Builder
	at := 0
	for _, h := range diff(o, b) {
		writeLines(&kept, b[at:h.newStart])
		for _, line := range o[h.start:h.end] {
			if pattern := strings.TrimSpace(line); pattern != "" && pattern[0] != '#' && !slices.Contains(b, line) {
				writeWhole(&kept, []string{line})
			}
		}
		writeLines(&kept, b[h.newStart:h.newEnd])
		at = h.newEnd
	}
	writeLines(&kept, b[at:])
	return Text(base, ours, []byte(kept.String()))
}

// Lines returns text with the lines of more that it does not have, at its end.
func Lines(text, more []byte) []byte {
	have := splitLines(text)
	var b strings.Builder
	writeWhole(&b, have)
	for _, line := range splitLines(more) {
		if strings.TrimSpace(line) != "" && !slices.Contains(have, line) {
			b.WriteString(line)
		}
	}
	return []byte(b.String())
}

// Extends reports whether text is base with more lines.
func Extends(text, base []byte) bool {
	lines := splitLines(LF(base))
	for _, line := range splitLines(LF(text)) {
		if len(lines) > 0 && lines[0] == line {
			lines = lines[1:]
		}
	}
	return len(lines) == 0
}

// region is a stretch of the base and what has become of it on both sides: neither, one or both have changed it.
type region struct{ start, end, ourStart, ourEnd, theirStart, theirEnd int }

// regions cuts the texts into stretches that belong together, in order.
func regions(o, a, b []string) []region {
	ours, theirs := diff(o, a), diff(o, b)
	var all []region
	at, shiftA, shiftB := 0, 0, 0 // how far the sides are ahead of the base
	for len(ours) > 0 || len(theirs) > 0 {
		// The first hunk of either side, with all that touch it.
		var mine, other int // how many hunks of each side
		start := min(first(ours, len(o)), first(theirs, len(o)))
		end := start
		for {
			switch {
			case mine < len(ours) && ours[mine].start <= end:
				end = max(end, ours[mine].end)
				mine++
				continue
			case other < len(theirs) && theirs[other].start <= end:
				end = max(end, theirs[other].end)
				other++
				continue
			}
			break
		}
		if at < start {
			all = append(all, region{at, start, at + shiftA, start + shiftA, at + shiftB, start + shiftB})
		}
		r := region{start: start, end: end, ourStart: start + shiftA, theirStart: start + shiftB}
		for _, h := range ours[:mine] {
			shiftA += (h.newEnd - h.newStart) - (h.end - h.start)
		}
		for _, h := range theirs[:other] {
			shiftB += (h.newEnd - h.newStart) - (h.end - h.start)
		}
		r.ourEnd, r.theirEnd = end+shiftA, end+shiftB
		all = append(all, r)
		ours, theirs, at = ours[mine:], theirs[other:], end
	}
	if at < len(o) {
		all = append(all, region{at, len(o), at + shiftA, len(o) + shiftA, at + shiftB, len(o) + shiftB})
	}
	return all
}

func first(hunks []hunk, otherwise int) int {
	if len(hunks) == 0 {
		return otherwise
	}
	return hunks[0].start
}

// conflict writes both sides with markers around what differs.
func conflict(w *strings.Builder, left, right []string) {
	same := 0
	for same < min(len(left), len(right)) && left[same] == right[same] {
		same++
	}
	writeLines(w, left[:same])
	left, right = left[same:], right[same:]
	same = 0
	for same < min(len(left), len(right)) && left[len(left)-1-same] == right[len(right)-1-same] {
		same++
	}
	tail := left[len(left)-same:]
	left, right = left[:len(left)-same], right[:len(right)-same]
	w.WriteString(MarkOurs)
	writeWhole(w, left)
	w.WriteString(markMiddle)
	writeWhole(w, right)
	w.WriteString(MarkTheirs)
	writeLines(w, tail)
}

func writeLines(w *strings.Builder, lines []string) {
	for _, line := range lines {
		w.WriteString(line)
	}
}

// writeWhole ends the last line, if a marker is to follow.
func writeWhole(w *strings.Builder, lines []string) {
	writeLines(w, lines)
	if n := len(lines); n > 0 && !strings.HasSuffix(lines[n-1], "\n") {
		w.WriteByte('\n')
	}
}

var importSpec = regexp.MustCompile("^\t([A-Za-z_.][A-Za-z0-9_]* )?\"[^\"]+\"( //.*)?\n$")

// joinImports merges import specs as sets: the user's, minus those that theirs removed, plus those that theirs added.
func joinImports(base, ours, theirs []string) (joined []string, ok bool) {
	specs := 0
	for _, line := range slices.Concat(base, ours, theirs) {
		switch {
		case importSpec.MatchString(line):
			specs++
		case line != "\n":
			return nil, false
		}
	}
	if specs == 0 {
		return nil, false
	}
	for _, line := range ours {
		if line == "\n" || slices.Contains(theirs, line) || !slices.Contains(base, line) {
			joined = append(joined, line)
		}
	}
	for _, line := range theirs {
		if line != "\n" && !slices.Contains(base, line) && !slices.Contains(ours, line) {
			joined = insertImport(joined, line)
		}
	}
	return joined, true
}

// insertImport puts an import spec among others where gofmt would have it: by its path, among those of the standard
// library or of other modules.
func insertImport(specs []string, line string) []string {
	path := func(spec string) string { return strings.SplitN(spec+`""`, `"`, 3)[1] }
	standard := func(path string) bool {
		first, _, _ := strings.Cut(path, "/")
		return !strings.Contains(first, ".")
	}
	at := len(specs)
	for i, spec := range specs {
		if spec == "\n" || standard(path(spec)) != standard(path(line)) {
			continue
		}
		if path(spec) > path(line) {
			at = i
			break
		}
		at = i + 1
	}
	return slices.Insert(specs, at, line)
}

func lineOffsets(lines []string) []int {
	offsets := make([]int, 0, len(lines)+1)
	at := 0
	for _, line := range lines {
		offsets = append(offsets, at)
		at += len(line)
	}
	return append(offsets, at)
}

// Unresolved reports whether text still has a conflict that Text marked.
func Unresolved(text []byte) bool {
	marks := 0
	for line := range bytes.Lines(text) {
		switch strings.TrimRight(string(line), "\r\n") + "\n" {
		case MarkOurs, MarkTheirs:
			marks++
		}
	}
	return marks > 0
}

func crlf(text []byte) bool {
	n := bytes.Count(text, []byte("\n"))
	return n > 0 && n == bytes.Count(text, []byte("\r\n"))
}

// LF returns text with line feeds only, as otelgen writes it.
func LF(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")) }

func toCRLF(text []byte) []byte {
	return bytes.ReplaceAll(LF(text), []byte("\n"), []byte("\r\n"))
}
