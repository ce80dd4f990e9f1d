package build

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"gosft/kernel/build/plt"
)

// maker writes one library into dir.
type maker struct {
	*Toolchain
	dir, tree string
	plain     bool
	pkgs      []listed
	overlay   string
	say       func(string)
}

func (m *maker) make(ctx context.Context, why string) error {
	man := manifest{Version: m.Version, WhyPlain: why, Overlay: m.overlay, Tools: toolsKey(m.tree)}
	if err := os.Mkdir(filepath.Join(m.dir, "export"), 0o755); err != nil {
		return err
	}
	for i, p := range m.pkgs {
		if p.Export == "" { // unsafe
			continue
		}
		pkg := Package{Path: p.ImportPath, Name: p.Name, Module: p.module(), Export: filepath.Join("export", strconv.Itoa(i)+".a")}
		if !p.Standard && strings.HasPrefix(p.ImportPath, "gosft/") {
			pkg.Dir = p.Dir
		}
		var err error
		if m.plain { // cells are linked with all of it
			err = copyFile(filepath.Join(m.dir, pkg.Export), p.Export)
		} else {
			err = copyExport(filepath.Join(m.dir, pkg.Export), p.Export)
		}
		if err != nil {
			return err
		}
		man.Packages = append(man.Packages, pkg)
	}
	var err error
	if m.plain {
		err = m.plainWorker(ctx)
	} else {
		err = m.fast(ctx)
	}
	if err != nil {
		return err
	}
	b, err := json.Marshal(man)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(m.dir, manifestName), b, 0o644)
}

// plainWorker builds the worker that holds everything as an ordinary program.
func (m *maker) plainWorker(ctx context.Context) error {
	m.say("Linking the worker as an ordinary program")
	args := []string{"build", "-ldflags=-s -w", "-o", filepath.Join(m.dir, workerName)}
	if f := m.fuse(); f != "" {
		args[1] += " -extldflags=" + f
	}
	if m.overlay != "" {
		args = append(args, "-overlay="+m.overlay)
	}
	return m.run(ctx, m.tree, m.Go, append(args, "gosft/kernel/worker/plain")...)
}

// fast makes linker, shared library, index, and worker.
func (m *maker) fast(ctx context.Context) error {
	m.say("Making the linker for cells from " + m.Root)
	patched := make(chan error, 1)
	go func() { patched <- patchLinker(ctx, m.Toolchain, filepath.Join(m.dir, "link")) }()
	defer func() { <-patched }()

	var compile bytes.Buffer
	args := []string{}
	for _, p := range m.pkgs {
		if p.Export == "" {
			continue
		}
		fmt.Fprintf(&compile, "packagefile %s=%s\n", p.ImportPath, p.Export)
		args = append(args, p.ImportPath+"="+p.Export)
	}
	cfg := filepath.Join(m.dir, "library.cfg")
	if err := os.WriteFile(cfg, compile.Bytes(), 0o644); err != nil {
		return err
	}
	defer os.Remove(cfg)
	m.say("Linking the shared library")
	so := filepath.Join(m.dir, soName)
	// A name of its own: zig finds libraries itself, and one without a name would be sought where it lay when it was linked.
	flags := append(m.CC[1:len(m.CC):len(m.CC)], m.fuse(), "-Wl,-z,now", "-Wl,-soname,"+soName)
	args = append([]string{"-o", so, "-importcfg", cfg, "-installsuffix", "dynlink", "-buildmode=shared", "-linkshared", "-s", "-w",
		"-extld=" + m.CC[0], "-extldflags=" + strings.Join(flags, " ")}, args...)
	if err := m.run(ctx, m.dir, m.tool("link"), args...); err != nil {
		return err
	}
	if err := plt.Mend(so); err != nil {
		return err
	}
	if err := applyRelative(so); err != nil {
		return err
	}
	if err := writeIndex(so); err != nil {
		return err
	}
	if err := m.fastWorker(ctx, cfg, so); err != nil {
		return err
	}
	if err := m.run(ctx, m.tree, m.Go, "build", "-ldflags=-s -w", "-o", filepath.Join(m.dir, "extld"), "gosft/kernel/build/extld"); err != nil {
		return err
	}
	err := <-patched
	patched <- nil
	return err
}

// fastWorker links the worker's few bytes of main against the library, which it finds beside itself.
func (m *maker) fastWorker(ctx context.Context, cfg, so string) error {
	obj := filepath.Join(m.dir, "worker.a")
	defer os.Remove(obj)
	lib := &Library{Toolchain: m.Toolchain}
	args := append([]string{"-o", obj, "-p", "main", "-importcfg", cfg, "-complete"}, lib.flags()...)
	if err := m.run(ctx, m.dir, m.tool("compile"), append(args, filepath.Join(m.tree, "kernel/worker/main/main.go"))...); err != nil {
		return err
	}
	b, err := os.ReadFile(cfg)
	if err != nil {
		return err
	}
	link := bytes.NewBuffer(b)
	for _, p := range m.pkgs {
		if p.Export != "" {
			fmt.Fprintf(link, "packageshlib %s=%s\n", p.ImportPath, so)
		}
	}
	if err := os.WriteFile(cfg, link.Bytes(), 0o644); err != nil {
		return err
	}
	flags := strings.TrimSpace(strings.Join(append(m.CC[1:len(m.CC):len(m.CC)], m.fuse(), "-Wl,-rpath,$ORIGIN", "-Wl,-z,now"), " "))
	program := filepath.Join(m.dir, workerName)
	err = m.run(ctx, m.dir, m.tool("link"), "-o", program, "-buildmode=exe", "-linkshared", "-importcfg", cfg,
		"-installsuffix", "dynlink", "-s", "-w", "-extld="+m.CC[0], "-extldflags="+flags, obj)
	if err != nil {
		return err
	}
	return plt.Mend(program)
}

func (m *maker) run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = m.env()
	b, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(name), m.gone(err), bytes.TrimSpace(tail(b, 4000)))
	}
	return nil
}

func tail(b []byte, n int) []byte {
	if len(b) > n {
		return b[len(b)-n:]
	}
	return b
}

func copyFile(to, from string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}

// copyExport copies an archive's first member, __.PKGDEF, which is all that compiling against the package needs.
func copyExport(to, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	head := make([]byte, 8+60)
	if n, err := io.ReadFull(r, head); err != nil {
		return fmt.Errorf("%s: %w after %d bytes", from, err, n)
	}
	if string(head[:8]) != "!<arch>\n" || !strings.HasPrefix(string(head[8:]), "__.PKGDEF") {
		return fmt.Errorf("%s is no archive of a Go package", from)
	}
	size, err := strconv.Atoi(strings.TrimSpace(string(head[8+48 : 8+58])))
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	body := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, body); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return os.WriteFile(to, append(head, body...), 0o644)
}
