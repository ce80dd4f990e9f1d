package build

import (
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"sort"
)

// writeIndex writes the dynamic symbols of a shared library, sorted by name, to lib.idx, where the mended linker looks
// them up; wanted.go.txt describes the format.
func writeIndex(lib string) error {
	f, err := elf.Open(lib)
	if err != nil {
		return err
	}
	defer f.Close()
	syms, err := f.DynamicSymbols()
	if err != nil {
		return fmt.Errorf("%s: %w", lib, err)
	}
	sort.Slice(syms, func(i, j int) bool { return syms[i].Name < syms[j].Name })
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(syms)))
	var names []byte
	for _, s := range syms {
		names = append(names, s.Name...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(names)))
		b = binary.LittleEndian.AppendUint64(b, s.Value)
		b = binary.LittleEndian.AppendUint64(b, s.Size)
		b = binary.LittleEndian.AppendUint32(b, uint32(s.Info)<<16|uint32(s.Section))
	}
	return os.WriteFile(lib+".idx", append(b, names...), 0o644)
}
