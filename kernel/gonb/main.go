package gonb

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

// Main runs a cell's main function as GoNB does: os.Args holds args, all flags are back at their defaults, and with parse
// the flags are parsed before. A flag that is not known is an error, where a program would end itself; with -help the
// usage is printed and main does not run.
func Main(args []string, parse bool, main func()) error {
	name := "cell"
	if len(os.Args) > 0 {
		name = os.Args[0]
	}
	os.Args = append([]string{name}, args...)
	flag.CommandLine.Init(name, flag.ContinueOnError)
	flag.VisitAll(func(f *flag.Flag) { f.Value.Set(f.DefValue) })
	if parse {
		switch err := flag.CommandLine.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			return nil
		case err != nil:
			return fmt.Errorf("flags of the cell: %w", err)
		}
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
