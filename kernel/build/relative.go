package build

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
)

// applyRelative writes into a shared library what its RELATIVE relocations will write when it is loaded. Go's linker reads a
// type's pointer mask, for the garbage collector, at the address that stands in the library's file; mold puts it there, lld
// leaves a zero (its --apply-dynamic-relocs, which zig does not pass on). With a mask from a wrong place values of cells would be
// collected while they are in use. On other machines than amd64 the linker looks at the relocations itself.
func applyRelative(lib string) error {
	f, err := elf.Open(lib)
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Machine != elf.EM_X86_64 {
		return nil
	}
	out, err := os.OpenFile(lib, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	for _, rel := range f.Sections {
		if rel.Type != elf.SHT_RELA || rel.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		if err := applySection(f, rel, out); err != nil {
			out.Close()
			return fmt.Errorf("%s: %s: %w", lib, rel.Name, err)
		}
	}
	return out.Close()
}

// applySection applies the relocations of one section, reading and writing each section that they change once.
func applySection(f *elf.File, rel *elf.Section, out *os.File) error {
	table, err := rel.Data()
	if err != nil {
		return err
	}
	var at *elf.Section
	var data []byte
	flush := func() error {
		if at == nil {
			return nil
		}
		_, err := out.WriteAt(data, int64(at.Offset))
		return err
	}
	for ; len(table) >= 24; table = table[24:] {
		where, info, addend := binary.LittleEndian.Uint64(table), binary.LittleEndian.Uint64(table[8:]), binary.LittleEndian.Uint64(table[16:])
		if elf.R_X86_64(info&0xffffffff) != elf.R_X86_64_RELATIVE {
			continue
		}
		if at == nil || where < at.Addr || where+8 > at.Addr+at.Size {
			if err := flush(); err != nil {
				return err
			}
			if at = sectionOf(f, where); at == nil {
				return fmt.Errorf("a relocation at %#x lies in no section", where)
			}
			data = make([]byte, at.Size)
			if _, err := out.ReadAt(data, int64(at.Offset)); err != nil {
				return err
			}
		}
		binary.LittleEndian.PutUint64(data[where-at.Addr:], addend)
	}
	return flush()
}

// sectionOf finds the section with bytes in the file that holds an address.
func sectionOf(f *elf.File, addr uint64) *elf.Section {
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 && s.Type != elf.SHT_NOBITS && s.Addr <= addr && addr+8 <= s.Addr+s.Size {
			return s
		}
	}
	return nil
}
