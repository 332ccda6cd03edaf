package generator

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/otelgen/otelgen/generator/golang/gomod"
)

// locked is a lock and whose it is.
type locked struct {
	*gomod.Lock
	by    string
	where string
	home  *folder // of a source that is not built in
}

// readLocks reads the locks of all owners. A source may have new locks of built-in presets, because of its modules or
// versions. They replace the built-in locks if one of its presets is chosen.
func (p *Plan) readLocks() error {
	var built, foreign, anew []locked
	for _, o := range p.owners {
		l, err := o.dir.lock()
		if err != nil {
			return err
		}
		mine := locked{l, o.ID(), o.dir.position(gomod.LockFile), o.dir.home}
		if mine.home == nil {
			built = append(built, mine)
			continue
		}
		if l != nil {
			foreign = append(foreign, mine)
		}
		if slices.ContainsFunc(anew, func(l locked) bool { return l.home == mine.home }) {
			continue
		}
		if l, err = mine.home.lock(); err != nil {
			return err
		}
		if l != nil {
			anew = append(anew, locked{l, "what is built in, as " + mine.home.source + " locks it,", mine.home.position(gomod.LockFile), mine.home})
		}
	}
	p.locks = slices.Concat(built, foreign)
	if len(anew) > 0 {
		p.locks = slices.Concat(anew, foreign)
	}
	// Sources that were locked without each other have to agree on every module, also where only the built-in presets need it.
	for _, l := range foreign {
		for _, other := range foreign {
			if l.home == other.home {
				continue
			}
			if err := agree(universe(l, built, anew), universe(other, built, anew)); err != nil {
				return err
			}
		}
	}
	return nil
}

// universe is the locks that a foreign one was made with.
func universe(l locked, built, anew []locked) []locked {
	if i := slices.IndexFunc(anew, func(a locked) bool { return a.home == l.home }); i >= 0 {
		return []locked{l, anew[i]}
	}
	return append([]locked{l}, built...)
}

// agree holds the locks of two sources to one version of each module.
func agree(ours, theirs []locked) error {
	for _, a := range ours {
		if a.Lock == nil {
			continue
		}
		for _, module := range sortedKeys(a.Modules) {
			for _, b := range theirs {
				if b.Lock == nil || b.Modules[module].Version == "" || b.Modules[module].Version == a.Modules[module].Version {
					continue
				}
				return twoVersions(ours[0], theirs[0], module, a.Modules[module].Version, b.Modules[module].Version)
			}
		}
	}
	return nil
}

// twoVersions names both who need a module at different versions.
func twoVersions(a, b locked, module, version, other string) error {
	culprit, fix := a, "write its lock again: otelgen preset lock"
	switch {
	case a.home == nil:
		culprit = b
	case b.home != nil && a.home != b.home:
		fix = "put the presets of both into one folder, or pin the higher version in both, and write the locks again: otelgen preset lock"
	}
	return &Error{Kind: KindPreset, Code: "lock", What: fmt.Sprintf("%s and %s need two versions of the module %s", a.by, b.by, module),
		Why: fmt.Sprintf("%s is locked with %s, and %s with %s", a.by, version, b.by, other), Fix: fix, Where: culprit.where}
}

// lockFiles returns the locks alone.
func (p *Plan) lockFiles() (all []*gomod.Lock) {
	for _, l := range p.locks {
		all = append(all, l.Lock)
	}
	return all
}

// lockError says what is wrong with the locks, when go.mod cannot be made of them. The file is the one that imports a package, by its path.
func (p *Plan) lockError(err error, importer map[string]*PlannedFile) error {
	var unknown *gomod.UnknownImport
	var mismatch *gomod.Mismatch
	switch {
	case errors.As(err, &unknown):
		f := importer[unknown.Path]
		fix := "lock the presets that import it: otelgen preset lock"
		if i := slices.IndexFunc(p.locks, func(l locked) bool { return strings.HasPrefix(l.by, "what is built in") }); i >= 0 && f.owner.dir.home == nil {
			fix = "lock the presets of " + p.locks[i].home.source + " again with this otelgen: otelgen preset lock"
		}
		return &Error{Kind: KindPreset, Code: "unknown-import", What: fmt.Sprintf("nothing is locked for the import %q", unknown.Path),
			Why: "go.mod and go.sum are written from the lock files alone", Fix: fix, Where: f.position()}
	case errors.As(err, &mismatch):
		by := func(version string) locked {
			return p.locks[slices.IndexFunc(p.locks, func(l locked) bool { return l.Lock != nil && l.Modules[mismatch.Module].Version == version })]
		}
		return twoVersions(by(mismatch.Versions[0]), by(mismatch.Versions[1]), mismatch.Module, mismatch.Versions[0], mismatch.Versions[1])
	}
	return &Error{Kind: KindPreset, Code: "lock", What: "go.mod cannot be written", Why: err.Error(), Fix: "write the locks again: otelgen preset lock"}
}
