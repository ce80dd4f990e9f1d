package bert

import (
	"cmp"
	"slices"

	"gosft/sftlib/backend"
)

// Packer lays the texts of a batch one behind the other in rows as [Fit] does. Texts are short and uneven, and
// a batch padded to its longest text is mostly padding; packed, the same batch takes half the rows or fewer and has the same
// logits, loss and gradient, since positions start again with each text and attention stays within it.
//
// Every new shape of a batch is a new graph to compile, so the number of rows is rounded up to one of a few levels.
type Packer struct {
	Size   int     // texts in a full batch
	Widths []Width // ascending; a batch takes the narrowest into whose rows its longest text fits
}

// Width is one width of rows with the numbers of rows that batches are rounded up to.
type Width struct {
	Tokens int
	Levels []int // ascending; more rows than the last are rounded up to even numbers
}

// mustSave is the share of the work that one more shape must save to be worth its compiling.
const mustSave = 0.03

// NewPacker chooses widths and levels for the model and its backend as [NewPacker] does. On a CPU three graphs can be worth their
// compiling. On a GPU one is: there XLA takes some ten seconds for each (an H100 with 16 cores: 39 s for three of MiniLM's
// training step), and the rows that it saves cost milliseconds.
func (m *Model) NewPacker(lengths []int, size int) *Packer {
	shapes := 3
	if m.Backend().Kind == backend.CUDA {
		shapes = 1
	}
	return NewPacker(lengths, size, shapes, m.Config)
}

// NewPacker chooses widths and levels for batches of size texts of the given lengths (in tokens, already truncated; in the order
// in which the batches take them): it packs a few dozen of these batches in every way it knows and takes the one that needs the
// least work. shapes is how many graphs it may cause on this data. The sizes in c weigh the work of a token against that of
// attention over a row.
func NewPacker(lengths []int, size, shapes int, c Config) *Packer {
	size, shapes = max(size, 1), max(shapes, 1)
	longest := 1
	for _, n := range lengths {
		longest = max(longest, n)
	}
	top := min(roundUp(longest, 8), max(c.MaxPositionEmbeddings, longest))
	if len(lengths) == 0 {
		return &Packer{Size: size, Widths: []Width{{Tokens: top}}}
	}
	batches := sampleBatches(lengths, size, 48)
	var best *Packer
	var least float64
	for _, w := range candidateWidths(top) {
		widths := []int{w}
		if w < top {
			if shapes == 1 {
				continue
			}
			widths = append(widths, top)
		}
		p, cost := plan(batches, size, widths, shapes, c)
		cost *= 1 + mustSave*float64(len(p.Shapes())-1)
		if best == nil || cost < least {
			best, least = p, cost
		}
	}
	return best
}

// candidateWidths are the widths of rows to try: up to twice the longest text, since a wide row wastes less at its end.
func candidateWidths(top int) []int {
	var out []int
	step := max(8, top/16/8*8)
	for w := 32; w < 2*top; w += step {
		if w != top {
			out = append(out, w)
		}
	}
	return append(out, top)
}

// sampleBatches returns the lengths of at most so many batches, evenly spread. All of them are full where there are full ones.
func sampleBatches(lengths []int, size, most int) [][]int {
	n := len(lengths) / size
	if n == 0 {
		return [][]int{lengths}
	}
	var out [][]int
	for i := range min(n, most) {
		k := i * n / min(n, most)
		out = append(out, lengths[k*size:(k+1)*size])
	}
	return out
}

// plan packs the batches into rows of the given widths and chooses levels, shapes in all; cost is the mean work of a batch.
func plan(batches [][]int, size int, widths []int, shapes int, c Config) (*Packer, float64) {
	rows := make([][]int, len(widths))
	for _, b := range batches {
		k := narrowest(widths, slices.Max(b))
		rows[k] = append(rows[k], len(Fit(b, widths[k])))
	}
	p := &Packer{Size: size}
	total, left := 0.0, shapes
	for k, w := range widths {
		if len(rows[k]) == 0 {
			continue
		}
		n := left
		if k < len(widths)-1 {
			n = max(1, left-1)
		}
		levels, sum := chooseLevels(rows[k], n)
		left = max(1, left-len(levels))
		p.Widths = append(p.Widths, Width{Tokens: w, Levels: levels})
		total += float64(sum) * rowWork(w, c)
	}
	return p, total / float64(len(batches))
}

