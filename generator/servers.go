package generator

import (
	"cmp"
	"fmt"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Server is what a service needs beside it, or sends its telemetry to, in one container. The files that run it derive from this:
// compose.yaml, the CI workflow, the Makefile, the README.
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
	Secrets  []string   `json:"secrets,omitempty"` // variables that are taken from the environment of whoever starts it
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

// Health is the check by which a server is ready. Durations are whole seconds or minutes, such as 5s; Timeout may be empty.
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

// Provided is a variable of the service that leads to a server. In the manifest's value, {address} stands for host and port, {host} for the host.
type Provided struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	When  string `json:"when,omitempty"` // its condition, as of Env

	Inside, Outside string `json:"-"` // the value in a container beside the server, and on the host that publishes its ports
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

// server decodes one server of a manifest.
func (d *decoder) server(n *yaml.Node) Server {
	s := Server{where: d.at(n.Line)}
	d.object(n, "a server", map[string]field{
		"name": d.slug("name", &s.Name), "title": d.line1("title", &s.Title), "image": d.image(&s.Image), "checked": d.line1("checked", &s.Checked),
		"note": d.line1("note", &s.Note), "run": d.line1("run", &s.Run), "optional": d.boolean("optional", &s.Optional), "embedded": d.boolean("embedded", &s.Embedded),
		"command": d.texts("command", &s.Command), "env": d.settings(&s.Env), "secrets": d.list("secrets", func(n *yaml.Node) { s.Secrets = append(s.Secrets, d.variable(n)) }),
		"ports": d.list("ports", func(n *yaml.Node) { s.Ports = append(s.Ports, d.port(n, true)) }),
		"volumes": d.list("volumes", func(n *yaml.Node) {
			s.Volumes = append(s.Volumes, Volume{Path: d.inContainer(n, "an item of volumes")})
		}),
		"files":    d.list("files", func(n *yaml.Node) { s.Files = append(s.Files, d.mount(n)) }),
		"hostname": d.slug("hostname", &s.Hostname), "user": d.line1("user", &s.User), "memory": d.matching("memory", &s.Memory, memoryLimit, "a size such as 512m or 2g"),
		"health": d.health(&s.Health), "after": d.texts("after", &s.After), "when": d.line1("when", &s.When),
		"provides": d.list("provides", func(n *yaml.Node) { s.Provides = append(s.Provides, d.provided(n)) }),
	}, "name", "title", "image", "checked")
	for i := range s.Volumes {
		if s.Volumes[i].Name = s.Name; i > 0 {
			s.Volumes[i].Name += "-" + strconv.Itoa(i+1)
		}
	}
	d.checkServer(n.Line, &s)
	return s
}

// takenServers are the names that compose.yaml has already.
var takenServers = []string{"service", "data"}

// checkServer refuses servers that no service could use.
func (d *decoder) checkServer(line int, s *Server) {
	switch {
	case slices.Contains(takenServers, s.Name):
		d.fail(line, "a server cannot be called "+s.Name, "compose.yaml has this name for the service itself", "rename it")
	case !s.Optional && s.Health == nil:
		d.fail(line, fmt.Sprintf("the server %s has no health", s.Name), "the service starts once the server is ready", "add the key health, or optional: true where the service is ready without it")
	case !s.Optional && len(s.Provides) == 0:
		d.fail(line, fmt.Sprintf("the server %s provides nothing", s.Name), "no variable leads the service to it", "add the key provides, or optional: true where the service is ready without it")
	case len(s.Ports) == 0 && slices.ContainsFunc(s.Provides, func(p Provided) bool { return strings.Contains(p.Value, "{address}") }):
		d.fail(line, fmt.Sprintf("the server %s has no address", s.Name), "{address} is its host and its first port", "add the key ports")
	}
	ports := map[int]bool{}
	for _, port := range s.Ports {
		if ports[port.Port] {
			d.fail(line, fmt.Sprintf("the server %s has the port %d twice", s.Name, port.Port), "a port is published once", "remove one of them")
		}
		ports[port.Port] = true
	}
}

var (
	wholeDuration = regexp.MustCompile(`^[1-9][0-9]{0,4}[sm]$`)
	memoryLimit   = regexp.MustCompile(`^[1-9][0-9]*[kmg]$`)
	variableName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	imageName     = regexp.MustCompile(`^[a-z0-9][A-Za-z0-9.:_/-]*$`)
	imageDigest   = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
)

// image decodes the name of a container image, which a tag or digest pins.
func (d *decoder) image(dst *string) field {
	return func(n *yaml.Node) {
		d.line1("image", dst)(n)
		name, digest, pinned := strings.Cut(*dst, "@")
		_, tag, tagged := strings.Cut(path.Base(name), ":")
		switch {
		case *dst == "":
		case !imageName.MatchString(name) || pinned && !imageDigest.MatchString(digest):
			d.fail(n.Line, show(*dst)+" is not a container image", "it is REPOSITORY:TAG, or REPOSITORY@sha256:DIGEST", "correct it")
		case !pinned && (!tagged || tag == "" || tag == "latest"):
			d.fail(n.Line, fmt.Sprintf("the image %s is not pinned", *dst), "its tag is missing, or moves", "write NAME:VERSION")
		}
	}
}

// matching decodes text that has a form.
func (d *decoder) matching(what string, dst *string, form *regexp.Regexp, must string) field {
	return func(n *yaml.Node) {
		d.line1(what, dst)(n)
		if *dst != "" && !form.MatchString(*dst) {
			d.fail(n.Line, fmt.Sprintf("%s cannot be %s", what, show(*dst)), "it must be "+must, "correct it")
		}
	}
}

// variable decodes the name of an environment variable.
func (d *decoder) variable(n *yaml.Node) (name string) {
	d.matching("a variable", &name, variableName, "a name of letters, digits and underscores")(n)
	return name
}

// settings decodes a mapping of variables in its order.
func (d *decoder) settings(dst *[]Setting) field {
	return func(n *yaml.Node) {
		d.mapping(n, "env", func(k, v *yaml.Node) {
			s := Setting{Name: d.variable(k)}
			d.text("the value of "+s.Name, &s.Value)(v)
			*dst = append(*dst, s)
		})
	}
}

// port decodes a TCP port. That of a server can be another one for the containers beside it, and have a condition.
func (d *decoder) port(n *yaml.Node, ofServer bool) (p Port) {
	var port, inside int64
	fields := map[string]field{"port": d.integer("port", &port), "summary": d.line1("summary", &p.Summary)}
	if ofServer {
		fields["inside"], fields["when"] = d.integer("inside", &inside), d.line1("when", &p.When)
	}
	d.object(n, "a port", fields, "port", "summary")
	p.Port, p.Inside = int(port), int(inside)
	for _, number := range []int64{port, cmp.Or(inside, 1)} {
		if number < 1 || number > 65535 {
			d.fail(n.Line, fmt.Sprintf("%d is not a port", number), "a port is a number from 1 to 65535", "write such a number")
		}
	}
	return p
}

// inContainer decodes an absolute path.
func (d *decoder) inContainer(n *yaml.Node, what string) (p string) {
	d.line1(what, &p)(n)
	if p != "" && (!path.IsAbs(p) || path.Clean(p) != p || strings.Contains(p, ":")) {
		d.fail(n.Line, fmt.Sprintf("%s cannot be %s", what, show(p)), "it is a clean absolute path in the container", "write it as in /var/lib/NAME")
	}
	return p
}

func (d *decoder) mount(n *yaml.Node) (m Mount) {
	d.object(n, "an item of files", map[string]field{
		"from": d.line1("from", &m.From), "to": func(n *yaml.Node) { m.To = d.inContainer(n, "to") },
	}, "from", "to")
	if m.From != "" && (path.IsAbs(m.From) || path.Clean(m.From) != m.From || strings.HasPrefix(m.From, "..") || strings.Contains(m.From, ":")) {
		d.fail(n.Line, "from cannot be "+show(m.From), "it is a clean path in the project", "write it as in deploy/NAME.yaml")
	}
	return m
}

func (d *decoder) health(dst **Health) field {
	return func(n *yaml.Node) {
		var h Health
		var retries int64
		d.object(n, "health", map[string]field{
			"command": d.texts("command", &h.Command), "interval": d.duration("interval", &h.Interval), "timeout": d.duration("timeout", &h.Timeout),
			"retries": d.integer("retries", &retries),
		}, "command", "interval", "retries")
		if h.Retries = int(retries); retries < 1 || retries > 1000 {
			d.fail(n.Line, fmt.Sprintf("retries cannot be %d", retries), "the check is made from 1 to 1000 times", "write such a number")
		}
		if len(h.Command) == 0 {
			d.fail(n.Line, "health has no command", "the command tells whether the server is ready", "write it as a list: [pg_isready, -U, postgres]")
		}
		*dst = &h
	}
}

func (d *decoder) duration(what string, dst *string) field {
	return d.matching(what, dst, wholeDuration, "a whole number of seconds or minutes, such as 5s")
}

func (d *decoder) provided(n *yaml.Node) (p Provided) {
	d.object(n, "an item of provides", map[string]field{
		"name": func(n *yaml.Node) { p.Name = d.variable(n) }, "value": d.line1("value", &p.Value), "when": d.line1("when", &p.When),
	}, "name", "value")
	return p
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
		s.Provides = slices.DeleteFunc(slices.Clone(s.Provides), func(o Provided) bool { return !p.applies(f.preset, o.When) })
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
			return fail(fmt.Sprintf("the server %s cannot provide %s", s.Name, show(p.Value)), "shells and Compose would read it differently", "write a value without spaces, quotes, dollar signs and backslashes")
		}
	}
	for i := range c.Servers {
		other := &c.Servers[i]
		if other.Name == s.Name {
			if !sameServer(*other, s) {
				return fail(fmt.Sprintf("the server %s is described differently by %s", s.Name, other.Owner), "one container cannot be both", "describe it as there, or give it another name")
			}
			other.Provides = append(slices.Clip(other.Provides), s.Provides...)
			return nil
		}
		for _, port := range s.Ports {
			if slices.ContainsFunc(other.Ports, func(o Port) bool { return o.Port == port.Port }) {
				return fail(fmt.Sprintf("the servers %s and %s both publish the port %d", other.Name, s.Name, port.Port), "a port of the host leads to one of them", "give one of them another port")
			}
		}
	}
	c.Servers = append(c.Servers, s)
	return nil
}

// sameServer reports whether two presets describe one container, for whatever variables each of them needs it.
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
			if !slices.ContainsFunc(p.Files, func(f PlannedFile) bool { return f.Path == m.From || strings.HasPrefix(f.Path, m.From+"/") }) {
				return &Error{Kind: KindPreset, Code: "server", What: fmt.Sprintf("the server %s reads %s", s.Name, show(m.From)), Why: "the service has no such file or folder",
					Fix: "write it in files/, or correct the path", Where: s.where}
			}
		}
	}
	return nil
}
