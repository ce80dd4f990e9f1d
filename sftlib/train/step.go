package train

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/bert"
)

// stepper runs training steps on the backend. With one batch a step, forward pass, backward pass and optimizer are one
// program; with several, each batch adds its gradients to sums, which a second program applies.
type stepper struct {
	model *bert.Model
	loss  objective
	adamw *adamw
	words *words
	key   string                           // of programKey
	owner *session                         // whose moments the optimizer holds
	note  func(format string, args ...any) // told before a program is compiled

	whole *model.Exec // inputs of a batch, hyper -> loss, norm
	part  *model.Exec // inputs of a batch -> loss; adds gradients to the sums
	apply *model.Exec // loss, hyper -> norm; clears the sums
	seen  map[bert.Shape]bool
	begun bool // the sums hold gradients of a step that was not finished
}

// microBatch is one batch with its targets, ready for the backend.
type microBatch struct {
	rows    []int
	batch   *bert.Batch
	target  any
	weights []float32
	sum     float64 // of weights
}

// outcome is what one step of the optimizer gave.
type outcome struct {
	loss, norm float64
	rows       []int // of the frame, for messages
}

// programsParam is where the model's store keeps the programs of its last training: the next one that computes the same has
// nothing to compile.
const programsParam = optimizerScope + "/programs"

// newStepper takes over the programs of an earlier training of the model when they compute the same, and else makes new ones.
// The optimizer begins at zero either way.
func newStepper(a Args, m *bert.Model, loss objective, w *words, owner *session, note func(string, ...any)) (*stepper, error) {
	accumulate := a.GradientAccumulationSteps > 1
	key := programKey(a, m, loss, w)
	if old, ok := m.Store().GetParam(programsParam); ok && old != nil {
		s := old.(*stepper)
		if s.key == key {
			s.owner, s.note, s.words, s.begun = owner, note, w, false
			return s, s.adamw.reset(m)
		}
		s.owner = nil
		if err := s.close(); err != nil {
			return nil, err
		}
		m.Store().SetParam(programsParam, nil)
	}
	o, err := newAdamW(a, m, len(w.ids), accumulate)
	if err != nil {
		return nil, err
	}
	s := &stepper{model: m, loss: loss, adamw: o, words: w, key: key, owner: owner, note: note, seen: map[bert.Shape]bool{}}
	err = m.Do("making the training step", func() (err error) {
		b, store := m.Backend().Backend, m.Store()
		if !accumulate {
			s.whole, err = model.NewExec(b, store, func(scope *model.Scope, in []*model.Node) []*model.Node {
				n := len(in) - 1
				loss, grads := s.gradients(scope, in[:n])
				return []*model.Node{loss, o.update(grads, loss, in[n], in[wordsInput])}
			})
		} else {
			s.part, err = model.NewExec(b, store, s.accumulate)
			if err == nil {
				s.apply, err = model.NewExec(b, store, s.applySums)
			}
		}
		for _, e := range []*model.Exec{s.whole, s.part, s.apply} {
			if e != nil {
				e.SetMaxCache(-1)
			}
		}
		return err
	})
	if err == nil {
		m.Store().SetParam(programsParam, s)
	}
	return s, err
}

// programKey tells apart what is built into the programs.
func programKey(a Args, m *bert.Model, loss objective, w *words) string {
	c := m.Config
	key := fmt.Sprint(loss, " ", len(w.ids), " ", a.AdamBeta1, a.AdamBeta2, a.AdamEpsilon, a.WeightDecay > 0, a.MaxGradNorm, a.GradientAccumulationSteps > 1,
		a.GradientCheckpointing, c.HiddenDropoutProb, c.AttentionProbsDropoutProb, c.ClassifierDropout != nil && *c.ClassifierDropout > 0)
	if c.ClassifierDropout != nil {
		key += fmt.Sprint(*c.ClassifierDropout)
	}
	for _, p := range m.Params() {
		key += fmt.Sprint(" ", p.Trainable())
	}
	return key
}

// wordsInput is where among a program's inputs the words are.
const wordsInput = bert.NumInputs + 4

