package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/semver"
	"golang.org/x/term"

	"github.com/otelgen/otelgen/internal/version"
)

const (
	ownModule = "github.com/otelgen/otelgen"
	// noticeEvery and noticeTimeout bound how often and how long the network is asked.
	noticeEvery   = 24 * time.Hour
	noticeTimeout = 2 * time.Second
)

// updateNotice writes a line to standard error if a newer otelgen has been released. It is off unless
// OTELGEN_UPDATE_NOTICE is 1, and never asks without a terminal. The go command finds the version, so GOPROXY and
// GOPRIVATE hold. A failure is silent: the notice is not worth an error.
func (a *app) updateNotice(ctx context.Context) {
	out, ok := a.stderr.(*os.File)
	if a.getenv("OTELGEN_UPDATE_NOTICE") != "1" || a.getenv("CI") != "" || !ok || !term.IsTerminal(int(out.Fd())) {
		return
	}
	if cache, err := os.UserCacheDir(); err == nil {
		fmt.Fprint(a.stderr, noticeOf(version.Get().Version, latestVersion(ctx, filepath.Join(cache, "otelgen", "latest"))))
	}
}

// noticeOf returns the line to write, or nothing.
func noticeOf(current, latest string) string {
	if !semver.IsValid(current) || !semver.IsValid(latest) || semver.Compare(current, latest) >= 0 {
		return ""
	}
	return fmt.Sprintf(
		"\notelgen %s is available; this is %s\n  go install %s/cmd/otelgen@%s\n",
		latest,
		current,
		ownModule,
		latest,
	)
}

// latestVersion returns the newest release, from the file if it is younger than noticeEvery, or "" if it is not known.
func latestVersion(ctx context.Context, file string) string {
	info, err := os.Lstat(file)
	if err == nil && info.Mode().IsRegular() && info.Size() < 100 && time.Since(info.ModTime()) < noticeEvery {
		known, _ := os.ReadFile(file)
		return string(known)
	}
	ctx, cancel := context.WithTimeout(ctx, noticeTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Version}}", ownModule+"@latest")
	cmd.Dir = os.TempDir() // no go.mod of a project decides
	out, _ := cmd.Output()
	latest := strings.TrimSpace(string(out))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err == nil { // a failure is remembered, too
		_ = os.WriteFile(file, []byte(latest), 0o600)
	}
	return latest
}
