package change

import (
	"bytes"
	"cmp"
	"io/fs"
	"path"
	"slices"

	"github.com/otelgen/otelgen/generator"
)

const (
	// minSimilarity is the share of common lines from which a file counts as moved. Git uses the same threshold.
	minSimilarity = 0.5
	// maxMoved bounds the size of a moved file in bytes. No generated file is as large.
	maxMoved = 1 << 20
	// maxGrowth bounds how many times larger than the generated file a moved file may be.
	maxGrowth = 3
)

// moved returns where the user has moved the file to, or "" if nowhere.
func (p *planner) moved(was generator.File) (string, error) {
	if p.moves == nil {
		matches, err := p.findSimilar(p.missing())
		if err != nil {
			return "", err
		}
		p.moves = bestMatches(matches)
	}
	return p.moves[was.Path], nil
}

// missing returns the files of the base that are not in the project, except empty ones.
func (p *planner) missing() (files []generator.File) {
	for _, f := range p.Base.Files {
		if ours, err := p.read(f.Path); err == nil && ours == nil && len(bytes.TrimSpace(f.Content)) > 0 {
			files = append(files, f)
		}
	}
	return files
}

// match is a file of the user's that is similar to a missing one.
type match struct {
	from, to   string
	similarity float64
}

// findSimilar compares the user's own files with the missing ones. It reads each file once.
func (p *planner) findSimilar(missing []generator.File) (matches []match, _ error) {
	indexes := map[string]*lineIndex{} // by extension
	for _, f := range missing {
		ext := path.Ext(f.Path)
		if indexes[ext] == nil {
			indexes[ext] = &lineIndex{lines: map[string]*indexedLine{}}
		}
		indexes[ext].add(f)
	}
	return matches, walk(p.Ours, func(name string, info fs.FileInfo) error {
		index := indexes[path.Ext(name)]
		if index == nil || info.Size() > min(maxMoved, int64(maxGrowth*index.largest)) {
			return nil
		}
		_, inBase := p.base[name]
		_, inTheirs := p.theirs[name] // otelgen writes another file there
		if inBase || inTheirs {
			return nil
		}
		if content, err := p.read(name); err == nil && content != nil {
			matches = append(matches, index.similar(name, content)...)
		}
		return nil
	})
}

// bestMatches assigns each missing file to at most one of the user's, the most similar first, then one of the same
// name.
func bestMatches(matches []match) map[string]string {
	renamed := func(m match) int {
		if path.Base(m.from) == path.Base(m.to) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.similarity, a.similarity), renamed(a)-renamed(b))
	})
	moves, taken := map[string]string{}, map[string]bool{}
	for _, m := range matches {
		if moves[m.from] == "" && !taken[m.to] {
			moves[m.from], taken[m.to] = m.to, true
		}
	}
	return moves
}

// lineIndex finds the files that share lines with a text. Its cost grows with the lines that are shared, not with the
// number of files, so that a large repository of unrelated files costs little more than reading it.
type lineIndex struct {
	files   []generator.File
	totals  []int // lines of each file
	lines   map[string]*indexedLine
	largest int // bytes of the largest file
}

// indexedLine is a line of at least one file.
type indexedLine struct {
	in   []occurrence
	most int // times in one file
}

type occurrence struct{ file, times int }

func (x *lineIndex) add(f generator.File) {
	lines, total := countLines(f.Content)
	for text, times := range lines {
		line := x.lines[text]
		if line == nil {
			line = &indexedLine{}
			x.lines[text] = line
		}
		line.in = append(line.in, occurrence{len(x.files), times})
		line.most = max(line.most, times)
	}
	x.files, x.totals, x.largest = append(x.files, f), append(x.totals, total), max(x.largest, len(f.Content))
}

// similar returns the indexed files that share at least minSimilarity of their lines with the content of a file, of
// the longer of the two.
func (x *lineIndex) similar(name string, content []byte) (matches []match) {
	lines, total := countLines(content)
	known := 0
	for text, times := range lines {
		if line := x.lines[text]; line != nil {
			known += min(times, line.most)
		}
	}
	if float64(known) < minSimilarity*float64(total) {
		return nil // no single file can share more
	}
	common := make([]int, len(x.files))
	for text, times := range lines {
		if line := x.lines[text]; line != nil {
			for _, o := range line.in {
				common[o.file] += min(times, o.times)
			}
		}
	}
	for i, f := range x.files {
		similarity := float64(common[i]) / float64(max(total, x.totals[i], 1))
		if similarity >= minSimilarity && len(content) <= maxGrowth*len(f.Content) {
			matches = append(matches, match{f.Path, name, similarity})
		}
	}
	return matches
}

// countLines counts the lines of a text that are not blank, without the space around them.
func countLines(content []byte) (lines map[string]int, total int) {
	lines = map[string]int{}
	for line := range bytes.Lines(content) {
		if text := bytes.TrimSpace(line); len(text) > 0 {
			lines[string(text)]++
			total++
		}
	}
	return lines, total
}

// walk calls f for each regular file of the project, except in hidden folders, vendor and node_modules.
func walk(fsys fs.FS, f func(name string, info fs.FileInfo) error) error {
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if name == "." {
				return unreadable(name, err)
			}
			return nil // an unreadable folder of the user's
		}
		base := path.Base(name)
		if d.IsDir() {
			if name != "." && (base[0] == '.' && name != ".github" || base == "vendor" || base == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() || generator.CheckPath(name) != nil {
			return nil
		}
		info, err := d.Info()
		if err != nil || info.Size() > maxFile {
			return nil
		}
		return f(name, info)
	})
}
