package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// A Package is one package that the library (or a session) can import.
type Package struct {
	Path   string // import path
	Name   string // package name
	Module string `json:",omitempty"` // module@version, "" for the standard library
	Export string // file with its export data; relative to the library's folder, absolute for a session's
	Dir    string `json:",omitempty"` // folder of its sources, for packages of this module and local ones
}

// A Library is what Setup made: the preloaded packages, the worker program, and the tools to link cells.
type Library struct {
	Dir       string             // $GOSFT_HOME/worker/<key>
	Toolchain *Toolchain         // the user's Go
	Tree      string             // folder of this module's sources
	Plain     bool               // made for the plain way
	WhyPlain  string             // why it is not the fast way, a sentence
	Packages  map[string]Package // all packages, by import path
	Worker    string             // the worker program
	version   string             // of the Go that it was made with
	tools     string             // toolsKey of what it was made with
	Overlay   string             // the go command's overlay that the packages were compiled with; "" for none
}

// manifest is what stands in Dir/library.json.
type manifest struct {
	Version  string // of Go
	WhyPlain string
	Overlay  string
	Tools    string // toolsKey of what it was made with
	Packages []Package
}

// pointer is what stands in worker/fast.json or plain.json: where the last library is and what it was made of, so that a
// start need not ask the go command.
type pointer struct {
	Key    string
	Tree   string
	Dirs   []string // folders of this module's packages in it, relative to Tree
	Reason string   // plain only: why the fast way was not to be had
}

const (
	soName       = "libgosft.so"
	workerName   = "worker"
	manifestName = "library.json"
)

// layout changes when this package writes another form of library.
const layout = "3"

// toolsKey names the linker and the external linker that go with this package.
func toolsKey(tree string) string {
	h := sha256.New()
	fmt.Fprintln(h, layout, wantedSymbols, linkerEdits, stdEdits)
	for _, f := range []string{"extld/main.go", "plt/plt.go"} {
		b, _ := os.ReadFile(filepath.Join(tree, "kernel/build", f))
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// keyOf is the hash of all that a library is made of.
func keyOf(t *Toolchain, tree string, dirs []string, plain bool) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, layout, plain, t.Version, t.Root, t.OS, t.Arch, Experiment, t.CC, t.Linker, os.Getenv("GOAMD64"), os.Getenv("CGO_CFLAGS"))
	fmt.Fprintln(h, toolsKey(tree))
	files := []string{"go.mod", "go.sum"}
	for _, d := range dirs {
		entries, err := os.ReadDir(filepath.Join(tree, d))
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			name := e.Name()
			if strings.HasSuffix(name, "_test.go") || e.IsDir() || strings.HasPrefix(name, ".") {
				continue
			}
			files = append(files, filepath.Join(d, name))
		}
	}
	sort.Strings(files)
	for _, f := range files {
		fmt.Fprintln(h, f)
		r, err := os.Open(filepath.Join(tree, f))
		if err != nil {
			return "", err
		}
		_, err = io.Copy(h, r)
		r.Close()
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// openLibrary reads the library in dir.
func openLibrary(dir, tree string, t *Toolchain, plain bool) (*Library, error) {
	b, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return nil, err
	}
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	l := &Library{Dir: dir, Toolchain: t, Tree: tree, Plain: plain, WhyPlain: m.WhyPlain, Overlay: m.Overlay, version: m.Version, tools: m.Tools, Packages: make(map[string]Package, len(m.Packages)), Worker: filepath.Join(dir, workerName)}
	for _, p := range m.Packages {
		if !filepath.IsAbs(p.Export) {
			p.Export = filepath.Join(dir, p.Export)
		}
		l.Packages[p.Path] = p
	}
	if _, err := os.Stat(l.Worker); err != nil {
		return nil, err
	}
	return l, nil
}

// so is the shared library's path.
func (l *Library) so() string { return filepath.Join(l.Dir, soName) }

// link is the linker for cells.
func (l *Library) link() string {
	if l.Plain {
		return l.Toolchain.tool("link")
	}
	return filepath.Join(l.Dir, "link")
}

// flags are the compiler's for a package of this way.
func (l *Library) flags() []string {
	f := []string{"-lang=" + langOf(l.Toolchain.Version), "-installsuffix", "dynlink", "-dynlink", "-pack", "-nolocalimports"}
	if !l.Plain {
		f = append(f, "-linkshared")
	}
	return f
}

// langOf is the language version of a release: "go1.26" of "go1.26.8".
func langOf(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return version
	}
	minor := strings.TrimFunc(parts[1], func(r rune) bool { return r < '0' || r > '9' })
	if i := strings.IndexFunc(parts[1], func(r rune) bool { return r < '0' || r > '9' }); i > 0 {
		minor = parts[1][:i]
	}
	return parts[0] + "." + minor
}
