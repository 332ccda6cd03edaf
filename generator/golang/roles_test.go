package golang

import (
	"errors"
	"strings"
	"testing"
)

// One source, in layouts that name its packages as the roles are named, otherwise, and all alike.
func TestRoles(t *testing.T) {
	const src = `// Package inbound calls store.Open and inbound.Run.
package inbound

import (
	"fmt"

	"@inbound"
	"@ports"
	"@store"
	db "@store"
)

// Run uses a store.Store, not a store. Nor a.store.X or restore.Y, but ports.Z.
func Run(s store.Store) error {
	/* store.Open
	   and store.Close */
	x.store.Open() // store.Open
	fmt.Println("store.Open")
	inbound.Run(nil)
	return db.Close(ports.Error)
}
`
	base := "example.com/shop/internal/"
	for name, c := range map[string]struct {
		own, inbound, ports, store string
		want                       []string
		not                        []string
	}{
		"as the roles": {"inbound", "inbound", "ports", "store",
			[]string{"package inbound", `"example.com/shop/internal/store"`, `db "example.com/shop/internal/store"`, "s store.Store", "// Run uses a store.Store, not", "\tRun(nil)"}, []string{`internal/inbound"`}},
		"otherwise": {"service", "service", "model", "repository",
			[]string{"// Package service calls repository.Open and Run.", "package service", `"example.com/shop/internal/repository"`, `db "example.com/shop/internal/repository"`, "s repository.Store",
				"// Run uses a repository.Store, not a store. Nor a.store.X or restore.Y, but model.Z.", "/* repository.Open\n\t   and repository.Close */", "x.store.Open() // repository.Open", `"store.Open"`, "db.Close(model.Error)"}, nil},
		"all alike": {"app", "app", "app", "app",
			[]string{"package app", "s Store", "db.Close(Error)", "\tRun(nil)"}, []string{"ports."}},
	} {
		o := Options{Module: "example.com/shop", PackagePath: base + c.own, Role: "inbound", Roles: map[string]string{"inbound": base + c.inbound, "ports": base + c.ports, "store": base + c.store}}
		f, err := Finish([]byte(src), o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, s := range c.want {
			if !strings.Contains(string(f.Content), s) {
				t.Errorf("%s: no %q in\n%s", name, s, f.Content)
			}
		}
		for _, s := range c.not {
			if strings.Contains(string(f.Content), s) {
				t.Errorf("%s: %q in\n%s", name, s, f.Content)
			}
		}
		checkFormatted(t, f.Content)
	}

	o := Options{Module: "example.com/shop", PackagePath: base + "service", Role: "inbound", Roles: map[string]string{"inbound": base + "service"}}
	f, err := Finish([]byte("package inbound_test\n\nimport \"@inbound\"\n\nvar _ = inbound.Run\n"), o)
	if err != nil || !strings.Contains(string(f.Content), "package service_test") || !strings.Contains(string(f.Content), "service.Run") {
		t.Errorf("external test: %v\n%s", err, f.Content)
	}
	f, err = Finish([]byte("package  inbound // package inbound\n"), o)
	if err != nil || string(f.Content) != "package service // package inbound\n" {
		t.Errorf("clause: %v\n%s", err, f.Content)
	}
	_, err = Finish([]byte("package inbound\nimport \"@stor\"\n"), o)
	var unknown *UnknownRole
	if !errors.As(err, &unknown) || unknown.Role != "stor" {
		t.Error(err)
	}
}
