//go:build !go1.26 || go1.27

package gonb

import (
	"fmt"
	"runtime"
	"testing"
)

func runTests([]testing.InternalTest, []testing.InternalBenchmark) (int, error) {
	return 0, fmt.Errorf("%%test knows package testing of Go 1.26 only, and this is %s", runtime.Version())
}
