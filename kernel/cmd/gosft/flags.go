package main

import (
	"errors"
	"flag"
	"fmt"
)

// parseFlags reads a command's flags, which may stand before and after its words, as GNU's programs and Python's have it,
// and returns the words. All that follows "--" are words. The flag package itself tells of a wrong flag, with the usage:
// errFailed then; flag.ErrHelp where the usage was asked for.
func parseFlags(flags *flag.FlagSet, args []string) (words []string, err error) {
	flags.Usage = func() {
		for _, c := range commands() {
			if c.name == flags.Name() {
				fmt.Fprintf(flags.Output(), "usage: gosft %s\n%s\n", c.usage, c.help)
			}
		}
		flags.PrintDefaults()
	}
	for {
		if err := flags.Parse(args); err != nil {
			if !errors.Is(err, flag.ErrHelp) {
				err = errFailed
			}
			return nil, err
		}
		rest := flags.Args()
		if read := len(args) - len(rest); len(rest) == 0 || read > 0 && args[read-1] == "--" {
			return append(words, rest...), nil
		}
		words, args = append(words, rest[0]), rest[1:]
	}
}
