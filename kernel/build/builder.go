package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gosft/kernel/cell"
)

// A Builder makes a plugin of a plan. The plugin exports func Run(*live.Cell). An error is cell.Errors where the compiler
// found something in the cell.
type Builder interface {
	Build(ctx context.Context, plan *cell.Plan) (Plugin, error)
}

// A Plugin is a file that the worker opens. The caller removes it when the worker has done so.
type Plugin struct {
	Path   string
	Timing Timing
}

// Timing is how long the parts of a build took.
type Timing struct{ Compile, Link time.Duration }

// way is what the fast and the plain way do differently.
type way struct {
	lib     *Library
	dir     string // the session's build folder
	serial  int    // of the plugins: their paths must differ
	session string // part of every plugin's path, so that two sessions can share a worker's address space in a test
	ahead   chan aheadMain
}

// aheadMain is a compiled main package that waits for its cell.
type aheadMain struct {
	serial int
	entry  string
	path   string
	err    error
}

func newWay(lib *Library, dir string) *way {
	return &way{lib: lib, dir: dir, session: filepath.Base(dir)}
}

// build compiles and links a plan. imports says where packages are.
func (w *way) build(ctx context.Context, plan *cell.Plan, imports *importConfig, modules *modules) (Plugin, error) {
	t := w.lib.Toolchain
	if _, err := os.Stat(filepath.Join(w.dir, "main.cfg")); err != nil { // a cleaner of temporary files was here
		if err := os.MkdirAll(w.dir, 0o700); err != nil {
			return Plugin{}, spaceError(err)
		}
		if w.ahead != nil {
			<-w.ahead
		}
		if err := w.prepare(ctx); err != nil {
			return Plugin{}, err
		}
	}
	w.serial++
	serial := w.serial
	dir := filepath.Join(w.dir, strconv.Itoa(serial))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return Plugin{}, spaceError(err)
	}
	defer os.RemoveAll(dir)
	start := time.Now()
	// The main package is there already when the cell's number was the expected one; otherwise it is compiled beside it.
	mains := w.ahead
	w.ahead = nil
	if mains == nil {
		mains = w.compileMain(ctx, serial, plan.Entry)
	}
	cfg := filepath.Join(dir, "compile.cfg")
	if err := os.WriteFile(cfg, []byte(imports.compile()), 0o600); err != nil {
		return Plugin{}, spaceError(err)
	}
	object := filepath.Join(dir, "cell.a")
	if err := w.compileCell(ctx, plan, dir, cfg, object, modules); err != nil {
		return Plugin{}, err
	}
	if err := forge(object); err != nil {
		return Plugin{}, err
	}
	main := <-mains
	if main.serial != serial || main.entry != plan.Entry || main.err != nil {
		if main.path != "" {
			os.Remove(main.path)
		}
		main = <-w.compileMain(ctx, serial, plan.Entry)
	}
	if main.err != nil {
		return Plugin{}, main.err
	}
	defer os.Remove(main.path)
	compiled := time.Now()
	cfg = filepath.Join(dir, "link.cfg")
	if err := os.WriteFile(cfg, []byte(imports.link()+"packagefile "+CellPath+"="+object+"\n"), 0o600); err != nil {
		return Plugin{}, spaceError(err)
	}
	out := filepath.Join(w.dir, strconv.Itoa(serial)+".so")
	args := []string{"-o", out, "-buildmode=plugin", "-pluginpath", w.pluginPath(serial), "-importcfg", cfg,
		"-installsuffix", "dynlink", "-s", "-w"}
	env := t.env("TMPDIR=" + dir)
	cc := strings.TrimSpace(strings.Join(append(t.CC[1:len(t.CC):len(t.CC)], t.fuse()), " "))
	switch {
	case w.lib.Plain:
		args = append(args, "-extld="+t.CC[0], "-extldflags="+cc)
	case plan.Cgo || imports.cgo:
		args = append(args, "-extld="+filepath.Join(w.lib.Dir, "extld"))
		env = append(env, "GOSFT_CC="+t.CC[0]+" "+cc)
	default:
		args = append(args, "-extld="+filepath.Join(w.lib.Dir, "extld"))
		env = append(env, "GOSFT_EXTLD="+strings.Join(t.Linker, " "))
	}
	if !w.lib.Plain {
		args = append(args, "-linkshared")
	}
	if b, err := t.runTool(ctx, dir, env, w.lib.link(), append(args, main.path)...); err != nil {
		os.Remove(out)
		return Plugin{}, toolError("linking the cell", b, err)
	}
	w.ahead = w.compileMain(context.Background(), serial+1, "Run"+strconv.Itoa(plan.Cell+1))
	return Plugin{Path: out, Timing: Timing{Compile: compiled.Sub(start), Link: time.Since(compiled)}}, nil
}

func (w *way) pluginPath(serial int) string {
	return "gosft/" + w.session + "/p" + strconv.Itoa(serial)
}

