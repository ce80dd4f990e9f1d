//go:build linux && cgo && !noxla

package backend

import (
	"debug/elf"
	"os"
	"testing"
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
	for _, name := range []string{"aligned_alloc", "posix_memalign"} {
		if !exported[name] {
			t.Errorf("%s is not exported: XLA's inner values lie in small pages", name)
		}
	}
}
