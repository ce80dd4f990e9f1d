// Package plt mends the procedure linkage table that mold writes on amd64.
//
// A call from a plugin into the shared library goes through a table whose entries jump to an address that the dynamic
// linker fills in. mold's entries first set R11 to their number, for binding at the first call. Go passes the ninth word of
// a call's arguments in R11: the fourth of four strings that are concatenated came out with another length. Cells are linked
// with -z now, so the number is never looked at: Mend makes that instruction one that does nothing.
//
//	if err := plt.Mend("cell.so"); err != nil {
//		log.Fatal(err)
//	}
//
// The tables of GNU ld and lld have no such instruction, nor have those for arm64, where they may use R16 and R17 only,
// which Go leaves to them.
package plt

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
)

// What an entry holds: mov $number, %r11d; jmp *address(%rip).
var (
	setR11 = []byte{0x41, 0xbb}
	jump   = []byte{0xff, 0x25}
	nop6   = []byte{0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00}
)

const entrySize = 16

// Mend changes the file in place. A file that is not for amd64, or has no such instruction, stays as it is.
func Mend(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Machine != elf.EM_X86_64 {
		return nil
	}
	s := f.Section(".plt")
	if s == nil {
		return nil
	}
	table, err := s.Data()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if mend(table) == 0 {
		return nil
	}
	if !bindsNow(f) {
		return fmt.Errorf("%s: its calls are bound when they are first made, which needs a register that Go uses: link with -z now", path)
	}
	out, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := out.WriteAt(table, int64(s.Offset)); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}

// mend replaces the instruction in each entry and counts them. An entry may begin with endbr64.
func mend(table []byte) int {
	n := 0
	for at := 0; at+entrySize <= len(table); at += entrySize {
		entry := table[at : at+entrySize]
		for _, skip := range []int{0, 4} {
			e := entry[skip:]
			if bytes.HasPrefix(e, setR11) && len(e) >= 12 && bytes.HasPrefix(e[6:], jump) {
				copy(e, nop6)
				n++
				break
			}
		}
	}
	return n
}

// bindsNow reports whether all addresses are filled in when the file is loaded.
func bindsNow(f *elf.File) bool {
	if v, err := f.DynValue(elf.DT_FLAGS); err == nil && len(v) > 0 && elf.DynFlag(v[0])&elf.DF_BIND_NOW != 0 {
		return true
	}
	if v, err := f.DynValue(elf.DT_FLAGS_1); err == nil && len(v) > 0 && elf.DynFlag1(v[0])&elf.DF_1_NOW != 0 {
		return true
	}
	v, err := f.DynValue(elf.DT_BIND_NOW)
	return err == nil && len(v) > 0
}
