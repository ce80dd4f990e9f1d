package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Experiment is the GOEXPERIMENT that library, worker and cells are compiled with: GoMLX's Go backend is fast with it only.
const Experiment = "simd"

// Toolchain is the user's Go and the C tools that linking needs.
type Toolchain struct {
	Go      string   // the go command
	Root    string   // GOROOT
	ToolDir string   // where compile and link are
	Version string   // "go1.26.8"
	OS      string   // GOOS
	Arch    string   // GOARCH
	CC      []string // the C compiler and arguments that belong to it
	Linker  []string // mold or lld with the arguments that make it write a shared object; nil when neither is there
}

// FindToolchain asks the go command on the PATH. Errors say what to install.
func FindToolchain(ctx context.Context) (*Toolchain, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return nil, errors.New("the go command is not on the PATH: install Go 1.26 (https://go.dev/dl) and start again")
	}
	t := &Toolchain{Go: path}
	cmd := exec.CommandContext(ctx, path, "env", "-json", "GOROOT", "GOTOOLDIR", "GOVERSION", "GOOS", "GOARCH", "CC")
	cmd.Env = t.env()
	cmd.Dir = string(filepath.Separator) // no go.mod says which Go is wanted
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s env: %w", path, withStderr(err))
	}
	var env struct{ GOROOT, GOTOOLDIR, GOVERSION, GOOS, GOARCH, CC string }
	if err := json.Unmarshal(out, &env); err != nil {
		return nil, fmt.Errorf("%s env: %w", path, err)
	}
	t.Root, t.ToolDir, t.OS, t.Arch = env.GOROOT, env.GOTOOLDIR, env.GOOS, env.GOARCH
	t.Version, _, _ = strings.Cut(env.GOVERSION, " ")
	t.CC = strings.Fields(env.CC)
	if len(t.CC) == 0 {
		t.CC = []string{"gcc"}
	}
	if _, err := exec.LookPath(t.CC[0]); err != nil {
		return nil, fmt.Errorf("no C compiler: %s is not on the PATH. Install gcc or clang, or set CC", t.CC[0])
	}
	if runtime.GOOS == "linux" {
		t.Linker = findLinker()
	}
	return t, nil
}

// findLinker looks for mold, then lld. $GOSFT_LD names another one with its arguments.
func findLinker() []string {
	if ld := strings.Fields(os.Getenv("GOSFT_LD")); len(ld) > 0 {
		return ld
	}
	for _, name := range []string{"mold", "ld.mold", "ld.lld", "lld"} {
		if p, err := exec.LookPath(name); err == nil {
			if name == "lld" {
				return []string{p, "-flavor", "gnu", "-shared"}
			}
			return []string{p, "-shared"}
		}
	}
	return nil
}

// fuse returns the C compiler's flag that makes it link with the fast linker, or "".
func (t *Toolchain) fuse() string {
	if t.Linker == nil {
		return ""
	}
	switch base := filepath.Base(t.Linker[0]); {
	case strings.Contains(base, "mold"):
		return "-fuse-ld=mold"
	case strings.Contains(base, "lld"):
		return "-fuse-ld=lld"
	}
	return ""
}

// env is the environment of every Go tool that this package starts.
func (t *Toolchain) env(more ...string) []string {
	var env []string
	for _, kv := range os.Environ() {
		switch k, _, _ := strings.Cut(kv, "="); k {
		case "GOFLAGS", "GOEXPERIMENT", "GOOS", "GOARCH", "GO111MODULE", "GOROOT", "GOSFT_EXTLD", "GOSFT_CC":
		default:
			env = append(env, kv)
		}
	}
	env = append(env, "GOEXPERIMENT="+Experiment, "GOFLAGS=-buildvcs=false", "GOTOOLCHAIN=local", "CGO_ENABLED=1")
	return append(env, more...)
}

func (t *Toolchain) tool(name string) string { return filepath.Join(t.ToolDir, name) }

// gone turns the error of a tool that could not be started into one that says what happened to it.
func (t *Toolchain) gone(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		if _, e := os.Stat(t.ToolDir); e != nil {
			return fmt.Errorf("the Go toolchain is gone: %s was there when the kernel started. Put it back or restart the kernel with another Go on the PATH", t.ToolDir)
		}
	}
	return err
}

// withStderr adds what a command wrote to its standard error.
func withStderr(err error) error {
	var e *exec.ExitError
	if errors.As(err, &e) && len(e.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(e.Stderr)))
	}
	return err
}
