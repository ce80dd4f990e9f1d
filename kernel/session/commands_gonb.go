package session

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

func init() {
	mainHelp := gonbMark + "Makes what follows the body of func main() and runs it, with these arguments in os.Args; flags are parsed."
	RegisterCommand(Command{Name: "%%", Usage: "%% [ARGUMENT]...", Help: mainHelp, Run: mainCommand})
	RegisterCommand(Command{Name: "%main", Usage: "%main [ARGUMENT]...", Help: mainHelp, Run: mainCommand})
	RegisterCommand(Command{Name: "%args", Usage: "%args [ARGUMENT]...", Help: gonbMark + "Sets the arguments of programs that %% and func main() start.", Run: argsCommand})
	RegisterCommand(Command{Name: "%exec", Usage: "%exec FUNCTION [ARGUMENT]...", Help: gonbMark + "Calls a function without parameters as a program's main function.", Run: execCommand, Complete: completeNames})
	RegisterCommand(Command{Name: "%test", Usage: "%test [FLAG]...", Help: gonbMark + "Runs the tests and benchmarks of the cell; with flags (-test.run=Name, -test.bench=.) those that they choose of all cells. A cell without tests runs all tests.", Run: testCommand})
	RegisterCommand(Command{Name: "%version", Usage: "%version", Help: "Says which Go the kernel was built with.", Run: func(c *Call) error {
		c.Printf("GoSFT kernel, %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return nil
	}})
	RegisterCommand(Command{Name: "%widgets", Usage: "%widgets", Help: gonbMark + "Connects gonbui's widgets with the browser; the first widget does it too.", Run: widgetsCommand})
	RegisterCommand(Command{Name: "%widgets_hb", Usage: "%widgets_hb", Help: gonbMark + "Asks the browser whether gonbui's widgets are still connected.", Run: heartbeatCommand})
	for name, why := range map[string]string{
		"%autoget":   "packages are always fetched when a cell imports them",
		"%noautoget": "packages are fetched when a cell imports them; leave the import out",
		"%goflags":   "cells are compiled by the kernel itself, which takes no flags of go build",
		"%track":     "completion follows the session's own module and its workspace by itself",
		"%untrack":   "completion follows the session's own module and its workspace by itself",
		"%goworkfix": "go.work is used as it is",
	} {
		RegisterCommand(Command{Name: name, Usage: name, Help: gonbMark + "Accepted and not needed: " + why + ".", Run: func(c *Call) error { return nil }})
	}
	RegisterCommand(Command{Name: "%wasm", Usage: "%wasm", Help: gonbMark + "Not supported: cells run natively, in the worker.", Run: func(*Call) error {
		return errors.New("cells are not compiled to WebAssembly: take %wasm out and the cell runs natively")
	}})
}

const gonbImport = `import gosftgonb "gosft/kernel/gonb"`

// mainCommand wraps what follows its line into func main. Lines keep their numbers.
func mainCommand(c *Call) error {
	args, err := words(c.Args)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		c.Session.commandState().args = args
	}
	lines := strings.Split(c.Source(), "\n")
	if c.Line > len(lines) {
		return fmt.Errorf("%s stands twice in this cell, or behind a command that took the cell's Go", c.Command.Name)
	}
	for i := range c.Line {
		if strings.HasPrefix(lines[i], "func main() {") && c.cell.main.parse {
			return fmt.Errorf("line %d has %s already", i+1, c.Command.Name)
		}
	}
	lines[c.Line-1] = "func main() {"
	c.SetSource(strings.Join(lines, "\n") + "\n}")
	c.cell.main.parse = true
	return nil
}

func argsCommand(c *Call) error {
	args, err := words(c.Args)
	if err != nil {
		return err
	}
	c.Session.commandState().args = args
	return nil
}

func execCommand(c *Call) error {
	args, err := words(c.Args)
	if err != nil {
		return err
	}
	if len(args) == 0 || !token.IsIdentifier(args[0]) {
		return errors.New("name the function to call, as in %exec work -n=3")
	}
	c.cell.main.function, c.cell.main.parse = args[0], true
	c.Session.commandState().args = args[1:]
	return nil
}

func testCommand(c *Call) error {
	args, err := words(c.Args)
	if err != nil {
		return err
	}
	c.cell.main.test, c.cell.main.testArgs = true, args
	return nil
}

// program is how a cell in GoNB's manner is to be run.
type program struct {
	function string // what %exec is to call
	parse    bool   // parse flags before
	test     bool
	testArgs []string
}

// goText is the cell's Go with what GoNB's manner adds at its end: calls of init_ functions, arguments and flags for main
// (which kernel/cell calls itself where a cell declares one), the function of %exec, or the tests.
// flags are the names of flags that the cell defines.
func (p program) goText(src string, s *Session) (text string, flags []string) {
	funcs := topFunctions(src)
	flags = definedFlags(src)
	var add []string
	hasMain := false
	for _, f := range funcs {
		if strings.HasPrefix(f, "init_") {
			add = append(add, f+"()")
		}
		hasMain = hasMain || f == "main"
	}
	m := s.commandState()
	switch {
	case p.test:
		add = append(add, gonbImport, p.testCall(funcs, s))
	case p.function != "":
		add = append(add, gonbImport, fmt.Sprintf("gosftgonb.Main(%s, %v, %s)", goStrings(m.args), p.parse, p.function))
	case hasMain && (p.parse || len(m.args) > 0 || len(m.flags)+len(flags) > 0): // the planner calls main at the end of its cell
		add = append(add, gonbImport, fmt.Sprintf("gosftgonb.Prepare(%s, %v)", goStrings(m.args), p.parse))
	}
	if len(add) == 0 {
		return src, flags
	}
	return src + "\n" + strings.Join(add, "\n") + "\n", flags
}

