package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"gosft/kernel/assist"
	"gosft/kernel/build"
)

// check is one thing that doctor looks at: what was found, and for a fault what to do.
type check struct {
	name  string
	found string
	fault string // empty: all is well
	todo  string
	minor bool // works without
}

// doctorCommand checks the set-up. Exit status 1 says that notebooks will not run.
func doctorCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "do not run a cell")
	if words, err := parseFlags(flags, args); err != nil {
		return err
	} else if len(words) > 0 {
		return fmt.Errorf("unexpected %q", words[0])
	}
	fmt.Println("gosft", fullVersion(), runtime.GOOS+"/"+runtime.GOARCH)
	bad := 0
	report := func(c check) {
		mark := "ok  "
		if c.fault != "" {
			mark = "FAIL"
			if c.minor {
				mark = "note"
			} else {
				bad++
			}
		}
		fmt.Printf("%s  %-12s %s\n", mark, c.name, strings.TrimSpace(c.found+" "+c.fault))
		if c.fault != "" && c.todo != "" {
			fmt.Printf("      %-12s -> %s\n", "", c.todo)
		}
	}
	tool, toolchain := checkToolchain(ctx)
	report(toolchain)
	if tool != nil {
		report(checkCompiler(ctx, tool))
		report(checkLinker(tool))
	}
	for _, c := range []func() check{checkHome, checkTemp, checkHistory, checkModels, checkPlugin, checkGopls, checkSpec, checkLab} {
		report(c())
	}
	if !*quick {
		report(checkCell(ctx))
	}
	if bad > 0 {
		fmt.Printf("%d faults: notebooks will not run before they are mended\n", bad)
		return errFailed
	}
	fmt.Println("all is well")
	return nil
}

func checkToolchain(ctx context.Context) (*build.Toolchain, check) {
	c := check{name: "Go"}
	t, err := build.FindToolchain(ctx)
	if err != nil {
		c.fault, c.todo = err.Error(), "make setup takes what is missing from PyPI; or install Go 1.26 from https://go.dev/dl and a C compiler (apt install gcc)"
		return nil, c
	}
	c.found = fmt.Sprintf("%s, %s", t.Version, t.Go)
	var major, minor int
	if fmt.Sscanf(t.Version, "go%d.%d", &major, &minor); major == 1 && minor < 26 {
		c.fault, c.todo = "is too old", "install Go 1.26 or newer from https://go.dev/dl"
	}
	return t, c
}

func checkCompiler(ctx context.Context, t *build.Toolchain) check {
	c := check{name: "C compiler", found: strings.Join(t.CC, " ")}
	dir, err := os.MkdirTemp("", "gosft-doctor-")
	if err != nil {
		c.fault = err.Error()
		return c
	}
	defer os.RemoveAll(dir)
	src := filepath.Join(dir, "a.c")
	if err := os.WriteFile(src, []byte("#include <stdio.h>\nint main(void) { puts(\"x\"); return 0; }\n"), 0o600); err != nil {
		c.fault = err.Error()
		return c
	}
	args := append(append([]string{}, t.CC[1:]...), "-o", filepath.Join(dir, "a"), src)
	if out, err := exec.CommandContext(ctx, t.CC[0], args...).CombinedOutput(); err != nil {
		c.fault, c.todo = fmt.Sprintf("does not compile: %v: %s", err, firstLine(string(out))), "install gcc with the C library's headers (apt install gcc libc6-dev), or set CC"
	}
	return c
}

func checkLinker(t *build.Toolchain) check {
	c := check{name: "linker", found: strings.Join(t.Linker, " ")}
	if t.Linker == nil && runtime.GOOS == "linux" {
		c.fault, c.minor, c.todo = "neither mold nor lld is there: cells take four times as long to build", true, "install mold (apt install mold)"
	}
	return c
}

func checkHome() check {
	home := build.Home()
	c := check{name: "GOSFT_HOME", found: home}
	worker := filepath.Join(home, "worker")
	if err := tryWrite(worker); err != nil {
		cache, cerr := os.UserCacheDir()
		if cerr == nil && tryWrite(filepath.Join(cache, "gosft", "worker")) == nil {
			c.fault, c.minor, c.todo = "cannot be written to; the worker is built in "+cache, true, "nothing needs to be done"
			return c
		}
		c.fault, c.todo = err.Error(), "set GOSFT_HOME to a folder that can be written to, or HOME"
	}
	return c
}

func checkTemp() check {
	c := check{name: "temp folder", found: os.TempDir()}
	if err := tryWrite(os.TempDir()); err != nil {
		c.fault, c.todo = err.Error(), "set TMPDIR to a folder that can be written to"
		return c
	}
	if free, ok := freeBytes(os.TempDir()); ok && free < 200<<20 {
		c.fault, c.todo, c.minor = fmt.Sprintf("has only %d MB left", free>>20), "free some space, or set TMPDIR to another folder", true
	}
	return c
}

