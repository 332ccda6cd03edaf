package merge

import (
	"fmt"
	"go/version"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// GoMod merges go.mod files: it adds the requirements of otelgen's change to the user's file, and keeps its
// formatting. It takes the higher of two versions, unless the user has left otelgen's version unchanged. It removes
// no requirement: only go mod tidy, which runs next, knows whether the user's code needs it. The error names the file
// that cannot be parsed.
func GoMod(base, ours, theirs []byte) ([]byte, error) {
	o, err := modfile.Parse("go.mod", base, nil)
	if err != nil {
		return nil, fmt.Errorf("as it was generated: %w", err)
	}
	a, err := modfile.Parse("go.mod", ours, nil)
	if err != nil {
		return nil, err
	}
	b, err := modfile.Parse("go.mod", theirs, nil)
	if err != nil {
		return nil, fmt.Errorf("as it is generated now: %w", err)
	}
	was, merged := requirements(o), requirements(a)
	for path, r := range requirements(b) {
		mine, have := merged[path]
		switch {
		case !have && r == was[path]: // the user has removed it, and nothing has changed about it
			continue
		case have:
			if mine.Mod.Version != was[path].Mod.Version && semver.Compare(r.Mod.Version, mine.Mod.Version) < 0 {
				r.Mod = mine.Mod
			}
			r.Indirect = r.Indirect && mine.Indirect
		}
		merged[path] = r
	}
	if b.Go != nil && (a.Go == nil || version.Compare("go"+b.Go.Version, "go"+a.Go.Version) > 0) {
		if err := a.AddGoStmt(b.Go.Version); err != nil {
			return nil, err
		}
	}
	var all []*modfile.Require
	for _, path := range slices.Sorted(maps.Keys(merged)) {
		r := merged[path]
		all = append(all, &modfile.Require{Mod: r.Mod, Indirect: r.Indirect})
	}
	a.SetRequireSeparateIndirect(all)
	a.Cleanup()
	return a.Format()
}

type requirement struct {
	Mod      module.Version
	Indirect bool
}

func requirements(f *modfile.File) map[string]requirement {
	all := make(map[string]requirement, len(f.Require))
	for _, r := range f.Require {
		all[r.Mod.Path] = requirement{r.Mod, r.Indirect}
	}
	return all
}

// GoSum merges go.sum files: all their lines. Checksums too many do no harm, and go mod tidy removes them.
func GoSum(ours, theirs []byte) []byte {
	var lines []string
	for line := range strings.Lines(string(ours) + "\n" + string(theirs)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line+"\n")
		}
	}
	slices.Sort(lines)
	return []byte(strings.Join(slices.Compact(lines), ""))
}
