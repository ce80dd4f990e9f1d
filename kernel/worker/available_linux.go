package worker

import (
	"syscall"
	"unsafe"
)

// available sets n to the number of bytes that wait in a pipe.
func available(fd int, n *int32) bool {
	const fionread = 0x541B
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), fionread, uintptr(unsafe.Pointer(n)))
	return e == 0
}
