package bert

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/nn"
)

// GraphBatch is a [Batch] inside a graph: rows of width tokens, each row holding one or more texts.
type GraphBatch struct {
	IDs       *graph.Node // int32 [rows, width] token ids
	Types     *graph.Node // int32 [rows, width] 0 for a first text, 1 for the second of a pair
	Positions *graph.Node // int32 [rows, width] place in the text, from 0
	Segments  *graph.Node // int32 [rows, width] which text a token belongs to (1, 2, ...), 0 for padding
	CLS       *graph.Node // int32 [texts] where each text's first token is, counted through the rows
	Words     *graph.Node // float32 [n, hidden] the word embeddings that IDs count in; nil: the model's, by token id
}

// WordEmbeddings is the name of the parameter [vocabulary, hidden] that has a row for each token.
const WordEmbeddings = "bert.embeddings.word_embeddings.weight"

// NumInputs is the number of tensors that [Batch.Tensors] gives and [NewGraphBatch] takes.
const NumInputs = 5

// NewGraphBatch takes the first [NumInputs] inputs of a graph, in the order of [Batch.Tensors].
func NewGraphBatch(in []*graph.Node) GraphBatch {
	return GraphBatch{IDs: in[0], Types: in[1], Positions: in[2], Segments: in[3], CLS: in[4]}
}

// Logits builds the graph from a batch to the outputs of the classifier, float32 [texts, labels], before softmax or sigmoid.
// drop is nil for evaluation; in training it gives the dropout masks at BERT's places. The part of the graph that is frozen
// from the embeddings upwards is cut off from the gradient, so that no backward pass is computed for it. Like all functions
// that build graphs it panics on mistakes; call it inside [Model.Do] or a GoMLX executor.
func (m *Model) Logits(scope *model.Scope, b GraphBatch, drop *Dropout) *graph.Node {
	n := m.builder(scope, b, drop)
	cls := n.encode(b, b.CLS)
	pooled := graph.Tanh(n.dense(cls, "bert.pooler.dense"))
	return n.dense(drop.apply(pooled, m.Config.classifierDropout()), "classifier")
}

// Hidden builds the graph from a batch to the last hidden states, float32 [rows, width, hidden].
func (m *Model) Hidden(scope *model.Scope, b GraphBatch, drop *Dropout) *graph.Node {
	return m.builder(scope, b, drop).encode(b, nil)
}

// builder builds one graph.
type builder struct {
	c      Config
	store  *model.Store
	g      *graph.Graph
	drop   *Dropout
	frozen int  // encoder layers frozen from below together with the embeddings; -1 when the embeddings are not frozen
	remat  bool // gradient checkpointing: a layer's inner values are computed again in the backward pass
}

func (m *Model) builder(scope *model.Scope, b GraphBatch, drop *Dropout) *builder {
	return &builder{c: m.Config, store: scope.Store(), g: b.IDs.Graph(), drop: drop, frozen: m.frozenBelow(), remat: m.checkpointing && drop.training()}
}

// variable returns the value of a parameter in this graph.
func (n *builder) variable(name string) *graph.Node {
	v := n.store.GetVariable(variablePath(name))
	if v == nil {
		panic(fmt.Errorf("the model has no parameter %s", name))
	}
	return v.NodeValue(n.g)
}

// dense is x·Wᵀ + b with W [out, in] as PyTorch stores it; x has any rank.
func (n *builder) dense(x *graph.Node, name string) *graph.Node {
	w, b := n.variable(name+".weight"), n.variable(name+".bias")
	dims := x.Shape().Dimensions
	in, out := dims[len(dims)-1], w.Shape().Dimensions[0]
	flat := graph.Reshape(x, -1, in)
	var y *graph.Node
	if n.drop.training() {
		y = graph.Add(graph.Dot(flat, w).General([]int{1}, nil, []int{1}, nil), graph.ExpandLeftToRank(b, 2))
	} else {
		y = nn.Dense(flat, w, b, compute.DenseLayoutOutputsInput)
	}
	return graph.Reshape(y, append(append([]int{}, dims[:len(dims)-1]...), out)...)
}

// norm is layer normalization over the last axis.
func (n *builder) norm(x *graph.Node, name string) *graph.Node {
	w, b := n.variable(name+".weight"), n.variable(name+".bias")
	if !n.drop.training() {
		return nn.LayerNorm(x, []int{-1}, n.c.LayerNormEps, w, b, nil)
	}
	centred := graph.Sub(x, graph.ReduceAndKeep(x, graph.ReduceMean, -1))
	variance := graph.ReduceAndKeep(graph.Square(centred), graph.ReduceMean, -1)
	y := graph.Div(centred, graph.Sqrt(graph.AddScalar(variance, n.c.LayerNormEps)))
	return graph.Add(graph.Mul(y, graph.ExpandLeftToRank(w, y.Rank())), graph.ExpandLeftToRank(b, y.Rank()))
}

