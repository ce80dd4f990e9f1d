package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"syscall"
	"time"
)

// Options of Setup.
type Options struct {
	Home     string            // $GOSFT_HOME; "" for Home()
	Tree     string            // the sources; "" for Tree(Home)
	Plain    bool              // make the plain way even where the fast one is to be had
	Progress func(line string) // called with what is being done, and with the reason when the plain way is taken; may be nil
}

// Setup makes the library, worker and linker in $GOSFT_HOME/worker/<key>, or only opens them when they are there and made
// of the same Go and sources. The first time takes a minute or two, since all packages are compiled; a change of this
// module's sources takes seconds. It may be called by several processes at once.
func Setup(ctx context.Context, o Options) (*Library, error) {
	if o.Home == "" {
		o.Home = Home()
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	t, err := FindToolchain(ctx)
	if err != nil {
		return nil, err
	}
	if o.Tree == "" {
		if o.Tree, err = Tree(o.Home); err != nil {
			return nil, err
		}
	}
	// A ready worker is used also where this user may not write, as in an installation for all.
	if lib := current(o, t, filepath.Join(o.Home, "worker"), o.Plain); lib != nil && (o.Plain || t.Linker != nil) {
		return lib, nil
	}
	home, err := workerHome(o.Home)
	if err != nil {
		return nil, err
	}
	plain, why := o.Plain, ""
	if o.Plain {
		why = "the plain way was asked for"
	} else if runtime.GOOS != "linux" {
		plain, why = true, "the fast way needs Linux"
	} else if t.Linker == nil {
		plain, why = true, "neither mold nor lld is on the PATH (install mold for cells that build in a quarter of the time)"
	}
	if !plain {
		lib, err := setupWay(ctx, o, t, home, false, "")
		if err == nil || ctx.Err() != nil {
			return lib, err
		}
		var broken *compileError
		if errors.As(err, &broken) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, os.ErrPermission) {
			return nil, err // the plain way would fail on it too
		}
		plain, why = true, err.Error()
	}
	lib, err := setupWay(ctx, o, t, home, true, why)
	if err == nil && !o.Plain {
		o.Progress("Cells are built as ordinary plugins, which is slower: " + why)
	}
	return lib, err
}

// setupWay opens or makes the library of one way.
func setupWay(ctx context.Context, o Options, t *Toolchain, home string, plain bool, why string) (*Library, error) {
	if lib := current(o, t, home, plain); lib != nil {
		return lib, nil
	}
	unlock, err := lock(ctx, filepath.Join(home, "lock"), func() { o.Progress("Waiting for another process that builds the worker") })
	if err != nil {
		return nil, err
	}
	defer unlock()
	if lib := current(o, t, home, plain); lib != nil { // the other process made it
		return lib, nil
	}
	start := time.Now()
	old, _ := readPointer(home, plain)
	if old.Key != "" {
		if b, err := os.ReadFile(filepath.Join(home, old.Key, manifestName)); err == nil {
			var m manifest
			if json.Unmarshal(b, &m) == nil && m.Version != t.Version {
				o.Progress(fmt.Sprintf("The worker was built with %s, this is %s: building it again", m.Version, t.Version))
			}
		}
	}
	o.Progress("Compiling the packages that the worker holds (the first time takes a minute or two)")
	overlay, err := stdOverlay(t, home)
	if err != nil {
		o.Progress(err.Error())
	}
	pkgs, err := listPreload(ctx, t, o.Tree, plain, overlay)
	if err != nil {
		var broken *compileError
		if lib, e := openLibrary(filepath.Join(home, old.Key), o.Tree, t, plain); errors.As(err, &broken) && e == nil && old.Tree == o.Tree && lib.version == t.Version && lib.tools == toolsKey(o.Tree) {
			o.Progress("gosft's own sources do not compile, the worker of their last good state is used: " + broken.text)
			return lib, nil
		}
		return nil, err
	}
	dirs := treeDirs(pkgs, o.Tree)
	key, err := keyOf(t, o.Tree, dirs, plain)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(home, key)
	lib, err := openLibrary(dir, o.Tree, t, plain)
	if err != nil {
		tmp, err := os.MkdirTemp(home, ".new-*")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(tmp)
		if err := os.Chmod(tmp, 0o755); err != nil {
			return nil, err
		}
		m := &maker{Toolchain: t, dir: tmp, tree: o.Tree, plain: plain, pkgs: pkgs, overlay: overlay, say: o.Progress}
		if err := m.make(ctx, why); err != nil {
			return nil, err
		}
		os.RemoveAll(dir)
		if err := os.Rename(tmp, dir); err != nil {
			return nil, err
		}
		if lib, err = openLibrary(dir, o.Tree, t, plain); err != nil {
			return nil, err
		}
		if err := lib.check(ctx); err != nil {
			os.RemoveAll(dir)
			return nil, err
		}
	}
	if err := writePointer(home, plain, pointer{Key: key, Tree: o.Tree, Dirs: dirs, Reason: why}); err != nil {
		return nil, err
	}
	sweep(home)
	o.Progress(fmt.Sprintf("The worker is ready (%.0f s)", time.Since(start).Seconds()))
	return lib, nil
}

