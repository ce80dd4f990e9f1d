package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"gosft/kernel/build"
	"gosft/kernel/cell"
	"gosft/kernel/worker"
	"gosft/kernel/worker/wire"
)

// Run runs the cell src under the number id, which no other cell of the session has. When it returns, all that the cell
// has printed and shown was handed to out. When ctx ends the cell is stopped.
func (e *Engine) Run(ctx context.Context, id int, src string, out Output) (r Result) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	act := &activity{ctx: ctx, cancel: cancel, out: out}
	e.mu.Lock()
	e.active[id] = act
	e.sources[id] = src
	e.outputs[id] = out
	e.lastOut = out
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		if delete(e.active, id); len(e.active) == 0 {
			e.ignored = false
		}
		e.forgetOutputs(id)
		r.Lost, e.lost = append(r.Lost, e.lost...), nil
		e.mu.Unlock()
	}()

	var w *worker.Worker
	var plan *cell.Plan
	var path string
	for w == nil { // again when the worker is replaced while the cell is built: the planner has to know what is lost
		var err error
		if w, err = e.alive(out); err != nil {
			r.Err = e.problem("worker", err)
			return r
		}
		if plan, err = e.prepare(ctx, id, src, out, &r); err != nil {
			r.Err = e.buildError(ctx, err)
			return r
		}
		if path, err = e.build(ctx, plan, w, &r); err != nil {
			r.Err = e.buildError(ctx, err)
			return r
		}
		e.mu.Lock()
		if e.worker != w {
			w = nil
		}
		e.mu.Unlock()
	}
	done, err := e.execute(ctx, act, w, plan, path)
	r.Timing.Load, r.Timing.Run = time.Duration(done.Open), time.Duration(done.Run)
	if err != nil {
		e.died(w, &r, ctx.Err() != nil)
		return r
	}
	if done.Err != nil {
		r.Err = e.failure(done.Err, id)
		e.discard(plan, w)
		return r
	}
	e.commit(plan, w)
	for _, n := range plan.Notes { // what was reset is so only now
		out.Note(n)
	}
	r.Bundle = worker.Bundle(done.Bundle)
	return r
}

// alive returns a worker that lives: a fresh one when the last has died. What it died of is told when nobody was there.
func (e *Engine) alive(out Output) (*worker.Worker, error) {
	if err := e.start(); err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.obituary != "" {
		out.Note("Since the last cell " + e.obituary + ". This cell has a fresh worker.")
		e.obituary = ""
	}
	return e.worker, nil
}

// prepare makes the plan of a cell. One is made at a time.
func (e *Engine) prepare(ctx context.Context, id int, src string, out Output, r *Result) (*cell.Plan, error) {
	e.planning.Lock()
	defer e.planning.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	start := time.Now()
	e.session.Begin(ctx, out.Note)
	plan, err := e.planner.Plan(id, src)
	if plan != nil {
		r.Timing.Parse = plan.Parse
	}
	r.Timing.Check = time.Since(start) - r.Timing.Parse
	return plan, err
}

// build returns the path of the plan's plugin: one that the worker has opened when nothing changed.
func (e *Engine) build(ctx context.Context, plan *cell.Plan, w *worker.Worker, r *Result) (string, error) {
	e.mu.Lock()
	path, ok := e.plugins[plan.Key]
	ok = ok && e.worker == w
	e.mu.Unlock()
	if ok && plan.Key != "" {
		r.Timing.Reused = true
		return path, nil
	}
	p, err := e.session.Build(ctx, plan)
	if err != nil {
		return "", err
	}
	r.Timing.Compile, r.Timing.Link = p.Timing.Compile, p.Timing.Link
	return p.Path, nil
}

