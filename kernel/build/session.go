package build

import (
	"context"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"

	"gosft/kernel/cell"
)

// A Session is one notebook's packages and builder. It is the planner's cell.Packages. Its methods may be called from
// several goroutines; builds run one at a time.
type Session struct {
	lib *Library
	dir string // private folder for builds, removed by Close

	building sync.Mutex
	way      *way

	mu      sync.Mutex // guards what follows
	imports *importConfig
	modules *modules
	locals  locals
	gc      types.Importer
	types   map[string]*types.Package
	names   map[string][]string // package name -> import paths, for Guess
	ctx     context.Context     // of the cell that is planned
	note    func(string)
	told    map[string]bool // modules whose version was overruled, as the user knows
}

// NewSession makes a session for a notebook in folder notebook; "" is none. The folder for builds is made in $TMPDIR.
func NewSession(lib *Library, notebook string) (*Session, error) {
	sweepBuilds()
	dir, err := os.MkdirTemp("", fmt.Sprintf("%s%d-", buildPrefix, os.Getpid()))
	if err != nil {
		return nil, spaceError(err)
	}
	s := &Session{lib: lib, dir: dir, way: newWay(lib, dir), ctx: context.Background(), note: func(string) {}}
	s.forget()
	s.modules = newModules(lib, filepath.Join(dir, "modules"), notebook)
	if err := s.way.prepare(context.Background()); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

const buildPrefix = "gosft-build-"

// sweepBuilds removes the folders of kernels that were killed.
func sweepBuilds() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), buildPrefix+"*-*"))
	for _, d := range dirs {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(d)[len(buildPrefix):], "%d-", &pid); err != nil || syscall.Kill(pid, 0) != syscall.ESRCH {
			continue
		}
		// A process of another namespace has its own numbers: what is young stays.
		if st, err := os.Stat(d); err == nil && time.Since(st.ModTime()) > time.Hour {
			os.RemoveAll(d)
		}
	}
}

// forget starts with the library's packages only.
func (s *Session) forget() {
	s.types = map[string]*types.Package{"unsafe": types.Unsafe}
	s.imports = &importConfig{lib: s.lib, extra: map[string]Package{}, remap: map[string]string{}}
	s.locals = locals{pkgs: map[string]*local{}, version: s.locals.version}
	s.gc = importer.ForCompiler(token.NewFileSet(), "gc", s.open)
}

// Close removes the session's folder.
func (s *Session) Close() error {
	s.building.Lock()
	defer s.building.Unlock()
	if s.way.ahead != nil {
		<-s.way.ahead
		s.way.ahead = nil
	}
	return os.RemoveAll(s.dir)
}

// Library is what the session builds with.
func (s *Session) Library() *Library { return s.lib }

// Begin is called before a cell is planned: ctx cancels what Import has to fetch, note is told what that is.
func (s *Session) Begin(ctx context.Context, note func(string)) {
	s.mu.Lock()
	s.ctx, s.note = ctx, note
	s.mu.Unlock()
	if err := s.refresh(); err != nil {
		note(err.Error())
	}
}

// Build compiles and links a plan.
func (s *Session) Build(ctx context.Context, plan *cell.Plan) (Plugin, error) {
	s.building.Lock()
	defer s.building.Unlock()
	if err := ctx.Err(); err != nil {
		return Plugin{}, err
	}
	s.mu.Lock()
	for _, path := range plan.Imports {
		if err := s.ensure(path); err != nil {
			s.mu.Unlock()
			return Plugin{}, err
		}
	}
	imports := s.imports.clone()
	s.mu.Unlock()
	return s.way.build(ctx, plan, imports, s.modules)
}

func (c *importConfig) clone() *importConfig {
	c.compile()
	c.link()
	n := *c
	n.extra, n.remap = make(map[string]Package, len(c.extra)), make(map[string]string, len(c.remap))
	for k, v := range c.extra {
		n.extra[k] = v
	}
	for k, v := range c.remap {
		n.remap[k] = v
	}
	return &n
}

// Import returns a package's types from its export data. A module that the session does not have is fetched.
//
// A package of the user's own module that was edited after it had been loaded comes back with another Path, "example.com/m/
// util" becomes "example.com/m/utilꞏ2": its types are new ones, and what refers to them has a new identity.
func (s *Session) Import(path string) (*types.Package, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.importLocked(path)
}

