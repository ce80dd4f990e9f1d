package session_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"gosft/kernel/session"
)

func init() {
	session.RegisterCommand(session.Command{
		Name: "%testecho", Usage: "%testecho WORDS", Help: "Prints WORDS.",
		Complete: func(_ *session.Session, arg string) []string {
			if strings.HasPrefix("alpha", arg) {
				return []string{"alpha"}
			}
			return nil
		},
		Run: func(c *session.Call) error { c.Printf("echo %s|line %d\n", c.Args, c.Line); return nil },
	})
	session.RegisterCommand(session.Command{Name: "%%testbody", Usage: "%%testbody", Help: "Prints the body.",
		Run: func(c *session.Call) error { c.Print("body " + c.Body + "\n"); return nil }})
	session.RegisterCommand(session.Command{Name: "%testfail", Usage: "%testfail", Help: "For a test.", Run: func(c *session.Call) error { return errors.New("cannot") }})
	session.RegisterCommand(session.Command{Name: "%testpanic", Usage: "%testpanic", Help: "For a test.", Run: func(c *session.Call) error { panic("oh") }})
	session.RegisterCommand(session.Command{Name: "%testrun", Usage: "%testrun", Help: "For a test.", Run: func(c *session.Call) error {
		c.Print("before\n")
		r := c.RunGo(c.TakeSource(), nil)
		c.Print("after\n")
		return c.Finish(r)
	}})
}

func TestCommandsInCells(t *testing.T) {
	s, d, e := newSession(t, session.Config{})
	for _, tc := range []struct {
		name, code, stdout, status, ran string
	}{
		{"alone", "%testecho a b", "echo a b|line 1\n", "ok", ""},
		{"before code", "%testecho a\nprint x", "echo a|line 1\nx\n", "ok", "\nprint x"},
		{"between code: commands first, lines keep their numbers", "print x\n%testecho a\nprint y", "echo a|line 2\nx\ny\n", "ok", "print x\n\nprint y"},
		{"behind the prefix", "//gosft:%testecho a", "echo a|line 1\n", "ok", ""},
		{"behind the prefix without sign", "//gosft:testecho a", "echo a|line 1\n", "ok", ""},
		{"GoNB's prefix", "//gonb:%testecho a", "echo a|line 1\n", "ok", ""},
		{"shell", "!echo hi", "hi\n", "ok", ""},
		{"body", "%%testbody\nany thing\n%testecho", "body any thing\n%testecho\n", "ok", ""},
		{"body after blank lines", "\n\n%%testbody\nx", "body x\n", "ok", ""},
		{"failure stops", "%testfail\nprint x", "", "error", ""},
		{"panic in a command", "%testpanic", "", "error", ""},
		{"unknown", "%nosuch", "", "error", ""},
		{"runs the code itself", "%testrun\nprint x\nresult 1", "before\nx\nafter\n", "ok", "\nprint x\nresult 1"},
		{"failure of code run by a command", "%testrun\nerror x", "before\nafter\n", "error", "\nerror x"},
		{"indented is Go", "  %testecho", "", "error", "  %testecho"},
		{"in a raw string", "print `\n%testecho\n`", "`\n", "error", "print `\n%testecho\n`"},
		{"in a comment", "// /*\n/*\n%testecho\n*/", "", "error", "// /*\n/*\n%testecho\n*/"},
		{"a condition goes on", "print a &&\n!b", "a &&\n", "error", "print a &&\n!b"},
		{"inside parentheses", "print (a,\n!b)", "(a,\n", "error", "print (a,\n!b)"},
	} {
		before := len(e.Ran())
		r := run(s, tc.code)
		out := stream(d.take(), "stdout")
		ran := strings.Join(e.Ran()[before:], "|")
		if r.Status != tc.status || out != tc.stdout || ran != tc.ran {
			t.Errorf("%s: %s, %q, ran %q; want %s, %q, %q", tc.name, r.Status, out, ran, tc.status, tc.stdout, tc.ran)
		}
	}
}

func TestCommandErrorsSayWhatToDo(t *testing.T) {
	s, _, _ := newSession(t, session.Config{})
	if r := run(s, "\n%nosuch"); !strings.Contains(r.Err.Value, "line 2") || !strings.Contains(r.Err.Value, "%help") {
		t.Errorf("unknown: %v", r.Err)
	}
	if r := run(s, "%testbody"); !strings.Contains(r.Err.Value, "%%testbody") {
		t.Errorf("one sign too few: %v", r.Err)
	}
}

func TestCompleteCommands(t *testing.T) {
	s, _, _ := newSession(t, session.Config{})
	for _, tc := range []struct {
		code       string
		pos        int
		matches    []string
		start, end int
	}{
		{"%teste", 6, []string{"%testecho"}, 0, 6},
		{"x := 1\n%teste", 13, []string{"%testecho"}, 7, 13},
		{"//gosft:%teste", 14, []string{"%testecho"}, 8, 14},
		{"%%testb", 7, []string{"%%testbody"}, 0, 7},
		{"%testecho al", 12, []string{"alpha"}, 10, 12},
		{"%testecho ", 10, []string{"alpha"}, 10, 10},
		{"// 你\n%teste", 11, []string{"%testecho"}, 5, 11},
		{"fmt.Pr", 6, nil, 6, 6},
	} {
		c, err := s.Complete(context.Background(), tc.code, tc.pos)
		if err != nil || !reflect.DeepEqual(c.Matches, tc.matches) || c.Start != tc.start || c.End != tc.end {
			t.Errorf("%q: %v %d-%d, %v; want %v %d-%d", tc.code, c.Matches, c.Start, c.End, err, tc.matches, tc.start, tc.end)
		}
	}
	in, err := s.Inspect(context.Background(), "%testecho", 4, 0)
	if err != nil || !in.Found || !strings.Contains(in.Data.Text(), "Prints WORDS") {
		t.Errorf("inspect: %+v %v", in, err)
	}
	if r := run(s, "?%testecho"); r.Status != "ok" || len(r.Payload) != 1 {
		t.Errorf("?%%testecho: %+v", r)
	}
}
