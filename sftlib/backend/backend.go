package backend

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gomlx/compute"
)

// Kind names what computes.
type Kind string

// The three kinds, fastest first.
const (
	CUDA Kind = "cuda" // an NVIDIA GPU through XLA
	CPU  Kind = "xla"  // the CPU through XLA
	Go   Kind = "go"   // the CPU through GoMLX's own backend
)

// Backend is an open GoMLX backend with the reason why it was chosen. It may be shared by all models of a process.
type Backend struct {
	compute.Backend
	Kind   Kind   // what computes
	Config string // what reopens the same backend, as for GOMLX_BACKEND
	Plugin string // absolute path of the PJRT plugin, "" for Go
	Why    string // one line: why this one and not a faster one

	serial sync.Mutex
}

// String says in a line what was chosen and why.
func (b *Backend) String() string {
	name := "GoMLX's Go backend on the CPU"
	switch b.Kind {
	case CUDA:
		name = fmt.Sprintf("XLA on the NVIDIA GPU (%s)", filepath.Base(b.Plugin))
	case CPU:
		name = fmt.Sprintf("XLA on the CPU (%s)", filepath.Base(b.Plugin))
	}
	return name + ": " + b.Why
}

// Run calls f, which builds or executes graphs on the backend; panics become errors as with [Try]. On the Go backend one
// f runs at a time: executions that share its pool of workers can block one another for ever.
func (b *Backend) Run(what string, f func() error) error {
	if b.Kind == Go {
		b.serial.Lock()
		defer b.serial.Unlock()
	}
	return Try(what, f)
}

// Open opens a backend. config is "" (the environment variable GOMLX_BACKEND, else the best of this machine), "go", "xla"
// (the CPU plugin), "cuda", or anything that GOMLX_BACKEND takes, such as "go:ops_sequential" or "xla:/dir/libpjrt_cpu.so".
// A named backend that cannot be opened is an error; without a name the next slower one is taken, and [Backend.Why] says so.
func Open(config string) (*Backend, error) {
	if config != "" {
		return openNamed(config, "chosen by the program")
	}
	if env := os.Getenv(compute.ConfigEnvVar); env != "" {
		return openNamed(env, "chosen by the variable "+compute.ConfigEnvVar)
	}
	return openBest()
}

var shared struct {
	sync.Mutex
	b *Backend
}

// Default returns the backend that models of this process share unless they are given another: [Open] with "", once. After
// an error, or when the backend was finalized, the next call tries again.
func Default() (*Backend, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.b != nil && !shared.b.IsFinalized() {
		return shared.b, nil
	}
	b, err := Open("")
	if err != nil {
		return nil, err
	}
	shared.b = b
	return b, nil
}

// openBest tries CUDA, XLA on the CPU and Go in this order and keeps the reasons against those it passes over.
func openBest() (*Backend, error) {
	var against []string
	if !hasXLA {
		against = append(against, "this program was built without XLA")
	} else {
		b, why := openCUDA()
		if b != nil {
			return b, nil
		}
		against = append(against, why)
		path, looked := findPlugin(CPU)
		if path == "" {
			against = append(against, "no XLA CPU plugin in "+strings.Join(looked, ", ")+" (`make setup` brings it)")
		} else {
			b, err := openPlugin(CPU, path, "", strings.Join(against, "; "))
			if err == nil {
				return b, nil
			}
			against = append(against, err.Error())
		}
	}
	return openGo("", strings.Join(against, "; "))
}

// openCUDA returns the GPU's backend, or nil and the reason why there is none.
func openCUDA() (*Backend, string) {
	if !hasGPU() {
		return nil, "no NVIDIA GPU on this machine"
	}
	path, looked := findPlugin(CUDA)
	if path == "" {
		return nil, "an NVIDIA GPU is here, but no CUDA plugin in " + strings.Join(looked, ", ")
	}
	b, err := openPlugin(CUDA, path, "", "an NVIDIA GPU and its plugin are here")
	if err != nil {
		return nil, "the GPU could not be used: " + err.Error()
	}
	return b, ""
}

// openNamed opens what a user named.
func openNamed(config, why string) (*Backend, error) {
	name, rest, _ := strings.Cut(config, ":")
	plugin, options, _ := strings.Cut(rest, ",")
	switch name {
	case "go":
		return openGo(rest, why)
	case "cuda", "xla", "stablehlo", "hlo", "shlo":
		kind := CPU
		if name == "cuda" || namedCUDA(filepath.Base(plugin)) {
			kind = CUDA
		}
		if filepath.IsAbs(plugin) {
			return openPlugin(kind, plugin, options, why)
		}
		if plugin != "" && plugin != "cpu" && plugin != "cuda" {
			return nil, fmt.Errorf("backend %q: name a plugin as xla:cpu, xla:cuda or by its absolute path (xla:/dir/libpjrt_cpu.so)", config)
		}
		path, looked := findPlugin(kind)
		if path == "" {
			return nil, fmt.Errorf("backend %q (%s): no plugin for it in %s; `make setup` brings the one for the CPU, or give an absolute "+
				"path (xla:/dir/libpjrt_cpu.so)", config, why, strings.Join(looked, ", "))
		}
		return openPlugin(kind, path, options, why)
	}
	return nil, fmt.Errorf("backend %q (%s) is unknown: use go, xla, cuda or xla:/absolute/path/to/plugin.so", config, why)
}

// openPlugin opens XLA with the plugin at an absolute path.
func openPlugin(kind Kind, path, options, why string) (*Backend, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("XLA plugin: %w", err)
	}
	given := path
	if kind == CPU {
		plain, done, err := plainPath(path)
		if err != nil {
			return nil, fmt.Errorf("XLA plugin %s: %w", path, err)
		}
		defer done()
		given = plain
	} else {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			given = real // NVIDIA's libraries are found beside the real file
		}
		options, why = cudaOptions(given, options, why)
		defer keepAutotuning()()
	}
	config := given
	if options != "" {
		config += "," + options
	}
	var b compute.Backend
	err := Try("XLA plugin "+path, func() (err error) {
		b, err = openXLA(config)
		if err == nil && b == nil {
			err = errors.New("the plugin gave no client")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	full := "xla:" + path
	if options != "" {
		full += "," + options
	}
	return &Backend{Backend: b, Kind: kind, Config: full, Plugin: path, Why: why}, nil
}
