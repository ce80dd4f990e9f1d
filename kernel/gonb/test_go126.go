//go:build go1.26 && !go1.27

package gonb

import (
	"errors"
	"io"
	"reflect"
	"testing"
	"time"
)

// runTests runs what a test program's main function runs. testing.MainStart may change with each Go release, hence the
// build constraint.
func runTests(tests []testing.InternalTest, benchmarks []testing.InternalBenchmark) (code int, err error) {
	return testing.MainStart(deps{}, tests, benchmarks, nil, nil).Run(), nil
}

// deps gives package testing what it asks of a test program: names match, nothing is profiled or fuzzed.
type deps struct{}

// corpus is testing's unexported type of the same form.
type corpus = struct {
	Parent     string
	Path       string
	Data       []byte
	Values     []any
	Generation int
	IsSeed     bool
}

var errNotHere = errors.New("profiles and fuzzing need a test program: write the cell to a file with %%writefile and use go test")

func (deps) ImportPath() string                          { return "cell" }
func (deps) ModulePath() string                          { return "cell" }
func (deps) MatchString(pattern, s string) (bool, error) { return matchString(pattern, s) }
func (deps) SetPanicOnExit0(bool)                        {}
func (deps) StartCPUProfile(io.Writer) error             { return errNotHere }
func (deps) StopCPUProfile()                             {}
func (deps) StartTestLog(io.Writer)                      {}
func (deps) StopTestLog() error                          { return nil }
func (deps) WriteProfileTo(string, io.Writer, int) error { return errNotHere }
func (deps) CoordinateFuzzing(time.Duration, int64, time.Duration, int64, int, []corpus, []reflect.Type, string, string) error {
	return errNotHere
}
func (deps) RunFuzzWorker(func(corpus) error) error              { return errNotHere }
func (deps) ReadCorpus(string, []reflect.Type) ([]corpus, error) { return nil, errNotHere }
func (deps) CheckCorpus([]any, []reflect.Type) error             { return nil }
func (deps) ResetCoverage()                                      {}
func (deps) SnapshotCoverage()                                   {}
func (deps) InitRuntimeCoverage() (string, func(string, string) (string, error), func() float64) {
	return "", nil, nil
}
