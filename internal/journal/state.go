package journal

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/otelgen/otelgen/generator"
)

// State is what is remembered of one project, locked by this process.
type State struct {
	Root    string // of the project, as the user would name it
	Command string // that holds the lock

	project string // real path
	dir     string
	files   *os.Root // dir; no link leads out of it
	lock    *flock.Flock
}

const (
	lockName   = "lock"   // held from before a project is opened until its change is complete
	holderName = "holder" // which process holds the lock

	// patience is how long a change waits for another one.
	patience = 3 * time.Second
	retry    = 20 * time.Millisecond
)

// find returns where the state of the project at root is, or would be.
func find(root string) (*State, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	project, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	if err := checkOutside(cache, project); err != nil {
		return nil, err
	}
	key := sha256.Sum256([]byte(project))
	return &State{
		Root:    root,
		project: project,
		dir:     filepath.Join(cache, "otelgen", "projects", hex.EncodeToString(key[:16])),
	}, nil
}

// Lock locks the project at root for command, and waits a moment for another change to end. Errors are
// *generator.Error of KindTarget or KindInterrupted.
func Lock(ctx context.Context, root, command string) (*State, error) {
	s, err := find(root)
	if err == nil {
		err = s.open(true)
	}
	if err != nil {
		return nil, unusable(err)
	}
	s.Command = command
	if err := s.acquire(ctx); err != nil {
		_ = s.files.Close()
		return nil, err
	}
	s.prune()
	return s, nil
}

// acquire takes the lock, and tells other processes who holds it.
func (s *State) acquire(ctx context.Context) error {
	for _, name := range []string{lockName, holderName} {
		if err := checkRegular(s.files, name); err != nil {
			return unusable(err)
		}
	}
	s.lock = newLock(s.dir, os.O_CREATE)
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	locked, err := s.lock.TryLockContext(waiting, retry)
	switch {
	case locked:
	case ctx.Err() != nil:
		return &generator.Error{
			Kind: generator.KindInterrupted, Code: "interrupted", What: "interrupted: nothing was changed",
			Why: "otelgen was stopped while it waited for the lock", Fix: "run the same command again",
		}
	case errors.Is(err, context.DeadlineExceeded):
		return s.busy()
	default:
		return unusable(err)
	}
	holder := fmt.Sprintf("%s (process %d)", s.Command, os.Getpid())
	if err := s.files.WriteFile(holderName, []byte(holder), 0o600); err != nil {
		return errors.Join(unusable(err), s.lock.Close())
	}
	return nil
}

func newLock(dir string, flag int) *flock.Flock {
	return flock.New(filepath.Join(dir, lockName), flock.SetFlag(os.O_RDWR|noBlock|flag))
}

func unusable(err error) error {
	return &generator.Error{
		Kind: generator.KindTarget, Code: "no-journal",
		What: "cannot keep a journal of the change: nothing was changed",
		Why:  err.Error(),
		Fix:  "set HOME, or XDG_CACHE_HOME on Linux, to a local directory outside the project that only you can write to",
	}
}

// busy is the error for a project that another process changes.
func (s *State) busy() error {
	why := "another process holds the lock of the project"
	if holder, err := readFile(s.files, holderName); err == nil {
		why = "the project is locked by " + string(holder)
	}
	return &generator.Error{
		Kind: generator.KindTarget, Code: "busy",
		What: "another otelgen is changing " + s.Root,
		Why:  why,
		Fix:  "wait for it to end, then run the command again",
	}
}

// Close releases the lock.
func (s *State) Close() error { return errors.Join(s.lock.Close(), s.files.Close()) }

// Project is the real path of the project.
func (s *State) Project() string { return s.project }

// Dir is the folder that holds the state.
func (s *State) Dir() string { return s.dir }

