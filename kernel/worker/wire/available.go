package wire

import (
	"syscall"
	"unsafe"
)

// Available is the number of bytes that wait in a pipe, -1 where that cannot be told.
func Available(fd int) int {
	var n int32
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), fionread, uintptr(unsafe.Pointer(&n))); e != 0 {
		return -1
	}
	return int(n)
}
