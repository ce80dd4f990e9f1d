package bert

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Dropout makes the dropout masks of one training graph from a number that differs in each step. A mask is a hash of
// (number, place in the graph, place in the tensor), so that the same number gives the same masks on every backend, with
// packed rows or padded ones of the same shape, and a resumed run needs no other state. The hash is lowbias32 of Chris
// Wellons' hash prospector (https://nullprogram.com/blog/2018/07/31/); it costs a fraction of the counter-based generator
// (Philox) behind GoMLX's RandomUniform: BenchmarkDropout compares them.
//
// A nil *Dropout means evaluation: nothing is dropped. One whose seed is nil means training without dropout.
type Dropout struct {
	seed *graph.Node
	site uint32
	bits func(shapes.Shape) *graph.Node // another source of uniform uint32, which the benchmark compares
}

// NewDropout returns masks made from seed, a uint32 scalar that the training loop counts up each step. With a nil seed the
// graph is built for training, with gradients, but drops nothing.
func NewDropout(seed *graph.Node) *Dropout { return &Dropout{seed: seed} }

func (d *Dropout) training() bool { return d != nil }

// apply sets each element of x to 0 with probability p and multiplies the others by 1/(1-p).
func (d *Dropout) apply(x *graph.Node, p float64) *graph.Node {
	if d == nil || d.seed == nil || p == 0 {
		return x
	}
	d.site++
	g := x.Graph()
	bits := d.bits
	if bits == nil {
		bits = d.hash
	}
	keep := graph.GreaterOrEqual(bits(x.Shape()), graph.Scalar(g, dtypes.Uint32, uint32(p*(1<<32))))
	mask := graph.Where(keep, graph.ConstAs(x, float32(1/(1-p))), graph.ConstAs(x, float32(0)))
	return graph.Mul(x, graph.StopGradient(mask))
}

// hash gives uniform bits for every element of a shape: of the seed, the number of the site and the element's index.
func (d *Dropout) hash(shape shapes.Shape) *graph.Node {
	g := d.seed.Graph()
	u32 := func(v uint32) *graph.Node { return graph.Scalar(g, dtypes.Uint32, v) }
	shifted := func(h *graph.Node, n uint32) *graph.Node {
		return graph.BitwiseXor(h, graph.BitwiseShiftRightLogical(h, u32(n)))
	}
	mix := func(h *graph.Node) *graph.Node {
		h = graph.Mul(shifted(h, 16), u32(0x7feb352d))
		h = graph.Mul(shifted(h, 15), u32(0x846ca68b))
		return shifted(h, 16)
	}
	start := mix(graph.Add(mix(d.seed), u32(d.site*0x9e3779b9))) // a scalar
	h := mix(graph.Add(graph.Iota(g, shapes.Make(dtypes.Uint32, shape.Size()), 0), start))
	return graph.Reshape(h, shape.Dimensions...)
}