// testCall calls the cell's tests; with flags, or where the cell has none, those of earlier cells too.
func (p program) testCall(funcs []string, s *Session) string {
	args := p.testArgs
	own := funcs
	if len(args) > 0 || !slices.ContainsFunc(own, func(f string) bool { return isTest(f, "Test") || isTest(f, "Benchmark") }) {
		for _, g := range declared(s) {
			if g.kind == "functions" {
				funcs = append(funcs, g.names...)
			}
		}
	}
	if len(args) == 0 {
		args = []string{"-test.v"}
		for _, f := range own {
			if isTest(f, "Benchmark") {
				args = append(args, "-test.bench=.")
				break
			}
		}
	}
	var list strings.Builder
	seen := map[string]bool{}
	for _, f := range funcs {
		if (isTest(f, "Test") || isTest(f, "Benchmark")) && !seen[f] {
			seen[f] = true
			fmt.Fprintf(&list, ", %q, %s", f, f)
		}
	}
	return fmt.Sprintf("gosftgonb.Test(%s%s)", goStrings(args), list.String())
}

// isTest is go test's rule: TestX, Test_x and Test, not Testing.
func isTest(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	return ok && name != "TestMain" && (rest == "" || !(rest[0] >= 'a' && rest[0] <= 'z'))
}

func goStrings(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = strconv.Quote(s)
	}
	return "[]string{" + strings.Join(quoted, ", ") + "}"
}

// scanGo calls f for each token of a cell with the depth of brackets before it.
func scanGo(src string, f func(depth int, tok token.Token, lit string)) {
	var s scanner.Scanner
	fset := token.NewFileSet()
	s.Init(fset.AddFile("", fset.Base(), len(src)), []byte(src), func(token.Position, string) {}, 0)
	depth := 0
	for {
		_, tok, lit := s.Scan()
		if tok == token.EOF {
			return
		}
		f(depth, tok, lit)
		switch tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
	}
}

// topFunctions lists the functions that a cell declares, without methods and generic ones.
func topFunctions(src string) []string {
	var list []string
	state, name := 0, ""
	scanGo(src, func(depth int, tok token.Token, lit string) {
		switch {
		case depth == 0 && tok == token.FUNC:
			state = 1
		case state == 1 && tok == token.IDENT:
			state, name = 2, lit
		case state == 2 && tok == token.LPAREN:
			list = append(list, name)
			state = 0
		default:
			state = 0
		}
	})
	return list
}

// flagFunctions of package flag, with the argument that is the flag's name.
var flagFunctions = map[string]int{"Bool": 0, "Int": 0, "Int64": 0, "Uint": 0, "Uint64": 0, "String": 0, "Float64": 0, "Duration": 0,
	"Func": 0, "BoolFunc": 0, "BoolVar": 1, "IntVar": 1, "Int64Var": 1, "UintVar": 1, "Uint64Var": 1, "StringVar": 1, "Float64Var": 1,
	"DurationVar": 1, "TextVar": 1, "Var": 1}

// definedFlags lists the names of flags that a cell defines at its top or in its functions, where they are literals.
func definedFlags(src string) []string {
	if !strings.Contains(src, "flag.") {
		return nil
	}
	type step struct {
		tok token.Token
		lit string
	}
	var toks []step
	scanGo(src, func(_ int, tok token.Token, lit string) { toks = append(toks, step{tok, lit}) })
	var names []string
	for i := 0; i+4 < len(toks); i++ {
		if toks[i].lit != "flag" || toks[i+1].tok != token.PERIOD || toks[i+3].tok != token.LPAREN || i > 0 && toks[i-1].tok == token.PERIOD {
			continue
		}
		arg, ok := flagFunctions[toks[i+2].lit]
		if !ok {
			continue
		}
		j := i + 4
		for depth := 0; arg > 0 && j < len(toks); j++ {
			switch toks[j].tok {
			case token.LPAREN, token.LBRACK, token.LBRACE:
				depth++
			case token.RPAREN, token.RBRACK, token.RBRACE:
				depth--
			case token.COMMA:
				if depth == 0 {
					arg--
				}
			}
		}
		if j < len(toks) && toks[j].tok == token.STRING {
			if name, err := strconv.Unquote(toks[j].lit); err == nil {
				names = append(names, name)
			}
		}
	}
	return names
}

// widgeter is an engine that joins gonbui's widgets with the browser.
type widgeter interface {
	Widgets(Output) error
	Heartbeat() bool
}

func widgetsCommand(c *Call) error {
	e, ok := c.Engine().(widgeter)
	if !ok {
		return errors.New("this engine has no widgets")
	}
	return e.Widgets(c.cell)
}

func heartbeatCommand(c *Call) error {
	e, ok := c.Engine().(widgeter)
	if !ok {
		return errors.New("this engine has no widgets")
	}
	if e.Heartbeat() {
		c.Print("The browser answers.\n")
	} else {
		c.Print("No browser answers; %widgets connects one.\n")
	}
	return nil
}
