package bert

import (
	"fmt"
	"path"
	"strings"

	"github.com/gomlx/gomlx/ml/model"
)

// Param is one parameter of a model.
type Param struct {
	Name     string          // as in transformers' state_dict: "bert.encoder.layer.0.output.dense.weight"
	Shape    []int           // [out, in] for weights of dense layers
	Layer    int             // -1 embeddings, 0 to n-1 encoder layers, n pooler and classifier
	New      bool            // initialised at random, not read from a file
	Variable *model.Variable // where the numbers are; its path is the name with / for .
}

// Trainable says whether training changes the parameter.
func (p *Param) Trainable() bool { return p.Variable.Trainable }

// Size is the number of numbers.
func (p *Param) Size() int { return p.Variable.Shape().Size() }

// Params lists all parameters in the order of transformers' state_dict.
func (m *Model) Params() []*Param { return m.params }

// Freeze keeps the named parameters from being trained. A name is a whole parameter name, the name of a part
// ("bert.embeddings", "bert.encoder.layer.0"), or a pattern of path.Match in which * does not cross a dot
// ("bert.encoder.layer.*.output"). A name that fits nothing is an error and nothing is frozen. Training graphs that were
// built before do not see the change: freeze before training starts. What is frozen from the embeddings upwards costs no
// backward pass.
func (m *Model) Freeze(names ...string) error { return m.setTrainable(false, names) }

// Unfreeze lets the named parameters be trained again; names are as for [Model.Freeze].
func (m *Model) Unfreeze(names ...string) error { return m.setTrainable(true, names) }

func (m *Model) setTrainable(trainable bool, names []string) error {
	var hit []*Param
	for _, name := range names {
		before := len(hit)
		for _, p := range m.params {
			ok, err := nameFits(p.Name, name)
			if err != nil {
				return fmt.Errorf("freeze %q: %w", name, err)
			}
			if ok {
				hit = append(hit, p)
			}
		}
		if len(hit) == before {
			return fmt.Errorf("freeze %q: no parameter has this name; Summary and Params list them (bert.embeddings, bert.encoder.layer.0 to %d, bert.pooler, classifier)",
				name, m.Config.NumHiddenLayers-1)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range hit {
		p.Variable.SetTrainable(trainable)
	}
	return nil
}

// nameFits says whether pattern, or a pattern followed by further parts, fits a parameter's name.
func nameFits(name, pattern string) (bool, error) {
	parts := strings.Split(name, ".")
	n := strings.Count(pattern, ".") + 1
	if n > len(parts) {
		_, err := path.Match(pattern, "")
		return false, err
	}
	// path.Match stops * at slashes, so dots become slashes.
	return path.Match(strings.ReplaceAll(pattern, ".", "/"), strings.Join(parts[:n], "/"))
}

// FreezeAllBut freezes everything but the last n encoder layers, the pooler and the classifier; n = 0 trains the head alone.
func (m *Model) FreezeAllBut(n int) error {
	if n < 0 || n > m.Config.NumHiddenLayers {
		return fmt.Errorf("FreezeAllBut(%d): the model has %d encoder layers", n, m.Config.NumHiddenLayers)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.params {
		p.Variable.SetTrainable(p.Layer >= m.Config.NumHiddenLayers-n)
	}
	return nil
}

// frozenBelow returns how many encoder layers are frozen from below together with the embeddings, or -1 when some of the
// embeddings are trained.
func (m *Model) frozenBelow() int {
	lowest := m.Config.NumHiddenLayers
	for _, p := range m.params {
		if p.Trainable() {
			lowest = min(lowest, p.Layer)
		}
	}
	return lowest
}
