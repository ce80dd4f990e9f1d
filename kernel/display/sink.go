package display

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// Message is one change of what is on the screen.
type Message struct {
	Kind     string         // "display": new output; "update": new content for ID; "clear": ID becomes empty, or the cell's whole output where ID is ""
	ID       string         // names a display for later updates; "" for one that is never updated
	Data     Bundle         // nil for "clear"
	Metadata map[string]any // for example {"image/png": {"width": 400}}; "wait": true clears a whole output only when the next arrives
	Cell     int            // the cell whose code shows it; 0 where the sender does not know
}

// Sink is where displays go and where a line of input comes from. The worker sets one that leads to the notebook.
// Its methods may be called from several goroutines at once.
type Sink interface {
	Display(Message)
	Input(prompt string, password bool) (string, error)
}

type sinkBox struct{ Sink }

var current atomic.Pointer[sinkBox]

// SetSink sends everything shown from now on to s; nil goes back to text on stdout.
func SetSink(s Sink) {
	if s == nil {
		current.Store(nil)
		return
	}
	current.Store(&sinkBox{s})
}

func sink() Sink {
	if b := current.Load(); b != nil {
		return b.Sink
	}
	return &terminal
}

// console is the sink of a plain Go program: text on stdout, progress bars on stderr where that is a terminal.
type console struct {
	mu    sync.Mutex
	stdin *bufio.Reader
}

var terminal console

func (c *console) Display(m Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := strings.TrimRight(m.Data.Text(), "\n")
	if _, bar := m.Metadata[barKey]; bar {
		if isTerminal(os.Stderr) {
			end := ""
			if m.Metadata[barKey] == "done" {
				end = "\n"
			}
			fmt.Fprintf(os.Stderr, "\r\033[K%s%s", text, end)
		}
		return
	}
	if m.Kind != "clear" && text != "" {
		fmt.Println(text)
	}
}

func (c *console) Input(prompt string, password bool) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if password && isTerminal(os.Stdin) {
		return "", errors.New("display.Password: outside a notebook it reads from a pipe only, since it cannot hide what is typed: give the password on stdin (for example < file)")
	}
	if c.stdin == nil {
		c.stdin = bufio.NewReader(os.Stdin)
	}
	fmt.Print(prompt)
	line, err := c.stdin.ReadString('\n')
	if err != nil && line == "" {
		return "", fmt.Errorf("display.Input: no line on stdin: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Context is that of the cell whose code calls it, and ends when the user interrupts the cell; outside a notebook it never
// ends. A library that works for long in a function without a context asks it now and then.
func Context() context.Context {
	if s, ok := sink().(interface{ Context() context.Context }); ok {
		return s.Context()
	}
	return context.Background()
}

// Input asks the user for a line: a form under the cell in a notebook, the terminal elsewhere.
// It waits for the answer, which has no line end. The error says that nobody can answer (a notebook run without a front end).
func Input(prompt string) (string, error) { return sink().Input(prompt, false) }

// Password is Input that does not show what is typed and leaves it out of the notebook.
func Password(prompt string) (string, error) { return sink().Input(prompt, true) }

// ClearOutput empties the output of the running cell. With wait it stays until the next output comes, so that nothing flickers.
func ClearOutput(wait bool) {
	sink().Display(Message{Kind: "clear", Metadata: map[string]any{"wait": wait}})
}
