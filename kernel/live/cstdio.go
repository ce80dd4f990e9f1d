package live

// #include <stdio.h>
// static void gosft_flush(void) { fflush(NULL); }
// static void gosft_lines(void) { setvbuf(stdout, NULL, _IOLBF, BUFSIZ); }
import "C"

// flushC writes what C code has printed and its library still holds.
func flushC() {
	written := output.write(1)
	C.gosft_flush()
	written()
}

// lineBufferC makes what C code prints come line by line, as on a terminal.
func lineBufferC() { C.gosft_lines() }
