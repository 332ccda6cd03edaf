package generator

import (
	"strings"
	"testing"
)

const postgresServer = `
-- presets/database/postgres/preset.yaml --
title: PostgreSQL
summary: A server.
options:
  tls: {type: bool, default: "false", summary: x}
  size: {type: enum, values: [small, large], default: small, summary: x}
env:
  - {name: DATABASE_URL, section: Database, field: URL, summary: x}
servers:
  - name: postgres
    title: PostgreSQL
    image: postgres:18.2
    checked: By its Dockerfile.
    env: {POSTGRES_DB: "{{ .Entity.PluralSnake }}", ZONE: a}
    ports:
      - {port: 5432, inside: 15432, summary: Clients}
      - {port: 5433, summary: Metrics, when: options.size=large}
    volumes: [/var/lib/postgresql, /backup]
    health: {command: [pg_isready, -d, "{{ .Entity.PluralSnake }}"], interval: 2s, retries: 15}
    provides:
      - {name: DATABASE_URL, value: "postgres://{address}/{{ .Entity.PluralSnake }}?host={host}"}
-- skeleton/files/@root/servers.txt.tmpl --
{{ range .Servers }}{{ .Name }} of {{ .Owner }} at {{ .Address }}
{{ range .Env }}{{ .Name }}={{ .Value }} {{ end }}{{ .Health.Shell }}
{{ range .Volumes }}{{ .Name }}:{{ .Path }} {{ end }}
{{ range .Provides }}{{ .Name }} {{ .Inside }} {{ .Outside }}{{ end }}
{{ end }}{{ range .Env }}{{ if eq .Name "DATABASE_URL" }}default {{ .Default }}{{ end }}{{ end }}
{{ range .Ports }}{{ .Port }} {{ end }}
`

