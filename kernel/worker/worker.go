package worker

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"gosft/kernel/display"
	"gosft/kernel/worker/wire"
)

// Config says what to start.
type Config struct {
	Program string   // the worker program
	Dir     string   // its working directory; "" for the kernel's
	Env     []string // added to the kernel's environment, "NAME=value"
	Unset   []string // left out of the environment
	Memory  int64    // most bytes of private memory; 0 for no limit
}

// A Handler gets what the worker does besides answering. Calls come from several goroutines; those for one stream are in
// order.
type Handler interface {
	Stream(cell int, name, text string) // name is stdout or stderr
	Display(display.Message)
	Input(cell int, prompt string, password bool) (string, error)
	Panic(cell int, f wire.Failure) // of a goroutine that the cell started
	Comm(Comm)                      // of gonbui's widgets
}

// ErrDead is what a request to a worker returns that died before it answered; Death says how.
var ErrDead = errors.New("the worker process has ended")

// A Worker is one process.
type Worker struct {
	handler Handler
	cmd     *exec.Cmd
	conn    *wire.Conn
	out     [2]*stream
	outLock sync.Mutex
	gonb    *gonb
	dead    chan struct{} // closed when the process has ended and all its output was read
	death   *Death
	ready   chan struct{}

	mu      sync.Mutex
	next    int
	waits   map[int]chan wire.Event
	running []int // cells in the order of their start
	outlive []int // ended cells with goroutines
	last    int   // the cell that ended last
	writer  int   // the cell that prints now, as the worker says; 0 when it does not know
	killed  bool
}

// startTimeout is how long the worker may take until it says that it is ready.
const startTimeout = 60 * time.Second

// Start starts a worker process and waits until it can take requests.
func Start(c Config, h Handler) (*Worker, error) {
	w := &Worker{handler: h, dead: make(chan struct{}), ready: make(chan struct{}), waits: map[int]chan wire.Event{}}
	requestR, requestW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	eventR, eventW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	var ends [2]*os.File
	for i, name := range []string{"stdout", "stderr"} {
		r, e, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		if w.out[i], err = newStream(name, r, &w.outLock, w.emit); err != nil {
			return nil, err
		}
		ends[i] = e
	}
	if w.gonb, err = newGonb(w); err != nil {
		return nil, err
	}
	cmd := exec.Command(c.Program)
	cmd.Dir = c.Dir
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); !slices.Contains(c.Unset, name) {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Env = append(cmd.Env, c.Env...)
	cmd.Env = append(cmd.Env, w.gonb.env()...)
	if c.Memory > 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d", wire.MemoryEnv, c.Memory))
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = null, ends[0], ends[1]
	cmd.ExtraFiles = append([]*os.File{requestR, eventW}, w.gonb.ends()...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	w.cmd = cmd
	err = cmd.Start()
	for _, f := range append([]*os.File{requestR, eventW, null, ends[0], ends[1]}, w.gonb.ends()...) {
		f.Close()
	}
	if err != nil {
		w.gonb.close()
		return nil, fmt.Errorf("the worker cannot be started: %w", err)
	}
	w.conn = wire.NewConn(eventR, requestW)
	for _, s := range w.out {
		go s.loop()
	}
	w.gonb.serve()
	go w.receive()
	go w.wait(requestW, eventR)
	select {
	case <-w.ready:
		return w, nil
	case <-w.dead:
		return nil, fmt.Errorf("the worker died when it started: %s", w.death)
	case <-time.After(startTimeout):
		w.Kill()
		return nil, fmt.Errorf("the worker was not ready after %s", startTimeout)
	}
}

// PID is the worker's process.
func (w *Worker) PID() int { return w.cmd.Process.Pid }

// Dead is closed when the process has ended and all its output was handled.
func (w *Worker) Dead() <-chan struct{} { return w.dead }

// Death says how the process ended. It waits for that.
func (w *Worker) Death() *Death {
	<-w.dead
	return w.death
}

// Kill ends the process and everything that it started and waits until it is gone.
func (w *Worker) Kill() {
	w.mu.Lock()
	w.killed = true
	w.mu.Unlock()
	syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL)
	<-w.dead
}

