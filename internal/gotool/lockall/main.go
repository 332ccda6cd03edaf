// Command lockall writes the lock files of the skeleton and of all presets, from which otelgen makes go.mod and
// go.sum without the network. It is for maintainers, who run it as "make lock" in the root of the repository
// after changing an import or a pinned version.
//
// With --check it writes nothing and exits with status 5 if a lock file is out of date.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/otelgen/otelgen/internal/gotool"
)

func main() {
	check := flag.Bool("check", false, "write nothing; fail if a lock file is out of date")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	changed, err := gotool.WriteLocks(ctx, ".", *check)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	case *check && len(changed) > 0:
		fmt.Fprintln(os.Stderr, "lock files are out of date:")
		for _, c := range changed {
			fmt.Fprintf(os.Stderr, "  %s: %s\n", c.File, c.Why)
		}
		fmt.Fprintln(
			os.Stderr,
			"  why: an import or a pinned version has changed\n  fix: make lock   (go run ./internal/gotool/lockall)",
		)
		os.Exit(5)
	default:
		for _, c := range changed {
			fmt.Printf("wrote %s: %s\n", c.File, c.Why)
		}
	}
}
