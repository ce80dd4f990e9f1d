package safetensors

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gosft/sftlib/internal/testenv"
)

func raw(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func write(t testing.TB, b []byte) string {
	p := filepath.Join(t.TempDir(), "model.safetensors")
	if err := os.WriteFile(p, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRoundTrip(t *testing.T) {
	p := filepath.Join(t.TempDir(), "x.safetensors")
	a := []float32{1, -2.5, float32(math.Inf(1)), 4e-40, 5, 6}
	err := Write(p, []Tensor{{"a", []int{2, 3}, Values(a)}, {"weiß \"x\"", nil, Values([]float32{7})}, {"none", []int{0, 4}, Values(nil)}},
		map[string]string{"format": "pt"})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(p)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := f.Float32("a")
	if err != nil || !slices.Equal(got, a) || !slices.Equal(f.Info("a").Shape, []int{2, 3}) {
		t.Errorf("a: %v %v %v", got, f.Info("a"), err)
	}
	if got, err := f.Float32("weiß \"x\""); err != nil || !slices.Equal(got, []float32{7}) {
		t.Errorf("%v %v", got, err)
	}
	if f.Metadata()["format"] != "pt" || len(f.Names()) != 3 {
		t.Errorf("%v %v", f.Metadata(), f.Names())
	}
	if _, err := f.Float32("b"); err == nil {
		t.Error("a tensor that is not there was read")
	}
	if err := Write(p, []Tensor{{"a", []int{3}, Values(a)}}, nil); err == nil {
		t.Error("wrong length accepted")
	}
	if f2, err := Open(p); err != nil || len(f2.Names()) != 3 {
		t.Errorf("a write that failed harmed the file: %v", err)
	} else {
		f2.Close()
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(p), ".*"))
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestHostileHeaders(t *testing.T) {
	huge := make([]byte, 16)
	binary.LittleEndian.PutUint64(huge, math.MaxUint64)
	for name, b := range map[string][]byte{
		"empty":             {},
		"seven bytes":       make([]byte, 7),
		"huge header":       huge,
		"header over file":  raw("{}", 0)[:9],
		"no object":         raw("[]", 0),
		"no json":           raw("{x", 0),
		"cut json":          raw(`{"a":{"dtype":"F32"`, 0),
		"outside":           raw(`{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}`, 8),
		"negative offset":   raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}`, 8),
		"reversed":          raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 8),
		"wrong size":        raw(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8),
		"overflow":          raw(`{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}`, 8),
		"negative shape":    raw(`{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}`, 8),
		"unknown type":      raw(`{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}`, 8),
		"no offsets":        raw(`{"a":{"dtype":"F32","shape":[2]}}`, 8),
		"big offset number": raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,99999999999999999999]}}`, 8),
		"twice":             raw(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8),
		"overlap":           raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8),
	} {
		p := write(t, b)
		if f, err := Open(p); err == nil {
			f.Close()
			t.Errorf("%s: accepted", name)
		} else if !strings.Contains(err.Error(), p) {
			t.Errorf("%s: the error does not name the file: %v", name, err)
		}
	}
}

