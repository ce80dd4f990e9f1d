package session

import (
	"errors"
	"fmt"
	"go/token"
	"os"
	"strconv"
	"strings"
	"sync"
)

func init() {
	files := func(_ *Session, arg string) []string { return completePaths(arg, false) }
	RegisterCommand(Command{Name: "%capture", Usage: "%capture [-a] FILE", Help: "Writes what the cell prints and shows to a file as well; -a appends. ~ and $NAME are replaced in the file's name.",
		Run: captureFile, Complete: files})
	RegisterCommand(Command{Name: "%%capture", Usage: "%%capture [NAME]", GoBody: true, Help: "Runs the cell below without showing its output. With a name, the output becomes a variable of type string.", Run: captureCell})
}

// captured is an Output that keeps text, and hands all on to next unless that is nil.
type captured struct {
	next Output
	cell *running

	mu    sync.Mutex
	text  strings.Builder
	write func(string)
}

func (o *captured) keep(s string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.write != nil {
		o.write(s)
		return
	}
	o.text.WriteString(s)
}

func (o *captured) Stream(cell int, name, text string) {
	o.keep(text)
	if o.next != nil {
		o.next.Stream(cell, name, text)
	}
}

func (o *captured) Display(d Display) {
	if d.Kind != "clear" {
		if text := shownText(d.Data); text != "" {
			o.keep(strings.TrimRight(text, "\n") + "\n")
		}
	}
	if o.next != nil {
		o.next.Display(d)
	}
}

// shownText is what a file keeps of a display: its source where that is text, as GoNB does.
func shownText(b Bundle) string {
	for _, mime := range []string{"text/html", "text/markdown", "text/plain"} {
		if s, ok := b[mime].(string); ok {
			return s
		}
	}
	return ""
}

func (o *captured) Note(text string) {
	if o.next != nil {
		o.next.Note(text)
	}
}

func (o *captured) Flush() { o.cell.Flush() }

func (o *captured) Comm(m Comm) { o.cell.Comm(m) }

func (o *captured) Input(prompt string, password bool) (string, error) {
	return o.cell.Input(prompt, password)
}

func captureFile(c *Call) error {
	args, err := words(c.Args)
	if err != nil {
		return err
	}
	mode := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if len(args) > 0 && args[0] == "-a" {
		mode, args = os.O_CREATE|os.O_WRONLY|os.O_APPEND, args[1:]
	}
	if len(args) != 1 {
		return errors.New("name one file: %capture [-a] FILE; %%capture at the top of a cell keeps the output in a variable")
	}
	f, err := os.OpenFile(expand(args[0]), mode, 0o644)
	if err != nil {
		return err
	}
	var failed error
	out := &captured{next: c.cell, cell: c.cell, write: func(s string) {
		if _, err := f.WriteString(s); err != nil && failed == nil {
			failed = err
		}
	}}
	c.cell.through = out
	c.cell.after = append(c.cell.after, func() error {
		out.mu.Lock()
		defer out.mu.Unlock()
		out.write = func(string) {} // output of goroutines that live on
		return errors.Join(failed, f.Close())
	})
	return nil
}

func captureCell(c *Call) error {
	if c.Args != "" && !token.IsIdentifier(c.Args) {
		return fmt.Errorf("%q is no name for a variable", c.Args)
	}
	out := &captured{cell: c.cell}
	r := c.RunGo("\n"+c.Body, out)
	if r.Err != nil {
		c.Print(out.text.String())
		return c.Finish(r)
	}
	if c.Args != "" {
		text := out.text.String()
		if r.Bundle != nil {
			text += r.Bundle.Text() + "\n"
		}
		return c.Finish(c.RunGo(c.Args+" := "+strconv.Quote(text)+";", nil))
	}
	return nil
}
