package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// modules is the session's place in Go's module world: a workspace of its own that uses a module of its own (which pins what
// cells import), this module's sources, and the user's module or workspace when the notebook lies in one. The user's go.mod
// and go.work are never written to.
type modules struct {
	lib      *Library
	dir      string
	notebook string
	held     map[string]string // versions of the modules that the worker holds
}

func newModules(lib *Library, dir, notebook string) *modules {
	return &modules{lib: lib, dir: dir, notebook: notebook, held: lib.held()}
}

const sessionModule = "gosft.session"

// prepare writes go.mod and go.work.
func (m *modules) prepare() error {
	if _, err := os.Stat(filepath.Join(m.dir, "go.mod")); err == nil {
		return nil
	}
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return spaceError(err)
	}
	version := strings.TrimPrefix(m.lib.Toolchain.Version, "go")
	uses, replaces, err := userModules(m.notebook, m.lib.Tree)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "go %s\n\nuse (\n\t.\n\t%q\n", version, m.lib.Tree)
	for _, u := range uses {
		fmt.Fprintf(&b, "\t%q\n", u)
	}
	b.WriteString(")\n" + replaces + pins(m.held, uses, replaces))
	if err := os.WriteFile(filepath.Join(m.dir, "go.work"), []byte(b.String()), 0o600); err != nil {
		return spaceError(err)
	}
	mod := fmt.Sprintf("module %s\n\ngo %s\n", sessionModule, version)
	if err := os.WriteFile(filepath.Join(m.dir, "go.mod"), []byte(mod), 0o600); err != nil {
		return spaceError(err)
	}
	return nil
}

// userModules finds the module or workspace that a folder lies in: the folders of its modules, and the replacements of a
// workspace as lines of a go.work. The tree itself is left out.
func userModules(dir, tree string) (uses []string, replaces string, err error) {
	if dir == "" {
		return nil, "", nil
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, "", err
	}
	add := func(d string) {
		d = filepath.Clean(d)
		if d != filepath.Clean(tree) && !isTree(d) {
			uses = append(uses, d)
		}
	}
	work := os.Getenv("GOWORK")
	if work == "" {
		work = upward(dir, "go.work")
	}
	if work != "" && work != "off" {
		b, err := os.ReadFile(work)
		if err != nil {
			return nil, "", err
		}
		f, err := modfile.ParseWork(work, b, nil)
		if err != nil {
			return nil, "", fmt.Errorf("the workspace of this folder cannot be read: %w", err)
		}
		base := filepath.Dir(work)
		abs := func(p string) string {
			if filepath.IsAbs(p) {
				return p
			}
			return filepath.Join(base, filepath.FromSlash(p))
		}
		for _, u := range f.Use {
			add(abs(u.Path))
		}
		for _, r := range f.Replace {
			to := r.New.Path
			if modfile.IsDirectoryPath(to) {
				to = abs(to)
			}
			replaces += fmt.Sprintf("replace %s => %s\n", strings.TrimSpace(r.Old.Path+" "+r.Old.Version), strings.TrimSpace(to+" "+r.New.Version))
		}
		return uses, replaces, nil
	}
	if mod := upward(dir, "go.mod"); mod != "" {
		add(filepath.Dir(mod))
	}
	return uses, "", nil
}

