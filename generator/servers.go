package generator

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Server is a container that a service needs beside it, or sends its telemetry to. The files that run it derive from
// this: compose.yaml, the CI workflow, the Makefile, the README.
type Server struct {
	Name     string     `json:"name"`               // of the container, and the host name for those beside it
	Title    string     `json:"title"`              // as people write it: PostgreSQL
	Image    string     `json:"image"`              // pinned by a tag or digest
	Checked  string     `json:"checked"`            // how it is known that the image holds what is expected of it
	Note     string     `json:"note,omitempty"`     // what a reader of its configuration should know
	Run      string     `json:"run,omitempty"`      // what else a user should know to run it
	Optional bool       `json:"optional,omitempty"` // the service is ready without it
	Embedded bool       `json:"embedded,omitempty"` // cmd/dev and the tests run it inside of their process
	Command  []string   `json:"command,omitempty"`
	Env      []Setting  `json:"env,omitempty"`
	Secrets  []string   `json:"secrets,omitempty"` // variables that come from the environment of the caller
	Ports    []Port     `json:"ports,omitempty"`
	Volumes  []Volume   `json:"volumes,omitempty"` // what outlives the container
	Files    []Mount    `json:"files,omitempty"`
	Hostname string     `json:"hostname,omitempty"`
	User     string     `json:"user,omitempty"`
	Memory   string     `json:"memory,omitempty"` // limit, such as 512m
	Health   *Health    `json:"health,omitempty"`
	After    []string   `json:"after,omitempty"` // servers of the same preset that start first
	Provides []Provided `json:"provides,omitempty"`
	When     string     `json:"when,omitempty"` // its condition, as of Env
	Owner    string     `json:"owner,omitempty"`

	where string
}

// Setting is a variable of a server's environment.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Volume is a directory of a server that is kept in a named volume.
type Volume struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// Mount is a file or folder of the project that a server reads.
type Mount struct {
	From string `json:"from"` // in the project
	To   string `json:"to"`   // in the container
}

// Health is the check by which a server is ready. Durations are whole seconds or minutes, such as 5s. Timeout may be
// empty.
type Health struct {
	Command  []string `json:"command"`
	Interval string   `json:"interval"`
	Timeout  string   `json:"timeout,omitempty"`
	Retries  int      `json:"retries"`
}

