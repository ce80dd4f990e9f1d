package live

// #include <stdio.h>
// static void gosft_flush(void) { fflush(stdout); fflush(stderr); } // not NULL: a read may hold stdin's lock
// #ifdef __linux__
// static void gosft_again(void) { clearerr_unlocked(stdin); }
// #else
// static void gosft_again(void) {}
// #endif
// static void gosft_lines(void) { setvbuf(stdout, NULL, _IOLBF, BUFSIZ); }
import "C"

// flushC writes what C code has printed and its library still holds.
func flushC() {
	written := output.write(1)
	C.gosft_flush()
	written()
}

// againC lets C code read after an end of its input.
func againC() { C.gosft_again() }

// lineBufferC makes what C code prints come line by line, as on a terminal.
func lineBufferC() { C.gosft_lines() }
