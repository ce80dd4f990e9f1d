package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// File is an open safetensors file, or the several files of a sharded model seen as one.
type File struct {
	parts []*os.File
	infos map[string]Info
	owner map[string]*os.File
	meta  map[string]string
}

// Open opens one file and checks its header.
func Open(path string) (*File, error) {
	f := &File{infos: map[string]Info{}, owner: map[string]*os.File{}, meta: map[string]string{}}
	if err := f.add(path); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// OpenFolder opens model.safetensors of a Hugging Face folder, or the shards that model.safetensors.index.json names.
func OpenFolder(dir string) (*File, error) {
	single := filepath.Join(dir, "model.safetensors")
	if _, err := os.Stat(single); err == nil {
		return Open(single)
	}
	index := filepath.Join(dir, "model.safetensors.index.json")
	text, err := os.ReadFile(index)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Join(dir, "pytorch_model.bin")); err == nil {
			return nil, fmt.Errorf("%s holds pytorch_model.bin, a pickle, which is a program and not read here; save it once more with "+
				"model.save_pretrained(dir, safe_serialization=True) in Python", dir)
		}
		return nil, fmt.Errorf("%s: neither model.safetensors nor model.safetensors.index.json is there", dir)
	}
	if err != nil {
		return nil, err
	}
	var shards struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &shards); err != nil {
		return nil, fmt.Errorf("%s: %w", index, err)
	}
	f := &File{infos: map[string]Info{}, owner: map[string]*os.File{}, meta: map[string]string{}}
	var names []string
	for _, n := range shards.WeightMap {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	for _, n := range names {
		if filepath.Base(n) != n || n == ".." || n == "." {
			f.Close()
			return nil, fmt.Errorf("%s names the shard %q, which is not a file in this folder", index, n)
		}
		if err := f.add(filepath.Join(dir, n)); err != nil {
			f.Close()
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, n), err)
		}
	}
	for tensor, shard := range shards.WeightMap {
		if o := f.owner[tensor]; o == nil || filepath.Base(o.Name()) != shard {
			f.Close()
			return nil, fmt.Errorf("%s says that tensor %q is in %s, but it is not", index, tensor, shard)
		}
	}
	return f, nil
}

func (f *File) add(path string) error {
	r, err := os.Open(path)
	if err != nil {
		return err
	}
	f.parts = append(f.parts, r)
	fi, err := r.Stat()
	if err != nil {
		return err
	}
	if !fi.Mode().IsRegular() {
		return errors.New("not a regular file")
	}
	h, err := readHeader(r, fi.Size())
	if err != nil {
		return err
	}
	for k, v := range h.metadata {
		f.meta[k] = v
	}
	for name, info := range h.tensors {
		if o := f.owner[name]; o != nil {
			return fmt.Errorf("tensor %q is in %s too", name, filepath.Base(o.Name()))
		}
		f.infos[name], f.owner[name] = info, r
	}
	return nil
}

// Names returns the names of all tensors, sorted.
func (f *File) Names() []string {
	names := make([]string, 0, len(f.infos))
	for n := range f.infos {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// Has says whether a tensor is there.
func (f *File) Has(name string) bool { _, ok := f.infos[name]; return ok }

// Info describes a tensor; for a name that is not there it is the zero value.
func (f *File) Info(name string) Info { return f.infos[name] }

// Metadata returns what the header says besides the tensors, such as "format": "pt".
func (f *File) Metadata() map[string]string { return f.meta }

// Float32 reads a tensor of F32, F16, BF16 or F64 numbers as float32, in row-major order.
func (f *File) Float32(name string) ([]float32, error) {
	info, ok := f.infos[name]
	if !ok {
		return nil, fmt.Errorf("no tensor %q", name)
	}
	raw := make([]byte, info.to-info.from)
	if _, err := f.owner[name].ReadAt(raw, info.from); err != nil {
		return nil, fmt.Errorf("tensor %q: %w", name, err)
	}
	out := make([]float32, int64(len(raw))/sizes[info.DType])
	switch info.DType {
	case "F32":
		for i := range out {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	case "F16":
		for i := range out {
			out[i] = half(binary.LittleEndian.Uint16(raw[2*i:]))
		}
	case "BF16":
		for i := range out {
			out[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(raw[2*i:])) << 16)
		}
	case "F64":
		for i := range out {
			out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
		}
	default:
		return nil, fmt.Errorf("tensor %q holds %s, not floating-point numbers that can be read", name, info.DType)
	}
	return out, nil
}

// half converts an IEEE 754 number of 16 bits.
func half(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exp := uint32(h>>10) & 0x1f
	frac := uint32(h) & 0x3ff
	switch exp {
	case 0: // zero and subnormal: frac * 2^-24, exact in a float32
		f := float32(frac) * (1.0 / (1 << 24))
		return math.Float32frombits(math.Float32bits(f) | sign)
	case 0x1f: // infinity and NaN
		return math.Float32frombits(sign | 0x7f800000 | frac<<13)
	}
	return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
}

// Close closes the files.
func (f *File) Close() error {
	var errs []error
	for _, p := range f.parts {
		errs = append(errs, p.Close())
	}
	f.parts = nil
	return errors.Join(errs...)
}
