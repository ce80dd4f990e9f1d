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
	act := &activity{cancel: cancel, out: out}
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

	if err := e.start(); err != nil { // a fresh one when the last has died
		r.Err = e.problem("worker", err)
		return r
	}
	plan, err := e.plan(ctx, id, src, out, &r)
	if err != nil {
		r.Err = e.buildError(ctx, err)
		return r
	}
	path, err := e.build(ctx, plan, &r)
	if err != nil {
		r.Err = e.buildError(ctx, err)
		return r
	}
	for _, n := range plan.Notes {
		out.Note(n)
	}
	done, w, err := e.execute(ctx, act, id, path)
	if err == nil && plan.Key != "" && (done.Err == nil || done.Err.Kind != wire.KindLoad) {
		e.mu.Lock()
		if e.worker == w {
			e.plugins[plan.Key] = path
		}
		e.mu.Unlock()
	}
	r.Timing.Load, r.Timing.Run = time.Duration(done.Open), time.Duration(done.Run)
	if err != nil {
		e.died(w, &r, ctx.Err() != nil)
		return r
	}
	if done.Err != nil {
		r.Err = e.failure(done.Err, id)
		if done.Err.Kind == wire.KindLoad {
			e.forgetPlugin(path)
		}
		return r
	}
	e.commit(plan, w)
	r.Bundle = worker.Bundle(done.Bundle)
	return r
}

// plan makes the plan of a cell. One is made at a time.
func (e *Engine) plan(ctx context.Context, id int, src string, out Output, r *Result) (*cell.Plan, error) {
	e.planning.Lock()
	defer e.planning.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	start := time.Now()
	defer func() { r.Timing.Plan = time.Since(start) }()
	e.session.Begin(ctx, out.Note)
	return e.planner.Plan(id, src)
}

// build returns the path of the plan's plugin: one that the worker has opened when nothing changed.
func (e *Engine) build(ctx context.Context, plan *cell.Plan, r *Result) (string, error) {
	e.mu.Lock()
	path, ok := e.plugins[plan.Key]
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
func (e *Engine) execute(ctx context.Context, act *activity, id int, path string) (wire.Event, *worker.Worker, error) {
	e.mu.Lock()
	w := e.worker
	act.running = true
	e.mu.Unlock()
	over := make(chan struct{})
	defer close(over)
	go func() { // the caller's context stops the cell too
		select {
		case <-ctx.Done():
			w.Interrupt(id)
		case <-over:
		}
	}()
	done, err := w.Run(id, path)
	os.Remove(path) // it is mapped
	e.mu.Lock()
	act.running = false
	e.mu.Unlock()
	return done, w, err
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

// forgetPlugin drops a plugin that could not be opened.
func (e *Engine) forgetPlugin(path string) {
	os.Remove(path)
	e.mu.Lock()
	for k, p := range e.plugins {
		if p == path {
			delete(e.plugins, k)
		}
	}
	e.mu.Unlock()
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
