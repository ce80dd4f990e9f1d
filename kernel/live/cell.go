package live

import (
	"context"
	"fmt"
	"runtime/pprof"
	"strconv"
	"sync/atomic"
	"time"
	"unsafe"

	"gosft/kernel/display"
)

// A Cell is one running cell. Its entry is called with it: func Run17(c *live.Cell).
type Cell struct {
	// Context ends when the cell is interrupted, not when it has run: what it started may use it further.
	Context context.Context

	id        int
	cancel    context.CancelFunc
	result    display.Bundle
	line, col int            // of the last expression
	stopped   atomic.Bool    // interrupted
	ended     atomic.Bool    // the entry has returned
	children  atomic.Int64   // goroutines started by its code that have not ended
	label     unsafe.Pointer // the goroutine label that it and its goroutines carry
	goroutine uint64
	delivered goroutineTimes
}

func newCell(id int) *Cell {
	c := &Cell{id: id}
	ctx := pprof.WithLabels(context.Background(), pprof.Labels("cell", strconv.Itoa(id)))
	c.Context, c.cancel = context.WithCancel(ctx)
	return c
}

// ID returns the cell's number.
func (c *Cell) ID() int { return c.id }

// At says where the last expression stands in the cell, for Show and Value: the compiler does not always keep the line of a call
// whose values it converts.
func (c *Cell) At(line, col int) *Cell {
	c.line, c.col = line, col
	return c
}

// Show takes the values of the last expression, a call. A trailing error that is not nil fails the cell, a nil one is
// dropped; what is left is the cell's result. A call that gives a nil interface only shows nothing.
func (c *Cell) Show(vals ...any) {
	if n := len(vals); n > 0 {
		if err, ok := vals[n-1].(error); ok {
			c.Check(err, c.line, c.col)
		} else if vals[n-1] == nil {
			vals = vals[:n-1]
		}
	}
	c.Value(vals...)
}

// Value takes the values of the last expression as they are: an error is shown like any other value. The planner calls it
// where the expression is not a call.
func (c *Cell) Value(vals ...any) {
	switch len(vals) {
	case 0:
		c.result = nil
	case 1:
		c.CheckValue(vals[0], c.line, c.col)
		c.result = bundle(vals[0])
	default: // as Go prints several values
		text := ""
		for i, v := range vals {
			if i > 0 {
				text += ", "
			}
			t, _ := bundle(v)["text/plain"].(string)
			text += t
		}
		c.result = display.Bundle{"text/plain": text}
	}
}

// bundle is display.ToBundle, with the text of a panic in a method of the user's type instead of the panic.
func bundle(v any) (b display.Bundle) {
	defer func() {
		if r := recover(); r != nil {
			if s, ok := r.(stop); ok {
				panic(s)
			}
			b = display.Bundle{"text/plain": fmt.Sprintf("%T (showing it panicked: %s)", v, panicText(r))}
		}
	}()
	return display.ToBundle(v)
}

// Check ends the cell when err is not nil: a call at the top of a cell returned an error that is assigned to nothing. Line
// and col say where the call stands in the cell; 0 takes the caller's line.
func (c *Cell) Check(err error, line, col int) {
	if err != nil {
		panic(unchecked{err, line, col})
	}
}

// CheckValue ends the cell when v carries an error, as a data.Frame does whose last step failed: it has a method CellError() error.
func (c *Cell) CheckValue(v any, line, col int) {
	if x, ok := v.(interface{ CellError() error }); ok {
		c.Check(x.CellError(), line, col)
	}
}

// Var registers a variable: its name as the user wrote it, its symbol in the package, and its address.
func (c *Cell) Var(name, symbol string, ptr any) { vars.add(name, symbol, c.id, ptr) }

// Carry copies the value of the variable with the symbol from to that with the symbol to. Their types have the same layout.
func (c *Cell) Carry(from, to string) { vars.carry(from, to) }

// What a cell panics with by itself.
type (
	stop      struct{} // interrupted
	unchecked struct {
		err       error
		line, col int
	}
)

func (stop) Error() string { return "interrupted" }

// goroutineTimes remembers which goroutine was told to stop, and when.
type goroutineTimes struct {
	mu mutex
	at map[uint64]time.Time
}