// rowWork is the relative cost of a row: multiplications of the dense layers and of attention for each token, and the passes
// over the attention weights (softmax, dropout, their gradients), each element of which costs as much as some fifty
// multiplications on a CPU.
func rowWork(width int, c Config) float64 {
	h, heads := float64(c.HiddenSize), float64(c.NumAttentionHeads)
	dense := 4*h*h + 2*h*float64(c.IntermediateSize)
	attention := float64(width) * (2*h + 50*heads)
	return float64(width) * (dense + attention)
}

// chooseLevels picks at most n numbers of rows so that rounding every batch up to one of them adds the fewest rows; it
// returns them ascending and the sum of rounded rows. A level must save [mustSave].
func chooseLevels(rows []int, n int) (levels []int, sum int) {
	slices.Sort(rows)
	top := evenUp(rows[len(rows)-1])
	levels, sum = []int{top}, top*len(rows)
	for range n - 1 {
		at, least := 0, sum
		for _, candidate := range slices.Compact(slices.Clone(rows)) {
			s := roundedSum(rows, append([]int{candidate}, levels...))
			if s < least {
				at, least = candidate, s
			}
		}
		if float64(least) > (1-mustSave)*float64(sum) {
			break
		}
		levels, sum = append(levels, at), least
		slices.Sort(levels)
	}
	return levels, sum
}

func roundedSum(rows, levels []int) int {
	slices.Sort(levels)
	sum := 0
	for _, r := range rows {
		sum += levels[narrowest(levels, r)]
	}
	return sum
}

func evenUp(n int) int { return n + n%2 }

// narrowest is the index of the first of ascending values that is at least n, or of the last.
func narrowest(values []int, n int) int {
	i, _ := slices.BinarySearch(values, n)
	return min(i, len(values)-1)
}

// LongestFirst returns the indexes of lengths, that of the longest first; equal ones keep their order.
func LongestFirst(lengths []int) []int {
	order := make([]int, len(lengths))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(lengths[b], lengths[a]) })
	return order
}

// Fit packs texts of the given lengths into rows of width tokens: longest first, each into the fullest row that has room for it
// (best fit). It returns the texts of each row. A text longer than a row takes one whole.
func Fit(lengths []int, width int) [][]int { return fit(lengths, width, len(lengths)) }

// fit is [Fit] with at most so many texts in a row.
func fit(lengths []int, width, most int) (rows [][]int) {
	open := make([][]int, width+1) // open[k]: rows with k free places
	for _, i := range LongestFirst(lengths) {
		n := min(lengths[i], width)
		free := n
		for free <= width && len(open[free]) == 0 {
			free++
		}
		var r int
		if free <= width {
			last := len(open[free]) - 1
			r, open[free] = open[free][last], open[free][:last]
		} else {
			r, free = len(rows), width
			rows = append(rows, nil)
		}
		rows[r] = append(rows[r], i)
		if left := free - n; left > 0 && len(rows[r]) < most {
			open[left] = append(open[left], r)
		}
	}
	return rows
}

// Batch packs texts; when they are fewer than p.Size, the rest of the batch has weight 0. Texts longer than the widest row
// are cut to it.
func (p *Packer) Batch(items []Item) *Batch {
	lengths := lengthsOf(items)
	tokens := make([]int, len(p.Widths))
	for i, w := range p.Widths {
		tokens[i] = w.Tokens
	}
	longest := 0
	for _, n := range lengths {
		longest = max(longest, n)
	}
	w := p.Widths[narrowest(tokens, longest)]
	rows := Fit(lengths, w.Tokens)
	return Lay(items, rows, w.rowsFor(len(rows)), w.Tokens, max(p.Size, len(items)))
}

// rowsFor rounds a number of rows up to a level.
func (w Width) rowsFor(n int) int {
	for _, l := range w.Levels {
		if n <= l {
			return l
		}
	}
	return evenUp(max(n, 1))
}

// Shapes lists the shapes that the packer plans with, most rows last.
func (p *Packer) Shapes() []Shape {
	var out []Shape
	for _, w := range p.Widths {
		for _, l := range w.Levels {
			out = append(out, Shape{l, w.Tokens, p.Size})
		}
	}
	return out
}
