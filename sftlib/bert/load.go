package bert

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/backend"
	"gosft/sftlib/bert/safetensors"
)

// open is ForSequenceClassification with its options applied.
func open(where string, labels []string, o *options) (*Model, error) {
	dir, err := resolve(where, o)
	if err != nil {
		return nil, err
	}
	c, err := ReadConfig(filepath.Join(dir, "config.json"))
	if err != nil {
		return nil, err
	}
	if labels == nil && o.problem == "" && len(c.ID2Label) == 0 && c.NumLabels == 0 {
		// transformers leaves id2label out when its two labels have the default names.
		if c.NumLabels, err = headOutputs(dir); err != nil {
			return nil, err
		}
	}
	if labels, err = c.applyHead(labels, o); err != nil {
		return nil, err
	}
	if o.dropout != nil {
		c.HiddenDropoutProb, c.AttentionProbsDropoutProb, c.ClassifierDropout = *o.dropout, *o.dropout, nil
		if err := c.Validate(); err != nil {
			return nil, err
		}
	}
	m, err := build(c, dir, len(labels), o)
	if err != nil {
		return nil, err
	}
	m.Name, m.labels = where, labels
	for _, n := range m.Notes {
		o.log(n)
	}
	return m, nil
}

// headOutputs is the number of outputs of the classifier that a folder holds, 0 when it holds none.
func headOutputs(dir string) (int, error) {
	f, err := safetensors.OpenFolder(dir)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if shape := f.Info("classifier.weight").Shape; len(shape) == 2 {
		return shape[0], nil
	}
	return 0, nil
}

// applyHead settles the labels and the kind of problem from what the program asked for and what the checkpoint says.
func (c *Config) applyHead(labels []string, o *options) ([]string, error) {
	own, err := c.labels()
	if err != nil {
		return nil, err
	}
	if o.problem != "" {
		c.ProblemType = o.problem
	} else if labels != nil {
		c.ProblemType = SingleLabel
	}
	if labels == nil && o.problem == Regression && o.outputs < 1 {
		return nil, fmt.Errorf("ForRegression(%d): the number of outputs must be at least 1", o.outputs)
	}
	if labels == nil && o.problem == Regression && o.outputs != len(own) {
		for i := range o.outputs {
			labels = append(labels, fmt.Sprintf("LABEL_%d", i))
		}
	}
	if labels == nil {
		labels = own
	}
	if len(labels) == 0 {
		return nil, errors.New("no labels are given and the checkpoint has none: name them, as in ForSequenceClassification(where, []string{\"negative\", \"positive\"})")
	}
	if c.ProblemType == "" { // transformers' rule: one output is a number
		c.ProblemType = SingleLabel
		if len(labels) == 1 {
			c.ProblemType = Regression
		}
	}
	if c.ProblemType == SingleLabel && len(labels) < 2 {
		return nil, fmt.Errorf("only one label (%q) is given: there is nothing to tell apart; for numbers use ForRegression(1)", labels[0])
	}
	c.Architectures = []string{"BertForSequenceClassification"}
	return labels, c.setLabels(labels)
}

