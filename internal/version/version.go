// Package version says which otelgen this is. It must not do anything before it is asked: programs start with it.
package version

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

// version is set by release builds: -ldflags "-X github.com/otelgen/otelgen/internal/version.version=v1.2.3".
var version string

// Info describes this build.
type Info struct {
	Version string `json:"version"`          // "v1.2.3", or "devel" when built from a checkout
	Commit  string `json:"commit,omitempty"` // as far as the go command recorded it
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// Get returns what is known about this build.
func Get() Info {
	info := Info{Version: version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		info.Version = cmp.Or(version, "devel")
		return info
	}
	for _, s := range build.Settings {
		if s.Key == "vcs.revision" {
			info.Commit = s.Value
		}
	}
	if info.Version == "" {
		info.Version = "devel"
		if info.Commit == "" && build.Main.Version != "" && build.Main.Version != "(devel)" { // go install …@v1.2.3
			info.Version = build.Main.Version
		}
	}
	return info
}