// gradients builds loss and gradients of one batch. Inputs: those of bert.NewGraphBatch, target, weights, real (float32
// [texts]), the step's sum of weights (float32), the words (int32 [n]), the seeds of dropout (uint32).
func (s *stepper) gradients(scope *model.Scope, in []*graph.Node) (loss *graph.Node, grads []*graph.Node) {
	g := in[0].Graph()
	rest := in[bert.NumInputs:]
	target, weights, real, sum, words, seeds := rest[0], rest[1], rest[2], rest[3], in[wordsInput], rest[5:]
	batch := bert.NewGraphBatch(in)
	batch.Words = graph.Gather(wordTable(s.model).NodeValue(g), graph.InsertAxes(words, -1))
	params := make([]*graph.Node, len(s.adamw.slots))
	for i, slot := range s.adamw.slots {
		if params[i] = slot.param.Variable.NodeValue(g); slot.words {
			params[i] = batch.Words
		}
	}
	logits := s.model.Logits(scope, batch, bert.NewDropout(seeds...))
	loss = graph.Div(s.loss.graph(logits, target, weights, real), sum)
	return loss, graph.Gradient(loss, params...)
}

func (s *stepper) accumulate(scope *model.Scope, in []*model.Node) *model.Node {
	loss, grads := s.gradients(scope, in)
	for i, slot := range s.adamw.slots {
		replace(slot.total, graph.Add(slot.total.NodeValue(loss.Graph()), grads[i]))
	}
	return loss
}

func (s *stepper) applySums(_ *model.Scope, in []*model.Node) *model.Node {
	loss, words, hyper := in[0], in[1], in[2]
	grads := make([]*graph.Node, len(s.adamw.slots))
	for i, slot := range s.adamw.slots {
		grads[i] = slot.total.NodeValue(loss.Graph())
		replace(slot.total, graph.ZerosLike(grads[i]))
	}
	return s.adamw.update(grads, loss, hyper, words)
}