// Interrupted returns the change of the project at root that did not complete, or nil. It neither writes nor waits:
// where another process is changing the project, the error says so.
func Interrupted(root string) (*Journal, error) {
	s, err := find(root)
	if err != nil {
		return nil, nil // no state, so no journal
	}
	switch err := s.open(false); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, unusable(err)
	}
	defer s.files.Close()
	j, err := s.Pending()
	if err != nil {
		return nil, unusable(err)
	}
	if j == nil {
		return nil, nil
	}
	lock := newLock(s.dir, 0)
	defer lock.Close()
	if locked, err := lock.TryLock(); err == nil && !locked {
		return nil, s.busy()
	}
	return j, nil
}

// Known reports whether there is a change of the directory root to undo.
func Known(root string) bool {
	s, err := find(root)
	if err != nil || s.open(false) != nil {
		return false
	}
	defer s.files.Close()
	last, _ := s.Last()
	pending, _ := s.Pending()
	return last != nil || pending != nil
}

// Pending returns the change that has begun and not completed, or nil.
func (s *State) Pending() (*Journal, error) {
	return read(s.files, pendingName, s.project)
}

// Last returns the last complete change, or nil if there is none or it is undone.
func (s *State) Last() (*Journal, error) {
	j, err := s.Completed()
	if j != nil && j.Undo {
		return nil, err
	}
	return j, err
}

// Completed returns the last complete change, be it one that undid another, or nil.
func (s *State) Completed() (*Journal, error) {
	return read(s.files, lastName, s.project)
}

// Begin records a change before it touches the project, and leaves nothing if it fails. The contents are those of the
// files before the change.
func (s *State) Begin(j *Journal, contents [][]byte) error {
	j.Project = s.project
	if err := j.check(s.project); err != nil {
		return err
	}
	if err := j.write(s.files, pendingName, contents); err != nil {
		_ = s.Drop() // what is left is no journal, and the next change replaces it
		return unusable(fmt.Errorf("write to %s: %w", s.dir, err))
	}
	return nil
}

// Complete makes the pending change the last one. One that undoes the last one takes its place in one step: until then
// the last change is still there to undo, from then on it is not.
func (s *State) Complete() error {
	pending, err := s.Pending()
	if err != nil {
		return err
	}
	if pending != nil && pending.Undo {
		return s.completeUndo()
	}
	if err := s.Forget(); err != nil {
		return err
	}
	return s.files.Rename(pendingName, lastName)
}

func (s *State) completeUndo() error {
	if err := s.files.Rename(filepath.Join(pendingName, journalName), filepath.Join(lastName, journalName)); err != nil {
		return err
	}
	s.files.RemoveAll(pendingName) // else the next change does it
	return nil
}

// Drop forgets the pending change, which has been undone.
func (s *State) Drop() error {
	return s.remove(pendingName)
}

// Forget forgets the last complete change.
func (s *State) Forget() error {
	return s.remove(lastName)
}

// remove removes a journal first, then its folder.
func (s *State) remove(name string) error {
	if err := s.files.Remove(filepath.Join(name, journalName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.files.RemoveAll(name)
}

// Before returns the content of a file before the pending change, or if there is none, before the last change.
func (s *State) Before(e Entry) ([]byte, error) {
	name := pendingName
	if _, err := s.files.Lstat(filepath.Join(pendingName, journalName)); err != nil {
		name = lastName
	}
	content, err := readFile(s.files, filepath.Join(name, filepath.Base(e.Before.SHA256)))
	if err == nil && Of(content, 0).SHA256 != e.Before.SHA256 {
		err = fmt.Errorf("the copy of %s is damaged", e.Path)
	}
	return content, err
}

// Keep stores a version of a file that cannot be put back, and returns where it is.
func (s *State) Keep(name string, content []byte) (path string, err error) {
	path = filepath.Join(keptName, time.Now().UTC().Format("20060102T150405"), filepath.FromSlash(name))
	if err := s.files.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	return filepath.Join(s.dir, path), s.files.WriteFile(path, content, 0o600)
}

// NewStage returns a name for a staging folder that no other process has, and that a project cannot foresee.
func NewStage(base string) (string, error) {
	const longest = 64 // so that the name is no longer than file names may be
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return "", err
	}
	base = strings.ToValidUTF8(base[:min(len(base), longest)], "")
	return fmt.Sprintf(".%s.otelgen-%d", base, n), nil
}