// build reads the weights of dir into a new store.
func build(c Config, dir string, labels int, o *options) (_ *Model, err error) {
	f, err := safetensors.OpenFolder(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found, err := match(c.specs(labels), f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	b := o.backend
	if b == nil {
		if b, err = backend.Default(); err != nil {
			return nil, err
		}
	}
	t, err := openTokenizer(dir, c)
	if err != nil {
		return nil, err
	}
	m := &Model{Config: c, Tokenizer: t, Dir: dir, backend: b, store: model.NewStore()}
	m.output = func(s *model.Scope, b GraphBatch) *graph.Node { return m.Logits(s, b, nil) }
	err = backend.Try("loading "+dir, func() error { return m.fill(c.specs(labels), found, f, o.seed) })
	if err != nil {
		m.store.Finalize()
		return nil, err
	}
	m.Notes = notes(m.params, found, f)
	return m, nil
}

// match finds the tensor of each parameter in the file. What an encoder needs must be there with its shape; a head that is
// missing, or made for another number of outputs, is left out of the result.
func match(specs []spec, f *safetensors.File) (map[string]string, error) {
	byName := map[string]string{}
	for _, n := range f.Names() {
		byName[canonical(n)] = n
	}
	found := map[string]string{}
	var missing, misshapen []string
	for _, s := range specs {
		n, ok := byName[s.name]
		switch {
		case !ok && !s.head:
			missing = append(missing, s.name)
		case ok && !slices.Equal(f.Info(n).Shape, s.shape) && !strings.HasPrefix(s.name, "classifier."):
			misshapen = append(misshapen, fmt.Sprintf("%s is %v in the file, config.json makes it %v", n, f.Info(n).Shape, s.shape))
		case ok && slices.Equal(f.Info(n).Shape, s.shape):
			found[s.name] = n
		}
	}
	if missing != nil || misshapen != nil {
		return nil, &TensorError{Missing: missing, Misshapen: misshapen}
	}
	for _, pair := range [][2]string{{"classifier.weight", "classifier.bias"}, {"bert.pooler.dense.weight", "bert.pooler.dense.bias"}} {
		if (found[pair[0]] == "") != (found[pair[1]] == "") { // half a head is no head
			delete(found, pair[0])
			delete(found, pair[1])
		}
	}
	return found, nil
}

// TensorError names the tensors that keep a checkpoint from being the model that its config.json describes.
type TensorError struct {
	Missing   []string // parameter names
	Misshapen []string // a sentence each
}

func (e *TensorError) Error() string {
	var parts []string
	if e.Missing != nil {
		parts = append(parts, fmt.Sprintf("%d tensors that the encoder needs are missing: %s", len(e.Missing), some(e.Missing)))
	}
	if e.Misshapen != nil {
		parts = append(parts, "tensors of another shape: "+some(e.Misshapen))
	}
	return strings.Join(parts, "; ")
}

// some joins the first few names.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// fill creates the variables.
func (m *Model) fill(specs []spec, found map[string]string, f *safetensors.File, seed uint64) error {
	random := rand.New(rand.NewPCG(seed, 0))
	for _, s := range specs {
		n := 1
		for _, d := range s.shape {
			n *= d
		}
		var x []float32
		if name, ok := found[s.name]; ok {
			var err error
			if x, err = f.Float32(name); err != nil {
				return err
			}
		} else {
			x = make([]float32, n)
			for i := range x {
				switch s.start {
				case normal:
					x[i] = float32(random.NormFloat64() * m.Config.InitializerRange)
				case ones:
					x[i] = 1
				}
			}
		}
		v, err := m.store.CreateVariable(variablePath(s.name), tensors.FromFlatDataAndDimensions(x, s.shape...))
		if err != nil {
			return err
		}
		_, ok := found[s.name]
		m.params = append(m.params, &Param{Name: s.name, Shape: s.shape, Layer: s.layer, New: !ok, Variable: v})
	}
	return nil
}

// notes says in a line what is newly initialised.
func notes(params []*Param, found map[string]string, f *safetensors.File) []string {
	var fresh []string
	for _, p := range params {
		if p.New && strings.HasSuffix(p.Name, ".weight") {
			fresh = append(fresh, strings.TrimSuffix(p.Name, ".weight"))
		}
	}
	if fresh == nil {
		return nil
	}
	why := "the checkpoint has none"
	if f.Has("classifier.weight") && found["classifier.weight"] == "" {
		why = fmt.Sprintf("the checkpoint's is for %d outputs", f.Info("classifier.weight").Shape[0])
	}
	return []string{fmt.Sprintf("The head (%s) is new and starts at random, since %s; train it before use.", strings.Join(fresh, ", "), why)}
}
