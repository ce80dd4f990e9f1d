package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// maxHeader is the longest header that is read, as in the Rust implementation.
const maxHeader = 100_000_000

// sizes are the bytes of one number of each type that the format knows.
var sizes = map[string]int64{"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1,
	"U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1}

// Info says what a tensor is: its type as the format spells it ("F32", "BF16") and its shape.
type Info struct {
	DType string
	Shape []int

	from, to int64 // its bytes in the file
}

// header is what precedes the numbers.
type header struct {
	metadata map[string]string
	tensors  map[string]Info
}

// readHeader reads and checks the header of a file of the given size.
func readHeader(r io.ReaderAt, size int64) (*header, error) {
	var word [8]byte
	if size < 8 {
		return nil, fmt.Errorf("%d bytes are too few for a safetensors file", size)
	}
	if _, err := r.ReadAt(word[:], 0); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(word[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, fmt.Errorf("not a safetensors file, or a torn one: it says that its header has %d bytes, the file has %d", n, size)
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, 8); err != nil {
		return nil, err
	}
	return parseHeader(text, 8+int64(n), size)
}

// parseHeader parses the JSON text of a header; the numbers lie in the file from base up to size.
func parseHeader(text []byte, base, size int64) (*header, error) {
	h := &header{tensors: map[string]Info{}}
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("the header is not a JSON object")
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("header: %w", err)
		}
		name := key.(string) // a JSON decoder gives nothing else in this place
		if name == "__metadata__" {
			if err := dec.Decode(&h.metadata); err != nil {
				return nil, fmt.Errorf("header, __metadata__: %w", err)
			}
			continue
		}
		if _, twice := h.tensors[name]; twice {
			return nil, fmt.Errorf("header: tensor %q is there twice", name)
		}
		var entry struct {
			DType   string  `json:"dtype"`
			Shape   []int64 `json:"shape"`
			Offsets []int64 `json:"data_offsets"`
		}
		if err := dec.Decode(&entry); err != nil {
			return nil, fmt.Errorf("header, tensor %q: %w", name, err)
		}
		info, err := place(entry.DType, entry.Shape, entry.Offsets, base, size)
		if err != nil {
			return nil, fmt.Errorf("header, tensor %q: %w", name, err)
		}
		h.tensors[name] = info
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	return h, h.overlaps()
}

// place checks one entry against the file and returns what it describes.
func place(dtype string, shape, offsets []int64, base, size int64) (Info, error) {
	each, known := sizes[dtype]
	if !known {
		return Info{}, fmt.Errorf("unknown type %q", dtype)
	}
	if len(offsets) != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] > size-base {
		return Info{}, fmt.Errorf("its place %v is outside the %d bytes of numbers in the file", offsets, size-base)
	}
	want := each
	info := Info{DType: dtype, Shape: make([]int, len(shape)), from: base + offsets[0], to: base + offsets[1]}
	for i, d := range shape {
		if d < 0 || (d > 0 && want > math.MaxInt64/d) {
			return Info{}, fmt.Errorf("impossible shape %v", shape)
		}
		want *= d
		info.Shape[i] = int(d)
	}
	if have := offsets[1] - offsets[0]; have != want {
		return Info{}, fmt.Errorf("%d bytes, but %s of shape %v needs %d", have, dtype, shape, want)
	}
	return info, nil
}

// overlaps returns an error when two tensors share bytes.
func (h *header) overlaps() error {
	names := make([]string, 0, len(h.tensors))
	for n := range h.tensors {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(h.tensors[a].from, h.tensors[b].from), cmp.Compare(h.tensors[a].to, h.tensors[b].to))
	})
	for i := 1; i < len(names); i++ {
		if h.tensors[names[i]].from < h.tensors[names[i-1]].to {
			return fmt.Errorf("header: tensors %q and %q share bytes", names[i-1], names[i])
		}
	}
	return nil
}