// current returns the library that the pointer names when it was made of the same Go and sources.
func current(o Options, t *Toolchain, home string, plain bool) *Library {
	p, err := readPointer(home, plain)
	if err != nil || p.Tree != o.Tree {
		return nil
	}
	key, err := keyOf(t, p.Tree, p.Dirs, plain)
	if err != nil || key != p.Key {
		return nil
	}
	lib, err := openLibrary(filepath.Join(home, key), p.Tree, t, plain)
	if err != nil {
		return nil
	}
	now := time.Now()
	os.Chtimes(lib.Dir, now, now) // sweep keeps what is used
	return lib
}

func pointerName(home string, plain bool) string {
	if plain {
		return filepath.Join(home, "plain.json")
	}
	return filepath.Join(home, "fast.json")
}

func readPointer(home string, plain bool) (pointer, error) {
	var p pointer
	b, err := os.ReadFile(pointerName(home, plain))
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	return p, err
}

func writePointer(home string, plain bool, p pointer) error {
	b, err := json.MarshalIndent(p, "", "\t")
	if err != nil {
		return err
	}
	if err := writeWhole(filepath.Join(home, "source"), []byte(p.Tree+"\n")); err != nil {
		return err
	}
	return writeWhole(pointerName(home, plain), b)
}

// writeWhole writes a file so that a reader sees the old or the new one.
func writeWhole(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".write-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(b); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// keepFor is how long a library that no start has used stays.
const keepFor = 14 * 24 * time.Hour

// sweep removes libraries that have not been used for two weeks, but always keeps the four newest.
func sweep(home string) {
	entries, err := os.ReadDir(home)
	if err != nil {
		return
	}
	type found struct {
		path string
		at   time.Time
	}
	var all []found
	for _, e := range entries {
		path := filepath.Join(home, e.Name())
		st, err := os.Stat(filepath.Join(path, manifestName))
		if err != nil {
			continue
		}
		if d, err := os.Stat(path); err == nil && d.ModTime().After(st.ModTime()) {
			st = d
		}
		all = append(all, found{path, st.ModTime()})
	}
	sort.Slice(all, func(i, j int) bool { return all[i].at.After(all[j].at) })
	for i, f := range all {
		if i >= 4 && (time.Since(f.at) > keepFor || i >= 8) {
			os.RemoveAll(f.path)
		}
	}
}

// lock takes the lock file, waiting for its owner; it calls waiting once when it has to.
func lock(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for said := false; ; {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if !said {
			waiting()
			said = true
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// listed is what the go command says about a package.
type listed struct {
	ImportPath, Name, Export, Dir string
	Standard                      bool
	Module                        *struct {
		Path, Version, Dir, GoVersion string
		Main                          bool
		Replace                       *struct{ Path, Version string }
	}
	Imports, Deps                         []string
	ImportMap                             map[string]string
	GoFiles, CgoFiles, SFiles, EmbedFiles []string
	Error                                 *struct{ Err string }
}

func (l *listed) module() string {
	if l.Module == nil {
		return ""
	}
	m := l.Module.Path + "@" + l.Module.Version
	if r := l.Module.Replace; r != nil && r.Path == l.Module.Path {
		m = r.Path + "@" + r.Version
	} else if r != nil {
		m += "=>" + r.Path + "@" + r.Version
	}
	return m
}

const listFields = "-json=ImportPath,Name,Export,Dir,Standard,Module,Imports,ImportMap,GoFiles,CgoFiles,SFiles,EmbedFiles,Error"

// listFlags make go list compile for one way.
func listFlags(plain bool, overlay string) []string {
	f := []string{"list", "-deps", "-export", "-buildmode=plugin", listFields}
	if !plain {
		f = append(f, "-gcflags=all=-linkshared")
	}
	if overlay != "" {
		f = append(f, "-overlay="+overlay)
	}
	return f
}

// A compileError is the compiler's word on sources.
type compileError struct{ text string }

func (e *compileError) Error() string { return e.text }

// listPreload compiles all preloaded packages and returns them.
func listPreload(ctx context.Context, t *Toolchain, tree string, plain bool, overlay string) ([]listed, error) {
	args := append(listFlags(plain, overlay), "gosft/kernel/preload", "gosft/kernel/live", "runtime/cgo", "plugin")
	return goList(ctx, t, tree, nil, args)
}

// goList runs go list and decodes what it prints.
func goList(ctx context.Context, t *Toolchain, dir string, env []string, args []string) ([]listed, error) {
	cmd := exec.CommandContext(ctx, t.Go, args...)
	cmd.Dir = dir
	cmd.Env = t.env(env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt ends the compilers too
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errs.Len() == 0 {
			return nil, t.gone(err)
		}
		return nil, &compileError{strings.TrimSpace(errs.String())}
	}
	var pkgs []listed
	for dec := json.NewDecoder(&out); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		pkgs = append(pkgs, p)
	}
	return pkgs, nil
}

// treeDirs are the folders of this module's packages, relative to the tree.
func treeDirs(pkgs []listed, tree string) []string {
	var dirs []string
	for _, p := range pkgs {
		if p.ImportPath == "gosft" || strings.HasPrefix(p.ImportPath, "gosft/") {
			if rel, err := filepath.Rel(tree, p.Dir); err == nil {
				dirs = append(dirs, rel)
			}
		}
	}
	for _, d := range []string{"kernel/worker/main", "kernel/worker/plain"} {
		dirs = append(dirs, filepath.FromSlash(d))
	}
	sort.Strings(dirs)
	return dirs
}
