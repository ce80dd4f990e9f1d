package live

import (
	"bytes"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"unsafe"
)

type mutex = sync.Mutex

// A goroutine's profiler label is inherited by the goroutines that it starts, so it tells which cell a goroutine belongs to.
// runtime/pprof sets it through these two; the runtime keeps them open for packages like this one.

//go:linkname getProfLabel runtime/pprof.runtime_getProfLabel
func getProfLabel() unsafe.Pointer

// labels has every cell that ran, by its label's address. The label is kept alive by the map, so no address is used twice.
var labels sync.Map

// byID has the same cells by their numbers.
var byID sync.Map

// mark labels this goroutine, and those that it starts, as the cell's.
func (c *Cell) mark() {
	pprof.SetGoroutineLabels(c.Context)
	c.label = getProfLabel()
	c.goroutine = goroutineID()
	labels.Store(c.label, c)
	byID.Store(c.id, c)
}

// adopt labels this goroutine as that of a cell which has run.
func adopt(id int) *Cell {
	v, ok := byID.Load(id)
	if !ok {
		return nil
	}
	c := v.(*Cell)
	pprof.SetGoroutineLabels(c.Context)
	return c
}

// current returns the cell that this goroutine belongs to, or nil.
func current() *Cell {
	if v, ok := labels.Load(getProfLabel()); ok {
		return v.(*Cell)
	}
	return nil
}

// CurrentCell returns the number of the cell that this goroutine belongs to, 0 when it belongs to none.
func CurrentCell() int {
	if c := current(); c != nil {
		return c.id
	}
	return 0
}

// goroutineID reads the number from the first line of a stack trace: "goroutine 18 [running]:". It takes about 1 µs.
func goroutineID() uint64 {
	var buf [64]byte
	line := buf[:runtime.Stack(buf[:], false)]
	line = bytes.TrimPrefix(line, []byte("goroutine "))
	if i := bytes.IndexByte(line, ' '); i > 0 {
		line = line[:i]
	}
	n, _ := strconv.ParseUint(string(line), 10, 64)
	return n
}
