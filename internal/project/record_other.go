//go:build !unix

package project

const safeOpen = 0
