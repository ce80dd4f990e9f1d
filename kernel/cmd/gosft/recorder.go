package main

import (
	"context"
	"strings"
	"sync"

	"gosft/kernel/session"
)

// recorder is a front end that puts what cells show into a notebook, as JupyterLab would.
type recorder struct {
	mu       sync.Mutex
	displays map[string][]map[string]any // outputs by display id, for updates
	live     func(name, text string)     // told of stream text as it comes; may be nil
}

// page is the origin of a cell's output: the cell.
type page struct {
	cell    map[string]any
	outputs []map[string]any
	clear   bool // before the next output
}

func newRecorder() *recorder { return &recorder{displays: map[string][]map[string]any{}} }

// Input implements session.Frontend: nobody is there to ask.
func (r *recorder) Input(context.Context, session.Origin, string, bool) (string, error) {
	return "", session.ErrNoInput
}

// Publish implements session.Frontend.
func (r *recorder) Publish(o session.Origin, m session.Message) {
	p, ok := o.(*page)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch c := m.Content.(type) {
	case session.InputContent:
		p.cell["execution_count"] = c.ExecutionCount
	case session.ClearContent:
		if c.Wait {
			p.clear = true
		} else {
			p.empty()
		}
	case session.StreamContent:
		if r.live != nil {
			r.live(c.Name, c.Text)
		}
		p.stream(c.Name, c.Text)
	case session.ErrorContent:
		p.add(map[string]any{"output_type": "error", "ename": c.Name, "evalue": c.Value, "traceback": c.Traceback})
	case session.DisplayContent:
		r.display(p, m.Type, c)
	}
	p.save()
}

func (r *recorder) display(p *page, typ string, c session.DisplayContent) {
	data := map[string]any{}
	for mime, v := range c.Data {
		if s, ok := v.(string); ok && !strings.HasPrefix(mime, "image/") || mime == "image/svg+xml" && ok {
			data[mime] = lines(s)
			continue
		}
		data[mime] = v
	}
	id, _ := c.Transient["display_id"].(string)
	if typ == "update_display_data" {
		for _, out := range r.displays[id] {
			out["data"], out["metadata"] = data, c.Metadata
		}
		return
	}
	out := map[string]any{"output_type": typ, "data": data, "metadata": c.Metadata}
	if c.ExecutionCount != nil {
		out["execution_count"] = *c.ExecutionCount
	}
	if id != "" {
		r.displays[id] = append(r.displays[id], out)
	}
	p.add(out)
}

func (p *page) empty() { p.outputs, p.clear = nil, false }

func (p *page) add(out map[string]any) {
	if p.clear {
		p.empty()
	}
	p.outputs = append(p.outputs, out)
}

// stream adds text, to the last output where that is the same stream; carriage returns overwrite as in a terminal.
func (p *page) stream(name, s string) {
	if n := len(p.outputs); n > 0 && !p.clear && p.outputs[n-1]["output_type"] == "stream" && p.outputs[n-1]["name"] == name {
		p.outputs[n-1]["text"] = lines(session.FoldReturns(text(p.outputs[n-1]["text"]) + s))
		return
	}
	p.add(map[string]any{"output_type": "stream", "name": name, "text": lines(session.FoldReturns(s))})
}

// save puts the outputs into the cell in the form that JSON gives back.
func (p *page) save() {
	list := make([]any, len(p.outputs))
	for i, o := range p.outputs {
		list[i] = o
	}
	p.cell["outputs"] = list
}
