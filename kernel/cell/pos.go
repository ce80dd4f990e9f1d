package cell

import (
	"fmt"
	"strings"
)

// Pos is a place in a cell: its number, a line and a column from 1. Columns count characters, not bytes.
// The zero Pos is nowhere in particular.
type Pos struct{ Cell, Line, Col int }

// String gives "In[3]:2:7".
func (p Pos) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("In[%d]", p.Cell)
	}
	return fmt.Sprintf("In[%d]:%d:%d", p.Cell, p.Line, p.Col)
}

// Error is one fault in the text of a cell.
type Error struct {
	Pos  Pos
	Msg  string // what is wrong, in Go's words
	Hint string // what to do, when that is known
}

// Error gives place, message and hint on one line.
func (e Error) Error() string {
	s := e.Pos.String() + ": " + e.Msg
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

// Errors is all that is wrong with a cell, at most [MaxErrors], in the order of the text.
type Errors []Error

// MaxErrors is how many faults of one cell are reported.
const MaxErrors = 10

// Error gives one line for each fault.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// one is a single fault as an error.
func one(p Pos, format string, args ...any) Errors {
	return Errors{{Pos: p, Msg: fmt.Sprintf(format, args...)}}
}
