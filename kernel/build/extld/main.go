// Command extld is the external linker that the Go linker calls for a cell. Where GOSFT_EXTLD names a fast linker it runs that
// directly, without the C compiler's driver (0.03 s) and without the shared library (0.09 s), whose symbols are found when
// the plugin is opened. Otherwise, for cells with C code, it runs the C compiler of GOSFT_CC. Afterwards it mends the table
// for calls into the library (package plt).
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"gosft/kernel/build/plt"
)

func main() {
	command, direct := strings.Fields(os.Getenv("GOSFT_EXTLD")), true
	if len(command) == 0 {
		command, direct = strings.Fields(os.Getenv("GOSFT_CC")), false
	}
	if len(command) == 0 {
		fail("neither GOSFT_EXTLD nor GOSFT_CC names a linker")
	}
	args := command[1:]
	if direct {
		args = append(args, linkerArgs(os.Args[1:])...)
	} else {
		args = append(args, os.Args[1:]...)
	}
	cmd := exec.Command(command[0], args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.Exited() {
			os.Exit(exit.ExitCode())
		}
		fail(err.Error())
	}
	for i, a := range os.Args[1:] {
		if a != "-o" || i+2 >= len(os.Args) || !strings.HasSuffix(os.Args[i+2], ".so") {
			continue
		}
		if err := plt.Mend(os.Args[i+2]); err != nil {
			fail(err.Error())
		}
	}
}

// linkerArgs turns the arguments for a C compiler into those for a linker.
func linkerArgs(in []string) []string {
	args := []string{"-z", "now"}
	for _, a := range in {
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
	return args
}

func fail(msg string) {
	fmt.Fprintln(os.Stderr, "extld:", msg)
	os.Exit(1)
}
