package generator

import (
	"fmt"
	"slices"
	"strings"
)

// didYouMean fixes an unknown word: by the known one nearest to it, or by any.
func didYouMean(word string, known []string) string {
	switch near := Nearest(word, known); {
	case near != "":
		return fmt.Sprintf("did you mean %q?", near)
	case len(known) > 0:
		return "use one of these"
	}
	return "leave it out"
}

// Nearest returns the known word that takes the fewest edits, if these are few for its length, or "".
func Nearest(word string, known []string) string {
	best, bestDistance := "", len(word)/3+2
	if len(word) > 64 {
		return ""
	}
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := distance(word, k); d < bestDistance && d < max(len(word), len(k)) {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance is the number of insertions, deletions, replacements and swaps of neighbors between a and b.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func list(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}
