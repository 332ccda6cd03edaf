package cli

import (
	"io/fs"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

// What is compiled into otelgen.
var (
	skeleton fs.FS = templates.FS
	builtin        = generator.Source{Name: "built-in", FS: presets.FS}
)
