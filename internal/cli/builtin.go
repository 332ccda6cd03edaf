package cli

import (
	"io/fs"

	"github.com/otelgen/otelgen/generator"
	"github.com/otelgen/otelgen/presets"
	"github.com/otelgen/otelgen/templates"
)

// The skeleton and presets that are compiled into otelgen.
var (
	skeleton fs.FS = templates.FS
	builtin        = generator.Source{Name: "built-in", FS: presets.FS}
)