// upward returns the path of the nearest file of a name, from dir upwards, or "".
func upward(dir, name string) string {
	for ; ; dir = filepath.Dir(dir) {
		p := filepath.Join(dir, name)
		if st, err := os.Stat(p); err == nil && !st.IsDir() {
			return p
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// save returns what makes the session's go.mod what it is now.
func (m *modules) save() (undo func()) {
	saved := map[string][]byte{}
	for _, f := range []string{"go.mod", "go.sum"} {
		if b, err := os.ReadFile(filepath.Join(m.dir, f)); err == nil {
			saved[f] = b
		}
	}
	return func() {
		os.Remove(filepath.Join(m.dir, "go.sum"))
		for f, b := range saved {
			os.WriteFile(filepath.Join(m.dir, f), b, 0o600)
		}
	}
}

func (m *modules) env() []string { return []string{"GOWORK=" + filepath.Join(m.dir, "go.work")} }

// list compiles packages and what they need.
func (m *modules) list(ctx context.Context, paths ...string) ([]listed, error) {
	if err := m.prepare(); err != nil {
		return nil, err
	}
	return goList(ctx, m.lib.Toolchain, m.dir, m.env(), append(listFlags(m.lib.Plain, m.lib.Overlay), paths...))
}

// get adds a module, or the one that has a package, to the session's go.mod and returns "path version" of what changed. When
// the versions do not go with what the worker holds already, nothing is changed and the error says so.
func (m *modules) get(ctx context.Context, what string, inUse map[string]string) (changed []string, err error) {
	if err := m.prepare(); err != nil {
		return nil, err
	}
	path, version, _ := strings.Cut(what, "@")
	preloaded := holder(m.held, path)
	if preloaded != "" {
		have := m.held[preloaded]
		if version == "" || version == have {
			return nil, nil
		}
		if semver.IsValid(version) {
			return nil, &ConflictError{What: what, Needs: []string{fmt.Sprintf("%s %s (in use: %s)", preloaded, version, have)}}
		}
	}
	before, err := m.versions(ctx)
	if err != nil {
		return nil, err
	}
	undo := m.save()
	if out, err := m.goCommand(ctx, "get", what); err != nil {
		undo()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%s cannot be fetched: %s", what, getReason(string(out)))
	}
	after, err := m.versions(ctx)
	if err != nil {
		undo()
		return nil, err
	}
	var clash []string
	for mod, v := range after {
		if old, ok := inUse[mod]; ok && old != v.used {
			clash = append(clash, fmt.Sprintf("%s %s (in use: %s)", mod, v.used, old))
		} else if mod == preloaded && v.asked != v.used { // @latest and the like
			clash = append(clash, fmt.Sprintf("%s %s (in use: %s)", mod, v.asked, v.used))
		}
		if before[mod].used != v.used {
			changed = append(changed, mod+" "+v.used)
		}
	}
	if clash != nil {
		undo()
		sort.Strings(clash)
		return nil, &ConflictError{What: what, Needs: clash}
	}
	sort.Strings(changed)
	return changed, nil
}

func (m *modules) goCommand(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, m.lib.Toolchain.Go, args...)
	cmd.Dir = m.dir
	cmd.Env = m.lib.Toolchain.env(m.env()...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.CombinedOutput()
	return out, m.lib.Toolchain.gone(err)
}

// getReason is the go command's output without what is no reason.
func getReason(out string) string {
	var lines []string
	for _, l := range strings.Split(strings.TrimSpace(out), "\n") {
		if strings.HasPrefix(l, "go: downloading ") || strings.HasPrefix(l, "go: added ") || strings.HasPrefix(l, "go: upgraded ") {
			continue
		}
		lines = append(lines, strings.TrimPrefix(l, "go: "))
	}
	return strings.Join(lines, "\n")
}

// Get adds a module or package to the session: "example.com/m", "example.com/m/pkg" or "example.com/m@v1.2.3". Note is told
// what was fetched and how long it took.
func (s *Session) Get(ctx context.Context, what string, note func(string)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.get(ctx, what, note)
}

func (s *Session) get(ctx context.Context, what string, note func(string)) error {
	start := time.Now()
	note(fmt.Sprintf("Fetching %s", what))
	changed, err := s.modules.get(ctx, what, s.inUse())
	if err != nil {
		return err
	}
	if len(changed) == 0 {
		note(fmt.Sprintf("%s is there already", what))
		return nil
	}
	note(fmt.Sprintf("Fetched %s in %.1f s", strings.Join(changed, ", "), time.Since(start).Seconds()))
	return nil
}

// inUse are the versions of the modules that the worker holds packages of.
func (s *Session) inUse() map[string]string {
	use := map[string]string{}
	add := func(p Package) {
		if mod, v, ok := strings.Cut(p.Module, "@"); ok && v != "" {
			use[mod] = v
		}
	}
	for _, p := range s.lib.Packages {
		add(p)
	}
	for _, p := range s.imports.extra {
		add(p)
	}
	return use
}

// load makes a package importable that is not in the library. The module that has it is fetched when the session has none.
// The caller holds mu.
func (s *Session) load(path string) error {
	ctx := s.ctx
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") && !s.isLocal(path) {
		if _, err := os.Stat(filepath.Join(s.lib.Toolchain.Root, "src", filepath.FromSlash(path))); err != nil {
			return fmt.Errorf("package %s is not in the standard library", path)
		}
	}
	start := time.Now()
	pkgs, err := s.modules.list(ctx, path)
	var broken *compileError
	undo := s.modules.save()
	if errors.As(err, &broken) && missingModule(broken.text) {
		if err := s.get(ctx, path, s.note); err != nil {
			return err
		}
		pkgs, err = s.modules.list(ctx, path)
	}
	if err != nil {
		if !errors.As(err, &broken) {
			return err
		}
		if all, err := s.modules.versions(ctx); err == nil && !missingModule(broken.text) {
			if needs := pinned(all); needs != nil {
				undo()
				return &ConflictError{What: path, Needs: needs, Why: broken.text}
			}
		}
		return fmt.Errorf("package %s: %s", path, broken.text)
	}
	if err := s.adopt(path, pkgs); err != nil {
		return err
	}
	if d := time.Since(start); d > 2*time.Second {
		s.note(fmt.Sprintf("Compiled %s and what it needs in %.1f s", path, d.Seconds()))
	}
	return nil
}

// isLocal reports whether a path without a dot in its first element is one of the user's own.
func (s *Session) isLocal(path string) bool {
	if strings.HasPrefix(path, "gosft/") {
		return true
	}
	if s.modules.prepare() != nil {
		return false
	}
	versions, err := s.modules.versions(s.ctx)
	if err != nil {
		return false
	}
	for mod := range versions {
		if path == mod || strings.HasPrefix(path, mod+"/") {
			return true
		}
	}
	return false
}

// missingModule reports whether the go command's words mean that a module is to be fetched.
func missingModule(text string) bool {
	for _, s := range []string{"no required module provides package", "cannot find module providing package", "missing go.sum entry", "module lookup disabled", "is not in std"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// adopt takes over what the go command compiled, when it goes with what the worker holds.
func (s *Session) adopt(what string, pkgs []listed) error {
	var clash []string
	for i := range pkgs {
		p := &pkgs[i]
		if have, ok := s.lib.Packages[p.ImportPath]; ok && have.Module != p.module() {
			clash = append(clash, fmt.Sprintf("%s (in use: %s)", p.module(), have.Module))
		}
	}
	if clash != nil {
		sort.Strings(clash)
		uniq := clash[:1]
		for _, c := range clash[1:] {
			if c != uniq[len(uniq)-1] {
				uniq = append(uniq, c)
			}
		}
		return &ConflictError{What: what, Needs: uniq}
	}
	for i := range pkgs {
		p := &pkgs[i]
		s.overruled(what, p)
		if _, ok := s.lib.Packages[p.ImportPath]; ok || p.Export == "" {
			continue
		}
		if _, ok := s.imports.extra[p.ImportPath]; ok {
			continue
		}
		s.imports.extra[p.ImportPath] = Package{Path: p.ImportPath, Name: p.Name, Module: p.module(), Export: p.Export, Dir: p.Dir}
		if len(p.CgoFiles) > 0 {
			s.imports.cgo = true
		}
		if p.local() {
			s.locals.add(p)
		}
	}
	return nil
}

// overruled tells, once, that a package is used in the version which the worker holds where a newer one is asked for.
func (s *Session) overruled(what string, p *listed) {
	if p.Module == nil || p.Module.Replace == nil || p.Module.Replace.Path != p.Module.Path {
		return
	}
	asked, used := p.Module.Version, p.Module.Replace.Version
	if asked == used || used == "" || s.told[p.module()] {
		return
	}
	if s.told == nil {
		s.told = map[string]bool{}
	}
	s.told[p.module()] = true
	s.note(fmt.Sprintf("%s asks for %s %s; it uses %s, which this kernel has preloaded", what, p.Module.Path, asked, used))
}