func (s *Session) importLocked(path string) (*types.Package, error) {
	if err := s.ensure(path); err != nil {
		return nil, err
	}
	real := path
	if to, ok := s.imports.remap[path]; ok {
		real = to
	}
	if p, ok := s.types[real]; ok {
		return p, nil
	}
	p, err := s.gc.Import(real)
	if err != nil {
		return nil, fmt.Errorf("import %q: %w", path, err)
	}
	s.types[real] = p
	return p, nil
}

// ensure makes sure that there is export data for a package.
func (s *Session) ensure(path string) error {
	if path == "unsafe" || path == "C" {
		return nil
	}
	if _, ok := s.lib.Packages[path]; ok {
		if reason := hidden(path); reason != "" {
			return errors.New(reason)
		}
		return nil
	}
	if strings.HasPrefix(path, "./") || strings.HasPrefix(path, "../") || strings.HasPrefix(path, "/") {
		return fmt.Errorf("a package is imported by its module's path and its folder in it, such as example.com/module/folder, not by a path on the disk")
	}
	if p, ok := s.locals.pkgs[path]; ok && p.broken != nil {
		return p.broken
	}
	if _, ok := s.imports.extra[path]; ok {
		return nil
	}
	if _, ok := s.imports.remap[path]; ok {
		return nil
	}
	return s.load(path)
}

// hidden says why a package of the library may not be imported by a cell.
func hidden(path string) string {
	for _, part := range strings.Split(path, "/") {
		if part == "internal" {
			return fmt.Sprintf("use of internal package %s not allowed", path)
		}
	}
	if strings.HasPrefix(path, "vendor/") {
		return fmt.Sprintf("package %s is vendored by the standard library and cannot be imported", path)
	}
	return ""
}

// open gives the type checker's importer the export data of a package.
func (s *Session) open(path string) (io.ReadCloser, error) {
	if p, ok := s.imports.extra[path]; ok {
		return os.Open(p.Export)
	}
	if p, ok := s.lib.Packages[path]; ok {
		return os.Open(p.Export)
	}
	return nil, fmt.Errorf("no export data for %s", path)
}

// rank orders packages of one name: what a cell most likely means first.
func rank(path string) int {
	switch {
	case strings.HasPrefix(path, "gosft/"):
		return 1
	case strings.HasPrefix(path, "github.com/gomlx/"):
		return 2
	case strings.Contains(strings.SplitN(path, "/", 2)[0], "."):
		return 3
	}
	return 0 // the standard library
}

// preferred are the standard library's packages that are meant when two have a name and both have what is used.
var preferred = map[string]string{"rand": "math/rand", "template": "text/template", "scanner": "text/scanner", "pprof": "runtime/pprof"}

// Guess finds the import path for a package name that a cell uses without importing it. Uses are the names that the cell
// takes from it. A package that has none of them is not meant.
func (s *Session) Guess(name string, uses []string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names == nil {
		s.names = map[string][]string{"unsafe": {"unsafe"}}
		for path, p := range s.lib.Packages {
			if hidden(path) == "" && path != "gosft/kernel/preload" && path != "gosft/kernel/live" && p.Name != "main" {
				s.names[p.Name] = append(s.names[p.Name], path)
			}
		}
	}
	paths := append([]string(nil), s.names[name]...)
	for path, p := range s.imports.extra {
		if p.Name == name && hidden(path) == "" && !strings.Contains(path, "ꞏ") {
			paths = append(paths, path)
		}
	}
	sort.Slice(paths, func(i, j int) bool {
		a, b := paths[i], paths[j]
		if ra, rb := rank(a), rank(b); ra != rb {
			return ra < rb
		}
		if pa, pb := preferred[name] == a, preferred[name] == b; pa != pb {
			return pa
		}
		if len(a) != len(b) {
			return len(a) < len(b)
		}
		return a < b
	})
	// A package that has all of the names is meant; else the one that has most, so that the error names what it lacks.
	best, most := "", 0
	for _, path := range paths {
		p, err := s.importLocked(path)
		if err != nil {
			continue
		}
		n := 0
		for _, u := range uses {
			if o := p.Scope().Lookup(u); o != nil && o.Exported() {
				n++
			}
		}
		if n == len(uses) {
			return path, true
		}
		if n > most {
			best, most = path, n
		}
	}
	return best, best != ""
}

// Packages lists the import paths that a cell can use at once, sorted.
func (s *Session) Packages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for path := range s.lib.Packages {
		if hidden(path) == "" {
			out = append(out, path)
		}
	}
	for path := range s.imports.extra {
		if hidden(path) == "" && !strings.Contains(path, "ꞏ") {
			out = append(out, path)
		}
	}
	sort.Strings(out)
	return out
}
