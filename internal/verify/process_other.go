//go:build !unix

package verify

import (
	"errors"
	"os/exec"
)

const canTerminate = false

func inGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }

func terminate(*exec.Cmd) error { return errors.ErrUnsupported }
