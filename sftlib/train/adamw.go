package train

import (
	"fmt"
	"math"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/backend"
	"gosft/sftlib/bert"
)

// adamw is PyTorch's AdamW (torch/optim/adamw.py) with torch.nn.utils.clip_grad_norm_ before it. Its moments are variables of
// the model's store under /optimizer, which [bert.Model.Save] does not write.
type adamw struct {
	beta1, beta2, eps float64
	decay, clip       float64 // clip <= 0: none
	slots             []slot
}

// slot is a trained parameter with its moments, and the sum of gradients where several batches make a step.
type slot struct {
	param       *bert.Param
	m, v, total *model.Variable
	decays      bool
	words       bool // m, v and total have rows for the training's words alone
}

const optimizerScope = "/optimizer"

// newAdamW makes slots for the trainable parameters, of the word embeddings for as many rows as there are words, with sums of
// gradients when accumulate is set; [adamw.reset] gives their variables values. Variables of an earlier optimizer of the same
// model are freed.
func newAdamW(a Args, m *bert.Model, words int, accumulate bool) (*adamw, error) {
	o := &adamw{beta1: a.AdamBeta1, beta2: a.AdamBeta2, eps: a.AdamEpsilon, decay: a.WeightDecay, clip: a.MaxGradNorm}
	err := m.Do("making the optimizer", func() error {
		store := m.Store()
		if err := store.DeleteVariablesInScope(optimizerScope); err != nil {
			return err
		}
		for _, p := range m.Params() {
			if !p.Trainable() {
				continue
			}
			s := slot{param: p, decays: decays(p.Name), words: p.Name == bert.WordEmbeddings}
			shape := p.Variable.Shape().Clone()
			if s.words {
				shape.Dimensions[0] = words
			}
			for _, x := range []struct {
				kind string
				v    **model.Variable
			}{{"m", &s.m}, {"v", &s.v}, {"total", &s.total}} {
				if x.kind == "total" && !accumulate {
					continue
				}
				v, err := store.CreateVariable(optimizerScope+"/"+x.kind+p.Variable.Path(), tensors.FromShape(shape))
				if err != nil {
					return err
				}
				*x.v = v.SetTrainable(false)
			}
			o.slots = append(o.slots, s)
		}
		return nil
	})
	if err == nil && len(o.slots) == 0 {
		err = fmt.Errorf("nothing to train: all parameters are frozen")
	}
	return o, err
}

// variables lists moments and sums.
func (s slot) variables() []*model.Variable {
	if s.total == nil {
		return []*model.Variable{s.m, s.v}
	}
	return []*model.Variable{s.m, s.v, s.total}
}

// reset sets all moments and sums to zero.
func (o *adamw) reset(m *bert.Model) error {
	return m.Do("resetting the optimizer", func() error {
		for _, s := range o.slots {
			for _, v := range s.variables() {
				if err := v.SetValue(tensors.FromShape(v.Shape())); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// clearSums sets the sums of gradients to zero.
func (o *adamw) clearSums(m *bert.Model) error {
	return m.Do("clearing the gradients", func() error {
		for _, s := range o.slots {
			if err := s.total.SetValue(tensors.FromShape(s.total.Shape())); err != nil {
				return err
			}
		}
		return nil
	})
}

// free gives up the memory of the moments until the next reset.
func (o *adamw) free(m *bert.Model) error {
	return m.Do("freeing the optimizer", func() error {
		for _, s := range o.slots {
			for _, v := range s.variables() {
				if err := v.Reset(); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// decays says whether weight decay applies to a parameter: not to biases and LayerNorm, as in transformers' Trainer.
func decays(name string) bool {
	return !strings.HasSuffix(name, ".bias") && !strings.Contains(name, "LayerNorm")
}

// hyper are the numbers of one step that the host computes in float64, as PyTorch does.
func (o *adamw) hyper(lr float64, step int) []float32 {
	t := float64(step)
	return []float32{
		float32(1 - lr*o.decay),
		float32(lr / (1 - math.Pow(o.beta1, t))),
		float32(math.Sqrt(1 - math.Pow(o.beta2, t))),
	}
}

const hyperSize = 3

// update applies gradients (in the order of slots; of the word embeddings those of the rows at words, int32 [n]) and returns
// the norm of all of them before clipping. When loss or norm is not finite, nothing changes: the weights stay those of the step
// before.
func (o *adamw) update(grads []*graph.Node, loss, hyper, words *graph.Node) (norm *graph.Node) {
	g := hyper.Graph()
	at := func(i int) *graph.Node { return graph.Reshape(graph.Slice(hyper, graph.AxisElem(i))) }
	keep, stepSize, correction := at(0), at(1), at(2)
	var squares *graph.Node
	for _, x := range grads {
		s := graph.ReduceAllSum(graph.Square(x))
		if squares == nil {
			squares = s
		} else {
			squares = graph.Add(squares, s)
		}
	}
	norm = graph.Sqrt(squares)
	sound := graph.LogicalAnd(graph.IsFinite(norm), graph.IsFinite(loss))
	factor := graph.ScalarOne(g, dtypes.Float32)
	if o.clip > 0 {
		factor = graph.MinScalar(graph.Div(graph.Scalar(g, dtypes.Float32, o.clip), graph.AddScalar(norm, 1e-6)), 1)
	}
	for i, s := range o.slots {
		m, v, p := s.m.NodeValue(g), s.v.NodeValue(g), s.param.Variable.NodeValue(g)
		grad := graph.Mul(grads[i], factor)
		newM := graph.Add(m, graph.MulScalar(graph.Sub(grad, m), 1-o.beta1)) // torch's lerp_
		newV := graph.Add(graph.MulScalar(v, o.beta2), graph.MulScalar(graph.Square(grad), 1-o.beta2))
		// The barrier keeps XLA from computing both anew for the weights, which would keep it from updating them in place.
		moments := graph.OptimizationBarriers(graph.Where(sound, newM, m), graph.Where(sound, newV, v))
		replace(s.m, moments[0])
		replace(s.v, moments[1])
		if s.decays && o.decay > 0 {
			p = graph.Mul(p, graph.Where(sound, keep, graph.OnesLike(keep)))
		}
		denominator := graph.AddScalar(graph.Div(graph.Sqrt(moments[1]), correction), o.eps)
		change := graph.Neg(graph.Mul(stepSize, graph.Div(moments[0], denominator)))
		change = graph.Where(sound, change, graph.ZerosLike(change))
		if s.words {
			p = graph.ScatterSum(p, graph.InsertAxes(words, -1), change, true, true)
		} else {
			p = graph.Add(p, change)
		}
		replace(s.param.Variable, p)
	}
	return norm
}

// replace gives a variable a new value, in the memory of its old one where the backend can. A graph does so once for each.
func replace(v *model.Variable, value *graph.Node) {
	backend.Donate(v.NodeValue(value.Graph()))
	v.SetNodeValue(value)
}
