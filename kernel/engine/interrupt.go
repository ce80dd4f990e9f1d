package engine

import (
	"fmt"
	"strings"
	"time"

	"gosft/kernel/worker"
	"gosft/kernel/worker/wire"
)

// Interrupt stops all that runs: builds are cancelled, running cells are told to stop. A cell that has not stopped after
// ten seconds is named with what it is doing; an interrupt after that replaces the worker.
func (e *Engine) Interrupt() {
	e.mu.Lock()
	w := e.worker
	replace := e.ignored
	for _, a := range e.active {
		a.cancel()
		a.told = true
	}
	watching := e.watching
	e.watching = true
	e.mu.Unlock()
	if w == nil {
		e.mu.Lock()
		e.watching = false
		e.mu.Unlock()
		return
	}
	if replace {
		w.Kill()
		return
	}
	w.Interrupt(0)
	if !watching { // a second one does not start the ten seconds again
		go e.watch(w)
	}
}

// watch names the cells that ignore an interrupt.
func (e *Engine) watch(w *worker.Worker) {
	select {
	case <-time.After(e.config.Patience):
	case <-w.Dead():
	}
	e.mu.Lock()
	e.watching = false
	stuck := map[int]Output{}
	if e.worker == w {
		for id, a := range e.active {
			if a.running && a.told {
				stuck[id] = a.out
			}
		}
	}
	e.ignored = len(stuck) > 0 && e.worker == w
	e.mu.Unlock()
	for id, out := range stuck {
		out.Note(fmt.Sprintf("In[%d] has ignored the interrupt for %s%s. Interrupt again to replace the worker: all values are lost then, the declarations stay.",
			id, e.config.Patience, doing(w.Where(id))))
	}
}

// doing says where a cell is: the innermost function that it called, and from which line.
func doing(frames []wire.Frame) string {
	inner := ""
	for _, f := range frames {
		if id, ok := cellOf(f.File); ok {
			if inner == "" {
				return fmt.Sprintf(": it is in line %d of In[%d]", f.Line, id)
			}
			return fmt.Sprintf(": it is in %s, called by line %d of In[%d]", inner, f.Line, id)
		}
		if !strings.HasPrefix(f.Func, "runtime.") && !strings.HasPrefix(f.Func, "gosft/kernel/live.") {
			inner = f.Func[strings.LastIndex(f.Func, "/")+1:]
		}
	}
	return ""
}
