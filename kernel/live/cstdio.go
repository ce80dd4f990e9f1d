package live

// #include <stdio.h>
// static void gosft_flush(void) { fflush(NULL); }
import "C"

// flushC writes what C code has printed and its library still holds.
func flushC() { C.gosft_flush() }
