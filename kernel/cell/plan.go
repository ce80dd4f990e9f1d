package cell

import (
	"fmt"
	"go/types"
	"maps"
	"sync"
	"time"
)

// Packages finds the packages that cells import. kernel/build has the real one.
type Packages interface {
	// Import returns a package's types from its export data, fetching and compiling the package when needed.
	Import(path string) (*types.Package, error)
	// Guess finds the import path for a package name that a cell uses without importing it: foo.Bar and foo.Baz give
	// the name foo and the uses Bar and Baz.
	Guess(name string, uses []string) (path string, ok bool)
}

// Planner turns cells into packages to compile. It holds all that the session has declared. Its methods may be called
// from several goroutines.
type Planner struct {
	pkgs Packages

	planning sync.Mutex // one plan at a time; a package that is fetched may hold it for long
	files    *files
	symbols  *symbols
	entries  map[int]int

	mu      sync.Mutex      // never held for long
	session *session        // replaced, never changed
	failed  map[string]int  // names that a cell declares which was not committed, and that cell
	linked  map[string]bool // functions that call C and are in the worker, by symbol
}

// NewPlanner returns a planner for a session in which nothing is declared yet.
func NewPlanner(p Packages) *Planner {
	return &Planner{pkgs: p, files: newFiles(), session: newSession(), symbols: newSymbols(), entries: map[int]int{}, failed: map[string]int{}, linked: map[string]bool{}}
}

// Plan is what one cell comes to: a version of the package [PackagePath] to compile, load and run.
type Plan struct {
	Cell    int           // its number
	Entry   string        // the function to call: func Run17(c *live.Cell)
	Files   []File        // the package; //line directives name the cells' lines
	Imports []string      // paths that Files import
	Vars    []Var         // the variables that this cell declares, and those that got a new symbol through it
	Retire  []string      // symbols that no name reaches any more: after the commit the worker sets them to zero
	Notes   []string      // lines for the user
	Cgo     bool          // Files hold import "C"
	Parse   time.Duration // how long it took to read the text; the rest of planning is checking types
	// Key is the same for two plans whose plugins do the same: the text without the cell's number. A plugin that is
	// loaded already may then be run again under its own entry.
	Key string

	change change
	linked []string // functions that call C and come with this plugin
}

// File is one file of the package.
type File struct{ Name, Text string }

// Var is a variable of the session.
type Var struct {
	Name   string
	Symbol string // its name in the package
	Type   string // as the user writes it
	Cell   int    // that declared it
}

// Plan reads a cell and plans it. id is the cell's number. The error is of type [Errors]. Nothing changes in the session
// until [Planner.Commit].
func (p *Planner) Plan(id int, src string) (plan *Plan, err error) {
	p.planning.Lock()
	defer p.planning.Unlock()
	defer func() {
		if r := recover(); r != nil {
			plan, err = nil, Errors{{Pos{Cell: id}, fmt.Sprintf("GoSFT could not read this cell: %v", r), "that is a fault of GoSFT; please report the cell"}}
		}
	}()
	start := time.Now()
	s := newSource(id, src)
	parsed, err := p.files.parseCell(s)
	if err != nil {
		return nil, err
	}
	read := time.Since(start)
	p.mu.Lock()
	now, failed, linked := p.session, maps.Clone(p.failed), maps.Clone(p.linked)
	p.mu.Unlock()
	d := &draft{p: p, src: s, cell: parsed, old: now, next: now.clone(), failed: failed, linked: linked}
	if plan, err = d.plan(); plan != nil {
		plan.Parse = read
	}
	if d.st != nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		for n := range d.declaredHere(true) {
			p.failed[n] = id
		}
	}
	return plan, err
}

// Commit makes a plan's declarations the session's, once the worker has run it.
func (p *Planner) Commit(plan *Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := p.session.clone()
	plan.change.apply(next)
	p.session = next
	for _, s := range plan.linked {
		p.linked[s] = true
	}
	for n, id := range p.failed {
		if id == plan.Cell {
			delete(p.failed, n)
		}
	}
}

// Reset forgets everything: the worker is a new one and the user wants to begin again.
func (p *Planner) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session = newSession()
	p.linked = map[string]bool{}
}

// change is what a plan does to the session. It is kept as a difference, since a subshell's cell may have been committed
// between a plan and its commit.
type change struct {
	units   map[string]*unit // nil: the name is gone
	imports map[string]string
	dots    []string
	blank   []string
	found   []string // variables that were lost and have values again
}

func (c *change) apply(s *session) {
	for name, u := range c.units {
		if u == nil {
			delete(s.units, name)
			continue
		}
		delete(s.imports, name)
		s.units[name] = u
	}
	for _, name := range c.found {
		delete(s.lost, name)
	}
	for name, path := range c.imports {
		s.imports[name] = path
		delete(s.units, name)
	}
	for _, path := range c.dots {
		s.addDot(path)
	}
	for _, path := range c.blank {
		s.blank[path] = true
	}
}

// addDot puts a dot import in front.
func (s *session) addDot(path string) {
	out := []string{path}
	for _, d := range s.dots {
		if d != path {
			out = append(out, d)
		}
	}
	s.dots = out
}