// run does one step: all its batches, then the optimizer with the given rate. number counts steps from 1; seed is that of the
// first batch's dropout, the others' follow. between is called after each batch but the last, before it for the last.
func (s *stepper) run(batches []microBatch, lr float64, number int, seed uint32, between func(last bool) error) (outcome, error) {
	var out outcome
	sum := 0.0
	for _, b := range batches {
		sum += b.sum
		out.rows = append(out.rows, b.rows...)
	}
	if sum == 0 {
		sum = 1 // all weights are 0: the loss is 0 and nothing is learnt
	}
	if s.begun {
		if err := s.adamw.clearSums(s.model); err != nil {
			return out, err
		}
		s.begun = false
	}
	hyper := s.adamw.hyper(lr, number)
	for i, b := range batches {
		last := i == len(batches)-1
		if last {
			if err := between(true); err != nil {
				return out, err
			}
		}
		shape := b.batch.Shape()
		if !s.seen[shape] {
			s.note("compiling the training step for %s", describe(shape))
			s.seen[shape] = true
		}
		err := s.model.Do(fmt.Sprintf("training step %d", number), func() error {
			args := s.inputs(b, sum, seed+uint32(i))
			if s.whole != nil {
				return call(s.whole, append(args, tensors.FromFlatDataAndDimensions(hyper, hyperSize)), &out.loss, &out.norm)
			}
			s.begun = true
			var loss float64
			if err := call(s.part, args, &loss); err != nil {
				return err
			}
			out.loss += loss
			if !last {
				return nil
			}
			err := call(s.apply, []*tensors.Tensor{tensors.FromScalar(float32(out.loss)), s.words.tensor(), tensors.FromFlatDataAndDimensions(hyper, hyperSize)}, &out.norm)
			s.begun = err != nil
			return err
		})
		if err != nil {
			return out, err
		}
		if !last {
			if err := between(false); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// inputs makes the tensors of a batch in the order of gradients.
func (s *stepper) inputs(b microBatch, sum float64, seed uint32) []*tensors.Tensor {
	n := len(b.batch.CLS)
	batch := *b.batch
	batch.IDs = s.words.number(batch.IDs)
	in := batch.Tensors()
	switch t := b.target.(type) {
	case []int32:
		in = append(in, tensors.FromFlatDataAndDimensions(t, n))
	case []float32:
		in = append(in, tensors.FromFlatDataAndDimensions(t, n, s.loss.outputs))
	}
	in = append(in, tensors.FromFlatDataAndDimensions(b.weights, n), tensors.FromFlatDataAndDimensions(b.batch.Weights, n),
		tensors.FromScalar(float32(sum)), s.words.tensor())
	for _, x := range s.model.DropoutSeeds(seed) {
		in = append(in, tensors.FromScalar(x))
	}
	return in
}

// call runs a program, frees its inputs and outputs and stores its scalar outputs.
func call(e *model.Exec, in []*tensors.Tensor, results ...*float64) error {
	args := make([]any, len(in))
	for i, t := range in {
		args[i] = t
	}
	defer free(in)
	out, err := e.Call(args...)
	if err != nil {
		return err
	}
	defer free(out)
	for i, r := range results {
		*r = float64(tensors.ToScalar[float32](out[i]))
	}
	return nil
}

func free(list []*tensors.Tensor) {
	for _, t := range list {
		t.MustFinalizeAll()
	}
}

// compile makes the programs for shapes that are known to come, all at once, so that no step waits for one later.
func (s *stepper) compile(wanted []bert.Shape) error {
	wanted = slices.DeleteFunc(slices.Clone(wanted), func(x bert.Shape) bool { return s.seen[x] })
	if len(wanted) == 0 {
		return nil
	}
	start := time.Now()
	s.note("compiling the training step for %d shape%s of batches: %s", len(wanted), plural(len(wanted)), describeAll(wanted))
	err := s.model.Do("compiling the training step", func() error {
		errs := make([]error, len(wanted))
		var wg sync.WaitGroup
		for i, w := range wanted {
			wg.Go(func() {
				errs[i] = guard("compiling for "+describe(w), func() error {
					exec, in := s.part, s.inputShapes(w)
					if s.whole != nil {
						exec, in = s.whole, append(in, shapes.Make(dtypes.Float32, hyperSize))
					}
					_, err := exec.Compile(in...)
					return err
				})
			})
		}
		wg.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		if s.apply != nil {
			_, err := s.apply.Compile(shapes.Make(dtypes.Float32), shapes.Make(dtypes.Int32, len(s.words.ids)), shapes.Make(dtypes.Float32, hyperSize))
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, w := range wanted {
		s.seen[w] = true
	}
	s.note("compiled in %.1f s", time.Since(start).Seconds())
	return nil
}

// inputShapes are the shapes of inputs.
func (s *stepper) inputShapes(w bert.Shape) []shapes.Shape {
	grid, texts := shapes.Make(dtypes.Int32, w.Rows, w.Width), shapes.Make(dtypes.Float32, w.Texts)
	target := shapes.Make(dtypes.Int32, w.Texts)
	if s.loss.problem != bert.SingleLabel {
		target = shapes.Make(dtypes.Float32, w.Texts, s.loss.outputs)
	}
	list := []shapes.Shape{grid, grid, grid, grid, shapes.Make(dtypes.Int32, w.Texts), target, texts, texts,
		shapes.Make(dtypes.Float32), shapes.Make(dtypes.Int32, len(s.words.ids))}
	for range s.model.DropoutSeeds(0) {
		list = append(list, shapes.Make(dtypes.Uint32))
	}
	return list
}

// close frees the programs.
func (s *stepper) close() error {
	return s.model.Do("freeing the training step", func() error {
		for _, e := range []*model.Exec{s.whole, s.part, s.apply} {
			if e != nil {
				e.Finalize()
			}
		}
		return nil
	})
}

func describe(s bert.Shape) string { return fmt.Sprintf("%d rows of %d tokens", s.Rows, s.Width) }

func describeAll(list []bert.Shape) string {
	text := ""
	for i, s := range list {
		if i == 4 && len(list) > 5 {
			return text + fmt.Sprintf(" and %d more", len(list)-i)
		}
		if i > 0 {
			text += ", "
		}
		text += describe(s)
	}
	return text
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
