// Package fake is an engine for tests of the session and the protocol: it obeys a small language of its own, one
// command a line, instead of running Go.
//
//	print TEXT        a line on stdout        warn TEXT      a line on stderr
//	flood N           N numbered lines        sleep DURATION until then or interrupted
//	spin              until interrupted       gate           until Release or interrupted
//	error TEXT        the cell fails
//	html TEXT         a display               update ID TEXT, display ID TEXT, clear [wait]
//	result TEXT       the cell's value        input PROMPT, password PROMPT: ask, then print the answer
//	late DURATION TEXT  prints TEXT later     note TEXT      a note to the user
//	comm TARGET TEXT  opens a comm and sends TEXT with a binary buffer
//	panic             a fault in the engine
package fake

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"gosft/kernel/session"
)

// Engine implements session.Engine.
type Engine struct {
	mu    sync.Mutex
	stop  chan struct{} // closed by Interrupt
	gate  chan struct{} // closed by Release
	comms []session.Comm
	ran   []string // every cell that was run
}

// New returns an engine that has run nothing.
func New() *Engine { return &Engine{stop: make(chan struct{}), gate: make(chan struct{})} }

// Run obeys the lines of src.
func (e *Engine) Run(ctx context.Context, id int, src string, out session.Output) session.Result {
	e.mu.Lock()
	stop, gate := e.stop, e.gate
	e.ran = append(e.ran, src)
	e.mu.Unlock()
	var res session.Result
	wait := func(d time.Duration, until <-chan struct{}) *session.Error {
		select {
		case <-until:
			return nil
		case <-stop:
			return &session.Error{Name: "interrupted", Value: fmt.Sprintf("In[%d] was interrupted", id)}
		case <-ctx.Done():
			return &session.Error{Name: "interrupted", Value: context.Cause(ctx).Error()}
		case <-time.After(d):
			return nil
		}
	}
	for _, line := range strings.Split(src, "\n") {
		cmd, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
		first, rest, _ := strings.Cut(arg, " ")
		switch cmd {
		case "print":
			out.Stream(id, "stdout", arg+"\n")
		case "raw":
			out.Stream(id, "stdout", strings.NewReplacer(`\r`, "\r", `\n`, "\n").Replace(arg))
		case "warn":
			out.Stream(id, "stderr", arg+"\n")
		case "flood":
			var n int
			fmt.Sscan(arg, &n)
			for i := range n {
				out.Stream(id, "stdout", fmt.Sprintf("%099d\n", i))
			}
		case "sleep", "spin":
			d, err := time.ParseDuration(arg)
			if err != nil {
				d = time.Hour
			}
			if res.Err = wait(d, nil); res.Err != nil {
				return res
			}
		case "gate":
			if res.Err = wait(time.Hour, gate); res.Err != nil {
				return res
			}
		case "open":
			e.Release()
		case "error":
			res.Err = &session.Error{Name: "error", Value: arg, Traceback: []string{fmt.Sprintf("In[%d]:1: %s", id, arg)}}
			return res
		case "html":
			out.Display(session.Display{Kind: "display", Data: session.Bundle{"text/html": arg, "text/plain": arg}, Cell: id})
		case "png":
			out.Display(session.Display{Kind: "display", Data: session.Bundle{"image/png": []byte("\x89PNG"), "text/plain": "image"}, Cell: id})
		case "display", "update":
			out.Display(session.Display{Kind: cmd, ID: first, Data: session.Bundle{"text/plain": rest}, Cell: id})
		case "clear":
			out.Display(session.Display{Kind: "clear", Metadata: map[string]any{"wait": arg == "wait"}, Cell: id})
		case "result":
			res.Bundle = session.Bundle{"text/plain": arg}
		case "input", "password":
			v, err := out.Input(arg, cmd == "password")
			if err != nil {
				res.Err = &session.Error{Name: "error", Value: err.Error()}
				return res
			}
			out.Stream(id, "stdout", "got "+v+"\n")
		case "late":
			d, _ := time.ParseDuration(first)
			time.AfterFunc(d, func() { out.Stream(id, "stdout", rest+"\n") })
		case "note":
			out.Note(arg)
		case "comm":
			out.Comm(session.Comm{Kind: "open", ID: "c-" + first, Target: first, Data: map[string]any{"text": rest}, Cell: id})
			out.Comm(session.Comm{Kind: "msg", ID: "c-" + first, Data: rest, Buffers: [][]byte{{0, 1, 2, 255}}, Cell: id})
		case "panic":
			panic("fault")
		case "", "//":
		default:
			res.Err = &session.Error{Name: "compile error", Value: fmt.Sprintf("In[%d]: unknown word %q", id, cmd)}
			return res
		}
	}
	return res
}

// Interrupt stops what sleeps or spins.
func (e *Engine) Interrupt() {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.stop)
	e.stop = make(chan struct{})
}

// Release lets cells that stand at a gate go on.
func (e *Engine) Release() {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.gate)
	e.gate = make(chan struct{})
}

// Restart does nothing: there are no values.
func (e *Engine) Restart() error { return nil }

// Vars lists one variable.
func (e *Engine) Vars() []session.Var {
	return []session.Var{{Name: "answer", Type: "int", Size: "8 B", Value: "42", Cell: 1}}
}

// Comm records the message.
func (e *Engine) Comm(m session.Comm) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.comms = append(e.comms, m)
	return nil
}

// Received is a copy of the comm messages so far.
func (e *Engine) Received() []session.Comm {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]session.Comm(nil), e.comms...)
}

// Ran is a copy of the cells that were run.
func (e *Engine) Ran() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.ran...)
}

// Close does nothing.
func (e *Engine) Close() error { return nil }
