package engine

import "gosft/kernel/worker"

// Restart replaces the worker and forgets all declarations. Running cells fail.
func (e *Engine) Restart() error {
	_, err := e.replace(func() {
		e.planning.Lock()
		defer e.planning.Unlock()
		e.planner.Reset()
		e.session.Reset()
	})
	return err
}

// Renew replaces the worker: values are gone and their memory is free, the declarations stay. It returns the names of the
// variables that had a value. Running cells fail.
func (e *Engine) Renew() (lost []string, err error) { return e.replace(func() {}) }

// replace ends the worker with its running cells, then calls between and starts another.
func (e *Engine) replace(between func()) (lost []string, err error) {
	w := e.kill()
	between()
	e.mu.Lock()
	if e.worker == w && w != nil {
		e.buried()
	}
	lost, e.lost = e.lost, nil
	e.mu.Unlock()
	return lost, e.start()
}

// kill ends the worker, if there is one, and the running cells.
func (e *Engine) kill() *worker.Worker {
	e.mu.Lock()
	w := e.worker
	for _, a := range e.active {
		a.cancel()
	}
	e.mu.Unlock()
	if w != nil {
		w.Kill()
	}
	return w
}
