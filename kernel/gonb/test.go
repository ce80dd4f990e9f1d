package gonb

import (
	"errors"
	"flag"
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
)

// Test runs a cell's tests and benchmarks in this process, so that they see the session's values. functions are pairs of a
// name and a func(*testing.T) or func(*testing.B). args are flags of a test program: "-test.v", "-test.run=Name",
// "-test.bench=.". The output is that of go test; the error says that a test failed. A panic in a test fails that test only.
func Test(args []string, functions ...any) error {
	var tests []testing.InternalTest
	var benchmarks []testing.InternalBenchmark
	for i := 0; i+1 < len(functions); i += 2 {
		name, ok := functions[i].(string)
		if !ok {
			return fmt.Errorf("gonb.Test: argument %d is %T, not a name", i+1, functions[i])
		}
		switch f := functions[i+1].(type) {
		case func(*testing.T):
			tests = append(tests, testing.InternalTest{Name: name, F: caught(f)})
		case func(*testing.B):
			benchmarks = append(benchmarks, testing.InternalBenchmark{Name: name, F: f})
		default:
			return fmt.Errorf("%%test: %s is %T; a test is func(t *testing.T), a benchmark func(b *testing.B)", name, f)
		}
	}
	flags := testFlags()
	flags.VisitAll(func(f *flag.Flag) {
		if strings.HasPrefix(f.Name, "test.") {
			f.Value.Set(f.DefValue)
		}
	})
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return nil
	case err != nil:
		return fmt.Errorf("%%test: %w (flags begin with test., such as -test.run=Name)", err)
	}
	if !flag.Parsed() { // the testing package insists on it
		flag.CommandLine.Init("cell", flag.ContinueOnError)
		flag.CommandLine.Parse(nil)
	}
	code, err := runTests(tests, benchmarks)
	if err == nil && code != 0 {
		err = errors.New("tests failed")
	}
	return err
}

// caught makes a panic a failure of its test; it would end the worker otherwise.
func caught(f func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) {
		defer func() {
			if p := recover(); p != nil {
				t.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		f(t)
	}
}

// testFlags are the flags of package testing, in a set of their own: a cell's flags are its own business.
var testFlags = sync.OnceValue(func() *flag.FlagSet {
	if flag.Lookup("test.v") != nil { // a test program has them already
		return flag.CommandLine
	}
	cell := flag.CommandLine
	flag.CommandLine = flag.NewFlagSet("%test", flag.ContinueOnError)
	testing.Init()
	set := flag.CommandLine
	flag.CommandLine = cell
	return set
})

func matchString(pattern, s string) (bool, error) { return regexp.MatchString(pattern, s) }
