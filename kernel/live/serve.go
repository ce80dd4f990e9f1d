package live

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"plugin"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"gosft/kernel/display"
	"gosft/kernel/worker/wire"
)

// maxStack is where a recursion without end stops: 256 MB of stack instead of Go's 1 GB.
const maxStack = 256 << 20

// serving is the worker's side of the connection.
type serving struct {
	conn    *wire.Conn
	mu      sync.Mutex
	next    int
	waits   map[int]chan wire.Request // answers that goroutines of the program wait for
	running []*Cell
	entries map[string]func(*Cell) // opened plugins by path
	stdin   stdin
	loading sync.Mutex
}

var server = &serving{waits: map[int]chan wire.Request{}, entries: map[string]func(*Cell){}}

// Main is the worker program. It returns never: when the kernel closes its pipe, the process ends.
func Main() {
	syscall.CloseOnExec(wire.RequestFD)
	syscall.CloseOnExec(wire.EventFD)
	syscall.CloseOnExec(wire.GonbFD)
	syscall.CloseOnExec(wire.GonbBackFD)
	server.conn = wire.NewConn(os.NewFile(wire.RequestFD, "requests"), os.NewFile(wire.EventFD, "events"))
	signal.Ignore(syscall.SIGINT) // Ctrl-C in the kernel's terminal is for the kernel
	debug.SetMaxStack(maxStack)
	// When memory runs out the worker is the one to go, not the kernel.
	os.WriteFile("/proc/self/oom_score_adj", []byte("500"), 0)
	if n, err := strconv.ParseUint(os.Getenv(wire.MemoryEnv), 10, 64); err == nil && n > 0 {
		limitMemory(n)
		os.Unsetenv(wire.MemoryEnv)
	}
	if err := server.stdin.open(); err != nil {
		fmt.Fprintln(os.Stderr, "gosft worker: no standard input:", err)
	}
	display.SetSink(sink{})
	lineBufferC()
	outputHook = output.write
	server.send(wire.Event{Op: wire.EvReady})
	for {
		var r wire.Request
		if err := server.conn.Receive(&r); err != nil {
			if !errors.Is(err, io.EOF) {
				fmt.Fprintln(os.Stderr, "gosft worker:", err)
			}
			os.Exit(0)
		}
		server.handle(r)
	}
}

// limitMemory makes the kernel of the operating system refuse more than n bytes of private memory; the collector works
// harder from nine tenths on.
func limitMemory(n uint64) {
	syscall.Setrlimit(rlimitData, &syscall.Rlimit{Cur: n, Max: n})
	debug.SetMemoryLimit(int64(n / 10 * 9))
}

func (s *serving) send(e wire.Event) {
	if s.conn == nil { // not in a worker: a test of a cell's code
		return
	}
	if err := s.conn.Send(e); err != nil {
		s.conn.Send(wire.Event{Op: e.Op, ID: e.ID, Cell: e.Cell, Err: &wire.Failure{Kind: wire.KindError, Name: "error", Text: err.Error()}})
	}
}

// call sends an event and waits for the request that answers it.
func (s *serving) call(e wire.Event) (wire.Request, error) { return s.callWithin(0, e) }

// callWithin gives up after a while; 0 is never.
func (s *serving) callWithin(wait time.Duration, e wire.Event) (wire.Request, error) {
	if s.conn == nil {
		return wire.Request{}, errNoKernel
	}
	answer := make(chan wire.Request, 1)
	s.mu.Lock()
	s.next++
	e.ID = s.next
	s.waits[e.ID] = answer
	s.mu.Unlock()
	err := s.conn.Send(e)
	if err == nil {
		var late <-chan time.Time
		if wait > 0 {
			late = time.After(wait)
		}
		select {
		case r := <-answer:
			return r, nil
		case <-late:
			err = errNoKernel
		}
	}
	s.mu.Lock()
	delete(s.waits, e.ID)
	s.mu.Unlock()
	return wire.Request{}, err
}

// ask is call for a line of input.
func (s *serving) ask(e wire.Event) (string, error) {
	r, err := s.call(e)
	if err != nil {
		return "", err
	}
	if r.Err != "" {
		return "", errors.New(r.Err)
	}
	return r.Value, nil
}

// handle takes one request. It must not block: what takes time runs in a goroutine.
func (s *serving) handle(r wire.Request) {
	switch r.Op {
	case wire.OpRun:
		c := newCell(r.Cell)
		s.mu.Lock()
		s.running = append(s.running, c) // at once: an interrupt may follow
		s.mu.Unlock()
		go s.run(r, c)
	case wire.OpInterrupt:
		s.mu.Lock()
		stopAll(s.running, r.Cell)
		s.mu.Unlock()
	case wire.OpInput, wire.OpAck:
		s.mu.Lock()
		answer := s.waits[r.ID]
		delete(s.waits, r.ID)
		s.mu.Unlock()
		if answer != nil {
			answer <- r
		}
	case wire.OpRetire:
		vars.retire(r.Symbols) // before the next cell may use them again
	case wire.OpVars:
		go func() {
			s.send(wire.Event{Op: wire.EvVars, ID: r.ID, Vars: vars.list(s.busy())})
		}()
	case wire.OpInspect:
		go func() {
			e := wire.Event{Op: wire.EvInspect, ID: r.ID}
			if v, ok := vars.inspect(r.Name, s.busy()); ok {
				e.Vars = []wire.Var{v}
			}
			s.send(e)
		}()
	case wire.OpSetenv:
		if r.Unset {
			os.Unsetenv(r.Name)
		} else {
			os.Setenv(r.Name, r.Value)
		}
		s.send(wire.Event{Op: wire.EvDone, ID: r.ID})
	case wire.OpChdir:
		e := wire.Event{Op: wire.EvDone, ID: r.ID}
		if err := os.Chdir(r.Value); err != nil {
			e.Err = &wire.Failure{Kind: wire.KindError, Name: typeName(err), Text: err.Error()}
		}
		s.send(e)
	case wire.OpWhere:
		go func() { s.send(wire.Event{Op: wire.EvWhere, ID: r.ID, Where: s.where(r.Cell)}) }()
	}
}

