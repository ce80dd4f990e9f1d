package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"gosft/kernel/display"
	"gosft/kernel/engine"
	"gosft/kernel/gonb/bridge"
	"gosft/kernel/session"
	"gosft/kernel/worker"
	"gosft/kernel/worker/wire"
)

// cells is the session's view of the engine. The engine starts in the background, since the first start builds the
// worker for minutes: front ends are answered meanwhile, and the first cell shows what is being built.
type cells struct {
	config engine.Config

	mu      sync.Mutex
	engine  *engine.Engine
	err     error
	ready   chan struct{} // closed when engine or err is set
	told    string        // what the start has said last
	waiting map[*session.Output]bool
	begun   time.Time // the start, so that each has a display of its own
	closed  bool
	bridge  *bridge.Bridge // of gonbui's widgets
}

// newCells starts an engine. kernelID is what the Jupyter server knows the kernel by, "" where there is none. Where the
// config has no Progress, cells that wait for the start show it.
func newCells(c engine.Config, kernelID string) *cells {
	if dir, err := os.Getwd(); err == nil && os.Getenv("GONB_DIR") == "" { // for GoNB's notebooks; %cd changes it
		os.Setenv("GONB_DIR", dir)
	}
	e := &cells{config: c, waiting: map[*session.Output]bool{}}
	e.bridge = bridge.New(bridge.Config{Kernel: kernelID, Program: func(address string, value any) error {
		if eng := e.now(); eng != nil {
			return eng.SendComm(address, value)
		}
		return errors.New("no program runs")
	}})
	if e.config.Progress == nil {
		e.config.Progress = e.progress
	}
	e.begin()
	return e
}

// newIdle is a session's view of no engine at all.
func newIdle() *cells {
	return &cells{ready: make(chan struct{}), waiting: map[*session.Output]bool{}, bridge: bridge.New(bridge.Config{})}
}

// begin starts the engine. The caller holds mu, or is alone.
func (e *cells) begin() {
	ready := make(chan struct{})
	e.ready, e.err, e.begun = ready, nil, time.Now()
	go func() {
		eng, err := engine.New(e.config)
		e.mu.Lock()
		e.engine, e.err = eng, err
		closed := e.closed
		e.mu.Unlock()
		if err == nil && closed {
			eng.Close()
		}
		close(ready)
	}()
}

// progress tells the cells that wait for the engine what it does, in one line that changes.
func (e *cells) progress(line string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	kind := "update"
	if e.told == "" {
		kind = "display"
	}
	e.told = line
	for out := range e.waiting {
		(*out).Display(e.startDisplay(kind))
	}
}

func (e *cells) startDisplay(kind string) display.Message {
	return display.Message{Kind: kind, ID: fmt.Sprintf("gosft-start-%x", e.begun.UnixNano()), Data: session.NoteBundle(e.told)}
}

// get waits for the engine. A start that failed is tried again by the next cell.
func (e *cells) get(ctx context.Context, out session.Output) (*engine.Engine, error) {
	e.mu.Lock()
	if e.err != nil && !e.closed {
		e.told = ""
		e.begin()
	}
	ready := e.ready
	select {
	case <-ready:
	default:
		if e.told != "" {
			out.Display(e.startDisplay("display"))
		}
		e.waiting[&out] = true
	}
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		delete(e.waiting, &out)
		e.mu.Unlock()
	}()
	select {
	case <-ready:
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.engine, e.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// now is the engine where it runs already, else nil.
func (e *cells) now() *engine.Engine {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.ready:
		return e.engine
	default:
		return nil
	}
}

// Run implements session.Engine.
func (e *cells) Run(ctx context.Context, id int, src string, out session.Output) session.Result {
	eng, err := e.get(ctx, out)
	if err != nil {
		if errors.Is(err, context.Canceled) {
			return session.Result{Err: &session.Error{Name: "interrupted", Value: "the start was waited for; it goes on"}}
		}
		return session.Result{Err: &session.Error{Name: "set-up error", Value: err.Error(), Traceback: []string{
			"\x1b[31mset-up error\x1b[0m: " + err.Error(), "`gosft doctor` in a terminal checks everything and says what to do. Run the cell again to try again."}}}
	}
	r := eng.Run(ctx, id, src, output{out, e.bridge})
	res := session.Result{Bundle: r.Bundle, Lost: r.Lost, Timing: session.Timing{
		Parse: r.Timing.Parse, Check: r.Timing.Check, Compile: r.Timing.Compile, Link: r.Timing.Link, Load: r.Timing.Load, Run: r.Timing.Run, Reused: r.Timing.Reused}}
	if r.Err != nil {
		res.Err = &session.Error{Name: r.Err.Name, Value: r.Err.Value, Traceback: r.Err.Traceback}
	}
	return res
}

// Interrupt implements session.Engine.
func (e *cells) Interrupt() {
	if eng := e.now(); eng != nil {
		eng.Interrupt()
	}
}

// Restart implements session.Engine.
func (e *cells) Restart() error {
	eng, err := e.get(context.Background(), nowhere{})
	if err != nil {
		return err
	}
	e.bridge.Reset()
	return eng.Restart()
}

// Vars implements session.Engine.
func (e *cells) Vars() []session.Var {
	eng := e.now()
	if eng == nil {
		return nil
	}
	vars, err := eng.Vars()
	if err != nil {
		return nil
	}
	list := make([]session.Var, len(vars))
	for i, v := range vars {
		list[i] = sessionVar(v)
	}
	return list
}

func sessionVar(v wire.Var) session.Var {
	s := session.Var{Name: v.Name, Type: v.Type, Value: v.Value, Cell: v.Cell, Size: v.Shape}
	switch {
	case s.Size != "":
	case v.Len >= 0:
		s.Size = fmt.Sprintf("%d elements", v.Len)
	case v.Size >= 0:
		s.Size = fmt.Sprintf("%d B", v.Size)
	}
	return s
}

// Close implements session.Engine.
func (e *cells) Close() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	if eng := e.now(); eng != nil {
		return eng.Close()
	}
	return nil
}

// Comm implements session.Engine: gonbui's script in the browser sends address and value.
func (e *cells) Comm(m session.Comm) error { return e.bridge.FromFrontend(m) }

// output gives what the engine produces to the session.
type output struct {
	session.Output
	bridge *bridge.Bridge
}

func (o output) Display(m display.Message) { o.Output.Display(m) }

// Comm gives what gonbui says to its script in the browser.
func (o output) Comm(c worker.Comm) { o.bridge.FromProgram(o.Output, c) }

// nowhere drops what a cell produces.
type nowhere struct{}

func (nowhere) Stream(int, string, string) {}
func (nowhere) Display(display.Message)    {}
func (nowhere) Note(string)                {}
func (nowhere) Comm(session.Comm)          {}
func (nowhere) Input(string, bool) (string, error) {
	return "", session.ErrNoInput
}