// wait reaps the process.
func (w *Worker) wait(closers ...*os.File) {
	before := oomKills()
	err := w.cmd.Wait()
	syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL) // what it had started in its session
	w.out[0].finish(false)
	w.out[1].finish(fatal(w.cmd.ProcessState))
	w.gonb.close()
	w.mu.Lock()
	w.death = newDeath(err, w.cmd.ProcessState, w.out[1].recent(), oomKills() > before, w.killed)
	waits := w.waits
	w.waits = nil
	w.mu.Unlock()
	for _, c := range waits {
		close(c)
	}
	for _, f := range closers {
		f.Close()
	}
	close(w.dead)
}

// Run opens the plugin, if the worker has not, and runs it as the cell's. It returns when the cell is done and all that it
// has printed was handled. ErrDead says that the worker died meanwhile.
func (w *Worker) Run(cell int, plugin string) (wire.Event, error) {
	w.out[1].forget()
	w.mu.Lock()
	w.running = append(w.running, cell)
	w.mu.Unlock()
	e, err := w.call(wire.Request{Op: wire.OpRun, Cell: cell, Plugin: plugin})
	if err == nil {
		w.gonb.settle()
		w.drain()
	}
	w.mu.Lock()
	for i, c := range w.running {
		if c == cell {
			w.running = append(w.running[:i:i], w.running[i+1:]...)
			break
		}
	}
	if w.last = cell; e.Outlive {
		w.outlive = append(w.outlive, cell)
	}
	w.mu.Unlock()
	return e, err
}

// Warm opens a plugin and runs it as no cell's.
func (w *Worker) Warm(plugin string) error {
	e, err := w.call(wire.Request{Op: wire.OpRun, Plugin: plugin})
	if err == nil && e.Err != nil {
		err = errors.New(e.Err.Text)
	}
	return err
}

// Interrupt asks a cell to stop, all cells when it is 0.
func (w *Worker) Interrupt(cell int) { w.conn.Send(wire.Request{Op: wire.OpInterrupt, Cell: cell}) }

// Retire zeroes and forgets variables.
func (w *Worker) Retire(symbols []string) {
	if len(symbols) > 0 {
		w.conn.Send(wire.Request{Op: wire.OpRetire, Symbols: symbols})
	}
}

// Vars lists the variables that hold a value.
func (w *Worker) Vars() ([]wire.Var, error) {
	e, err := w.call(wire.Request{Op: wire.OpVars})
	return e.Vars, err
}

// Inspect describes one variable by the user's name for it.
func (w *Worker) Inspect(name string) (wire.Var, bool, error) {
	e, err := w.call(wire.Request{Op: wire.OpInspect, Name: name})
	if err != nil || len(e.Vars) == 0 {
		return wire.Var{}, false, err
	}
	return e.Vars[0], true, nil
}

// Setenv sets an environment variable of the worker; unset removes it.
func (w *Worker) Setenv(name, value string, unset bool) error {
	_, err := w.call(wire.Request{Op: wire.OpSetenv, Name: name, Value: value, Unset: unset})
	return err
}

// Chdir changes the worker's working directory.
func (w *Worker) Chdir(dir string) error {
	e, err := w.call(wire.Request{Op: wire.OpChdir, Value: dir})
	if err == nil && e.Err != nil {
		err = errors.New(e.Err.Text)
	}
	return err
}

// Where tells what a running cell is doing, innermost frame first. It gives up after a second.
func (w *Worker) Where(cell int) []wire.Frame {
	got := make(chan []wire.Frame, 1)
	go func() {
		e, _ := w.call(wire.Request{Op: wire.OpWhere, Cell: cell})
		got <- e.Where
	}()
	select {
	case f := <-got:
		return f
	case <-time.After(time.Second):
		return nil
	}
}

