package train

import (
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"gosft/sftlib/bert"
)

// objective is the loss of a model: PyTorch's CrossEntropyLoss (with label_smoothing and weight), BCEWithLogitsLoss (with
// pos_weight) or MSELoss, by the model's problem type.
type objective struct {
	problem   bert.ProblemType
	outputs   int
	smoothing float64
	weights   []float64 // of each class; nil: all 1
}

// newObjective checks what the arguments ask for against the model and the training data.
func newObjective(a Args, m *bert.Model, d *dataset) (objective, error) {
	o := objective{problem: m.Problem(), outputs: len(m.Labels()), smoothing: a.LabelSmoothingFactor}
	if o.smoothing > 0 && o.problem != bert.SingleLabel {
		return o, fmt.Errorf("LabelSmoothingFactor is for one label of many; the model's problem type is %s", o.problem)
	}
	if a.ClassWeights == nil {
		return o, nil
	}
	if o.problem == bert.Regression {
		return o, fmt.Errorf("ClassWeights are for labels; the model's problem type is regression")
	}
	o.weights = make([]float64, o.outputs)
	switch w := a.ClassWeights.(type) {
	case map[string]float64:
		for i := range o.weights {
			o.weights[i] = 1
		}
		for label, x := range w {
			id, ok := m.LabelID(label)
			if !ok {
				return o, fmt.Errorf("ClassWeights has label %q, which the model does not have", label)
			}
			o.weights[id] = x
		}
	default:
		o.balance(d)
	}
	return o, nil
}

// balance weighs classes by scikit-learn's rule, texts / (classes x texts of the class); for several labels at once, a label's
// yes weighs as often as there are more texts without it than with it.
func (o *objective) balance(d *dataset) {
	counts := make([]float64, o.outputs)
	for _, c := range d.class {
		counts[c]++
	}
	for i, v := range d.values {
		counts[i%o.outputs] += float64(v)
	}
	n := float64(len(d.items))
	for i, c := range counts {
		switch {
		case c == 0:
			o.weights[i] = 1
		case o.problem == bert.MultiLabel:
			o.weights[i] = (n - c) / c
		default:
			o.weights[i] = n / (float64(o.outputs) * c)
		}
	}
}

// textWeights are the weights of rows in the mean of the loss, filled up with zeros to size.
func (o *objective) textWeights(d *dataset, rows []int, size int) (w []float32, sum float64) {
	w = make([]float32, size)
	for i, r := range rows {
		w[i] = 1
		if o.problem == bert.SingleLabel && o.weights != nil {
			w[i] = float32(o.weights[d.class[r]])
		}
		sum += float64(w[i])
	}
	return w, sum
}

// targets returns the truth of rows: int32 for one label of many, else float32 [size, outputs] laid flat.
func (o *objective) targets(d *dataset, rows []int, size int) any {
	if o.problem == bert.SingleLabel {
		t := make([]int32, size)
		for i, r := range rows {
			t[i] = d.class[r]
		}
		return t
	}
	t := make([]float32, size*o.outputs)
	for i, r := range rows {
		copy(t[i*o.outputs:(i+1)*o.outputs], d.values[r*o.outputs:(r+1)*o.outputs])
	}
	return t
}

// graph builds the sum of the texts' losses. logits is [texts, outputs]; target int32 [texts] or float32 [texts, outputs];
// weights float32 [texts] are those of textWeights; real float32 [texts] is 1 for texts and 0 for what fills the batch up.
func (o *objective) graph(logits, target, weights, real *graph.Node) *graph.Node {
	g := logits.Graph()
	switch o.problem {
	case bert.MultiLabel:
		// max(x,0) - x*z + log(1+exp(-|x|)), which does not overflow; the yes part times its weight.
		soft := graph.Log1P(graph.Exp(graph.Neg(graph.Abs(logits))))
		zero := graph.ZerosLike(logits)
		yes := graph.Mul(target, graph.Add(graph.Max(graph.Neg(logits), zero), soft))
		if o.weights != nil {
			yes = graph.Mul(yes, o.row(g))
		}
		no := graph.Mul(graph.OneMinus(target), graph.Add(graph.Max(logits, zero), soft))
		return graph.ReduceAllSum(graph.Mul(weights, graph.ReduceMean(graph.Add(yes, no), -1)))
	case bert.Regression:
		return graph.ReduceAllSum(graph.Mul(weights, graph.ReduceMean(graph.Square(graph.Sub(logits, target)), -1)))
	}
	logProbs := graph.LogSoftmax(logits, -1)
	hot := graph.OneHot(target, o.outputs, dtypes.Float32)
	nll := graph.Neg(graph.ReduceSum(graph.Mul(hot, logProbs), -1))
	loss := graph.ReduceAllSum(graph.Mul(weights, nll))
	if o.smoothing == 0 {
		return loss
	}
	spread := graph.Neg(logProbs)
	if o.weights != nil {
		spread = graph.Mul(spread, o.row(g))
	}
	all := graph.ReduceAllSum(graph.Mul(real, graph.ReduceSum(spread, -1)))
	return graph.Add(graph.MulScalar(loss, 1-o.smoothing), graph.MulScalar(all, o.smoothing/float64(o.outputs)))
}

// row is the weights as a node [1, outputs].
func (o *objective) row(g *graph.Graph) *graph.Node {
	w := make([]float32, len(o.weights))
	for i, x := range o.weights {
		w[i] = float32(x)
	}
	return graph.Const(g, [][]float32{w})
}

// ofText is the loss of one evaluated text, without class weights, as transformers has it in an evaluation; it returns what
// eval wants as scores too: probabilities, or the predicted values.
func (o *objective) ofText(d *dataset, row int, logits []float32) (loss float64, scores []float64) {
	scores = make([]float64, len(logits))
	switch o.problem {
	case bert.MultiLabel:
		for k, x := range logits {
			x, z := float64(x), float64(d.values[row*o.outputs+k])
			loss += (math.Max(x, 0) - x*z + math.Log1p(math.Exp(-math.Abs(x)))) / float64(o.outputs)
			scores[k] = 1 / (1 + math.Exp(-x))
		}
	case bert.Regression:
		for k, x := range logits {
			scores[k] = float64(x)
			diff := scores[k] - float64(d.values[row*o.outputs+k])
			loss += diff * diff / float64(o.outputs)
		}
	default:
		top := math.Inf(-1)
		for _, x := range logits {
			top = math.Max(top, float64(x))
		}
		sum, mean := 0.0, 0.0
		for k, x := range logits {
			scores[k] = math.Exp(float64(x) - top)
			sum += scores[k]
			mean += float64(x) / float64(o.outputs)
		}
		for k := range scores {
			scores[k] /= sum
		}
		norm := top + math.Log(sum)
		nll := norm - float64(logits[d.class[row]])
		loss = (1-o.smoothing)*nll + o.smoothing*(norm-mean)
	}
	return loss, scores
}
