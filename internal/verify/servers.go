package verify

import (
	"cmp"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/internal/project"
)

const dialTimeout = 5 * time.Second

// servers looks for what the service needs to have running: where each variable of type url leads, if the development
// entry does not start a server for it. It returns a row for each; what is missing is an error.
func (r *run) servers(ctx context.Context) ([]*Row, error) {
	var rows []*Row
	for _, e := range r.o.Contract.Env {
		if e.Type != "url" || e.Field == "" {
			continue
		}
		value, given := r.lookup(e.Name)
		row := newRow("server", e.Name, e.Summary)
		if !given && r.startedByDev(e.Name) {
			row.Observed = "started by the development entry"
			rows = append(rows, row)
			continue
		}
		address := r.address(cmp.Or(value, e.Default), e.Owner)
		if address == "" { // a file, a socket
			row.Observed = "needs no server"
			rows = append(rows, row)
			continue
		}
		row.Observed = address
		if err := dial(ctx, address); err != nil {
			if ctx.Err() != nil {
				return nil, interrupted()
			}
			return nil, r.missing(e, address, given)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (r *run) missing(e generator.Env, address string, given bool) error {
	err := &generator.Error{
		Kind: generator.KindAnswers,
		Code: "verify-server-missing",
		What: fmt.Sprintf("%s is not set, and no server answers at %s, its default", e.Name, address),
		Why:  "the service needs the server of " + e.Owner + ", and writes to it during verify",
		Fix:  "set " + e.Name + " to a separate server, not to one in production",
	}
	if given {
		err.Kind, err.Code, err.What = generator.KindTarget, "verify-server-unreachable", fmt.Sprintf(
			"no server answers at %s, the address in %s",
			address,
			e.Name,
		)
		err.Fix = "start that server, or set " + e.Name + " to another, not to one in production"
	}
	if service := r.composeService(address); service != "" {
		err.Fix += fmt.Sprintf("; to start the project's own: docker compose up --detach --wait %s", service)
	}
	return err
}

func (r *run) lookup(name string) (value string, ok bool) {
	for _, pair := range r.o.Env {
		if n, v, _ := strings.Cut(pair, "="); n == name {
			value, ok = v, true
		}
	}
	return value, ok
}

// startedByDev reports whether the development entry sets a variable itself when it is not set, as it does for
// servers that it embeds.
func (r *run) startedByDev(name string) bool {
	files, _ := filepath.Glob(filepath.Join(r.o.Dir, filepath.FromSlash(r.o.Contract.Dirs["dev"]), "*.go"))
	found := false
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			continue // the build says what is wrong with it
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Setenv" {
				text, ok := call.Args[0].(*ast.BasicLit)
				found = found || ok && text.Value == strconv.Quote(name)
			}
			return true
		})
	}
	return found
}

// address is the host and port of the first server that a URL names, or "" if it names none. Its other parts may be
// secrets.
func (r *run) address(text, owner string) string {
	first, _, _ := strings.Cut(text, ",")
	u, err := url.Parse(strings.TrimSpace(first))
	if err != nil || u.Hostname() == "" {
		return ""
	}
	port := u.Port()
	if port == "" { // the owner says where its server listens
		at := slices.IndexFunc(r.o.Contract.Ports, func(p generator.Port) bool { return p.Owner == owner })
		if at < 0 {
			return ""
		}
		port = strconv.Itoa(r.o.Contract.Ports[at].Port)
	}
	return net.JoinHostPort(u.Hostname(), port)
}

func dial(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// composeService is the service in the project's compose file that publishes the port of an address, if any.
func (r *run) composeService(address string) string {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	content, err := project.ReadFile(filepath.Join(r.o.Dir, "compose.yaml"), maxSource)
	if err != nil {
		return ""
	}
	var file struct {
		Services map[string]struct {
			Ports []string `yaml:"ports"`
		} `yaml:"services"`
	}
	if yaml.Unmarshal(content, &file) != nil {
		return ""
	}
	for name, service := range file.Services {
		if slices.ContainsFunc(service.Ports, func(p string) bool { return strings.Contains(":"+p, ":"+port+":") }) {
			return name
		}
	}
	return ""
}
