package bert

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/backend"
	"gosft/sftlib/bert/safetensors"
	"gosft/sftlib/token"
)

// Model is a BERT with a head that classifies or gives numbers. Its methods may be called from several goroutines; what
// computes runs one at a time.
type Model struct {
	Config    Config
	Tokenizer *token.Tokenizer
	Name      string   // what it was opened by: a folder or a name
	Dir       string   // the folder that it was read from
	Notes     []string // what the loader has to say, such as that the head is new
	Card      string   // Markdown that Save puts into the model card, such as how the model was trained and its scores

	labels        []string
	backend       *backend.Backend
	store         *model.Store
	params        []*Param
	checkpointing bool

	output func(*model.Scope, GraphBatch) *graph.Node // what Forward computes: [texts, n]
	mu     sync.Mutex
	run    *model.Exec // output, compiled
	closed bool
}

// ErrClosed is what a model answers after Close.
var ErrClosed = errors.New("the model is closed")

// ForSequenceClassification opens a pretrained BERT and puts a head on it for the given labels, one of which fits each text.
// where is a folder or a name; see [Resolve]. Outputs are in the order of labels. A checkpoint that already has a head for as
// many outputs keeps it; otherwise the head is new, and a line says so. labels may be nil with [ForRegression], or to take the
// labels of the checkpoint.
func ForSequenceClassification(where string, labels []string, opts ...Option) (*Model, error) {
	return open(where, labels, newOptions(opts))
}

// Load opens a model that was fine-tuned, by [Model.Save] or by transformers: a folder (or name) whose checkpoint has a head.
// A checkpoint without one is an error here.
func Load(where string, opts ...Option) (*Model, error) {
	o := newOptions(opts)
	m, err := open(where, nil, o)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, p := range m.params {
		if p.New {
			missing = append(missing, p.Name)
		}
	}
	if missing != nil {
		m.Close()
		return nil, fmt.Errorf("%s holds an encoder without a trained head (%s is missing); for fine-tuning open it with "+
			"ForSequenceClassification(%q, labels)", where, strings.Join(missing, ", "), where)
	}
	return m, nil
}

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

// Labels returns the names of the outputs, in their order.
func (m *Model) Labels() []string { return slices.Clone(m.labels) }

// LabelID returns the output of a label.
func (m *Model) LabelID(label string) (int, bool) {
	i := slices.Index(m.labels, label)
	return i, i >= 0
}

// Problem says what the outputs mean.
func (m *Model) Problem() ProblemType { return m.Config.ProblemType }

// Backend returns what the model computes on.
func (m *Model) Backend() *backend.Backend { return m.backend }

// Store returns the variables of the model. What else is kept there (an optimizer's moments) must not be under /bert or /classifier.
func (m *Model) Store() *model.Store { return m.store }

// SetGradientCheckpointing makes training graphs built from now on keep only each layer's input and compute its inner values
// again in the backward pass: less memory, about a third more time.
func (m *Model) SetGradientCheckpointing(on bool) { m.checkpointing = on }

// Do calls f while nothing else computes with the model or changes its parameters; what names the work in errors. Panics of f
// become errors. The training loop runs each step in it, so that a prediction from another cell waits for the end of a step.
// f must not call methods of the model that compute.
func (m *Model) Do(what string, f func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("%s: %w", what, ErrClosed)
	}
	return m.backend.Run(what, f)
}

// Forward computes the outputs of a batch, one row of len(Labels()) numbers for each of its real texts, before softmax or
// sigmoid. The first batch of a new shape is compiled.
func (m *Model) Forward(b *Batch) (out [][]float32, err error) {
	if err := m.Check(b); err != nil {
		return nil, err
	}
	if err := m.CheckMemory(b.Shape(), false); err != nil {
		return nil, err
	}
	err = m.Do("prediction", func() error {
		if m.run == nil {
			e, err := model.NewExec(m.backend.Backend, m.store, func(s *model.Scope, in []*graph.Node) *graph.Node {
				return m.output(s, NewGraphBatch(in))
			})
			if err != nil {
				return err
			}
			m.run = e.SetMaxCache(-1)
		}
		out, err = call(m.run, b)
		return err
	})
	return out, err
}

// Check returns an error when a batch has token ids or positions for which the model has no embedding; a graph would take the
// nearest one in silence.
func (m *Model) Check(b *Batch) error {
	for _, x := range []struct {
		what  string
		ids   []int32
		limit int
	}{{"token id", b.IDs, m.Config.VocabSize}, {"position", b.Positions, m.Config.MaxPositionEmbeddings}, {"token type", b.Types, m.Config.TypeVocabSize}} {
		for i, id := range x.ids {
			if id < 0 || int(id) >= x.limit {
				return fmt.Errorf("row %d, token %d of a batch: %s %d, but the model has embeddings for 0 to %d", i/b.Width, i%b.Width, x.what, id, x.limit-1)
			}
		}
	}
	return nil
}

// call runs an executor with one output [texts, n] on a batch and returns the rows of the real texts.
func call(e *model.Exec, b *Batch) ([][]float32, error) {
	in := b.Tensors()
	args := make([]any, len(in))
	for i, t := range in {
		args[i] = t
	}
	defer func() {
		for _, t := range in {
			t.MustFinalizeAll()
		}
	}()
	t, err := e.Call1(args...)
	if err != nil {
		return nil, err
	}
	defer t.MustFinalizeAll()
	flat, err := tensors.CopyFlatData[float32](t)
	if err != nil {
		return nil, err
	}
	n := len(flat) / len(b.CLS)
	out := make([][]float32, b.Texts)
	for i := range out {
		out[i] = flat[i*n : (i+1)*n : (i+1)*n]
	}
	return out, nil
}

// Close frees the model's memory, on the device too. Every later use is [ErrClosed]; closing twice is nothing.
func (m *Model) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	return backend.Try("closing the model", func() error {
		if m.run != nil {
			m.run.Finalize()
			m.run = nil
		}
		m.store.Finalize()
		return nil
	})
}
