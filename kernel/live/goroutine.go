package live

import "gosft/kernel/worker/wire"

// Go counts a goroutine that the user's code starts. Generated code reads
//
//	live.Go(17)
//	go func() { defer live.GoExit(17); f(x) }()
//
// A timer's goroutine inherits no label: there the calls stand in the goroutine itself, which is labelled then.
func Go(cell int) {
	c := current()
	if c == nil {
		c = adopt(cell)
	}
	if c != nil {
		c.children.Add(1)
	}
}

// GoExit ends such a goroutine: a panic is reported under the cell that started it and the worker lives on.
func GoExit(cell int) {
	r := recover()
	c := current()
	if r != nil {
		if _, ok := r.(stop); !ok {
			f := failure(r)
			id := cell
			if c != nil {
				id = c.id
			}
			server.send(wire.Event{Op: wire.EvPanic, Cell: id, Err: &f})
		}
	}
	if c != nil && c.children.Add(-1) <= 0 && c.ended.Load() {
		server.send(wire.Event{Op: wire.EvGone, Cell: c.id})
	}
}
