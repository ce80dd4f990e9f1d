// Command extld is the external linker that the Go linker calls for a cell. It runs the fast linker named in GOSFT_LD
// directly, without the C compiler's driver (0.03 s) and without the shared library (0.09 s), whose symbols are found when
// the plugin is opened.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

func main() {
	ld := strings.Fields(os.Getenv("GOSFT_LD"))
	if len(ld) == 0 {
		fail("GOSFT_LD names no linker")
	}
	args := ld
	for _, a := range os.Args[1:] {
		switch {
		case a == "-rdynamic":
			args = append(args, "--export-dynamic")
		case a == "-m64", a == "-marm64", a == "-O2", a == "-g", a == "-lgosft", a == "-shared", a == "-pthread", strings.HasPrefix(a, "-L"),
			strings.HasPrefix(a, "-fuse-ld="), strings.HasPrefix(a, "-Wl,-rpath"), strings.HasPrefix(a, "-Wl,--compress-debug-sections"):
		case strings.HasPrefix(a, "-Wl,"):
			args = append(args, strings.Split(a[len("-Wl,"):], ",")...)
		default:
			args = append(args, a)
		}
	}
	path, err := exec.LookPath(args[0])
	if err != nil {
		fail(err.Error())
	}
	fail(fmt.Sprintf("%s: %v", path, syscall.Exec(path, args, os.Environ())))
}

func fail(msg string) {
	fmt.Fprintln(os.Stderr, "extld:", msg)
	os.Exit(1)
}
