//go:build !linux

package live

import "syscall"

const rlimitData = syscall.RLIMIT_DATA
