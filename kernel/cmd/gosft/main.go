// Command gosft is the Go kernel for Jupyter and what belongs to it.
//
//	gosft kernel FILE           serve a Jupyter connection file (JupyterLab starts this)
//	gosft install [--user|--prefix DIR|--sys-prefix]
//	gosft uninstall [--user|--prefix DIR|--sys-prefix]
//	gosft run NOTEBOOK          run a notebook without a browser and save its outputs
//	gosft serve DIR             put a saved model behind HTTP
//	gosft doctor                check the set-up and say what to do
//	gosft version
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"gosft/kernel/build"
	"gosft/sftlib"
)

// version is set by the linker for releases; else the build's revision is told with it.
var version = sftlib.Version

type command struct {
	name, usage, help string
	run               func(ctx context.Context, args []string) error
}

func commands() []command {
	return []command{
		{"kernel", "kernel [FILE]", "serve a Jupyter connection file; JupyterLab starts this", kernelCommand},
		{"install", "install [--user|--prefix DIR|--sys-prefix] [--no-worker]", "install the kernel for Jupyter and build its worker", installCommand},
		{"uninstall", "uninstall [--user|--prefix DIR|--sys-prefix]", "remove the kernel from Jupyter", uninstallCommand},
		{"run", "run NOTEBOOK [--output FILE] [--set NAME=VALUE]...", "run a notebook without a browser and save its outputs", runCommand},
		{"serve", "serve DIR [--addr ADDRESS]", "put a model, the folder of a saved one or a name, behind HTTP", serveCommand},
		{"doctor", "doctor", "check the set-up and say what to do", doctorCommand},
		{"version", "version", "say which version this is", versionCommand},
	}
}

// errFailed ends the program with status 1 when all has been said already.
var errFailed = errors.New("failed")

func main() {
	useOwnTools()
	if len(os.Args) < 2 || os.Args[1] == "help" || os.Args[1] == "-h" || os.Args[1] == "--help" {
		usage(os.Stdout)
		return
	}
	for _, c := range commands() {
		if c.name != os.Args[1] {
			continue
		}
		ctx := context.Background()
		if c.name != "kernel" && c.name != "run" { // these two listen to signals in their own way
			var stop context.CancelFunc
			ctx, stop = signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
			defer stop()
		}
		err := c.run(ctx, os.Args[2:])
		if err == nil || errors.Is(err, flag.ErrHelp) {
			return
		}
		if !errors.Is(err, errFailed) {
			fmt.Fprintf(os.Stderr, "gosft %s: %v\n", c.name, err)
		}
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "gosft: there is no command %q\n\n", os.Args[1])
	usage(os.Stderr)
	os.Exit(2)
}

func usage(w *os.File) {
	fmt.Fprintln(w, "gosft: notebooks in Go for machine learning")
	for _, c := range commands() {
		fmt.Fprintf(w, "  gosft %s\n        %s\n", c.usage, c.help)
	}
	fmt.Fprintln(w, "\nModels, data and the worker are in $GOSFT_HOME, at present", build.Home())
}

// useOwnTools tells the worker and every other child where home is, puts its bin on the PATH, where set-up keeps what the
// machine lacks, and tells GoMLX where set-up has put XLA's plugin, so that compute.New finds it in a cell.
func useOwnTools() {
	os.Setenv("GOSFT_HOME", build.Home())
	if dir := filepath.Join(build.Home(), "pjrt"); os.Getenv("PJRT_PLUGIN_LIBRARY_PATH") == "" && isDir(dir) {
		os.Setenv("PJRT_PLUGIN_LIBRARY_PATH", dir)
	}
	path := filepath.SplitList(os.Getenv("PATH"))
	if bin := filepath.Join(build.Home(), "bin"); isDir(bin) && !slices.Contains(path, bin) {
		path = append([]string{bin}, path...)
	}
	os.Setenv("PATH", strings.Join(path, string(os.PathListSeparator)))
	if _, err := exec.LookPath("go"); err != nil {
		os.Setenv("PATH", strings.Join(append(path, usualGo), string(os.PathListSeparator)))
	}
}

// usualGo is where go.dev's packages put Go. The PATH of a Jupyter that was not started from a shell may lack it.
var usualGo = "/usr/local/go/bin"

func versionCommand(context.Context, []string) error {
	fmt.Println("gosft", fullVersion(), runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	return nil
}

// fullVersion is the version with the revision it was built from, where that is known.
func fullVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version
	}
	rev, dirty := "", ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			rev = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				dirty = "+changes"
			}
		}
	}
	if rev == "" {
		return version
	}
	return strings.TrimSpace(version + " " + rev + dirty)
}
