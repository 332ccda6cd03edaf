// Package version describes this build of otelgen. It does no work at start-up.
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
	Date    string `json:"date,omitempty"`   // of the commit, RFC 3339
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
		switch s.Key {
		case "vcs.revision":
			info.Commit = s.Value
		case "vcs.time":
			info.Date = s.Value
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
