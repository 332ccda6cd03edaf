// Package templates holds the skeleton: what every service gets, and the slots that presets fill. It is data only.
package templates

import "embed"

// FS holds skeleton.yaml, the files, and the partials that presets share.
//
//go:embed all:*
var FS embed.FS
