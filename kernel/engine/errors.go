package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gosft/kernel/cell"
	"gosft/kernel/worker/wire"
)

// An Error is why a cell failed.
type Error struct {
	Name      string   // "compile error", "panic", "interrupted", the type of an error, ...
	Value     string   // its text
	Traceback []string // what the user sees, with ANSI colours: the text and the cell's lines with the place marked
	Pos       cell.Pos // the innermost place in the user's code; zero when there is none
}

func (e *Error) Error() string { return e.Name + ": " + e.Value }

// Terminal colours that JupyterLab shows readably in both themes.
func red(s string) string   { return "\x1b[31;1m" + s + "\x1b[0m" }
func green(s string) string { return "\x1b[32;1m" + s + "\x1b[0m" }
func cyan(s string) string  { return "\x1b[36m" + s + "\x1b[0m" }

// compileError shows each error with its line.
func (e *Engine) compileError(errs cell.Errors) *Error {
	out := &Error{Name: "compile error", Value: errs[0].Error(), Pos: errs[0].Pos}
	if n := len(errs) - 1; n > 0 {
		out.Value += fmt.Sprintf(" (and %d more)", n)
	}
	for _, x := range errs {
		lines := []string{red("compile error") + ": " + x.Msg, e.excerpt(x.Pos.Cell, x.Pos.Line, x.Pos.Col, "", 0)}
		if x.Hint != "" {
			lines = append(lines, x.Hint)
		}
		for _, l := range lines {
			if l != "" {
				out.Traceback = append(out.Traceback, l)
			}
		}
	}
	return out
}

// failure describes how a cell ended in the worker.
func (e *Engine) failure(f *wire.Failure, id int) *Error {
	out := &Error{Name: f.Name, Value: f.Text}
	switch f.Kind {
	case wire.KindLoad:
		out.Name = "load error"
		if strings.Contains(f.Text, "different version of package") {
			out.Value += ". A package that the worker holds was built again with other contents: restart the kernel"
		}
		out.Traceback = []string{red(out.Name) + ": " + out.Value}
		return out
	case wire.KindError: // the cell's own line alone
		frames := slices.DeleteFunc(f.Frames, func(f wire.Frame) bool { return f.Package != "" })
		if f.Line > 0 && (len(frames) == 0 || frames[0].Line != f.Line) {
			frames = []wire.Frame{{File: fmt.Sprintf("In[%d]", id), Line: f.Line}}
		}
		f.Frames = frames[:min(1, len(frames))]
	}
	e.mark(out, f.Frames)
	if f.Line > 0 && f.Kind == wire.KindError {
		out.Pos.Col = f.Col
	}
	return out
}

// own keeps the frames of cells and of the user's own packages.
func (e *Engine) own(frames []wire.Frame) []wire.Frame {
	return slices.DeleteFunc(frames, func(f wire.Frame) bool { return f.Package != "" && e.session.Local(f.Package) == "" })
}

// mark fills the traceback: name and text, then the frames, each with its line.
func (e *Engine) mark(out *Error, frames []wire.Frame) {
	out.Traceback = append(out.Traceback, red(out.Name)+": "+out.Value)
	frames = e.own(frames)
	const most = 20
	for i, f := range frames {
		if len(frames) > most && i == most/2 {
			out.Traceback = append(out.Traceback, fmt.Sprintf("... %d more calls ...", len(frames)-most))
		}
		if len(frames) > most && i >= most/2 && i < len(frames)-most/2 {
			continue
		}
		around := 0
		if i == 0 {
			around = 2
		}
		if f.Package != "" {
			file := filepath.Join(e.session.Local(f.Package), f.File)
			text, _ := os.ReadFile(file) // without it the place alone is shown
			out.Traceback = append(out.Traceback, excerpt(file, string(text), f.Line, 0, f.Func, around))
			continue
		}
		id, ok := cellOf(f.File)
		if !ok {
			continue
		}
		if out.Pos.Line == 0 {
			out.Pos = cell.Pos{Cell: id, Line: f.Line}
		}
		out.Traceback = append(out.Traceback, e.excerpt(id, f.Line, 0, f.Func, around))
	}
}

// cellOf reads the number in "In[7]".
func cellOf(file string) (int, bool) {
	s, ok := strings.CutPrefix(file, "In[")
	if !ok {
		return 0, false
	}
	s, ok = strings.CutSuffix(s, "]")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// excerpt shows a place in a cell.
func (e *Engine) excerpt(id, line, col int, fn string, around int) string {
	e.mu.Lock()
	src := e.sources[id]
	e.mu.Unlock()
	return excerpt(fmt.Sprintf("In[%d]", id), src, line, col, fn, around)
}

// excerpt shows a place in a source: its name and line, and the line itself with some around it.
func excerpt(name, src string, line, col int, fn string, around int) string {
	if line <= 0 {
		return ""
	}
	head := cyan(fmt.Sprintf("%s:%d", name, line))
	if col > 0 {
		head = cyan(fmt.Sprintf("%s:%d:%d", name, line, col))
	}
	if fn = plainName(fn); fn != "" {
		head += " in " + fn
	}
	lines := strings.Split(src, "\n")
	if line > len(lines) {
		return head
	}
	out := []string{head}
	for n := max(1, line-around); n <= min(len(lines), line+around); n++ {
		text := strings.ReplaceAll(strings.TrimSuffix(lines[n-1], "\r"), "\t", "    ")
		if n == line {
			out = append(out, green(fmt.Sprintf("--> %4d ", n))+text)
		} else {
			out = append(out, fmt.Sprintf("    %4d ", n)+text)
		}
		if n == line && col > 0 {
			before := []rune(lines[n-1])
			before = before[:min(col-1, len(before))]
			pad := strings.ReplaceAll(string(before), "\t", "    ")
			out = append(out, strings.Repeat(" ", 9+len([]rune(pad)))+green("^"))
		}
	}
	return strings.Join(out, "\n")
}

// plainName is a function's name as the user knows it: "" for the cell's own statements.
func plainName(fn string) string {
	m := entryName.FindStringSubmatch(fn)
	switch {
	case m == nil:
		return fn
	case m[1] == "":
		return ""
	}
	return "a function literal"
}

// entryName is the name of a cell's entry, and of the functions inside it: Run7, Run7_2.func1.
var entryName = regexp.MustCompile(`^Run\d+(?:_\d+)?($|\..*)`)