// encode is the whole encoder: [rows, width] ids to [rows, width, hidden]; or, where only says which tokens are wanted, int32
// [texts] as [GraphBatch].CLS, to theirs alone, [texts, hidden].
func (n *builder) encode(b GraphBatch, only *graph.Node) *graph.Node {
	x := n.embed(b)
	bias := n.attentionBias(b.Segments, b.Segments)
	if n.frozen >= 0 {
		x = graph.StopGradient(x)
	}
	for l := range n.c.NumHiddenLayers {
		if n.remat && l >= n.frozen {
			x = x.Checkpoint()
		}
		p := fmt.Sprintf("bert.encoder.layer.%d.", l)
		if only != nil && l == n.c.NumHiddenLayers-1 {
			x = n.lastLayer(x, bias, b.Segments, only, p)
		} else {
			x = n.after(n.attention(x, bias, p), x, p)
		}
		if l < n.frozen {
			x = graph.StopGradient(x)
		}
	}
	if n.remat {
		x = x.StopCheckpoint()
	}
	return x
}

// embed adds the embeddings of word, position and type.
func (n *builder) embed(b GraphBatch) *graph.Node {
	const p = "bert.embeddings."
	words := b.Words
	if words == nil {
		words = n.variable(WordEmbeddings)
	}
	x := graph.Gather(words, graph.InsertAxes(b.IDs, -1))
	x = graph.Add(x, graph.Gather(n.variable(p+"position_embeddings.weight"), graph.InsertAxes(b.Positions, -1)))
	// A product with one-hot rows: the table has a row or two, and its gradient is then a product too, not a scatter.
	types := n.variable(p + "token_type_embeddings.weight")
	hot := graph.OneHot(graph.Reshape(b.Types, -1), n.c.TypeVocabSize, dtypes.Float32)
	x = graph.Add(x, graph.Reshape(graph.Dot(hot, types).MatMul(), x.Shape().Dimensions...))
	return n.drop.apply(n.norm(x, p+"LayerNorm"), n.c.HiddenDropoutProb)
}

// attentionBias is 0 where a token may look at another, those of its own text, and -1e9 elsewhere: from the segments of the tokens
// that look, [rows, n], and of those that are looked at, [rows, width], to [rows, 1, n, width].
func (n *builder) attentionBias(from, to *graph.Node) *graph.Node {
	rows, looking, width := from.Shape().Dimensions[0], from.Shape().Dimensions[1], to.Shape().Dimensions[1]
	same := graph.Equal(graph.BroadcastToDims(graph.InsertAxes(from, 2), rows, looking, width),
		graph.BroadcastToDims(graph.InsertAxes(to, 1), rows, looking, width))
	return graph.InsertAxes(graph.MulScalar(graph.OneMinus(graph.ConvertDType(same, dtypes.Float32)), -1e9), 1)
}

// pick takes the tokens at the given places of the rows laid end to end: [rows, width, n] to [1, texts, n].
func pick(x, places *graph.Node) *graph.Node {
	d := x.Shape().Dimensions
	return graph.InsertAxes(graph.Gather(graph.Reshape(x, -1, d[len(d)-1]), graph.InsertAxes(places, -1)), 0)
}

// lastLayer is the last encoder layer for the wanted tokens alone: a classifier reads a text's first one, so that most of the
// layer's work would be for nothing. Its result is [texts, hidden].
func (n *builder) lastLayer(x, bias, segments, only *graph.Node, p string) *graph.Node {
	texts, rows := only.Shape().Dimensions[0], x.Shape().Dimensions[0]
	from := pick(x, only)
	var mixed *graph.Node
	if texts <= 4*rows { // a copy of its row for each text is little memory
		mixed = n.look(x, from, segments, only, p)
	} else {
		mixed = pick(n.attention(x, bias, p), only)
	}
	return graph.Squeeze(n.after(mixed, from, p), 0)
}

// attention is a layer's self-attention before its output's projection, [rows, width, hidden].
func (n *builder) attention(x, bias *graph.Node, p string) *graph.Node {
	heads, d := n.c.NumAttentionHeads, x.Shape().Dimensions
	split := func(name string) *graph.Node { // [rows, heads, width, depth]
		y := n.dense(x, p+"attention.self."+name)
		return graph.TransposeAllAxes(graph.Reshape(y, d[0], d[1], heads, -1), 0, 2, 1, 3)
	}
	scores := graph.Dot(n.scaled(split("query")), split("key")).General([]int{3}, []int{0, 1}, []int{3}, []int{0, 1})
	values := split("value")
	mixed := n.mix(graph.Add(scores, bias), func(weights *graph.Node) *graph.Node {
		return graph.Dot(weights, values).General([]int{3}, []int{0, 1}, []int{2}, []int{0, 1})
	})
	return graph.Reshape(graph.TransposeAllAxes(mixed, 0, 2, 1, 3), d...)
}

