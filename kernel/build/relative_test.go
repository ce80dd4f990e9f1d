package build

import (
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// relatives lists what a library's RELATIVE relocations write: the offset in the file, the value.
func relatives(t *testing.T, lib string) map[int64]uint64 {
	t.Helper()
	f, err := elf.Open(lib)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[int64]uint64{}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_RELA {
			continue
		}
		table, err := s.Data()
		if err != nil {
			t.Fatal(err)
		}
		for ; len(table) >= 24; table = table[24:] {
			if elf.R_X86_64(binary.LittleEndian.Uint32(table[8:])) == elf.R_X86_64_RELATIVE {
				where := binary.LittleEndian.Uint64(table)
				at := sectionOf(f, where)
				out[int64(at.Offset+where-at.Addr)] = binary.LittleEndian.Uint64(table[16:])
			}
		}
	}
	return out
}

// Whatever a linker leaves at the places that are relocated, afterwards the values stand there.
func TestApplyRelative(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("for Linux on amd64")
	}
	tc, err := FindToolchain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source, lib := filepath.Join(dir, "x.c"), filepath.Join(dir, "x.so")
	if err := os.WriteFile(source, []byte("static int a, b; int *p = &a; int *q[] = {&b, &a}; static int *r = &b; int **s = &r;\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(tc.CC[0], append(tc.CC[1:len(tc.CC):len(tc.CC)], "-shared", "-fPIC", "-o", lib, source)...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := relatives(t, lib)
	if len(want) < 3 {
		t.Fatalf("the library has %d places", len(want))
	}
	for _, before := range []uint64{0, ^uint64(0)} {
		b, err := os.ReadFile(lib)
		if err != nil {
			t.Fatal(err)
		}
		for at := range want {
			binary.LittleEndian.PutUint64(b[at:], before)
		}
		if err := os.WriteFile(lib, b, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := applyRelative(lib); err != nil {
			t.Fatal(err)
		}
		if b, err = os.ReadFile(lib); err != nil {
			t.Fatal(err)
		}
		for at, v := range want {
			if got := binary.LittleEndian.Uint64(b[at:]); got != v {
				t.Errorf("at %#x: %#x, want %#x", at, got, v)
			}
		}
	}
}
