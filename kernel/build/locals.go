package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// locals are the packages of the user's own modules that cells have imported. When one is edited it is compiled again under
// a new import path, "example.com/m/util" as "example.com/m/utilꞏ2", and so are the local packages that import it: a symbol
// never changes its meaning, and values of the old types stay what they are.
type locals struct {
	order   []string // import paths, what is imported before what imports it
	pkgs    map[string]*local
	version int
}

type local struct {
	listed
	stamp  string // of its files
	broken error  // why the newest text does not compile
}

// local reports whether a package may be edited while the session runs.
func (l *listed) local() bool {
	return l.Module != nil && (l.Module.Main || l.Module.Version == "" || (l.Module.Replace != nil && l.Module.Replace.Version == ""))
}

// Local is the folder of a package of the user's own modules that cells have imported, "" for any other.
func (s *Session) Local(path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.locals.pkgs[path]; ok {
		return p.Dir
	}
	return ""
}

func (l *locals) add(p *listed) {
	if _, ok := l.pkgs[p.ImportPath]; !ok {
		l.order = append(l.order, p.ImportPath)
	}
	l.pkgs[p.ImportPath] = &local{listed: *p, stamp: stamp(p.Dir)}
}

// stamp names the state of a folder's files: names, sizes and times.
func stamp(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		if st, err := e.Info(); err == nil {
			fmt.Fprintln(&b, e.Name(), st.Size(), st.ModTime().UnixNano())
		}
	}
	return b.String()
}

// refresh compiles local packages that were edited since the last cell. What does not compile fails the cells that import
// it, until it does.
func (s *Session) refresh() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	edited := false
	for _, p := range s.locals.pkgs {
		if stamp(p.Dir) != p.stamp {
			edited = true
		}
	}
	if !edited {
		return nil
	}
	stamps := map[string]string{}
	for path, p := range s.locals.pkgs {
		stamps[path] = stamp(p.Dir)
	}
	pkgs, err := s.modules.list(s.ctx, s.locals.order...)
	if err != nil {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		var broken *compileError
		if !errors.As(err, &broken) {
			return err
		}
		for path, p := range s.locals.pkgs { // until the next edit
			if stamps[path] != p.stamp {
				p.broken = fmt.Errorf("package %s does not compile: %s", path, broken.text)
			}
		}
		return nil
	}
	if err := s.adopt("the edited package", pkgs); err != nil {
		return err
	}
	changed := map[string]bool{}
	for i := range pkgs {
		p := &pkgs[i]
		old, ok := s.locals.pkgs[p.ImportPath]
		if !ok {
			continue
		}
		again := old.Export != p.Export
		for _, imp := range p.Imports {
			if to, ok := p.ImportMap[imp]; ok {
				imp = to
			}
			again = again || changed[imp]
		}
		if again {
			if err := s.recompile(s.ctx, p); err != nil {
				old.broken = err
				continue
			}
			changed[p.ImportPath] = true
			s.note(fmt.Sprintf("%s was edited: its new code runs from now on", p.ImportPath))
		}
		s.locals.pkgs[p.ImportPath] = &local{listed: *p, stamp: stamps[p.ImportPath]}
	}
	return nil
}

// recompile compiles a local package under a new path.
func (s *Session) recompile(ctx context.Context, p *listed) error {
	if len(p.CgoFiles)+len(p.SFiles)+len(p.EmbedFiles) > 0 {
		return fmt.Errorf("%s was edited: a package with C, assembly or embedded files can only be taken up by a new worker (%%restart)", p.ImportPath)
	}
	t := s.lib.Toolchain
	s.locals.version++
	path := p.ImportPath + "ꞏ" + strconv.Itoa(s.locals.version+1)
	object := filepath.Join(s.dir, fmt.Sprintf("local%d.a", s.locals.version))
	cfg := filepath.Join(s.dir, "local.cfg")
	if err := os.WriteFile(cfg, []byte(s.imports.compile()), 0o600); err != nil {
		return spaceError(err)
	}
	args := append([]string{"-o", object, "-p", path, "-importcfg", cfg, "-complete", "-trimpath", p.Dir + "=>" + p.ImportPath}, s.lib.flags()...)
	if p.Module != nil && p.Module.GoVersion != "" {
		args = append(args, "-lang="+langOf("go"+p.Module.GoVersion))
	}
	for _, f := range p.GoFiles {
		args = append(args, filepath.Join(p.Dir, f))
	}
	if b, err := t.runTool(ctx, p.Dir, t.env("TMPDIR="+s.dir), t.tool("compile"), args...); err != nil {
		return toolError("compiling "+p.ImportPath, b, err)
	}
	s.imports.extra[path] = Package{Path: path, Name: p.Name, Module: p.module(), Export: object, Dir: p.Dir}
	s.imports.remap[p.ImportPath] = path
	return nil
}

// Reset forgets what cells have imported, for a fresh worker: edited packages get their own path again.
func (s *Session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
}
