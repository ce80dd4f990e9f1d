package live

import (
	"slices"
	"sync"
	"time"
	_ "unsafe" // for linkname

	"gosft/kernel/worker/wire"
)

// stdout and stderr are two pipes, so the kernel cannot know what came first, nor whose it is. Where the worker's standard
// library has the hook for it (kernel/build), each write of Go code asks the kernel, when that matters, to take what is in the
// pipes first and says whose the next output is. Writes of C code and of other processes pass by; theirs is the output of the
// cell that was started last.

// outputHook is called before a write to file descriptor 1 or 2, what it returns after it.
//
//go:linkname outputHook syscall.gosftOutput
var outputHook func(fd int) (written func())

// outputs knows which cells run and which of them the kernel takes output for.
type outputs struct {
	mu     sync.Mutex // held during a write
	cells  []*Cell    // that run, in the order of their start
	told   int        // the cell that the kernel takes output for; 0: that is for the kernel to guess
	fds    [2]int
	unlock func()
}

var output = newOutputs(1, 2)

func newOutputs(stdout, stderr int) *outputs {
	o := &outputs{fds: [2]int{stdout, stderr}}
	o.unlock = o.written
	return o
}

// turnWait is how long a write waits for the kernel. The order may be lost then, not the output.
const turnWait = time.Second

// write is the hook.
func (o *outputs) write(fd int) (written func()) {
	o.mu.Lock()
	whose := o.newest()
	if c := current(); c != nil && c.id != 0 {
		whose = c.id
	}
	if other := o.fds[0] + o.fds[1] - fd; whose != o.told || wire.Available(other) > 0 {
		o.turn(whose)
	}
	return o.unlock
}

// written ends a write: what passes by the hook after it is the newest cell's.
func (o *outputs) written() {
	if whose := o.newest(); whose != o.told {
		o.turn(whose)
	}
	o.mu.Unlock()
}

// begin and end say that a cell runs.
func (o *outputs) begin(c *Cell) {
	if c.id == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cells = append(o.cells, c)
	o.turn(o.newest())
}

func (o *outputs) end(c *Cell) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.ended.Store(true)
	if i := slices.Index(o.cells, c); i >= 0 {
		o.cells = slices.Delete(o.cells, i, i+1)
		o.turn(o.newest())
	}
}

// newest is the cell that was started last, 0 when none runs.
func (o *outputs) newest() int {
	if n := len(o.cells); n > 0 {
		return o.cells[n-1].id
	}
	return 0
}

// turn returns when the kernel has taken what was written so far and knows whose the next output is.
func (o *outputs) turn(whose int) {
	o.told = whose
	server.callWithin(turnWait, wire.Event{Op: wire.EvTurn, Cell: whose})
}
