package live

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"gosft/kernel/worker/wire"
)

// interrupted is the number of running cells that were told to stop; Poll is one load while it is 0.
var interrupted atomic.Int32

// again is how long a goroutine that was told to stop may run deferred functions before it is told again: one that
// recovered and goes on is stopped then.
const again = time.Second

// Poll stops the goroutine when its cell was interrupted.
func Poll() {
	if interrupted.Load() != 0 {
		pollSlow()
	}
}

//go:noinline
func pollSlow() {
	if c := current(); c != nil && c.stopped.Load() {
		c.halt(false)
	}
}

// Stop ends this goroutine, whose cell was interrupted. Generated code calls it in the case of [Done] that it adds to a
// select.
func Stop() {
	if c := current(); c != nil && c.stopped.Load() {
		c.halt(true)
	}
	panic(stop{})
}

// halt unwinds this goroutine. In the cell's own goroutine and in those that its code started, a panic is recovered at
// the root. In one that a library started (errgroup, an HTTP server) nobody would recover it: runtime.Goexit runs the
// deferred calls there and ends that goroutine only.
func (c *Cell) halt(now bool) {
	id := goroutineID()
	c.delivered.mu.Lock()
	if c.delivered.at == nil {
		c.delivered.at = map[uint64]time.Time{}
	}
	last, told := c.delivered.at[id]
	if !now && told && time.Since(last) < again {
		c.delivered.mu.Unlock()
		return
	}
	c.delivered.at[id] = time.Now()
	c.delivered.mu.Unlock()
	if ours() {
		panic(stop{})
	}
	runtime.Goexit()
}

// ours reports whether this goroutine began in this package or in a cell's code.
func ours() bool {
	var pcs [512]uintptr
	var last []uintptr
	for skip := 0; ; skip += len(pcs) {
		n := runtime.Callers(skip, pcs[:])
		if n > 0 {
			last = append(last[:0], pcs[max(0, n-3):n]...)
		}
		if n < len(pcs) {
			break
		}
	}
	frames := runtime.CallersFrames(last)
	root := ""
	for {
		f, more := frames.Next()
		if f.Function != "runtime.goexit" && f.Function != "" {
			root = f.Function
			if wire.IsCell(f.File) {
				root = "cell"
			}
		}
		if !more {
			break
		}
	}
	return root == "cell" || strings.HasPrefix(root, "gosft/kernel/live.")
}

// stopAll interrupts a running cell, or all of them when id is 0.
func stopAll(running []*Cell, id int) {
	for _, c := range running {
		if (id == 0 || c.id == id) && c.stopped.CompareAndSwap(false, true) {
			interrupted.Add(1)
			c.cancel()
		}
	}
}

// settleAfter is how long an interrupted cell's goroutines have to come to a Poll after the cell itself has ended.
const settleAfter = 2 * time.Second

// settle makes Poll quick again some time after an interrupted cell has ended.
func (c *Cell) settle() {
	if c.stopped.Load() {
		time.AfterFunc(settleAfter, func() { interrupted.Add(-1) })
	}
}

// done returns what is closed when this goroutine's cell is interrupted; nil, which blocks for ever, when it has no cell.
func done() <-chan struct{} { return context.Context.Done(cellContext()) }

func cellContext() context.Context {
	if c := current(); c != nil {
		return c.Context
	}
	return context.Background()
}