// call sends a request and waits for the event that answers it.
func (w *Worker) call(r wire.Request) (wire.Event, error) {
	answer := make(chan wire.Event, 1)
	w.mu.Lock()
	if w.waits == nil {
		w.mu.Unlock()
		return wire.Event{}, ErrDead
	}
	w.next++
	r.ID = w.next
	w.waits[r.ID] = answer
	w.mu.Unlock()
	if err := w.conn.Send(r); err != nil {
		if !errors.Is(err, syscall.EPIPE) && !errors.Is(err, os.ErrClosed) {
			return wire.Event{}, err
		}
		<-w.dead
		return wire.Event{}, ErrDead
	}
	e, ok := <-answer
	if !ok {
		<-w.dead
		return wire.Event{}, ErrDead
	}
	return e, nil
}

// receive reads the worker's events.
func (w *Worker) receive() {
	for {
		var e wire.Event
		if err := w.conn.Receive(&e); err != nil {
			return // the process has ended, or will be found out of step by its silence
		}
		switch e.Op {
		case wire.EvReady:
			close(w.ready)
		case wire.EvDisplay:
			w.drain()
			w.gonb.settle()
			if e.Display != nil {
				w.handler.Display(message(e))
			}
			w.conn.Send(wire.Request{Op: wire.OpAck, ID: e.ID})
		case wire.EvInput:
			go func() {
				w.drain()
				if p, ok := w.gonb.prompt(); ok && e.Prompt == "" {
					e.Prompt, e.Password = p.Prompt, p.Password
				}
				text, err := w.handler.Input(w.cellOf(e.Cell), e.Prompt, e.Password)
				r := wire.Request{Op: wire.OpInput, ID: e.ID, Value: text}
				if err != nil {
					r.Err = err.Error()
				}
				w.conn.Send(r)
			}()
		case wire.EvTurn:
			w.turn(e.Cell)
			w.conn.Send(wire.Request{Op: wire.OpAck, ID: e.ID})
		case wire.EvPanic:
			w.drain()
			if e.Err != nil {
				w.handler.Panic(e.Cell, *e.Err)
			}
		case wire.EvGone:
			w.mu.Lock()
			for i, c := range w.outlive {
				if c == e.Cell {
					w.outlive = append(w.outlive[:i:i], w.outlive[i+1:]...)
					break
				}
			}
			w.mu.Unlock()
		default:
			w.mu.Lock()
			c := w.waits[e.ID]
			delete(w.waits, e.ID)
			w.mu.Unlock()
			if c != nil {
				c <- e
			}
		}
	}
}

// message is the display package's form of an event.
func message(e wire.Event) display.Message {
	d := e.Display
	m := display.Message{Kind: d.Kind, ID: d.DisplayID, Data: Bundle(d.Bundle), Cell: e.Cell}
	if len(d.Metadata) > 0 {
		unmarshal(d.Metadata, &m.Metadata)
	}
	return m
}

// drain handles all that the worker has printed so far.
func (w *Worker) drain() {
	for _, s := range w.out {
		s.drain(true)
	}
}

// turn handles what was printed so far; what comes next is a cell's.
func (w *Worker) turn(cell int) {
	w.mu.Lock()
	same := cell == w.writer
	w.mu.Unlock()
	for _, s := range w.out {
		s.drain(!same)
	}
	w.mu.Lock()
	w.writer = cell
	w.mu.Unlock()
}

// emit gives a piece of output to the cell that it belongs to, as far as that is known.
func (w *Worker) emit(name, text string) {
	w.mu.Lock()
	cell := w.writer
	w.mu.Unlock()
	w.handler.Stream(w.cellOf(cell), name, text)
}

// cellOf returns cell, or when it is 0 the cell that is running (the one started last), else the one that has ended and
// still has goroutines, else the last one.
func (w *Worker) cellOf(cell int) int {
	if cell != 0 {
		return cell
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.running); n > 0 {
		return w.running[n-1]
	}
	if n := len(w.outlive); n > 0 {
		return w.outlive[n-1]
	}
	return w.last
}