// busy says whether one of the user's cells is running. The plugin that warms the worker up is cell 0 and touches none of
// their values.
func (s *serving) busy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.running, func(c *Cell) bool { return c.id != 0 })
}

// run opens the plugin, when it is not, and runs it as the request's cell.
func (s *serving) run(r wire.Request, c *Cell) {
	e := wire.Event{Op: wire.EvDone, ID: r.ID, Cell: r.Cell}
	start := time.Now()
	entry, err := s.load(r.Plugin)
	e.Open = int64(time.Since(start))
	if err != nil {
		e.Err = &wire.Failure{Kind: wire.KindLoad, Name: "load", Text: Clean(err.Error())}
	} else {
		over := make(chan struct{})
		go s.stdin.watch(c, over)
		output.begin(c)
		start = time.Now()
		e.Err = c.run(entry)
		e.Run = int64(time.Since(start))
		close(over)
	}
	flushC()
	output.end(c)
	s.mu.Lock()
	s.running = slices.DeleteFunc(s.running, func(x *Cell) bool { return x == c })
	last := len(s.running) == 0
	c.settle()
	s.mu.Unlock()
	if last {
		s.stdin.drop()
	}
	if e.Err == nil {
		e.Bundle = encode(c.result)
	}
	c.result = nil
	e.Outlive = c.children.Load() > 0
	s.send(e)
}

// load opens a plugin and returns its entry. The file may be removed afterwards.
func (s *serving) load(path string) (func(*Cell), error) {
	s.loading.Lock()
	defer s.loading.Unlock()
	if f, ok := s.entries[path]; ok {
		return f, nil
	}
	p, err := plugin.Open(path)
	if err != nil {
		return nil, err
	}
	sym, err := p.Lookup("Run")
	if err != nil {
		return nil, err
	}
	f, ok := sym.(func(*Cell))
	if !ok {
		return nil, fmt.Errorf("%s: Run is %T", path, sym)
	}
	s.entries[path] = f
	return f, nil
}

// run calls the entry in a goroutine of its own, labelled as the cell's, and says how it failed.
func (c *Cell) run(entry func(*Cell)) (f *wire.Failure) {
	over := make(chan struct{})
	go func() {
		returned := false
		defer close(over)
		defer func() {
			if r := recover(); r != nil {
				g := failure(r)
				f = &g
			} else if !returned {
				if c.stopped.Load() {
					f = &wire.Failure{Kind: wire.KindInterrupt, Name: "interrupted", Text: "the cell was interrupted"}
				} else {
					f = &wire.Failure{Kind: wire.KindExit, Name: "runtime.Goexit", Text: "the cell ended itself with runtime.Goexit"}
				}
			}
		}()
		c.mark()
		entry(c)
		returned = true
	}()
	<-over
	return f
}

// where returns what the goroutine of a running cell is doing, innermost frame first.
func (s *serving) where(id int) []wire.Frame {
	s.mu.Lock()
	var c *Cell
	for _, x := range s.running {
		if x.id == id {
			c = x
		}
	}
	s.mu.Unlock()
	if c == nil {
		return nil
	}
	buf := make([]byte, 1<<20)
	buf = buf[:runtime.Stack(buf, true)]
	head := fmt.Sprintf("goroutine %d ", c.goroutine)
	for _, block := range strings.Split(string(buf), "\n\n") {
		if strings.HasPrefix(block, head) {
			return parseStack(block)
		}
	}
	return nil
}

// parseStack reads one goroutine of a stack dump: a line with the function, one with the file and line, and so on.
func parseStack(block string) []wire.Frame {
	lines := strings.Split(block, "\n")
	var out []wire.Frame
	for i := 1; i+1 < len(lines); i += 2 {
		fn := lines[i]
		if j := strings.LastIndex(fn, "("); j > 0 {
			fn = fn[:j]
		}
		file, rest, ok := cutLast(strings.TrimSpace(lines[i+1]), ":")
		if !ok {
			continue
		}
		num, _, _ := strings.Cut(rest, " ")
		line, _ := strconv.Atoi(num)
		if wire.IsCell(file) {
			file = file[strings.LastIndex(file, "/")+1:]
		}
		out = append(out, wire.Frame{Func: Clean(fn), File: file, Line: line})
	}
	return out
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
