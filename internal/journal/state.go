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
	key := sha256.Sum256([]byte(project))
	return &State{Root: root, project: project, dir: filepath.Join(cache, "otelgen", "projects", hex.EncodeToString(key[:16]))}, nil
}

// Lock locks the project at root for command, and waits a moment for another change to end. Errors are
// *generator.Error of KindTarget or KindInterrupted.
func Lock(ctx context.Context, root, command string) (*State, error) {
	s, err := find(root)
	if err == nil {
		err = os.MkdirAll(s.dir, 0o700)
	}
	if err != nil {
		return nil, unusable(err)
	}
	s.Command, s.lock = command, flock.New(filepath.Join(s.dir, lockName))
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	locked, err := s.lock.TryLockContext(waiting, retry)
	switch {
	case locked:
	case ctx.Err() != nil:
		return nil, &generator.Error{
			Kind: generator.KindInterrupted, Code: "interrupted", What: "interrupted: nothing was changed",
			Why: "otelgen was stopped while it waited for another change", Fix: "run the same command again",
		}
	case errors.Is(err, context.DeadlineExceeded):
		return nil, s.busy()
	default:
		return nil, unusable(err)
	}
	holder := fmt.Sprintf("%s (process %d)", command, os.Getpid())
	if err := os.WriteFile(filepath.Join(s.dir, holderName), []byte(holder), 0o600); err != nil {
		return nil, errors.Join(unusable(err), s.lock.Close())
	}
	s.prune()
	return s, nil
}

func unusable(err error) error {
	return &generator.Error{
		Kind: generator.KindTarget, Code: "no-journal",
		What: "cannot keep a journal of the change: nothing was changed",
		Why:  err.Error(),
		Fix:  "set HOME, or XDG_CACHE_HOME on Linux, to a local directory that you can write to",
	}
}

// busy is the error for a project that another process changes.
func (s *State) busy() error {
	why := "another process holds the lock of the project"
	if holder, err := os.ReadFile(filepath.Join(s.dir, holderName)); err == nil {
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
func (s *State) Close() error { return s.lock.Close() }

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
	j, err := s.Pending()
	if err != nil {
		return nil, unusable(err)
	}
	if j == nil {
		return nil, nil
	}
	lock := flock.New(filepath.Join(s.dir, lockName), flock.SetFlag(os.O_RDWR))
	defer lock.Close()
	if locked, err := lock.TryLock(); err == nil && !locked {
		return nil, s.busy()
	}
	return j, nil
}

// Known reports whether there is a change of the directory root to undo.
func Known(root string) bool {
	s, err := find(root)
	if err != nil {
		return false
	}
	last, _ := s.Last()
	pending, _ := s.Pending()
	return last != nil || pending != nil
}

// Pending returns the change that has begun and not completed, or nil.
func (s *State) Pending() (*Journal, error) {
	return read(filepath.Join(s.dir, pendingName), s.project)
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
	return read(filepath.Join(s.dir, lastName), s.project)
}

// Begin records a change before it touches the project. The contents are those of the files before the change.
func (s *State) Begin(j *Journal, contents [][]byte) error {
	j.Project = s.project
	if err := j.check(s.project); err != nil {
		return err
	}
	return j.write(filepath.Join(s.dir, pendingName), contents)
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
	return os.Rename(filepath.Join(s.dir, pendingName), filepath.Join(s.dir, lastName))
}

func (s *State) completeUndo() error {
	pending, last := filepath.Join(s.dir, pendingName), filepath.Join(s.dir, lastName)
	if err := os.Rename(filepath.Join(pending, journalName), filepath.Join(last, journalName)); err != nil {
		return err
	}
	os.RemoveAll(pending) // else the next change does it
	return nil
}

// Drop forgets the pending change, which has been undone.
func (s *State) Drop() error {
	if err := os.Remove(filepath.Join(s.dir, pendingName, journalName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(filepath.Join(s.dir, pendingName))
}

// Forget forgets the last complete change.
func (s *State) Forget() error {
	if err := os.Remove(filepath.Join(s.dir, lastName, journalName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(filepath.Join(s.dir, lastName))
}

// Before returns the content of a file before the pending change, or if there is none, before the last change.
func (s *State) Before(e Entry) ([]byte, error) {
	name := pendingName
	if _, err := os.Lstat(filepath.Join(s.dir, pendingName, journalName)); err != nil {
		name = lastName
	}
	content, err := os.ReadFile(filepath.Join(s.dir, name, filepath.Base(e.Before.SHA256)))
	if err == nil && Of(content, 0).SHA256 != e.Before.SHA256 {
		err = fmt.Errorf("the copy of %s is damaged", e.Path)
	}
	return content, err
}

// Keep stores a version of a file that cannot be put back, and returns where it is.
func (s *State) Keep(name string, content []byte) (path string, err error) {
	path = filepath.Join(s.dir, keptName, time.Now().UTC().Format("20060102T150405"), filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, content, 0o600)
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
