package train

import (
	"path/filepath"

	"github.com/gomlx/gomlx/core/tensors"
	"gosft/sftlib/bert"
	"gosft/sftlib/bert/safetensors"
	"gosft/sftlib/token"
)

func tokenizerOf(m *bert.Model) *token.Tokenizer {
	t, err := token.Open(m.Dir)
	if err != nil {
		panic(err)
	}
	return t
}

func saveModel(m *bert.Model, dir string) error {
	var list []safetensors.Tensor
	for _, p := range m.Params() {
		list = append(list, safetensors.Tensor{Name: p.Name, Shape: p.Shape, Data: func() ([]float32, error) {
			t, err := p.Variable.Value()
			if err != nil {
				return nil, err
			}
			return tensors.CopyFlatData[float32](t)
		}})
	}
	return safetensors.Write(filepath.Join(dir, weightsFile), list, map[string]string{"format": "pt"})
}
