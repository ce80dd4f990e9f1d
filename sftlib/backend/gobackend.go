package backend

import (
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/gobackend"
)

// workers is the size of the Go backend's pool. Its default (twice the cores) hangs in training: operations hold a place
// in the pool while they wait for places for their parts, and when all places are held by such operations none goes on.
// With many more places than a graph has operations ready at once that does not come up, and costs no time.
func workers() int { return max(64, 16*runtime.GOMAXPROCS(0)) }

// openGo opens GoMLX's Go backend with options as in GOMLX_BACKEND after "go:"; without an option about parallelism the pool
// gets [workers] places.
func openGo(options, why string) (*Backend, error) {
	if !simd {
		why += "; built without GOEXPERIMENT=simd, so training is several times slower"
	}
	ownPool := !strings.Contains(options, "parallelism") && !strings.Contains(options, "ops_sequential")
	var b compute.Backend
	err := Try(fmt.Sprintf("backend %q", "go:"+options), func() (err error) {
		b, err = gobackend.New(options)
		if err == nil && ownPool && !setWorkers(b, workers()) {
			b, err = gobackend.New(strings.TrimPrefix(fmt.Sprintf("%s,parallelism=%d", options, workers()), ","))
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	config := "go"
	if options != "" {
		config += ":" + options
	} else {
		config += fmt.Sprintf(":parallelism=%d", workers())
	}
	return &Backend{Backend: b, Kind: Go, Config: config, Why: why}, nil
}

// setWorkers does what the option parallelism=n does, without the line that it prints on standard output: the pool is an
// exported field of a type that is not exported. It returns false when this version of the library has no such field.
func setWorkers(b compute.Backend, n int) bool {
	v := reflect.ValueOf(b)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return false
	}
	pool := v.Elem().FieldByName("Workers")
	if !pool.IsValid() || pool.Kind() != reflect.Pointer || pool.IsNil() {
		return false
	}
	p, ok := pool.Interface().(interface{ SetMaxParallelism(int) })
	if ok {
		p.SetMaxParallelism(n)
	}
	return ok
}
