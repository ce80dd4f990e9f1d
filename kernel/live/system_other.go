//go:build !linux

package live

import "syscall"

const rlimitData = syscall.RLIMIT_DATA

func dup(from, to int) error { return syscall.Dup2(from, to) }

func blockedInRead() bool { return false }
