// Package wire is what kernel and worker say to each other: frames of JSON, each after its length as four bytes (big
// endian), over two pipes of their own. The worker has them as file descriptors 3 (requests) and 4 (events).
//
//	c := wire.NewConn(r, w)
//	err := c.Send(wire.Request{Op: wire.OpRun, ID: 1, Cell: 7, Plugin: "/tmp/7.so"})
//	var e wire.Event
//	err = c.Receive(&e)
package wire

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// File descriptors of the worker process.
const (
	RequestFD  = 3 // the worker reads requests here
	EventFD    = 4 // the worker writes events here
	GonbFD     = 5 // gonbui writes here: GONB_PIPE
	GonbBackFD = 6 // gonbui reads here: GONB_PIPE_BACK
)

// MaxFrame is the longest frame, in bytes, that is sent or accepted: 256 MB.
const MaxFrame = 256 << 20

// What a Request asks for.
const (
	OpRun       = "run"       // open Plugin and run it as Cell; answered by EvDone
	OpInterrupt = "interrupt" // stop Cell (0: all running cells)
	OpRetire    = "retire"    // zero the variables named in Symbols and forget them
	OpVars      = "vars"      // answered by EvVars
	OpInspect   = "inspect"   // describe the variable Name; answered by EvInspect
	OpInput     = "input"     // the answer Value (or Err) to the EvInput of the same ID
	OpAck       = "ack"       // the display of the same ID has been published, the turn is taken
	OpSetenv    = "setenv"    // set (Unset: remove) the environment variable Name
	OpChdir     = "chdir"     // change the working directory to Value; answered by EvDone
	OpWhere     = "where"     // answered by EvWhere: what Cell is doing
)

// A Request goes from the kernel to the worker.
type Request struct {
	Op      string
	ID      int      `json:",omitempty"`
	Cell    int      `json:",omitempty"`
	Plugin  string   `json:",omitempty"`
	Symbols []string `json:",omitempty"`
	Name    string   `json:",omitempty"`
	Value   string   `json:",omitempty"`
	Err     string   `json:",omitempty"`
	Unset   bool     `json:",omitempty"`
}

// What an Event reports.
const (
	EvReady   = "ready"   // the worker can take requests
	EvDone    = "done"    // the request ID ended; Err says how when it failed
	EvDisplay = "display" // Display; the worker waits for OpAck so that output stays in order
	EvInput   = "input"   // the program waits for a line of input; Prompt and Password as the program asked
	EvPanic   = "panic"   // a goroutine that Cell started panicked; the worker lives on
	EvTurn    = "turn"    // what was printed before is the kernel's to take now, what comes next is Cell's (0: nobody knows); the worker waits for OpAck
	EvGone    = "gone"    // the last goroutine of Cell, which had ended before, has ended
	EvVars    = "vars"
	EvInspect = "inspect"
	EvWhere   = "where"
)

// An Event goes from the worker to the kernel.
type Event struct {
	Op       string
	ID       int      `json:",omitempty"`
	Cell     int      `json:",omitempty"`
	Err      *Failure `json:",omitempty"`
	Display  *Display `json:",omitempty"`
	Bundle   Bundle   `json:",omitempty"` // EvDone: the result, nil when nothing is shown
	Prompt   string   `json:",omitempty"`
	Password bool     `json:",omitempty"`
	Vars     []Var    `json:",omitempty"`
	Open     int64    `json:",omitempty"` // EvDone: nanoseconds that opening the plugin took
	Run      int64    `json:",omitempty"` // EvDone: nanoseconds that the cell ran
	Where    []Frame  `json:",omitempty"`
	Outlive  bool     `json:",omitempty"` // EvDone: goroutines of the cell still run; EvGone follows
	Text     string   `json:",omitempty"`
}

// A Bundle is display.Bundle in a form that survives JSON: bytes stay bytes.
type Bundle map[string]Value

// A Value is one MIME type's data: exactly one of the three is set.
type Value struct {
	Text  *string         `json:",omitempty"`
	Bytes []byte          `json:",omitempty"`
	JSON  json.RawMessage `json:",omitempty"`
}

// A Display is one message of the display package.
type Display struct {
	Kind      string
	DisplayID string
	Bundle    Bundle
	Metadata  json.RawMessage `json:",omitempty"`
}

// A Failure says how a cell or a goroutine ended.
type Failure struct {
	Kind   string  // one of the Kinds
	Name   string  // the type of the error or of the value given to panic
	Text   string  // its text
	Frames []Frame `json:",omitempty"` // innermost first: the cells', and those of packages that may be the user's own
	Line   int     `json:",omitempty"` // KindError: where the call stands in the cell
	Col    int     `json:",omitempty"`
}

// Kinds of failure.
const (
	KindPanic     = "panic"     // panic, also by the runtime
	KindError     = "error"     // an error that the cell did not look at
	KindInterrupt = "interrupt" // stopped by the user
	KindLoad      = "load"      // the plugin could not be opened
	KindExit      = "goexit"    // runtime.Goexit in the cell
)

// A Var is one variable that holds a value.
type Var struct {
	Name, Symbol, Type string
	Cell               int
	Len                int64  // elements of a slice, map, string, channel; -1 where that makes no sense
	Shape              string // "[2 3]float32" of a tensor, "3 x 4" of a table, "" else
	Size               int64  // bytes that it holds, by a walk that stops at 10,000 nodes; -1 when not known
	Value              string // short text
}

// A Conn sends and receives frames. Send may be called from several goroutines, Receive from one.
type Conn struct {
	r  *bufio.Reader
	mu sync.Mutex
	w  io.Writer
}

// NewConn makes a Conn of the two ends.
func NewConn(r io.Reader, w io.Writer) *Conn { return &Conn{r: bufio.NewReader(r), w: w} }

// Send writes one frame.
func (c *Conn) Send(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(body) > MaxFrame {
		return fmt.Errorf("a message of %d MB is longer than the %d MB that fit: write it to a file and show the file's name", len(body)>>20, MaxFrame>>20)
	}
	frame := append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body))), body...)
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err = c.w.Write(frame)
	return err
}

// Receive reads one frame into v. At the other side's end it returns io.EOF.
func (c *Conn) Receive(v any) error {
	var head [4]byte
	if _, err := io.ReadFull(c.r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > MaxFrame {
		return fmt.Errorf("a frame of %d bytes announced: the other side is out of step", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(c.r, body); err != nil {
		return io.ErrUnexpectedEOF
	}
	return json.Unmarshal(body, v)
}
