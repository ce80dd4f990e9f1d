package session

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Command is one entry of the table of commands. %help, completion and the dispatch of cells all read this table.
// Files commands_*.go add to it in their init functions.
type Command struct {
	Name   string // with its sign: "%time", "%%bash" (takes the rest of the cell), "!"
	Usage  string // "%get PACKAGE[@VERSION]..."
	Help   string // first line: what it does; more lines may follow
	GoBody bool   // of a "%%name": the cell below the line is Go
	// Complete gives candidates for the last word of arg; nil when there is nothing to complete.
	Complete func(s *Session, arg string) []string
	// Run does the work. An error that is not an *Error is shown as one named "command error". Cells run commands from
	// top to bottom and then what is left of the cell as Go.
	Run func(c *Call) error
}

// Call is a command in a running cell.
type Call struct {
	Context context.Context // done when the cell is interrupted
	Session *Session
	Command *Command
	Args    string // what follows the name on its line, trimmed
	Body    string // for "%%name": the cell below the line
	Line    int    // of the cell, from 1
	cell    *running
}

var table struct {
	sync.RWMutex
	byName map[string]*Command
}

// RegisterCommand adds c to the table; a later one of the same name replaces it.
func RegisterCommand(c Command) {
	table.Lock()
	defer table.Unlock()
	if table.byName == nil {
		table.byName = map[string]*Command{}
	}
	table.byName[c.Name] = &c
}

// Commands lists the table by name.
func Commands() []Command {
	table.RLock()
	defer table.RUnlock()
	var all []Command
	for _, c := range table.byName {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b Command) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func lookupCommand(name string) *Command {
	table.RLock()
	defer table.RUnlock()
	return table.byName[name]
}

// Print shows text on the cell's stdout.
func (c *Call) Print(text string) { c.cell.outlet.stream("stdout", text) }

// Printf formats like fmt.Printf onto the cell's stdout.
func (c *Call) Printf(format string, args ...any) { c.Print(fmt.Sprintf(format, args...)) }

// Warn shows text on the cell's stderr.
func (c *Call) Warn(text string) { c.cell.outlet.stream("stderr", text) }

// Show displays a bundle below the cell; it must have text/plain.
func (c *Call) Show(b Bundle) { c.cell.outlet.display(Display{Kind: "display", Data: b}) }

// Page shows a bundle in the front end's pager (JupyterLab shows it below the cell).
func (c *Call) Page(b Bundle) { c.cell.page(b) }

// SetNextInput puts text in a new cell below, or in place of this one.
func (c *Call) SetNextInput(text string, replace bool) {
	c.cell.payload = append(c.cell.payload, map[string]any{"source": "set_next_input", "text": text, "replace": replace})
}

// Input asks the user for a line.
func (c *Call) Input(prompt string, password bool) (string, error) {
	return c.cell.Input(prompt, password)
}

// Cell is the number of the running cell.
func (c *Call) Cell() int { return c.cell.id }

// Source is the cell's Go text: command lines are blank in it, so lines keep their numbers.
func (c *Call) Source() string { return c.cell.source }

// SetSource replaces the Go text that will run after the commands.
func (c *Call) SetSource(src string) { c.cell.source = src }

// TakeSource gives the Go text to the command: it will not run after the commands.
func (c *Call) TakeSource() string {
	src := c.cell.source
	c.cell.source = ""
	return src
}

// RunGo runs src now, as part of this cell, and returns how it went; nothing of the result is shown (see Finish).
// With out nil its output goes below the cell.
func (c *Call) RunGo(src string, out Output) Result {
	if out == nil {
		out = c.cell.output()
	}
	return c.cell.run(c.Context, src, out)
}

// Finish makes r the outcome of the cell: its bundle becomes Out[n], its error the cell's error.
func (c *Call) Finish(r Result) error {
	c.cell.result = r
	if r.Err != nil {
		return r.Err
	}
	return nil
}

// Engine is the session's engine, for commands that need more than RunGo; type-assert it for optional methods.
func (c *Call) Engine() Engine { return c.Session.engine }
