//go:build unix

package project

import "syscall"

// safeOpen neither follows a link nor waits for the other end of a pipe.
const safeOpen = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
