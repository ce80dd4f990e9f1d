package engine

import (
	"fmt"
	"strings"

	"gosft/kernel/display"
	"gosft/kernel/worker"
	"gosft/kernel/worker/wire"
)

// handler gives what the worker does to the outputs of the cells.
type handler Engine

// output is where a cell's output goes: to the newest cell when its own has been forgotten.
func (h *handler) output(cell int) Output {
	h.mu.Lock()
	defer h.mu.Unlock()
	if out, ok := h.outputs[cell]; ok {
		return out
	}
	return h.lastOut
}

func (h *handler) Stream(cell int, name, text string) {
	if out := h.output(cell); out != nil {
		out.Stream(cell, name, text)
	}
}

func (h *handler) Display(m display.Message) {
	if out := h.output(m.Cell); out != nil {
		out.Display(m)
	}
}

func (h *handler) Input(cell int, prompt string, password bool) (string, error) {
	out := h.output(cell)
	if out == nil {
		return "", errNoOutput
	}
	h.mu.Lock()
	act := h.active[cell]
	h.mu.Unlock()
	if act == nil {
		return out.Input(prompt, password)
	}
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := out.Input(prompt, password)
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		return a.text, a.err
	case <-act.ctx.Done(): // an interrupt is an end of the input
		return "", act.ctx.Err()
	}
}

func (h *handler) Comm(c worker.Comm) {
	if out := h.output(0); out != nil {
		out.Comm(c)
	}
}

// Panic reports a goroutine that died under the cell that started it.
func (h *handler) Panic(cell int, f wire.Failure) {
	e := (*Engine)(h)
	err := &Error{Name: "panic", Value: f.Text}
	e.mark(err, f.Frames)
	if out := h.output(cell); out != nil {
		out.Stream(cell, "stderr", fmt.Sprintf("A goroutine that In[%d] started has ended with a panic; the session goes on.\n%s\n",
			cell, strings.Join(err.Traceback, "\n")))
	}
}
