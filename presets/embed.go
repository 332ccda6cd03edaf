// Package presets holds the built-in presets: one folder for each choice, presets/<axis>/<name>, as a user's own would be.
// It is data only.
package presets

import "embed"

// FS holds the folders of the axes.
//
//go:embed all:*
var FS embed.FS