func checkHistory() check {
	file := historyFile()
	c := check{name: "history", found: file}
	if file == "" {
		c.found = "in memory only"
		return c
	}
	if err := tryWrite(filepath.Dir(file)); err != nil {
		c.fault, c.minor, c.todo = err.Error()+"; it is kept in memory", true, "set GOSFT_HISTORY to a file that can be written to"
	}
	return c
}

func checkModels() check {
	home := build.Home()
	c := check{name: "models", minor: true}
	found, _ := filepath.Glob(filepath.Join(home, "models", "*"))
	for _, dir := range filepath.SplitList(os.Getenv("GOSFT_MODELS")) {
		more, _ := filepath.Glob(filepath.Join(dir, "*"))
		found = append(found, more...)
	}
	var names []string
	for _, f := range found {
		if _, err := os.Stat(f); err == nil {
			names = append(names, filepath.Base(f))
		}
	}
	c.found = strings.Join(names, ", ")
	if len(names) == 0 {
		c.fault, c.todo = "none in "+filepath.Join(home, "models"), "make setup brings one; or set GOSFT_MODELS to a folder of models"
	}
	return c
}

func checkPlugin() check {
	c := check{name: "XLA", minor: true}
	found, _ := filepath.Glob(filepath.Join(build.Home(), "pjrt", "*.so"))
	var names []string
	for _, f := range found {
		if _, err := os.Stat(f); err == nil {
			names = append(names, filepath.Base(f))
		}
	}
	c.found = strings.Join(names, ", ")
	if len(names) == 0 {
		c.fault, c.todo = "no plugin: training uses the pure Go backend, which is slower", "make setup brings XLA's CPU plugin where there is one"
	}
	return c
}

func checkGopls() check {
	c := check{name: "gopls", found: assist.FindGopls(build.Home()), minor: true}
	if c.found == "" {
		c.fault, c.todo = "not found: completion knows names in scope only", "make setup builds it"
	}
	return c
}

func checkSpec() check {
	c := check{name: "kernel"}
	for _, dir := range kernelDirs() {
		file := filepath.Join(dir, kernelName, "kernel.json")
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		c.found = file
		var s spec
		if err := json.Unmarshal(data, &s); err != nil || len(s.Argv) == 0 {
			c.fault, c.todo = "cannot be read", "gosft install again"
			return c
		}
		if _, err := exec.LookPath(s.Argv[0]); err != nil {
			c.fault, c.todo = "starts "+s.Argv[0]+", which is not there", "gosft install again"
			return c
		}
		if exe, err := os.Executable(); err == nil && exe != s.Argv[0] {
			c.fault, c.minor, c.todo = "starts "+s.Argv[0]+", not this program", true, "gosft install makes it this one"
		}
		return c
	}
	c.fault, c.todo = "is not installed for Jupyter", "gosft install (for this user), or with --prefix DIR or --sys-prefix"
	return c
}

func checkLab() check {
	c := check{name: "JupyterLab", minor: true}
	for _, jupyter := range []string{siblingProgram("jupyter"), filepath.Join(homePrefix(), "bin", "jupyter"), "jupyter"} {
		if jupyter == "" {
			continue
		}
		out, err := exec.Command(jupyter, "lab", "--version").Output()
		if v := strings.TrimSpace(string(out)); err == nil && v != "" {
			c.found = v
			if path, err := exec.LookPath(jupyter); err == nil {
				c.found += ", " + path
			}
			if strings.HasPrefix(v, "3.") || strings.HasPrefix(v, "2.") {
				c.fault, c.todo = "is old: plots and some displays need JupyterLab 4", "pip install -U jupyterlab"
			}
			return c
		}
	}
	c.fault, c.todo = "not found", "make setup brings it in .venv; or pip install jupyterlab"
	return c
}

func checkCell(ctx context.Context) check {
	c := check{name: "a cell"}
	start := time.Now()
	took, err := tryCell(ctx, func(line string) { fmt.Println("     ", line) })
	if err != nil {
		c.fault, c.todo = firstLine(err.Error()), "mend what is reported above; otherwise delete "+filepath.Join(build.Home(), "worker")+" and run gosft install"
		return c
	}
	c.found = fmt.Sprintf("runs in %.2f s (start of the worker %.2f s)", took.Seconds(), (time.Since(start) - took).Seconds())
	return c
}

// siblingProgram is a program beside this one, as in an environment's bin.
func siblingProgram(name string) string {
	exe, err := os.Executable()
	if err != nil {
		return ""
	}
	if p := filepath.Join(filepath.Dir(exe), name); isFile(p) {
		return p
	}
	return ""
}

// tryWrite makes dir when needed and tries to write a file in it.
func tryWrite(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".gosft-doctor-*")
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}
