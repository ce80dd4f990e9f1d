package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"gosft/kernel/build"
	"gosft/kernel/cell"
	"gosft/kernel/display"
	"gosft/kernel/worker"
	"gosft/kernel/worker/wire"
)

// Config of an engine. The zero value is a session without a notebook's folder.
type Config struct {
	Home     string            // $GOSFT_HOME; "" for build.Home()
	Tree     string            // this module's sources; "" to find them
	Notebook string            // the notebook's folder: where the worker starts, and whose Go module is used; "" for the current one
	Env      []string          // added to the worker's environment, "NAME=value"
	Plain    bool              // build cells as ordinary plugins
	Memory   int64             // most bytes of private memory of the worker; 0 for no limit
	Patience time.Duration     // how long a cell may ignore an interrupt before it is named; 0 for 10 s
	Progress func(line string) // told what the first start builds; may be nil
}

// Output takes what cells produce. Its methods may be called from any goroutine, also after Run has returned (by a
// goroutine that outlives its cell); cell is the number of the cell that started the work.
type Output interface {
	Stream(cell int, name, text string) // name is stdout or stderr
	Display(display.Message)
	Input(prompt string, password bool) (string, error)
	Note(text string) // a line for the user
	Comm(worker.Comm) // of gonbui's widgets
}

// A Result is what a cell came to.
type Result struct {
	Bundle display.Bundle // the last expression; nil when nothing is shown
	Err    *Error         // nil when the cell succeeded
	Timing Timing
	Lost   []string // names of the variables that are gone since the worker was replaced
}

// Timing is how long the parts of a cell took.
type Timing struct {
	Parse, Check, Compile, Link, Load, Run time.Duration
	Reused                                 bool // an unchanged cell: nothing was built
}

// An Engine is one session. Its methods may be called from several goroutines; a cell may run while another does.
type Engine struct {
	config  Config
	library *build.Library
	session *build.Session

	planning sync.Mutex // one plan or commit at a time
	planner  *cell.Planner

	mu       sync.Mutex
	worker   *worker.Worker
	starting sync.Mutex        // one worker is started at a time
	plugins  map[string]string // Plan.Key to the path of a plugin that the worker has opened
	sources  map[int]string    // text of the cells
	outputs  map[int]Output    // where the output of a cell goes
	lastOut  Output
	active   map[int]*activity
	values   map[string]bool    // names of variables that have a value in the worker
	lost     []string           // of a worker that died; told by the next cell
	env      map[string]*string // set by Setenv; nil is unset
	dir      string
	obituary string // how a worker ended between two cells; told by the next one
	ignored  bool   // an interrupt was ignored and the user was told
	watching bool   // an interrupt was sent and it is seen whether cells end
	closed   bool
}

// activity is a cell between the start and the end of Run.
type activity struct {
	ctx     context.Context
	cancel  context.CancelFunc
	running bool // in the worker
	told    bool // to stop
	out     Output
}

// New sets up what building needs (the first time that takes minutes, see build.Setup) and starts the worker.
func New(c Config) (*Engine, error) {
	if c.Patience == 0 {
		c.Patience = 10 * time.Second
	}
	if c.Notebook == "" {
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		c.Notebook = dir
	}
	lib, err := build.Setup(context.Background(), build.Options{Home: c.Home, Tree: c.Tree, Plain: c.Plain, Progress: c.Progress})
	if err != nil {
		return nil, err
	}
	e := &Engine{config: c, library: lib, dir: c.Notebook, plugins: map[string]string{}, sources: map[int]string{},
		outputs: map[int]Output{}, active: map[int]*activity{}, values: map[string]bool{}, env: map[string]*string{}}
	ready := make(chan error, 1)
	go func() { ready <- e.start() }()
	s, err := build.NewSession(lib, c.Notebook)
	if failed := <-ready; err == nil {
		err = failed
	}
	if err != nil {
		if s != nil {
			s.Close()
		}
		if e.worker != nil {
			e.worker.Kill()
		}
		return nil, err
	}
	e.session = s
	e.planner = cell.NewPlanner(s)
	return e, nil
}

