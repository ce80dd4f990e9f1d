package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gosft/kernel/display"
)

func init() {
	RegisterCommand(Command{Name: "%env", Usage: "%env [NAME [VALUE] | NAME=VALUE | -u NAME]", Help: "Lists, shows, sets or (-u) removes environment variables, of the program, of builds and of !commands.",
		Run: envCommand, Complete: func(_ *Session, arg string) []string {
			var list []string
			for _, e := range os.Environ() {
				if name, _, _ := strings.Cut(e, "="); strings.HasPrefix(name, strings.TrimPrefix(arg, "-u ")) {
					list = append(list, name)
				}
			}
			slices.Sort(list)
			return list
		}})
	folders := func(_ *Session, arg string) []string { return completePaths(arg, true) }
	RegisterCommand(Command{Name: "%cd", Usage: "%cd [FOLDER | -]", Help: "Changes the working folder of the program and of !commands; - goes back. Without a folder it says which it is.", Run: cdCommand, Complete: folders})
	RegisterCommand(Command{Name: "%pwd", Usage: "%pwd", Help: "Says which the working folder is.", Run: func(c *Call) error { c.Args = ""; return cdCommand(c) }})
	RegisterCommand(Command{Name: "%get", Usage: "%get PACKAGE[@VERSION]...", Help: "Fetches packages and pins their versions in the session's go.mod. An import alone does it too, with the newest version.", Run: getCommand})
}

type (
	envSetter interface {
		Setenv(name, value string, unset bool) error
	}
	dirChanger interface {
		Chdir(dir string) error
	}
	getter interface {
		Get(ctx context.Context, what string, note func(string)) error
	}
)

func envCommand(c *Call) error {
	args, err := words(c.Args)
	if err != nil {
		return err
	}
	if len(args) == 1 && !strings.HasPrefix(args[0], "-") {
		if name, value, ok := strings.Cut(args[0], "="); ok {
			return setenv(c, name, value)
		}
		value, ok := os.LookupEnv(args[0])
		if !ok {
			return fmt.Errorf("there is no environment variable %s", args[0])
		}
		c.Print(value + "\n")
		return nil
	}
	switch {
	case len(args) == 0:
		t := display.Table{Columns: []string{"name", "value"}}
		env := os.Environ()
		slices.Sort(env)
		for _, e := range env {
			name, value, _ := strings.Cut(e, "=")
			if secret(name) {
				value = "<hidden>"
			}
			t.Rows = append(t.Rows, []string{name, value})
		}
		c.Show(t.Bundle())
		return nil
	case args[0] == "-u" && len(args) == 2:
		return unsetenv(c, args[1])
	case strings.Contains(args[0], "="): // %env FLAGS=-a -b
		name, value, _ := strings.Cut(c.Args, "=")
		return setenv(c, name, value)
	case len(args) == 2:
		return setenv(c, args[0], args[1])
	}
	// As IPython does: all behind the name is the value.
	_, value, _ := strings.Cut(c.Args, args[0])
	return setenv(c, args[0], strings.TrimSpace(value))
}

// secret says that a variable's value must not end up in a notebook's output.
func secret(name string) bool {
	name = strings.ToUpper(name)
	for _, word := range []string{"KEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

func setenv(c *Call, name, value string) error {
	if name == "" || strings.ContainsAny(name, " =\x00") {
		return fmt.Errorf("%q is no name of an environment variable", name)
	}
	if err := os.Setenv(name, value); err != nil {
		return err
	}
	if e, ok := c.Engine().(envSetter); ok {
		if err := e.Setenv(name, value, false); err != nil {
			return err
		}
	}
	if secret(name) {
		value = "<hidden>"
	}
	c.Printf("Set: %s=%q\n", name, value)
	return nil
}

func unsetenv(c *Call, name string) error {
	if err := os.Unsetenv(name); err != nil {
		return err
	}
	if e, ok := c.Engine().(envSetter); ok {
		if err := e.Setenv(name, "", true); err != nil {
			return err
		}
	}
	c.Printf("Removed: %s\n", name)
	return nil
}

func cdCommand(c *Call) error {
	here, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("the working folder is gone (%w): %%cd to another one by its whole path", err)
	}
	if c.Args == "" {
		c.Print(here + "\n")
		return nil
	}
	args, err := words(c.Args)
	if err != nil {
		return err
	}
	if len(args) != 1 {
		return fmt.Errorf("%%cd takes one folder, and %d words were given: put a name with spaces in quotes", len(args))
	}
	state := c.Session.commandState()
	dir := expand(args[0])
	if args[0] == "-" {
		if state.lastDir == "" {
			return errors.New("there is no folder to go back to")
		}
		dir = state.lastDir
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	if e, ok := c.Engine().(dirChanger); ok {
		if err := e.Chdir(dir); err != nil {
			return errors.Join(err, os.Chdir(here))
		}
	}
	state.lastDir = here
	os.Setenv("GONB_DIR", dir)
	c.Print(dir + "\n")
	return nil
}

func getCommand(c *Call) error {
	args, err := words(c.Args)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		return errors.New("name a package: %get example.com/module/package@v1.2.3")
	}
	e, ok := c.Engine().(getter)
	if !ok {
		return errors.New("this engine cannot fetch packages")
	}
	for _, what := range args {
		if err := e.Get(c.Context, what, func(line string) { c.Print(line + "\n") }); err != nil {
			return err
		}
	}
	return nil
}
