package bert

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/layers/activation"
)

// activations are the functions that hidden_act may name, with transformers' definitions (transformers/activations.py).
// In training they are built from operations that have gradients.
var activations = map[string]func(x *graph.Node, training bool) *graph.Node{
	"gelu": func(x *graph.Node, training bool) *graph.Node {
		if !training {
			return activation.Gelu(x)
		}
		return graph.Mul(x, graph.MulScalar(graph.AddScalar(graph.Erf(graph.MulScalar(x, 1/math.Sqrt2)), 1), 0.5))
	},
	"gelu_new":          tanhGelu,
	"gelu_pytorch_tanh": tanhGelu,
	"gelu_fast":         tanhGelu, // the same formula with its factors in another order
	"quick_gelu": func(x *graph.Node, _ bool) *graph.Node {
		return graph.Mul(x, graph.Sigmoid(graph.MulScalar(x, 1.702)))
	},
	"relu":  func(x *graph.Node, _ bool) *graph.Node { return graph.MaxScalar(x, 0) },
	"silu":  swish,
	"swish": swish,
	"tanh":  func(x *graph.Node, _ bool) *graph.Node { return graph.Tanh(x) },
}

// tanhGelu is the approximation of GELU with tanh: 0.5x(1 + tanh(√(2/π)(x + 0.044715x³))).
func tanhGelu(x *graph.Node, _ bool) *graph.Node {
	cube := graph.Mul(x, graph.Mul(x, x))
	inner := graph.MulScalar(graph.Add(x, graph.MulScalar(cube, 0.044715)), math.Sqrt(2/math.Pi))
	return graph.MulScalar(graph.Mul(x, graph.AddScalar(graph.Tanh(inner), 1)), 0.5)
}

func swish(x *graph.Node, _ bool) *graph.Node { return graph.Mul(x, graph.Sigmoid(x)) }