func TestShards(t *testing.T) {
	dir := t.TempDir()
	for i, n := range []string{"a", "b"} {
		p := filepath.Join(dir, fmt.Sprintf("model-0000%d-of-00002.safetensors", i+1))
		if err := Write(p, []Tensor{{n, []int{1}, Values([]float32{float32(i)})}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	index := filepath.Join(dir, "model.safetensors.index.json")
	for _, c := range []struct{ text, err string }{
		{`{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}`, ""},
		{`{"weight_map":{"a":"model-00002-of-00002.safetensors"}}`, "but it is not"},
		{`{"weight_map":{"a":"../../etc/passwd"}}`, "not a file in this folder"},
		{`{"weight_map":{"a":"model-00003-of-00002.safetensors"}}`, "no such file"},
		{`{"weight_map":3}`, "index.json"},
	} {
		if err := os.WriteFile(index, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := OpenFolder(dir)
		if c.err == "" {
			if err != nil {
				t.Fatal(err)
			}
			if x, err := f.Float32("b"); err != nil || x[0] != 1 {
				t.Error(x, err)
			}
			f.Close()
		} else if err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v", c.text, err)
		}
	}
}

// Every F16 number, and BF16 and F64, as numpy and torch convert them.
func TestConversionsAgainstPython(t *testing.T) {
	dir := t.TempDir()
	testenv.RunPython(t, `
import sys, torch, numpy as np
from safetensors.torch import save_file
bits = torch.arange(65536, dtype=torch.int32).to(torch.uint16)
save_file({"f16": bits.clone().view(torch.float16), "bf16": bits.clone().view(torch.bfloat16), "f64": torch.linspace(-3,3,1001,dtype=torch.float64),
  "f16w": bits.view(torch.float16).float(), "bf16w": bits.view(torch.bfloat16).float(), "f64w": torch.linspace(-3,3,1001,dtype=torch.float64).float(),
  "int": torch.arange(3)}, sys.argv[1] + "/model.safetensors")
`, dir)
	f, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, n := range []string{"f16", "bf16", "f64"} {
		got, err := f.Float32(n)
		if err != nil {
			t.Fatal(err)
		}
		want, err := f.Float32(n + "w")
		if err != nil {
			t.Fatal(err)
		}
		bad := 0
		for i := range want {
			nan := got[i] != got[i] && want[i] != want[i]
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) && !nan {
				bad++
			}
		}
		testenv.Parity(t, "safetensors "+n+" to float32 against torch, numbers that differ", float64(bad), 0)
	}
	if _, err := f.Float32("int"); err == nil || !strings.Contains(err.Error(), "I64") {
		t.Error(err)
	}
}

func FuzzHeader(f *testing.F) {
	f.Add(raw(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8))
	f.Add(raw(`{"__metadata__":{"format":"pt"}}`, 0))
	f.Add(raw(`{"a":{"dtype":"F16","shape":[0,9223372036854775807],"data_offsets":[0,0]}}`, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := readHeader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for name, info := range h.tensors {
			if info.from < 8 || info.to > int64(len(b)) || info.from > info.to {
				t.Fatalf("%q lies at %d to %d of %d", name, info.from, info.to, len(b))
			}
		}
	})
}

func ExampleWrite() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")
	err := Write(path, []Tensor{{Name: "bias", Shape: []int{2}, Data: Values([]float32{0.5, -1})}}, map[string]string{"format": "pt"})
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	x, _ := f.Float32("bias")
	fmt.Println(f.Info("bias").DType, f.Info("bias").Shape, x)
	// Output: F32 [2] [0.5 -1]
}

func TestEveryTypeHasAnExample(t *testing.T) { testenv.Examples(t) }

func ExampleFile() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	data := Values([]float32{1, 2, 3, 4})
	if err := Write(filepath.Join(dir, "model.safetensors"), []Tensor{{"w", []int{2, 2}, data}, {"b", []int{4}, data}}, nil); err != nil {
		fmt.Println(err)
		return
	}
	f, err := OpenFolder(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	for _, name := range f.Names() {
		fmt.Println(name, f.Info(name).Shape)
	}
	_, err = f.Float32("v")
	fmt.Println(err != nil)
	// Output:
	// b [4]
	// w [2 2]
	// true
}

func ExampleTensor() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	// The numbers are asked for when they are written, one tensor after the other.
	made := Tensor{Name: "w", Shape: []int{3}, Data: func() ([]float32, error) {
		fmt.Println("now")
		return []float32{1, 2, 3}, nil
	}}
	fmt.Println(Write(filepath.Join(dir, "a.safetensors"), []Tensor{made}, nil))
	wrong := Tensor{Name: "w", Shape: []int{2}, Data: Values([]float32{1, 2, 3})}
	fmt.Println(Write(filepath.Join(dir, "b.safetensors"), []Tensor{wrong}, nil) != nil)
	// Output:
	// now
	// <nil>
	// true
}

func ExampleInfo() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")
	if err := Write(path, []Tensor{{"w", []int{1, 3}, Values([]float32{1, 2, 3})}}, nil); err != nil {
		fmt.Println(err)
		return
	}
	f, err := Open(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	i := f.Info("w")
	fmt.Println(i.DType, i.Shape)
	// Output: F32 [1 3]
}