// execute runs a plugin in the worker. An error says that the worker died.
func (e *Engine) execute(ctx context.Context, act *activity, w *worker.Worker, plan *cell.Plan, path string) (wire.Event, error) {
	e.mu.Lock()
	act.running = true
	e.mu.Unlock()
	over := make(chan struct{})
	defer close(over)
	go func() { // the caller's context stops the cell, also one that the worker has not begun yet
		for stop := ctx.Done(); ; {
			select {
			case <-stop:
				w.Interrupt(plan.Cell)
				again := make(chan struct{})
				time.AfterFunc(100*time.Millisecond, func() { close(again) })
				stop = again
			case <-over:
				return
			}
		}
	}()
	done, err := w.Run(plan.Cell, path)
	os.Remove(path) // it is mapped
	e.mu.Lock()
	defer e.mu.Unlock()
	act.running = false
	loaded := err == nil && (done.Err == nil || done.Err.Kind != wire.KindLoad)
	if e.worker == w && plan.Key != "" {
		if loaded {
			e.plugins[plan.Key] = path
		} else {
			delete(e.plugins, plan.Key)
		}
	}
	return done, err
}

// discard frees the variables that a failed cell made: they are no part of the session.
func (e *Engine) discard(plan *cell.Plan, w *worker.Worker) {
	e.planning.Lock()
	kept := map[string]bool{}
	for _, v := range e.planner.Vars() {
		kept[v.Symbol] = true
	}
	e.planning.Unlock()
	var symbols []string
	for _, v := range plan.Vars {
		if !kept[v.Symbol] {
			symbols = append(symbols, v.Symbol)
		}
	}
	w.Retire(symbols)
}

// commit makes the declarations of a cell that has run the session's.
func (e *Engine) commit(plan *cell.Plan, w *worker.Worker) {
	e.planning.Lock()
	e.planner.Commit(plan)
	e.planning.Unlock()
	w.Retire(plan.Retire)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.worker == w {
		for _, v := range plan.Vars {
			e.values[v.Name] = true
		}
	}
}

// died tells how the worker that ran the cell ended.
func (e *Engine) died(w *worker.Worker, r *Result, interrupted bool) {
	d := w.Death()
	text := d.Text
	if d.Kind == "replaced" {
		text = "the worker was replaced while the cell ran"
		if interrupted {
			text = "the cell did not stop: the worker was replaced"
		}
	}
	r.Err = &Error{Name: strings.ReplaceAll(d.Kind, "replaced", "interrupted"), Value: text}
	e.mark(r.Err, d.Frames)
	r.Err.Traceback = append(r.Err.Traceback, "The worker process is gone. The next cell gets a fresh one, with all declarations but without values.")
	e.mu.Lock()
	if e.worker == w {
		e.buried()
	}
	e.mu.Unlock()
}

// forgetOutputs keeps the outputs of the last cells only: goroutines of older ones write under the newest of them.
func (e *Engine) forgetOutputs(id int) {
	const kept = 100
	if len(e.outputs) <= kept {
		return
	}
	for old := range e.outputs {
		if _, running := e.active[old]; old <= id-kept && !running {
			delete(e.outputs, old)
		}
	}
}

// buildError describes what planning or building found.
func (e *Engine) buildError(ctx context.Context, err error) *Error {
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return &Error{Name: "interrupted", Value: "the build was cancelled", Traceback: []string{red("interrupted") + ": the build was cancelled"}}
	}
	var errs cell.Errors
	if errors.As(err, &errs) && len(errs) > 0 {
		return e.compileError(errs)
	}
	return e.problem("build", err)
}

// problem is an error that is not the cell's fault.
func (e *Engine) problem(name string, err error) *Error {
	text := wire.Clean(err.Error())
	return &Error{Name: name + " error", Value: text, Traceback: []string{red(name+" error") + ": " + text}}
}

// Get adds a module or package to the session: "example.com/m/pkg" or "example.com/m@v1.2.3".
func (e *Engine) Get(ctx context.Context, what string, note func(string)) error {
	return e.session.Get(ctx, what, note)
}

var _ build.Builder = (*build.Session)(nil)

var errNoOutput = fmt.Errorf("no cell runs that could ask for input")
