// Package backends holds what the presets of backends write to the real programs that read it: collectors,
// Prometheus. It has tests only.
//
// The programs are large, and built by scripts/tool.sh. Tests that need one that is not built yet are skipped, and
// say so, unless BACKENDS is set, as make backends does.
package backends
