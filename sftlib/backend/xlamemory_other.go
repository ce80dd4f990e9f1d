//go:build !linux || !cgo || noxla

package backend

// FreeUnused gives memory back to the system that XLA's CPU plugin does not use now and that is kept for its next call.
func FreeUnused() {}
