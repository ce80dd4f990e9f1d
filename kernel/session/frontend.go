package session

import (
	"context"
	"errors"
)

// Origin is the request that a cell came from. The session keeps it with the cell and hands it back with everything
// the cell shows; only the Frontend knows what is in it. It may be nil.
type Origin any

// Frontend takes what the session shows and asks the user.
type Frontend interface {
	// Publish shows m under the cell of o. Messages of one cell are published in order.
	Publish(o Origin, m Message)
	// Input asks the user for a line. It returns ErrNoInput where nobody can be asked.
	Input(ctx context.Context, o Origin, prompt string, password bool) (string, error)
}

// ErrNoInput is returned to a cell that asks for input where the front end allows none.
var ErrNoInput = errors.New("this front end does not allow input: run the cell in a notebook, or give the value in the code")

// Message is one thing shown: a Jupyter message on IOPub by its type, with the content that nbformat also stores.
type Message struct {
	Type     string // execute_input, stream, display_data, update_display_data, clear_output, execute_result, error, comm_*
	Content  any    // one of the *Content types
	Metadata map[string]any
	Buffers  [][]byte
}

// InputContent announces a cell that starts.
type InputContent struct {
	Code           string `json:"code"`
	ExecutionCount int    `json:"execution_count"`
}

// StreamContent is text on stdout or stderr.
type StreamContent struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// DisplayContent is display_data, update_display_data, and with a count execute_result.
type DisplayContent struct {
	Data           Bundle         `json:"data"`
	Metadata       map[string]any `json:"metadata"`
	Transient      map[string]any `json:"transient"`
	ExecutionCount *int           `json:"execution_count,omitempty"`
}

// ClearContent empties the cell's output, with Wait when the next output arrives.
type ClearContent struct {
	Wait bool `json:"wait"`
}

// ErrorContent is a cell's failure.
type ErrorContent struct {
	Name      string   `json:"ename"`
	Value     string   `json:"evalue"`
	Traceback []string `json:"traceback"`
}

// CommContent is comm_open, comm_msg or comm_close.
type CommContent struct {
	ID     string `json:"comm_id"`
	Target string `json:"target_name,omitempty"`
	Data   any    `json:"data"`
}
