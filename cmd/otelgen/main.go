// Command otelgen writes complete, observable Go services.
package main

import (
	"os"

	"github.com/otelgen/otelgen/internal/cli"
)

func main() { os.Exit(cli.Main()) }
