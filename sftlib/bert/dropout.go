package bert

import (
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Dropout makes the dropout masks of one training graph from numbers that differ in each step. A mask is a hash of (number,
// place in the graph, place in the tensor), so that the same numbers give the same masks on every backend, with packed rows
// or padded ones of the same shape, and a resumed run needs no other state. The hash is lowbias32 of Chris Wellons' hash
// prospector (https://nullprogram.com/blog/2018/07/31/); it costs a fraction of the counter-based generator (Philox) behind
// GoMLX's RandomUniform: BenchmarkDropout compares them.
//
// A nil *Dropout means evaluation: nothing is dropped. One without seeds means training without dropout.
type Dropout struct {
	seeds []*graph.Node
	place int
	bits  func(shapes.Shape) *graph.Node // another source of uniform uint32, which the benchmark compares
}

// NewDropout returns masks made from seeds, uint32 scalars that differ in each training step. One is enough; with those of
// [Model.DropoutSeeds], one for each place of the graph, the layers' computations are alike and XLA compiles them once: a
// quarter less compiling for MiniLM. Without seeds the graph is built for training, with gradients, but drops nothing.
func NewDropout(seeds ...*graph.Node) *Dropout { return &Dropout{seeds: seeds} }

// DropoutSeeds returns as many seeds as there are places in the model that drop, made from the number of a training step.
func (m *Model) DropoutSeeds(number uint32) []uint32 {
	seeds := make([]uint32, 2+3*m.Config.NumHiddenLayers) // embeddings, pooled; attention and the two dense outputs of a layer
	r := rand.New(rand.NewPCG(uint64(number), 0))
	for i := range seeds {
		seeds[i] = r.Uint32()
	}
	return seeds
}

func (d *Dropout) training() bool { return d != nil }

// apply sets each element of x to 0 with probability p and multiplies the others by 1/(1-p).
func (d *Dropout) apply(x *graph.Node, p float64) *graph.Node {
	if d == nil || len(d.seeds) == 0 || p == 0 {
		return x
	}
	g := x.Graph()
	bits := d.bits
	if bits == nil {
		bits = d.hash
	}
	keep := graph.GreaterOrEqual(bits(x.Shape()), graph.Scalar(g, dtypes.Uint32, uint32(p*(1<<32))))
	mask := graph.Where(keep, graph.ConstAs(x, float32(1/(1-p))), graph.ConstAs(x, float32(0)))
	return graph.Mul(x, graph.StopGradient(mask))
}

// hash gives uniform bits for every element of a shape at the next place of the graph: places take the seeds in turn.
func (d *Dropout) hash(shape shapes.Shape) *graph.Node {
	seed, turn := d.seeds[d.place%len(d.seeds)], d.place/len(d.seeds)
	d.place++
	g := seed.Graph()
	u32 := func(v uint32) *graph.Node { return graph.Scalar(g, dtypes.Uint32, v) }
	shifted := func(h *graph.Node, n uint32) *graph.Node {
		return graph.BitwiseXor(h, graph.BitwiseShiftRightLogical(h, u32(n)))
	}
	mix := func(h *graph.Node) *graph.Node {
		h = graph.Mul(shifted(h, 16), u32(0x7feb352d))
		h = graph.Mul(shifted(h, 15), u32(0x846ca68b))
		return shifted(h, 16)
	}
	start := mix(graph.Add(mix(seed), u32(uint32(turn)*0x9e3779b9))) // a scalar
	h := mix(graph.Add(graph.Iota(g, shapes.Make(dtypes.Uint32, shape.Size()), 0), start))
	return graph.Reshape(h, shape.Dimensions...)
}
