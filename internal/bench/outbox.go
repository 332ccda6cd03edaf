//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelgen/otelgen/internal/servers"
)

// outboxEvents is how many orders are created, each of which has an event that passes through the outbox.
const outboxEvents = 20_000

// outbox measures how fast events pass through the outbox: orders are created as fast as the service accepts them,
// while it publishes and consumes their events. The clock stops when the outbox is empty.
func (b *bench) outbox() error {
	collector := httptest.NewServer(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }),
	)
	defer collector.Close()
	dir := filepath.Join(b.dir, "outbox")
	binary, env, err := b.build(loaded{
		"outbox",
		[]string{"broker/nats", "database/postgres"},
		[]string{
			"--database",
			"postgres",
			"--pattern",
			"hexagonal,outbox",
			"--backend",
			"otlp",
		},
	}, dir, collector.URL, servers.New("."))
	if err != nil {
		return err
	}
	var database string
	for _, variable := range env {
		if url, ok := strings.CutPrefix(variable, "DATABASE_URL="); ok {
			database = url // the last one counts
		}
	}
	c, _, stop, err := b.serve(binary, dir, env)
	if err != nil {
		return err
	}
	began := time.Now()
	err = c.createAll(outboxEvents)
	created := time.Since(began)
	if err == nil {
		err = b.drained(database)
	}
	all := time.Since(began)
	if stopErr := stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	fmt.Printf(
		"\noutbox, chi + postgres + nats, telemetry over OTLP: %d orders created in %s; the outbox was empty %s later: "+
			"%.0f events a second\n",
		outboxEvents,
		created.Round(time.Millisecond),
		(all - created).Round(time.Millisecond),
		outboxEvents/all.Seconds(),
	)
	return nil
}

// createAll creates n orders.
func (c caller) createAll(n int) error {
	var group sync.WaitGroup
	var begun atomic.Int64
	var failure atomic.Pointer[error]
	for range clients {
		group.Go(func() {
			for begun.Add(1) <= int64(n) && failure.Load() == nil {
				if _, _, err := c.create(); err != nil {
					failure.Store(&err)
				}
			}
		})
	}
	group.Wait()
	if err := failure.Load(); err != nil {
		return *err
	}
	return nil
}

// drained waits until the outbox is empty. It asks the database itself, by psql.
func (b *bench) drained(database string) error {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		_, out, err := b.output("psql", database, "-tAc", "SELECT count(*) FROM shop_outbox")
		if err != nil || strings.TrimSpace(out) == "0" {
			return err
		}
		select {
		case <-ticker.C:
		case <-b.ctx.Done():
			return b.ctx.Err()
		}
	}
	return errors.New("the outbox is not empty after a minute")
}