func TestServersLeadToTheService(t *testing.T) {
	answers := Answers{Name: "shop", Entity: "line-item", Presets: map[string][]string{"database": {"postgres"}}}
	want := `postgres of database/postgres at 127.0.0.1:5432
POSTGRES_DB=line_items ZONE=a pg_isready -d line_items
postgres:/var/lib/postgresql postgres-2:/backup
DATABASE_URL postgres://postgres:15432/line_items?host=postgres postgres://127.0.0.1:5432/line_items?host=127.0.0.1
default postgres://127.0.0.1:5432/line_items?host=127.0.0.1
4222 5432
`
	got := content(t, mustGenerate(t, postgresServer, answers), "servers.txt")
	lines := strings.Split(got, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	answers.Options = map[string]string{"postgres.size": "large"}
	if got := content(t, mustGenerate(t, postgresServer, answers), "servers.txt"); !strings.Contains(got, "\n4222 5432 5433 ") {
		t.Errorf("the port of an option is missing:\n%s", got)
	}
}

// A variable's value for development is rendered like any other text, and only there.
func TestVariablesHaveAValueForDevelopment(t *testing.T) {
	const edits = `
-- presets/framework/chi/preset.yaml --
title: chi
summary: HTTP.
default: true
provides: [inbound.http]
env:
  - {name: API_DOCS, default: "false", development: "{{ .Name }}", summary: x}
-- skeleton/files/@root/dev.txt.tmpl --
{{ range .Env }}{{ if .Develop }}{{ .Name }} {{ .Default }} {{ .Develop }}{{ end }}{{ end }}
`
	if got := content(t, mustGenerate(t, edits, Answers{Name: "shop"}), "dev.txt"); got != "API_DOCS false shop\n" {
		t.Errorf("got %q", got)
	}
}

func TestHealthIsALineForAShell(t *testing.T) {
	h := Health{Command: []string{"sh", "-c", "redis-cli ping | grep 'PONG'", ""}}
	if got, want := h.Shell(), `sh -c 'redis-cli ping | grep '\''PONG'\''' ''`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestServersRefuse(t *testing.T) {
	const where = "presets/database/postgres/preset.yaml:"
	for name, c := range map[string]struct {
		old, new string
		want     []string
	}{
		"unknown key":       {"title: PostgreSQL\n    image", "titel: PostgreSQL\n    image", []string{where + "9", `did you mean "title"?`}},
		"no image":          {"    image: postgres:18.2\n", "", []string{where + "9", "has no image"}},
		"no tag":            {"postgres:18.2", "postgres", []string{where + "11", "not pinned"}},
		"tag of a registry": {"postgres:18.2", "localhost:5000/postgres", []string{"not pinned"}},
		"latest":            {"postgres:18.2", "postgres:latest", []string{"not pinned"}},
		"bad digest":        {"postgres:18.2", "postgres@sha256:abc", []string{"not a container image"}},
		"bad image":         {"postgres:18.2", "postgres:18 --privileged", []string{"not a container image"}},
		"not checked":       {"    checked: By its Dockerfile.\n", "", []string{"has no checked"}},
		"name":              {"- name: postgres", "- name: Postgres_1", []string{"lower-case"}},
		"taken name":        {"- name: postgres", "- name: service", []string{"cannot be called service"}},
		"port":              {"port: 5432", "port: 70000", []string{where + "15", "from 1 to 65535"}},
		"inside":            {"inside: 15432", "inside: -1", []string{where + "15", "from 1 to 65535"}},
		"port twice":        {"port: 5433", "port: 5432", []string{"port 5432 twice"}},
		"volume":            {"/backup", "backup", []string{where + "17", "absolute path"}},
		"volume with modes": {"/backup", "/backup:ro", []string{"absolute path"}},
		"variable":          {"ZONE: a", "A-B: a", []string{where + "13", "a variable cannot be"}},
		"number":            {"ZONE: a", "ZONE: 1", []string{where + "13", "must be text"}},
		"interval":          {"interval: 2s", "interval: 2", []string{where + "18"}},
		"no duration":       {"interval: 2s", "interval: soon", []string{where + "18", "such as 5s"}},
		"retries":           {"retries: 15", "retries: 0", []string{where + "18", "from 1 to 1000"}},
		"no command":        {`command: [pg_isready, -d, "{{ .Entity.PluralSnake }}"]`, "command: []", []string{where + "18", "has no command"}},
		"no health":         {"    health:", "    optional: true\n    healht:", []string{`did you mean "health"?`}},
		"not optional":      {"    health: {command: [pg_isready, -d, \"{{ .Entity.PluralSnake }}\"], interval: 2s, retries: 15}\n", "", []string{"has no health", "optional: true"}},
		"memory":            {"    volumes:", "    memory: 1 GB\n    volumes:", []string{"such as 512m"}},
		"provides nothing":  {"    provides:\n      - {name: DATABASE_URL, value: \"postgres://{address}/{{ .Entity.PluralSnake }}?host={host}\"}\n", "", []string{"provides nothing"}},
		"after":             {"    volumes:", "    after: [mysql]\n    volumes:", []string{`starts after "mysql"`}},
		"file outside":      {"    volumes:", "    files: [{from: ../x, to: /x}]\n    volumes:", []string{"clean path in the project"}},
		"option value":      {"options.size=large", "options.size=huge", []string{"never", "small, large"}},
		"unknown option":    {"options.size=large", "options.sise=large", []string{`no option "sise"`}},
		"no bool":           {"options.size=large", "options.size", []string{`no option "size" that is on or off`}},
		"template":          {"ZONE: a", "ZONE: '{{ .Name'", []string{where + "9", "not well-formed"}},
	} {
		t.Run(name, func(t *testing.T) {
			edits := strings.Replace(postgresServer, c.old, c.new, 1)
			if edits == postgresServer {
				t.Fatal("the edit changes nothing")
			}
			wantError(t, newCatalog(t, edits).Check(), KindPreset, c.want...)
		})
	}
}

// Two presets share a server that they describe alike, and are refused otherwise.
func TestServersOfTwoPresets(t *testing.T) {
	_, server, _ := strings.Cut(postgresServer, "servers:\n")
	server, _, _ = strings.Cut(server, "-- skeleton/")
	broker := "\n-- presets/broker/nats/preset.yaml --\ntitle: NATS\nsummary: Events in PostgreSQL.\nprovides: [events.external]\noptions:\n  subject: {type: string, default: ev, summary: x}\n  max-attempts: {type: int, default: \"5\", summary: x}\n  size: {type: enum, values: [small, large], default: small, summary: x}\nservers:\n" +
		strings.Replace(server, "{name: DATABASE_URL,", "{name: BROKER_URL,", 1)
	answers := Answers{Name: "shop", Presets: map[string][]string{"database": {"postgres"}, "broker": {"nats"}}}
	got := content(t, mustGenerate(t, postgresServer+broker, answers), "servers.txt")
	if strings.Count(got, "postgres of ") != 1 || !strings.Contains(got, "BROKER_URL ") || !strings.Contains(got, "DATABASE_URL ") {
		t.Errorf("got\n%s", got)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"another image": {"postgres:18.2", "postgres:17.0", "described differently by"},
		"the same port": {"- name: postgres", "- name: events", "both publish the port 5432"},
		"a bad value":   {"postgres://{address}", "postgres:// {address}", "cannot provide"},
		"no such file":  {"    volumes:", "    files: [{from: deploy/x.conf, to: /x.conf}]\n    volumes:", `reads "deploy/x.conf"`},
	} {
		t.Run(name, func(t *testing.T) {
			edits := postgresServer + strings.Replace(broker, c.old, c.new, 1)
			if name == "no such file" {
				edits = strings.Replace(postgresServer, c.old, c.new, 1)
			}
			_, err := generate(t, edits, answers)
			wantError(t, err, KindPreset, c.want)
		})
	}
}
