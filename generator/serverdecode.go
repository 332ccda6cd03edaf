package generator

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// server decodes one server of a manifest.
func (d *decoder) server(n *yaml.Node) Server {
	s := Server{where: d.at(n.Line)}
	volume := func(n *yaml.Node) {
		s.Volumes = append(s.Volumes, Volume{Path: d.inContainer(n, "an item of volumes")})
	}
	d.object(n, "a server", map[string]field{
		"name": d.slug("name", &s.Name), "title": d.line1("title", &s.Title),
		"image": d.image(&s.Image), "checked": d.line1("checked", &s.Checked),
		"note": d.line1("note", &s.Note), "run": d.line1("run", &s.Run),
		"optional": d.boolean("optional", &s.Optional), "embedded": d.boolean("embedded", &s.Embedded),
		"command": d.texts("command", &s.Command), "env": d.settings(&s.Env),
		"secrets":  d.list("secrets", func(n *yaml.Node) { s.Secrets = append(s.Secrets, d.variable(n)) }),
		"ports":    d.list("ports", func(n *yaml.Node) { s.Ports = append(s.Ports, d.port(n, true)) }),
		"volumes":  d.list("volumes", volume),
		"files":    d.list("files", func(n *yaml.Node) { s.Files = append(s.Files, d.mount(n)) }),
		"hostname": d.slug("hostname", &s.Hostname), "user": d.line1("user", &s.User),
		"memory": d.matching("memory", &s.Memory, memoryLimit, "a size such as 512m or 2g"),
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
		d.fail(line, fmt.Sprintf("the server %s has no health", s.Name), "the service starts once the server is ready",
			"add the key health, or optional: true where the service is ready without it")
	case !s.Optional && len(s.Provides) == 0:
		d.fail(line, fmt.Sprintf("the server %s provides nothing", s.Name), "no variable leads the service to it",
			"add the key provides, or optional: true where the service is ready without it")
	case len(s.Ports) == 0 && slices.ContainsFunc(s.Provides,
		func(p Provided) bool { return strings.Contains(p.Value, "{address}") }):
		d.fail(line, fmt.Sprintf("the server %s has no address", s.Name), "{address} is its host and its first port",
			"add the key ports")
	}
	ports := map[int]bool{}
	for _, port := range s.Ports {
		if ports[port.Port] {
			d.fail(line, fmt.Sprintf("the server %s has the port %d twice", s.Name, port.Port), "a port is published once",
				"remove one of them")
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
			d.fail(n.Line, show(*dst)+" is not a container image", "it is REPOSITORY:TAG, or REPOSITORY@sha256:DIGEST",
				"correct it")
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
		d.fail(n.Line, fmt.Sprintf("%s cannot be %s", what, show(p)), "it is a clean absolute path in the container",
			"write it as in /var/lib/NAME")
	}
	return p
}

func (d *decoder) mount(n *yaml.Node) (m Mount) {
	d.object(n, "an item of files", map[string]field{
		"from": d.line1("from", &m.From), "to": func(n *yaml.Node) { m.To = d.inContainer(n, "to") },
	}, "from", "to")
	if m.From != "" && (path.IsAbs(m.From) || path.Clean(m.From) != m.From || strings.HasPrefix(m.From,
		"..") || strings.Contains(m.From, ":")) {
		d.fail(n.Line, "from cannot be "+show(m.From), "it is a clean path in the project", "write it as in deploy/NAME.yaml")
	}
	return m
}

func (d *decoder) health(dst **Health) field {
	return func(n *yaml.Node) {
		var h Health
		var retries int64
		d.object(n, "health", map[string]field{
			"command": d.texts("command", &h.Command), "interval": d.duration("interval",
				&h.Interval), "timeout": d.duration("timeout", &h.Timeout),
			"retries": d.integer("retries", &retries),
		}, "command", "interval", "retries")
		if h.Retries = int(retries); retries < 1 || retries > 1000 {
			d.fail(n.Line, fmt.Sprintf("retries cannot be %d", retries), "the check is made from 1 to 1000 times",
				"write such a number")
		}
		if len(h.Command) == 0 {
			d.fail(n.Line, "health has no command", "the command tells whether the server is ready",
				"write it as a list: [pg_isready, -U, postgres]")
		}
		*dst = &h
	}
}

func (d *decoder) duration(what string, dst *string) field {
	return d.matching(what, dst, wholeDuration, "a whole number of seconds or minutes, such as 5s")
}

func (d *decoder) provided(n *yaml.Node) (p Provided) {
	d.object(n, "an item of provides", map[string]field{
		"name": func(n *yaml.Node) { p.Name = d.variable(n) }, "value": d.line1("value", &p.Value), "when": d.line1("when",
			&p.When),
	}, "name", "value")
	return p
}
