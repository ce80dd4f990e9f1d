package gonb

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

// Prepare makes what a program finds when it starts: os.Args holds args, all flags are back at their defaults, and with
// parse the flags are parsed. A flag that is not known is an error, where a program would end itself; so is -help, after
// the usage was printed.
func Prepare(args []string, parse bool) error {
	const name = "cell"
	os.Args = append([]string{name}, args...)
	flag.CommandLine.Init(name, flag.ContinueOnError)
	flag.VisitAll(func(f *flag.Flag) { f.Value.Set(f.DefValue) })
	if !parse {
		return nil
	}
	switch err := flag.CommandLine.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return errors.New("the usage was asked for, so the program was not run")
	case err != nil:
		return fmt.Errorf("flags of the cell: %w", err)
	}
	return nil
}

// Main runs main as a program of its own, after Prepare.
func Main(args []string, parse bool, main func()) error {
	if err := Prepare(args, parse); err != nil {
		return err
	}
	main()
	return nil
}

// ForgetFlags removes flags of the given names, so that a cell that defines them can be run again; the standard library
// panics when a flag is defined twice. Other flags stay.
func ForgetFlags(names ...string) {
	gone := map[string]bool{}
	for _, n := range names {
		gone[n] = true
	}
	old := flag.CommandLine
	fresh := flag.NewFlagSet(old.Name(), flag.ContinueOnError)
	fresh.SetOutput(old.Output())
	old.VisitAll(func(f *flag.Flag) {
		if !gone[f.Name] {
			fresh.Var(f.Value, f.Name, f.Usage)
			fresh.Lookup(f.Name).DefValue = f.DefValue
		}
	})
	fresh.Usage = flag.Usage
	flag.CommandLine = fresh
}
