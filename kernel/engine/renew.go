package engine

// Renew replaces the worker: values are gone and their memory is free, the declarations stay. It returns the names of the
// variables that had a value. Running cells fail.
func (e *Engine) Renew() (lost []string, err error) {
	e.mu.Lock()
	w := e.worker
	for _, a := range e.active {
		a.cancel()
	}
	e.mu.Unlock()
	if w != nil {
		w.Kill()
	}
	e.mu.Lock()
	if e.worker == w && w != nil {
		e.buried()
	}
	lost, e.lost = e.lost, nil
	e.mu.Unlock()
	return lost, e.start()
}
