package bert

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/backend"
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
	Card      string   // Markdown that Save puts into the model card before what SetTraining says, such as what the model is for

	labels        []string
	backend       *backend.Backend
	store         *model.Store
	params        []*Param
	checkpointing bool

	output func(*model.Scope, GraphBatch) *graph.Node // what Forward computes: [texts, n]
	mu     sync.Mutex
	run    *model.Exec // output, compiled
	closed bool

	base     string   // the hub's name of the model that was fine-tuned, where a card said it
	training string   // see SetTraining
	metrics  []string // of the front matter of the card
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
	m.readCard()
	return m, nil
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
func (m *Model) SetGradientCheckpointing(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.checkpointing = on
}

// Do calls f while nothing else computes with the model or changes its parameters; what names the work in errors. Panics of f
// become errors. The training loop runs each step in it, so that a prediction from another cell waits for the end of a step.
// f must not call methods of the model that compute, freeze or save: they wait for the same lock.
func (m *Model) Do(what string, f func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("%s: %w", what, ErrClosed)
	}
	return m.backend.Run(what, f)
}

// Forward computes the outputs of a batch, one row of len(Labels()) numbers for each of its real texts, before softmax or
// sigmoid. The first batch of a new shape is compiled. Outputs that are no numbers are an error: the weights are damaged.
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
	if err != nil {
		return nil, err
	}
	for i, row := range out {
		for _, x := range row {
			if f := float64(x); math.IsNaN(f) || math.IsInf(f, 0) {
				return nil, fmt.Errorf("text %d of a batch: the model's output is %v: its weights are damaged, in their file or by a training whose learning rate was too high. Load it, or an earlier checkpoint, again", i, f)
			}
		}
	}
	return out, nil
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
		backend.FreeUnused()
		return nil
	})
}