// look is attention for one token of each text, from [1, texts, hidden] at the places only. Keys and values of all tokens are not
// worth their computing then: a query's products with keys, q·(K·x + b), are (q·K)·x + q·b, and the weighted sum of values is
// the value of the weighted sum of tokens.
func (n *builder) look(x, from, segments, only *graph.Node, p string) *graph.Node {
	texts, width, heads := only.Shape().Dimensions[0], x.Shape().Dimensions[1], n.c.NumAttentionHeads
	split := func(name string) (w, b *graph.Node) { // [heads, depth, hidden], [1, heads, depth]
		w, b = n.variable(p+"attention.self."+name+".weight"), n.variable(p+"attention.self."+name+".bias")
		return graph.Reshape(w, heads, -1, n.c.HiddenSize), graph.Reshape(b, 1, heads, -1)
	}
	own := graph.Reshape(pick(graph.InsertAxes(segments, -1), only), texts, 1)
	row := graph.InsertAxes(graph.Div(only, graph.Scalar(n.g, only.DType(), width)), -1)
	x, segments = graph.Gather(x, row), graph.Gather(segments, row) // [texts, width, hidden] and [texts, width]: its row for each text
	bias := graph.Squeeze(n.attentionBias(own, segments), 2)        // [texts, 1, width]

	key, keyBias := split("key")
	query := n.scaled(graph.Reshape(n.dense(from, p+"attention.self.query"), texts, heads, -1))
	scores := graph.Dot(query, key).General([]int{2}, []int{1}, []int{1}, []int{0}) // [heads, texts, hidden]
	scores = graph.Dot(scores, x).General([]int{2}, []int{1}, []int{2}, []int{0})   // [texts, heads, width]
	scores = graph.Add(scores, graph.ReduceAndKeep(graph.Mul(query, keyBias), graph.ReduceSum, -1))
	value, valueBias := split("value")
	mixed := n.mix(graph.Add(scores, bias), func(weights *graph.Node) *graph.Node {
		y := graph.Dot(weights, x).General([]int{2}, []int{0}, []int{1}, []int{0}) // [texts, heads, hidden]
		y = graph.Dot(y, value).General([]int{2}, []int{1}, []int{2}, []int{0})    // [heads, texts, depth]
		return graph.Add(graph.TransposeAllAxes(y, 1, 0, 2), graph.Mul(graph.ReduceAndKeep(weights, graph.ReduceSum, -1), valueBias))
	})
	return graph.Reshape(mixed, 1, texts, -1)
}

// scaled divides queries by the square root of a head's depth.
func (n *builder) scaled(query *graph.Node) *graph.Node {
	return graph.MulScalar(query, 1/math.Sqrt(float64(n.c.HiddenSize/n.c.NumAttentionHeads)))
}

// after is what follows attention in a layer: its projection and the feed-forward, each with dropout, residual and
// normalization after.
func (n *builder) after(mixed, x *graph.Node, p string) *graph.Node {
	y := n.drop.apply(n.dense(mixed, p+"attention.output.dense"), n.c.HiddenDropoutProb)
	x = n.norm(graph.Add(y, x), p+"attention.output.LayerNorm")
	y = activations[n.c.HiddenAct](n.dense(x, p+"intermediate.dense"), n.drop.training())
	y = n.drop.apply(n.dense(y, p+"output.dense"), n.c.HiddenDropoutProb)
	return n.norm(graph.Add(y, x), p+"output.LayerNorm")
}

// mix puts softmax(scores) over the last axis, as the weights of a mean, through product, which is linear in them. In training the
// sum of softmax is divided out after the product, which is the same and spares passes over all pairs of tokens, most of them in
// the backward pass. Else softmax is one operation, for which the Go backend has a fused form (without a gradient).
func (n *builder) mix(scores *graph.Node, product func(weights *graph.Node) *graph.Node) *graph.Node {
	if !n.drop.training() {
		return product(graph.Softmax(scores, -1))
	}
	e := graph.Exp(graph.Sub(scores, graph.StopGradient(graph.ReduceAndKeep(scores, graph.ReduceMax, -1))))
	mixed := product(n.drop.apply(e, n.c.AttentionProbsDropoutProb))
	return graph.Div(mixed, graph.ReduceAndKeep(e, graph.ReduceSum, -1))
}
