package change

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/otelgen/otelgen/generator"
)

const (
	// similar is how much of a file, in lines, another must have to be taken for it, as git does it.
	similar = 0.5
	// maxMoved bounds what is looked at, in bytes: no generated file is as large.
	maxMoved = 1 << 20
)

// moved returns where the user has moved the file to, or "" if nowhere.
func (p *planner) moved(was generator.File) (string, error) {
	if p.elsewhere == nil {
		if err := p.findMoved(); err != nil {
			return "", err
		}
	}
	return p.elsewhere[was.Path], nil
}

// findMoved looks among the user's own files for those of the base that are not in their place. Each stands for one at most.
func (p *planner) findMoved() error {
	p.elsewhere = map[string]string{}
	var missing []generator.File
	for _, f := range p.Base.Files {
		if ours, err := p.read(f.Path); err == nil && ours == nil && len(bytes.TrimSpace(f.Content)) > 0 {
			missing = append(missing, f)
		}
	}
	type match struct {
		from, to string
		score    float64
	}
	var matches []match
	err := walk(p.Ours, func(name string, info fs.FileInfo) error {
		if _, ok := p.base[name]; ok || info.Size() > maxMoved {
			return nil
		}
		if _, ok := p.theirs[name]; ok {
			return nil // whatever it is, it stands where otelgen has another file to write
		}
		var content []byte
		for _, f := range missing {
			if path.Ext(f.Path) != path.Ext(name) || int(info.Size()) > 3*len(f.Content) {
				continue
			}
			if content == nil {
				var err error
				if content, err = p.read(name); err != nil || content == nil {
					return nil
				}
			}
			if score := likeness(f.Content, content); score >= similar {
				matches = append(matches, match{f.Path, name, score})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(matches, func(a, b match) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		case path.Base(a.from) == path.Base(a.to) && path.Base(b.from) != path.Base(b.to):
			return -1
		}
		return 0
	})
	taken := map[string]bool{}
	for _, m := range matches {
		if p.elsewhere[m.from] == "" && !taken[m.to] {
			p.elsewhere[m.from], taken[m.to] = m.to, true
		}
	}
	return nil
}

// likeness is the share of lines that two texts have in common: of the longer one, without regard to blank lines and to order.
func likeness(a, b []byte) float64 {
	if bytes.Equal(a, b) {
		return 1
	}
	count := map[string]int{}
	total, other, common := 0, 0, 0
	for line := range bytes.Lines(a) {
		if text := strings.TrimSpace(string(line)); text != "" {
			count[text]++
			total++
		}
	}
	for line := range bytes.Lines(b) {
		if text := strings.TrimSpace(string(line)); text != "" {
			other++
			if count[text] > 0 {
				count[text]--
				common++
			}
		}
	}
	return float64(common) / float64(max(total, other, 1))
}

// walk calls f for each regular file of the project that can be source: not below hidden folders, vendor or node_modules.
func walk(fsys fs.FS, f func(name string, info fs.FileInfo) error) error {
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if name == "." {
				return unreadable(name, err)
			}
			return nil // a folder of the user's that nobody may read
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
