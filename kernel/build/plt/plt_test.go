package plt

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestMend(t *testing.T) {
	entry := []byte{0xf3, 0x0f, 0x1e, 0xfa, 0x41, 0xbb, 7, 0, 0, 0, 0xff, 0x25, 1, 2, 3, 4}
	old := []byte{0x41, 0xbb, 7, 0, 0, 0, 0xff, 0x25, 1, 2, 3, 4, 0xcc, 0xcc, 0xcc, 0xcc}
	gnu := []byte{0xf3, 0x0f, 0x1e, 0xfa, 0x68, 0, 0, 0, 0, 0xe9, 0xe1, 0xff, 0xff, 0xff, 0x90, 0x90}
	table := bytes.Join([][]byte{entry, gnu, old}, nil)
	if n := mend(table); n != 2 {
		t.Errorf("%d entries mended, want 2", n)
	}
	if bytes.Contains(table, setR11) {
		t.Errorf("R11 is still set: % x", table)
	}
	if !bytes.Equal(table[16:32], gnu) || !bytes.Equal(table[10:16], entry[10:]) {
		t.Errorf("something else was changed: % x", table)
	}
}

// What mold links keeps the ninth argument; bound lazily it cannot be mended.
func TestMold(t *testing.T) {
	for _, tool := range []string{"mold", "gcc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not on the PATH", tool)
		}
	}
	dir := t.TempDir()
	src := filepath.Join(dir, "a.c")
	if err := os.WriteFile(src, []byte("int puts(const char *);\nint f(void) { return puts(\"x\"); }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for flag, ok := range map[string]bool{"now": true, "lazy": false} {
		out := filepath.Join(dir, flag+".so")
		if b, err := exec.Command("gcc", "-shared", "-fPIC", "-fuse-ld=mold", "-Wl,-z,"+flag, "-o", out, src).CombinedOutput(); err != nil {
			t.Skipf("gcc with mold: %s", b)
		}
		if err := Mend(out); (err == nil) != ok {
			t.Errorf("-z %s: %v", flag, err)
		}
		if b, err := os.ReadFile(out); err != nil || ok && bytes.Contains(b, append([]byte{0xf3, 0x0f, 0x1e, 0xfa}, setR11...)) {
			t.Errorf("-z %s: R11 is still set, %v", flag, err)
		}
	}
}