// start starts a worker where none lives.
func (e *Engine) start() error {
	e.starting.Lock()
	defer e.starting.Unlock()
	e.mu.Lock()
	if e.worker != nil {
		select {
		case <-e.worker.Dead():
			e.obituary = e.worker.Death().Text
			e.buried()
		default:
			e.mu.Unlock()
			return nil
		}
	}
	if e.closed {
		e.mu.Unlock()
		return errors.New("the session is closed")
	}
	config := worker.Config{Program: e.library.Worker, Dir: e.dir, Memory: e.config.Memory, Env: append([]string(nil), e.config.Env...)}
	for name, value := range e.env {
		if value == nil {
			config.Unset = append(config.Unset, name)
		} else {
			config.Env = append(config.Env, name+"="+*value)
		}
	}
	e.mu.Unlock()
	if st, err := os.Stat(config.Dir); err != nil || !st.IsDir() {
		config.Dir = os.TempDir()
	}
	w, err := worker.Start(config, (*handler)(e))
	if err != nil {
		return err
	}
	go w.Warm(e.library.Warm())
	e.mu.Lock()
	e.worker = w
	e.mu.Unlock()
	return nil
}

// buried forgets what was in a dead worker. The caller holds mu.
func (e *Engine) buried() {
	for _, path := range e.plugins {
		os.Remove(path)
	}
	e.plugins = map[string]string{}
	for _, v := range e.planner.Lose() {
		if e.values[v.Name] {
			e.lost = append(e.lost, v.Name)
		}
	}
	e.values = map[string]bool{}
	e.worker = nil
	e.ignored = false
}

// Library is what cells are built with.
func (e *Engine) Library() *build.Library { return e.library }

// Session is the notebook's packages.
func (e *Engine) Session() *build.Session { return e.session }

// Close ends the worker and removes the session's files.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.kill()
	return e.session.Close()
}

// Vars lists the variables that hold a value, by name. While a cell runs, what its maps hold is not looked at.
func (e *Engine) Vars() ([]wire.Var, error) {
	e.mu.Lock()
	w := e.worker
	e.mu.Unlock()
	if w == nil {
		return nil, nil
	}
	vars, err := w.Vars()
	if errors.Is(err, worker.ErrDead) {
		return nil, nil
	}
	return vars, err
}

// Inspect describes the value of one variable; false when there is none of that name.
func (e *Engine) Inspect(name string) (wire.Var, bool) {
	e.mu.Lock()
	w := e.worker
	e.mu.Unlock()
	if w == nil {
		return wire.Var{}, false
	}
	v, ok, err := w.Inspect(name)
	return v, ok && err == nil
}

// Declarations is the session as one Go file, without the variables' values.
func (e *Engine) Declarations() string { return e.planner.Declarations() }

// Source is the text of the declarations that a name stands for, "" when there is none.
func (e *Engine) Source(name string) string { return e.planner.Source(name) }

// Forget removes a name from the session. It reports whether there was one.
func (e *Engine) Forget(name string) bool {
	e.planning.Lock()
	defer e.planning.Unlock()
	var symbols []string
	for _, v := range e.planner.Vars() {
		if v.Name == name {
			symbols = append(symbols, v.Symbol)
		}
	}
	if !e.planner.Forget(name) {
		return false
	}
	e.mu.Lock()
	w := e.worker
	delete(e.values, name)
	e.mu.Unlock()
	if w != nil {
		w.Retire(symbols)
	}
	return true
}

// Setenv sets an environment variable for the worker and those after it; unset removes it.
func (e *Engine) Setenv(name, value string, unset bool) error {
	if err := e.start(); err != nil {
		return err
	}
	e.mu.Lock()
	w := e.worker
	if e.env[name] = &value; unset {
		e.env[name] = nil
	}
	e.mu.Unlock()
	if w == nil {
		return nil
	}
	return w.Setenv(name, value, unset)
}

// Chdir changes the worker's working directory.
func (e *Engine) Chdir(dir string) error {
	if err := e.start(); err != nil {
		return err
	}
	e.mu.Lock()
	w := e.worker
	e.mu.Unlock()
	if w != nil {
		if err := w.Chdir(dir); err != nil {
			return err
		}
	}
	e.mu.Lock()
	e.dir = dir
	e.mu.Unlock()
	return nil
}

// SendComm gives the program a value of the front end, for gonbui's widgets.
func (e *Engine) SendComm(address string, value any) error {
	e.mu.Lock()
	w := e.worker
	e.mu.Unlock()
	if w == nil {
		return fmt.Errorf("comm %s: no program runs", address)
	}
	return w.SendComm(address, value)
}
