//go:build linux && cgo && !noxla

package backend

import (
	"debug/elf"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// The dynamic linker finds a program's function before the C library's only where the program exports it.
func TestAllocationIsTheProgramsOwn(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file, err := elf.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	symbols, err := file.DynamicSymbols()
	if err != nil {
		t.Fatal(err)
	}
	exported := map[string]bool{}
	for _, s := range symbols {
		exported[s.Name] = exported[s.Name] || s.Section != elf.SHN_UNDEF
	}
	for _, name := range []string{"aligned_alloc", "posix_memalign", "free", "realloc", "malloc_usable_size"} {
		if !exported[name] {
			t.Errorf("%s is not exported: XLA's inner values get fresh memory at each call", name)
		}
	}
}

// A program whose inner values take 64 MB gets them from the kernel once. Pages are counted while they are small ones.
func TestInnerValuesKeepTheirMemory(t *testing.T) {
	realPlugin(t)
	b, err := Open("xla")
	if err != nil {
		t.Fatal(err)
	}
	exec, err := graph.NewExec(b.Backend, func(x *graph.Node) *graph.Node {
		column := graph.Iota(x.Graph(), shapes.Make(dtypes.Float32, 4096, 8), 0)
		square := graph.Dot(graph.Mul(column, x), graph.Transpose(column, 0, 1)).MatMul()
		return graph.Add(graph.ReduceAllSum(square), graph.ReduceAllMax(graph.Sort(square, 1, true)))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	const thpDisable = 41 // PR_SET_THP_DISABLE
	if _, _, errno := syscall.Syscall6(syscall.SYS_PRCTL, thpDisable, 1, 0, 0, 0, 0); errno != 0 {
		t.Skip("prctl: ", errno)
	}
	defer syscall.Syscall6(syscall.SYS_PRCTL, thpDisable, 0, 0, 0, 0, 0)
	call := func() (faults int64) {
		before := usage(t).Minflt
		out, err := exec.Call(float32(1))
		if err != nil {
			t.Fatal(err)
		}
		out[0].MustFinalizeAll()
		faults = usage(t).Minflt - before
		time.Sleep(20 * time.Millisecond) // XLA gives memory back a moment after the result is there
		return faults
	}
	// That moment may last longer on a busy machine, so that a call counts for nothing alone.
	median := func(before func()) int64 {
		var calls []int64
		for range 9 {
			before()
			calls = append(calls, call())
		}
		slices.Sort(calls)
		return calls[4]
	}
	first := call()
	kept := median(func() {})
	again := median(FreeUnused)
	t.Logf("page faults: %d in the first call, %d later, %d after FreeUnused", first, kept, again)
	if kept > 64<<20/4096/2 || again < 64<<20/4096 {
		t.Errorf("%d page faults in a call with kept memory, %d without", kept, again)
	}
}

func usage(t *testing.T) (u syscall.Rusage) {
	t.Helper()
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return u
}
