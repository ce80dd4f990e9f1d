package session

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"strconv"
	"strings"
	"time"

	"gosft/kernel/display"
)

func init() {
	RegisterCommand(Command{Name: "%time", Usage: "%time [STATEMENT]", Help: "Says where the time of a statement, or of the whole cell, went: parse, type check, compile, link, load, run.", Run: timeCommand})
	RegisterCommand(Command{Name: "%%time", Usage: "%%time", GoBody: true, Help: "The same as %time without a statement: times the cell below.", Run: timeCommand})
	RegisterCommand(Command{Name: "%timeit", Usage: "%timeit [-n LOOPS] [-r RUNS] STATEMENT", Help: "Runs a statement many times and gives mean and deviation, allocations and bytes for one turn.\n\nThe number of turns is found by itself, so that a run takes 0.2 s; 7 runs are made.", Run: timeitCommand})
}

func timeCommand(c *Call) error {
	src := c.Args
	switch {
	case c.Body != "":
		src = c.Body
	case src == "":
		src = c.TakeSource()
	default: // the statement keeps its line, so that errors name the right one
		src = strings.Repeat("\n", c.Line-1) + src
	}
	if strings.TrimSpace(src) == "" {
		return errors.New("there is nothing to time: write a statement behind %time, or %time above a cell's Go")
	}
	start := time.Now()
	r := c.RunGo(src, nil)
	wall := time.Since(start)
	t := display.Table{Columns: []string{"step", "time"}, Numbers: []bool{false, true}}
	row := func(name string, d time.Duration) { t.Rows = append(t.Rows, []string{name, duration(d)}) }
	row("parse", r.Timing.Parse)
	row("type check", r.Timing.Check)
	if r.Timing.Reused {
		t.Rows = append(t.Rows, []string{"compile, link, load", "not needed: unchanged"})
	} else {
		row("compile", r.Timing.Compile)
		row("link", r.Timing.Link)
		row("load", r.Timing.Load)
	}
	row("run", r.Timing.Run)
	row("all", wall)
	c.Show(t.Bundle())
	return c.Finish(r)
}

// duration writes a time with three digits: 1.23 ms, 45.6 s.
func duration(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < time.Millisecond:
		return fmt.Sprintf("%.3g µs", float64(d)/1e3)
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", float64(d)/1e6)
	case d < 100*time.Second:
		return fmt.Sprintf("%.3g s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func timeitCommand(c *Call) error {
	loops, runs, statement, err := timeitArgs(c.Args)
	if err != nil {
		return err
	}
	if statement == "" {
		statement = c.TakeSource()
	}
	if strings.TrimSpace(statement) == "" {
		return errors.New("there is nothing to time: %timeit [-n LOOPS] [-r RUNS] STATEMENT")
	}
	lead := strings.Repeat("\n", c.Line-1)
	src := fmt.Sprintf("%sgosftdisplay.Timeit(%d, %d, func(timeitLoops int) { for range timeitLoops { %s\n} })\nimport gosftdisplay \"gosft/kernel/display\"\n",
		lead, loops, runs, discardValue(statement))
	r := c.RunGo(src, nil)
	if r.Err == nil && r.Bundle != nil {
		c.Print(r.Bundle.Text() + "\n")
	}
	r.Bundle = nil
	return c.Finish(r)
}

func timeitArgs(args string) (loops, runs int, statement string, err error) {
	runs = 7
	for {
		args = strings.TrimSpace(args)
		var to *int
		switch {
		case strings.HasPrefix(args, "-n"):
			to = &loops
		case strings.HasPrefix(args, "-r"):
			to = &runs
		default:
			return loops, runs, args, nil
		}
		number, rest, _ := strings.Cut(strings.TrimSpace(args[2:]), " ")
		n, bad := strconv.Atoi(number)
		if bad != nil || n < 1 {
			return 0, 0, "", fmt.Errorf("%s needs a number of at least 1, not %q", args[:2], number)
		}
		*to, args = n, rest
	}
}

// discardValue makes a statement of an expression: x + 1 alone is none in Go, nor is len(x).
func discardValue(src string) string {
	e, err := parser.ParseExpr(src)
	if err != nil {
		return src
	}
	if call, ok := e.(*ast.CallExpr); ok {
		id, ok := call.Fun.(*ast.Ident)
		if !ok {
			return src
		}
		switch id.Name {
		case "append", "cap", "complex", "imag", "len", "make", "new", "real", "min", "max":
		default:
			return src
		}
	}
	if u, ok := e.(*ast.UnaryExpr); ok && u.Op.String() == "<-" {
		return src
	}
	return "_ = " + src
}
