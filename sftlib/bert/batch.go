package bert

import (
	"github.com/gomlx/gomlx/core/tensors"
)

// Item is one encoded text, or pair of texts, with its special tokens.
type Item struct {
	IDs   []int32 // [CLS] ... [SEP]
	Types []int32 // 0 and 1 for a pair; nil means all 0
}

// Batch is some texts laid out for the model: Rows rows of Width tokens. [Pad] gives each text a row of its own, a
// [Packer] lays several into a row. Training, evaluation and prediction use both alike.
type Batch struct {
	Rows, Width int
	IDs         []int32   // Rows*Width token ids, 0 in padding
	Types       []int32   // Rows*Width
	Positions   []int32   // Rows*Width, from 0 in each text
	Segments    []int32   // Rows*Width, 1 + the text's index, 0 in padding
	CLS         []int32   // for each text its first token's place in the rows laid end to end
	Weights     []float32 // for each text 1; 0 for those that only fill the batch up to its size
	Texts       int       // how many are real: the first ones
	Tokens      int       // how many tokens are real
}

// Tensors gives the inputs of a graph in the order of [NewGraphBatch]. The caller frees them.
func (b *Batch) Tensors() []*tensors.Tensor {
	grid := func(x []int32) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(x, b.Rows, b.Width) }
	return []*tensors.Tensor{grid(b.IDs), grid(b.Types), grid(b.Positions), grid(b.Segments),
		tensors.FromFlatDataAndDimensions(b.CLS, len(b.CLS))}
}

// Shape is what decides whether a graph must be compiled: batches of the same shape share one.
type Shape struct{ Rows, Width, Texts int }

// Shape returns the batch's shape.
func (b *Batch) Shape() Shape { return Shape{b.Rows, b.Width, len(b.CLS)} }

// newBatch returns an empty batch with places for texts.
func newBatch(rows, width, texts int) *Batch {
	n := rows * width
	all := make([]int32, 4*n+texts)
	return &Batch{Rows: rows, Width: width, IDs: all[:n], Types: all[n : 2*n], Positions: all[2*n : 3*n], Segments: all[3*n : 4*n],
		CLS: all[4*n:], Weights: make([]float32, texts)}
}

// put lays text number i at column col of a row; what does not fit into the row is cut off.
func (b *Batch) put(i, row, col int, it Item) {
	at := row*b.Width + col
	n := min(len(it.IDs), b.Width-col)
	for j := range n {
		b.IDs[at+j], b.Positions[at+j], b.Segments[at+j] = it.IDs[j], int32(j), int32(i+1)
		if it.Types != nil {
			b.Types[at+j] = it.Types[j]
		}
	}
	b.CLS[i], b.Weights[i] = int32(at), 1
	b.Texts, b.Tokens = max(b.Texts, i+1), b.Tokens+n
}

// Pad lays each text in a row of its own, as wide as the longest of them rounded up to a multiple (0 or 1: no rounding). The
// batch has size rows; those without a text have weight 0. More texts than size are an error of the caller and are not laid.
func Pad(items []Item, size, multiple int) *Batch {
	width := 1
	for _, it := range items {
		width = max(width, len(it.IDs))
	}
	return PadTo(items, size, roundUp(width, multiple))
}

// PadTo is [Pad] with a given width; longer texts are cut.
func PadTo(items []Item, size, width int) *Batch {
	b := newBatch(size, width, size)
	for i, it := range items[:min(len(items), size)] {
		b.put(i, i, 0, it)
	}
	return b
}

// Lay lays items into a batch of size rows of width tokens with places for so many texts: rows[r] tells which items lie in row r,
// one behind the other, as [Fit] gives them. Item i is text i of the batch.
func Lay(items []Item, rows [][]int, size, width, texts int) *Batch {
	b := newBatch(size, width, texts)
	for r, list := range rows {
		col := 0
		for _, i := range list {
			b.put(i, r, col, items[i])
			col += len(items[i].IDs)
		}
	}
	return b
}

func lengthsOf(items []Item) []int {
	lengths := make([]int, len(items))
	for i, it := range items {
		lengths[i] = len(it.IDs)
	}
	return lengths
}

func roundUp(n, multiple int) int {
	if multiple <= 1 {
		return n
	}
	return (n + multiple - 1) / multiple * multiple
}
