package safetensors

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// Tensor is what Write puts into a file: numbers in row-major order. Data gives them when their turn comes, so that a model
// is never in memory twice.
type Tensor struct {
	Name  string
	Shape []int
	Data  func() ([]float32, error)
}

// Values is the Data of a tensor whose numbers are at hand.
func Values(x []float32) func() ([]float32, error) {
	return func() ([]float32, error) { return x, nil }
}

// Write writes tensors as F32 to path, in their order. The file appears whole or not at all: it is written beside path,
// synced and renamed. metadata may be nil; transformers wants "format": "pt" in it.
func Write(path string, tensors []Tensor, metadata map[string]string) (err error) {
	head, err := layout(tensors, metadata)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err = binary.Write(w, binary.LittleEndian, uint64(len(head))); err != nil {
		return err
	}
	if _, err = w.Write(head); err != nil {
		return err
	}
	var word [4]byte
	for _, t := range tensors {
		x, err := t.Data()
		if err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if len(x) != size(t.Shape) {
			return fmt.Errorf("tensor %q has %d numbers, its shape %v says %d", t.Name, len(x), t.Shape, size(t.Shape))
		}
		for _, v := range x {
			binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
			if _, err := w.Write(word[:]); err != nil {
				return err
			}
		}
	}
	if err = w.Flush(); err != nil {
		return err
	}
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// layout makes the header, padded with spaces to a multiple of eight bytes so that the numbers are aligned.
func layout(tensors []Tensor, metadata map[string]string) ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	put := func(key string, v any) error {
		k, err := json.Marshal(key)
		if err != nil {
			return err
		}
		t, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.Write(k)
		b.WriteByte(':')
		b.Write(t)
		return nil
	}
	if len(metadata) > 0 {
		if err := put("__metadata__", metadata); err != nil {
			return nil, err
		}
	}
	at, seen := 0, map[string]bool{"__metadata__": true}
	for _, t := range tensors {
		if seen[t.Name] {
			return nil, fmt.Errorf("tensor %q is given twice", t.Name)
		}
		seen[t.Name] = true
		n := 4 * size(t.Shape)
		shape := t.Shape
		if shape == nil {
			shape = []int{}
		}
		if err := put(t.Name, map[string]any{"dtype": "F32", "shape": shape, "data_offsets": []int{at, at + n}}); err != nil {
			return nil, err
		}
		at += n
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	return []byte(b.String()), nil
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