// Shell returns the command of the check as a line for a POSIX shell.
func (h Health) Shell() string {
	words := make([]string, len(h.Command))
	for i, word := range h.Command {
		if words[i] = word; !plainWord.MatchString(word) {
			words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+-]+$`)

// Provided is a variable of the service that leads to a server. In Value, {address} stands for its host and first port,
// and {host} for its host.
type Provided struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	When  string `json:"when,omitempty"` // its condition, as of Env

	Inside  string `json:"-"` // Value in a container beside the server
	Outside string `json:"-"` // Value on the host that publishes its ports
}

// Loopback is the address on which the ports of servers are published.
const Loopback = "127.0.0.1"

// Address returns where programs on the host reach the server, "127.0.0.1:5432"; "" if it publishes no port.
func (s Server) Address() string {
	if len(s.Ports) == 0 {
		return ""
	}
	return Loopback + ":" + strconv.Itoa(s.Ports[0].Port)
}

// Tested reports whether tests and development need the server to be started for them.
func (s Server) Tested() bool { return !s.Optional && !s.Embedded }

// resolve fills in where the variables lead.
func (s *Server) resolve() {
	for i := range s.Provides {
		p := &s.Provides[i]
		inside := s.Name
		if len(s.Ports) > 0 {
			inside += ":" + strconv.Itoa(cmp.Or(s.Ports[0].Inside, s.Ports[0].Port))
		}
		p.Inside = strings.NewReplacer("{address}", inside, "{host}", s.Name).Replace(p.Value)
		p.Outside = strings.NewReplacer("{address}", s.Address(), "{host}", Loopback).Replace(p.Value)
	}
}

// servers renders the servers of a preset.
func (f *factRenderer) servers(p *Plan) (all []Server) {
	for _, s := range f.preset.Servers {
		if !p.applies(f.preset, s.When) {
			continue
		}
		f.where, s.Owner = s.where, f.preset.ID()
		s.Image, s.Note, s.Run = f.text(s.Image), f.text(s.Note), f.text(s.Run)
		s.Command = f.texts(s.Command)
		s.Env = each(s.Env, func(e Setting) Setting { return Setting{e.Name, f.text(e.Value)} })
		s.Files = each(s.Files, func(m Mount) Mount { return Mount{f.text(m.From), f.text(m.To)} })
		s.Ports = slices.DeleteFunc(slices.Clone(s.Ports), func(o Port) bool { return !p.applies(f.preset, o.When) })
		s.Provides = slices.DeleteFunc(slices.Clone(s.Provides),
			func(o Provided) bool { return !p.applies(f.preset, o.When) })
		for i := range s.Provides {
			s.Provides[i].Value = f.text(s.Provides[i].Value)
		}
		if s.Health != nil {
			health := *s.Health
			health.Command, s.Health = f.texts(health.Command), &health
		}
		s.resolve()
		all = append(all, s)
	}
	return all
}

// texts returns everything in the description that may hold template actions.
func (s *Server) texts() []string {
	all := append([]string{s.Image, s.Note, s.Run}, s.Command...)
	for _, e := range s.Env {
		all = append(all, e.Value)
	}
	for _, m := range s.Files {
		all = append(all, m.From, m.To)
	}
	for _, p := range s.Provides {
		all = append(all, p.Value)
	}
	if s.Health != nil {
		all = append(all, s.Health.Command...)
	}
	return all
}

func each[T any](all []T, f func(T) T) (made []T) {
	for _, v := range all {
		made = append(made, f(v))
	}
	return made
}

// addServer adds a server. Two presets can share one if they describe the same.
func (c *context) addServer(s Server) error {
	fail := func(what, why, fix string) error {
		return &Error{Kind: KindPreset, Code: "server", What: what, Why: why, Fix: fix, Where: s.where}
	}
	for _, p := range s.Provides {
		if strings.ContainsAny(p.Value, " \t\"'`$\\") {
			return fail(fmt.Sprintf("the server %s cannot provide %s", s.Name, show(p.Value)),
				"shells and Compose would read it differently", "take spaces, quotes, dollar signs and backslashes out")
		}
	}
	for i := range c.Servers {
		other := &c.Servers[i]
		if other.Name == s.Name {
			if !sameServer(*other, s) {
				return fail(fmt.Sprintf("the server %s is described differently by %s", s.Name, other.Owner),
					"one container cannot be both", "describe it as there, or give it another name")
			}
			other.Provides = append(slices.Clip(other.Provides), s.Provides...)
			return nil
		}
		for _, port := range s.Ports {
			if slices.ContainsFunc(other.Ports, func(o Port) bool { return o.Port == port.Port }) {
				return fail(fmt.Sprintf("the servers %s and %s both publish the port %d", other.Name, s.Name, port.Port),
					"a port of the host leads to one of them", "give one of them another port")
			}
		}
	}
	c.Servers = append(c.Servers, s)
	return nil
}

// sameServer reports whether two presets describe one container. The variables that lead to it may differ.
func sameServer(a, b Server) bool {
	for _, s := range []*Server{&a, &b} {
		s.Provides, s.Owner, s.where, s.When = nil, "", "", ""
	}
	return reflect.DeepEqual(a, b)
}

// mounted holds what servers read to being files of the service.
func (p *Plan) mounted() error {
	for _, s := range p.context.Servers {
		for _, m := range s.Files {
			if !slices.ContainsFunc(p.Files,
				func(f PlannedFile) bool { return f.Path == m.From || strings.HasPrefix(f.Path, m.From+"/") }) {
				return &Error{Kind: KindPreset, Code: "server",
					What: fmt.Sprintf("the server %s reads %s", s.Name, show(m.From)), Why: "the service has no such file or folder",
					Fix: "write it in files/, or correct the path", Where: s.where}
			}
		}
	}
	return nil
}
