package train

import (
	"hash/crc32"

	"github.com/gomlx/gomlx/core/tensors"
	"gosft/sftlib/bert"
)

// snapshot is a copy of a model's weights in memory, by parameter name.
type snapshot map[string][]float32

// takeSnapshot copies all weights to the host.
func takeSnapshot(m *bert.Model) (snapshot, error) {
	s := snapshot{}
	err := m.Do("copying the weights", func() error {
		for _, p := range m.Params() {
			v, err := p.Variable.Value()
			if err != nil {
				return err
			}
			if s[p.Name], err = tensors.CopyFlatData[float32](v); err != nil {
				return err
			}
		}
		return nil
	})
	return s, err
}

// restore puts the weights back.
func (s snapshot) restore(m *bert.Model) error {
	return m.Do("restoring the weights", func() error {
		for _, p := range m.Params() {
			copied := append([]float32{}, s[p.Name]...) // the tensor may take the slice over
			if err := p.Variable.SetValue(tensors.FromFlatDataAndDimensions(copied, p.Shape...)); err != nil {
				return err
			}
		}
		return nil
	})
}

// checksum of all weights, in the order of the parameters.
func (s snapshot) checksum(m *bert.Model) uint32 {
	sum := crc32.Checksum(nil, castagnoli)
	for _, p := range m.Params() {
		sum = checksum(sum, s[p.Name])
	}
	return sum
}
