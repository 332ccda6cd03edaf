// Package servers gives tests the real servers of scripts/servers, and notes what was proven against which of them. A
// preset whose name is that of a server needs it. The package must not know any preset, and is for tests only.
package servers

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/otelgen/otelgen/generator"
)

// Server is one that runs.
type Server struct {
	Name    string // of the script
	URL     string
	Version string // as in: PostgreSQL 15.18
}

// Pool starts servers for one process, each when it is first asked for. They end with the process.
type Pool struct {
	root string // of the repository

	mu      sync.Mutex
	started map[string]func() (Server, error)
}

// New returns a pool that uses the scripts of the repository at root.
func New(root string) *Pool {
	return &Pool{root: root, started: map[string]func() (Server, error){}}
}

// Of returns the servers that the presets need.
func (p *Pool) Of(presets []*generator.Preset) (all []Server, err error) {
	for _, preset := range presets {
		if _, err := os.Stat(filepath.Join(p.root, "scripts", "servers", preset.Name+".sh")); err != nil {
			continue
		}
		server, err := p.start(preset.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, server)
	}
	return all, nil
}

// Environment returns the variables, TEST_DATABASE_URL and the like, by which the tests of a service with the presets
// find its servers.
func (p *Pool) Environment(presets []*generator.Preset) (variables []string, err error) {
	for _, preset := range presets {
		all, err := p.Of([]*generator.Preset{preset})
		if err != nil {
			return nil, err
		}
		for _, server := range all {
			for _, e := range preset.Env {
				if e.Type == "url" {
					variables = append(variables, "TEST_"+e.Name+"="+server.URL)
				}
			}
		}
	}
	return variables, nil
}

func (p *Pool) start(name string) (Server, error) {
	p.mu.Lock()
	start := p.started[name]
	if start == nil {
		start = sync.OnceValues(func() (Server, error) { return p.startNew(name) })
		p.started[name] = start
	}
	p.mu.Unlock()
	return start()
}

// startNew starts a server, unless scripts/servers.sh has one that runs.
func (p *Pool) startNew(name string) (Server, error) {
	version, err := script(p.root, "version", name)
	if err != nil {
		return Server{}, err
	}
	s := Server{Name: name, Version: strings.TrimSpace(version)}
	if said, err := os.ReadFile(filepath.Join(p.root, ".cache", "servers", name)); err == nil {
		if s.URL, _, _ = strings.Cut(string(said), "\n"); answers(s.URL) {
			return s, nil
		}
	}
	own, err := Start(p.root, name)
	if err != nil {
		return Server{}, err
	}
	s.URL = own.URL
	return s, nil
}

// answers reports whether anything listens at a URL.
func answers(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	conn, err := net.DialTimeout("tcp", u.Host, time.Second)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// Own is a server that no other test uses.
type Own struct {
	URL    string
	Folder string // its data, and what it says in the file log

	root string
}

// ErrNotInstalled says that the machine lacks a server.
var ErrNotInstalled = errors.New("the server is not installed")

// Start starts a new server by the scripts of the repository at root. It ends with the process, if it is not removed
// before.
func Start(root, name string) (*Own, error) {
	said, err := script(root, "start", name)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(said, "\n")
	return &Own{URL: lines[0], Folder: lines[1], root: root}, nil
}

// Do starts the server again, or stops, kills or removes it.
func (s *Own) Do(action string) error {
	_, err := script(s.root, action, s.Folder)
	return err
}

func script(root string, arguments ...string) (string, error) {
	cmd := exec.Command(filepath.Join(root, "scripts", "server.sh"), arguments...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("OWNER=%d", os.Getpid()))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == 77 {
		err = ErrNotInstalled
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(stderr.String()))
	}
	return string(stdout), nil
}

// proofsEnv names the file that collects what was proven, for scripts/test.sh to show at the end.
const proofsEnv = "OTELGEN_PROOFS"

// Proven records what was proven, how, and against which servers, if the environment names a file for it.
func Proven(what, how string, against []Server) error {
	name := os.Getenv(proofsEnv)
	if name == "" {
		return nil
	}
	names := []string{"no server"}
	if len(against) > 0 {
		names = nil
	}
	for _, s := range against {
		names = append(names, s.Version)
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s\t%s\t%s\n", what, strings.Join(names, ", "), how)
	return errors.Join(err, f.Close())
}
