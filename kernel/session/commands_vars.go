package session

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"

	"gosft/kernel/display"
)

func init() {
	RegisterCommand(Command{Name: "%vars", Usage: "%vars [NAME]...", Help: "Lists the variables: name, type, size or shape, value, and the cell that declared them.",
		Run: varsCommand, Complete: completeNames})
	RegisterCommand(Command{Name: "%ls", Usage: "%ls", Help: "Lists all that the session has declared: imports, constants, types, variables, functions.", Run: listCommand})
	RegisterCommand(Command{Name: "%list", Usage: "%list", Help: gonbMark + "The same as %ls.", Run: listCommand})
	RegisterCommand(Command{Name: "%rm", Usage: "%rm NAME...", Help: "Forgets declarations and frees their values.", Run: removeCommand, Complete: completeNames})
	RegisterCommand(Command{Name: "%remove", Usage: "%remove NAME...", Help: gonbMark + "The same as %rm.", Run: removeCommand, Complete: completeNames})
	RegisterCommand(Command{Name: "%reset", Usage: "%reset", Help: "Forgets all declarations and values. The history and the numbers of cells stay.\n\n`%reset go.mod` begins anew with the session's modules as well.", Run: resetCommand})
	RegisterCommand(Command{Name: "%restart", Usage: "%restart", Help: "Replaces the worker: values are gone and their memory is free, declarations stay.", Run: restartCommand})
}

// What commands ask of an engine besides Engine. An engine that lacks one of these makes the command say so.
type (
	forgetter interface {
		// Forget removes declarations; unknown are the names that stood for nothing.
		Forget(names ...string) (unknown []string, err error)
	}
	declarer interface {
		// Declarations is Go source of all that the session has declared.
		Declarations() string
	}
	renewer interface {
		// Renew replaces the worker and keeps the declarations; lost are the variables that had a value.
		Renew() (lost []string, err error)
	}
	moduleResetter interface {
		// ResetModules makes the session's go.mod what it was at the start.
		ResetModules() error
	}
)

func varsCommand(c *Call) error {
	wanted, err := words(c.Args)
	if err != nil {
		return err
	}
	t := display.Table{Columns: []string{"name", "type", "size", "value", "cell"}, Numbers: []bool{false, false, false, false, true}}
	found := map[string]bool{}
	for _, v := range c.Session.Vars() {
		if len(wanted) > 0 && !slices.Contains(wanted, v.Name) {
			continue
		}
		found[v.Name] = true
		t.Rows = append(t.Rows, []string{v.Name, v.Type, v.Size, v.Value, strconv.Itoa(v.Cell)})
	}
	for _, name := range wanted {
		if !found[name] {
			return fmt.Errorf("there is no variable %s; %%vars lists all", name)
		}
	}
	if len(t.Rows) == 0 {
		c.Print("There are no variables.\n")
		return nil
	}
	c.Show(t.Bundle())
	return nil
}

// completeNames gives the session's names for the last word.
func completeNames(s *Session, arg string) []string {
	word := arg[strings.LastIndexAny(arg, " \t")+1:]
	var list []string
	add := func(name string) {
		if strings.HasPrefix(name, word) && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	for _, v := range s.Vars() {
		add(v.Name)
	}
	for _, group := range declared(s) {
		for _, name := range group.names {
			add(name)
		}
	}
	slices.Sort(list)
	return list
}

type declaredGroup struct {
	kind  string
	names []string
}

// declared lists the session's declarations by kind.
func declared(s *Session) []declaredGroup {
	d, ok := s.engine.(declarer)
	if !ok {
		return nil
	}
	src := d.Declarations()
	if _, err := parser.ParseFile(token.NewFileSet(), "", src, parser.PackageClauseOnly); err != nil {
		src = "package cell\n" + src
	}
	f, _ := parser.ParseFile(token.NewFileSet(), "", src, parser.SkipObjectResolution)
	if f == nil {
		return nil
	}
	groups := []declaredGroup{{kind: "imports"}, {kind: "constants"}, {kind: "types"}, {kind: "variables"}, {kind: "functions"}}
	add := func(i int, name string) {
		if name != "_" {
			groups[i].names = append(groups[i].names, name)
		}
	}
	for _, imp := range f.Imports {
		spec := imp.Path.Value
		if imp.Name != nil && imp.Name.Name != path.Base(strings.Trim(spec, `"`)) {
			spec = imp.Name.Name + " " + spec
		}
		if imp.Name == nil || !strings.HasPrefix(imp.Name.Name, "gosft") { // written by commands
			add(0, spec)
		}
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil && len(d.Recv.List) > 0 {
				name = receiver(d.Recv.List[0].Type) + "~" + name // as GoNB writes it
			}
			add(4, name)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					add(2, s.Name.Name)
				case *ast.ValueSpec:
					i := 3
					if d.Tok == token.CONST {
						i = 1
					}
					for _, id := range s.Names {
						add(i, id.Name)
					}
				}
			}
		}
	}
	for _, g := range groups {
		slices.Sort(g.names)
	}
	return groups
}

