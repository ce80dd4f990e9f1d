package session

import (
	"context"
	"time"

	"gosft/kernel/display"
)

// Engine runs cells. kernel/engine is the real one, kernel/session/fake the one that tests use.
// All methods may be called from several goroutines at once: a subshell's cell runs while another one does.
type Engine interface {
	// Run runs the cell src under the number id and returns when it is done; all output that the cell made before its
	// end has been handed to out by then. The number is unique for the life of the session. When ctx is done the build
	// is cancelled.
	Run(ctx context.Context, id int, src string, out Output) Result
	// Interrupt asks all running cells to stop. A second call while a cell ignores the first replaces the worker.
	Interrupt()
	// Restart replaces the worker and forgets all declarations.
	Restart() error
	// Vars lists the variables that live in the session, in the order of their names.
	Vars() []Var
	// Comm hands a front end's comm message to the program.
	Comm(Comm) error
	// Close ends the worker.
	Close() error
}

// Output takes what cells produce. Its methods may be called from any goroutine, also after Run has returned
// (a goroutine that outlives its cell); cell is the number of the cell that started the work.
type Output interface {
	Stream(cell int, name, text string) // name: "stdout" or "stderr"
	Display(Display)
	Input(prompt string, password bool) (string, error)
	Note(text string) // a line for the user, shown under the cell
	Comm(Comm)
}

// Result is what a cell came to.
type Result struct {
	Bundle Bundle // the last expression; nil when nothing is shown
	Err    *Error // nil when the cell succeeded
	Timing Timing
	Lost   []string // names of variables that are gone since the worker was replaced
}

// Error is a failed cell as Jupyter shows it.
type Error struct {
	Name      string   // "compile error", "panic", "interrupted", ...
	Value     string   // one line
	Traceback []string // lines with ANSI colours
}

// Error gives name and value on one line.
func (e *Error) Error() string { return e.Name + ": " + e.Value }

// Timing says where a cell's time went.
type Timing struct {
	Parse, Check, Compile, Link, Load, Run time.Duration
	Reused                                 bool // an unchanged cell: nothing was built
}

// Var is one variable of the session.
type Var struct {
	Name  string
	Type  string // as the user writes it
	Size  string // bytes or shape, for people
	Value string // short, for people
	Cell  int    // the cell that declared it
}

// Bundle maps MIME types to data: []byte for images, string or any JSON value else.
type Bundle = display.Bundle

// Display is something shown, updated or cleared.
type Display = display.Message

// Comm is a message of a comm, Jupyter's channel between widgets and program, in either direction.
type Comm struct {
	Kind     string // "open", "msg" or "close"
	ID       string
	Target   string // of an open
	Data     any    // any JSON value
	Metadata map[string]any
	Buffers  [][]byte
	Cell     int // of messages from the program: the cell that sent it
}