// compileCell compiles the plan's files to object.
func (w *way) compileCell(ctx context.Context, plan *cell.Plan, dir, cfg, object string, modules *modules) error {
	t := w.lib.Toolchain
	if plan.Cgo {
		return w.compileCgo(ctx, plan, dir, object, modules)
	}
	names, err := writeFiles(dir, plan)
	if err != nil {
		return err
	}
	args := append([]string{"-o", object, "-p", CellPath, "-importcfg", cfg, "-complete", "-trimpath", dir + "=>"}, w.lib.flags()...)
	if b, err := t.runTool(ctx, dir, t.env("TMPDIR="+dir), t.tool("compile"), append(args, names...)...); err != nil {
		if errs := cellErrors(b, plan); errs != nil {
			return errs
		}
		return toolError("compiling the cell", b, err)
	}
	return nil
}

// mainText is the plugin's main package. It names the entry by its symbol, so that it can be compiled before the cell is.
const mainText = `package main

import (
	_ "unsafe"

	"gosft/kernel/live"

	_ %q
)

//go:linkname run %s.%s
func run(*live.Cell)

func Run(c *live.Cell) { run(c) }

func main() {}
`

// compileMain compiles a plugin's main package in the background.
func (w *way) compileMain(ctx context.Context, serial int, entry string) chan aheadMain {
	done := make(chan aheadMain, 1)
	go func() {
		m := aheadMain{serial: serial, entry: entry, path: filepath.Join(w.dir, fmt.Sprintf("main%d.a", serial))}
		src := filepath.Join(w.dir, fmt.Sprintf("main%d.go", serial))
		defer func() { done <- m }()
		defer os.Remove(src)
		if m.err = os.WriteFile(src, fmt.Appendf(nil, mainText, CellPath, CellPath, entry), 0o600); m.err != nil {
			m.err = spaceError(m.err)
			return
		}
		t := w.lib.Toolchain
		args := append([]string{"-o", m.path, "-p", w.pluginPath(serial), "-importcfg", filepath.Join(w.dir, "main.cfg")}, w.lib.flags()...)
		if b, err := t.runTool(ctx, w.dir, t.env("TMPDIR="+w.dir), t.tool("compile"), append(args, src)...); err != nil {
			m.err = toolError("compiling the cell's main package", b, err)
		}
	}()
	return done
}

// prepare writes what compileMain needs: a stand-in for the cells' package, and the importcfg that names it.
func (w *way) prepare(ctx context.Context) error {
	t := w.lib.Toolchain
	src, object := filepath.Join(w.dir, "stub.go"), filepath.Join(w.dir, "stub.a")
	if err := os.WriteFile(src, []byte("package cell\n"), 0o600); err != nil {
		return spaceError(err)
	}
	cfg := filepath.Join(w.dir, "main.cfg")
	live := w.lib.Packages["gosft/kernel/live"]
	text := "packagefile gosft/kernel/live=" + live.Export + "\npackagefile " + CellPath + "=" + object + "\n"
	for _, p := range w.lib.Packages {
		text += "packagefile " + p.Path + "=" + p.Export + "\n"
	}
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		return spaceError(err)
	}
	args := append([]string{"-o", object, "-p", CellPath, "-importcfg", cfg, "-complete"}, w.lib.flags()...)
	if b, err := t.runTool(ctx, w.dir, t.env("TMPDIR="+w.dir), t.tool("compile"), append(args, src)...); err != nil {
		return toolError("preparing the build folder", b, err)
	}
	if err := forge(object); err != nil {
		return err
	}
	w.ahead = w.compileMain(ctx, 1, "Run1")
	return nil
}

// importConfig is what the compiler and the linker are told about packages.
type importConfig struct {
	lib   *Library
	extra map[string]Package // packages outside the library, by the path that they are compiled under
	remap map[string]string  // an import path to the one that its newest version is compiled under
	cgo   bool               // one of extra has C code

	base, linkBase string
}

func (c *importConfig) compile() string {
	if c.base == "" {
		var b strings.Builder
		for _, p := range c.lib.Packages {
			fmt.Fprintf(&b, "packagefile %s=%s\n", p.Path, p.Export)
		}
		c.base = b.String()
	}
	return c.base + c.more(true)
}

func (c *importConfig) link() string {
	if c.linkBase == "" {
		var b strings.Builder
		for _, p := range c.lib.Packages {
			fmt.Fprintf(&b, "packagefile %s=%s\n", p.Path, p.Export)
			if !c.lib.Plain {
				fmt.Fprintf(&b, "packageshlib %s=%s\n", p.Path, c.lib.so())
			}
		}
		c.linkBase = b.String()
	}
	return c.linkBase + c.more(false)
}

func (c *importConfig) more(compile bool) string {
	var b strings.Builder
	for _, p := range c.extra {
		fmt.Fprintf(&b, "packagefile %s=%s\n", p.Path, p.Export)
	}
	if compile {
		for from, to := range c.remap {
			fmt.Fprintf(&b, "importmap %s=%s\n", from, to)
		}
	}
	return b.String()
}