func receiver(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.StarExpr:
		return receiver(x.X)
	case *ast.IndexExpr:
		return receiver(x.X)
	case *ast.IndexListExpr:
		return receiver(x.X)
	}
	return "?"
}

func listCommand(c *Call) error {
	groups := declared(c.Session)
	if groups == nil {
		return errors.New("this engine does not tell its declarations; %vars lists the variables")
	}
	t := display.Table{Columns: []string{"kind", "names"}}
	for _, g := range groups {
		if len(g.names) > 0 {
			t.Rows = append(t.Rows, []string{g.kind, strings.Join(g.names, ", ")})
		}
	}
	if len(t.Rows) == 0 {
		c.Print("Nothing is declared.\n")
		return nil
	}
	var text strings.Builder
	for _, r := range t.Rows {
		fmt.Fprintf(&text, "%-10s %s\n", r[0], r[1])
	}
	b := t.Bundle()
	b["text/plain"] = strings.TrimRight(text.String(), "\n")
	c.Show(b)
	return nil
}

func removeCommand(c *Call) error {
	names, err := words(c.Args)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return errors.New("name what is to be forgotten: %rm NAME...; %ls lists all declarations, %reset forgets everything")
	}
	e, ok := c.Engine().(forgetter)
	if !ok {
		return errors.New("this engine cannot forget single declarations; %reset forgets everything")
	}
	unknown, err := e.Forget(names...)
	if err != nil {
		return err
	}
	var gone []string
	for _, n := range names {
		if !slices.Contains(unknown, n) {
			gone = append(gone, n)
		}
	}
	if len(gone) > 0 {
		c.Printf("Forgotten: %s\n", strings.Join(gone, ", "))
	}
	if len(unknown) > 0 {
		return fmt.Errorf("nothing is declared as %s; %%ls lists all declarations", strings.Join(unknown, ", "))
	}
	return nil
}

func resetCommand(c *Call) error {
	switch c.Args {
	case "", "-f":
		if err := c.Session.Restart(); err != nil {
			return err
		}
		c.Print("All declarations and values are forgotten.\n")
		return nil
	case "go.mod":
		e, ok := c.Engine().(moduleResetter)
		if !ok {
			return errors.New("this engine cannot begin anew with its modules: use the notebook's Restart button")
		}
		if err := e.ResetModules(); err != nil {
			return err
		}
		c.Print("The session's go.mod is as at the start.\n")
		return nil
	}
	return fmt.Errorf("%%reset takes nothing, or go.mod, not %q", c.Args)
}

func restartCommand(c *Call) error {
	if c.Args != "" {
		return fmt.Errorf("%%restart takes no argument, and %q was given", c.Args)
	}
	if e, ok := c.Engine().(renewer); ok {
		lost, err := e.Renew()
		if err != nil {
			return err
		}
		c.Print("A new worker runs: declarations stay, ")
		if len(lost) == 0 {
			c.Print("and no variable had a value.\n")
		} else {
			c.Print("and these variables have no value any more: " + strings.Join(lost, ", ") + ".\n")
		}
		return nil
	}
	if err := c.Session.Restart(); err != nil {
		return err
	}
	c.Print("A new worker runs; all declarations and values are forgotten.\n")
	return nil
}
