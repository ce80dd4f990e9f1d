package neural

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gosft/sftlib/bert"
	"gosft/sftlib/classic"
)

// FrozenEncoder is a BERT that does not learn, with logistic regression on its vectors of the texts.
type FrozenEncoder struct {
	where   string
	options []bert.Option
	encoder *bert.Encoder
	bytes   int64 // of its weights
	classic.TextModel
}

// Frozen returns the model of a folder or name (see bert.Resolve), which is opened when it first learns.
func Frozen(where string, options ...bert.Option) *FrozenEncoder {
	f := &FrozenEncoder{where: where, options: options}
	f.TextModel = classic.Frozen(short(where)+" + logistic regression", f.embed)
	return f
}

// short is the last part of a model's name or folder.
func short(where string) string {
	return strings.TrimSuffix(filepath.Base(filepath.Clean(filepath.FromSlash(where))), string(filepath.Separator))
}

func (f *FrozenEncoder) embed(texts []string) ([][]float32, error) {
	if f.encoder == nil {
		e, err := bert.OpenEncoder(f.where, f.options...)
		if err != nil {
			return nil, err
		}
		f.encoder = e
		if f.bytes, err = weightBytes(f.where, f.options); err != nil {
			return nil, err
		}
	}
	return f.encoder.Encode(texts...)
}

// weightBytes is the size of the files of a model's weights.
func weightBytes(where string, options []bert.Option) (int64, error) {
	dir, err := bert.Resolve(where, options...)
	if err != nil {
		return 0, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	if err != nil {
		return 0, fmt.Errorf("neural: %w", err)
	}
	sum := int64(0)
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return 0, fmt.Errorf("neural: %w", err)
		}
		sum += info.Size()
	}
	return sum, nil
}

// Size is the number of bytes of the encoder's weights and of the classifier on top.
func (f *FrozenEncoder) Size() int64 {
	s, ok := f.TextModel.(classic.Sizer)
	if !ok || f.encoder == nil {
		return 0
	}
	return f.bytes + s.Size()
}

// Close frees the encoder. A later FitTexts opens it again.
func (f *FrozenEncoder) Close() error {
	if f.encoder == nil {
		return nil
	}
	e := f.encoder
	f.encoder = nil
	return e.Close()
}
