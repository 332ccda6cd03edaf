package merge

import (
	"bytes"
	"slices"

	"github.com/aymanbagabas/go-udiff/lcs"
)

// hunk replaces the lines [start, end) of the base by the lines [newStart, newEnd) of another text.
type hunk struct{ start, end, newStart, newEnd int }

// splitLines cuts text after each line feed. The last line may have none.
func splitLines(text []byte) []string {
	var lines []string
	for line := range bytes.Lines(text) {
		lines = append(lines, string(line))
	}
	return lines
}

// diff returns the hunks that turn a into b, in order. No two of them touch.
//
// Like a patience diff, it first aligns the lines that both texts contain exactly once. A reader takes these for the
// same place, unlike braces and empty lines. Between them, the shortest difference wins.
func diff(a, b []string) []hunk {
	var hunks []hunk
	add := func(h hunk) {
		if n := len(hunks); n > 0 && hunks[n-1].end == h.start && hunks[n-1].newEnd == h.newStart {
			hunks[n-1].end, hunks[n-1].newEnd = h.end, h.newEnd
			return
		}
		hunks = append(hunks, h)
	}
	fromA, fromB := 0, 0
	for _, at := range append(anchors(a, b), [2]int{len(a), len(b)}) {
		for _, d := range lcs.DiffLines(a[fromA:at[0]], b[fromB:at[1]]) {
			add(hunk{fromA + d.Start, fromA + d.End, fromB + d.ReplStart, fromB + d.ReplEnd})
		}
		fromA, fromB = at[0], at[1]
	}
	return hunks
}

// anchors returns the positions of lines that are in both texts, each once: as many as have the same order in both.
func anchors(a, b []string) [][2]int {
	type places struct{ inA, inB, timesA, timesB int }
	seen := make(map[string]*places)
	for i, line := range a {
		p := seen[line]
		if p == nil {
			p = new(places)
			seen[line] = p
		}
		p.inA, p.timesA = i, p.timesA+1
	}
	for i, line := range b {
		if p := seen[line]; p != nil {
			p.inB, p.timesB = i, p.timesB+1
		}
	}
	// The longest increasing subsequence, by patience sorting: each pile's top, and for each card the one on the pile
	// before.
	type card struct {
		at     [2]int
		before *card
	}
	var tops []*card
	for i, line := range a {
		p := seen[line]
		if p.timesA != 1 || p.timesB != 1 {
			continue
		}
		pile, _ := slices.BinarySearchFunc(tops, p.inB, func(c *card, inB int) int { return c.at[1] - inB })
		c := &card{at: [2]int{i, p.inB}}
		if pile > 0 {
			c.before = tops[pile-1]
		}
		if pile == len(tops) {
			tops = append(tops, c)
		} else {
			tops[pile] = c
		}
	}
	var found [][2]int
	if len(tops) > 0 {
		for c := tops[len(tops)-1]; c != nil; c = c.before {
			found = append(found, c.at)
		}
		slices.Reverse(found)
	}
	return found
}
