package classic

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Tree is a fitted decision tree: node 0 is the root, and each slice has one element a node.
type Tree struct {
	Feature   []int       // column that the node asks for, -1 for a leaf
	Threshold []float64   // rows with a value up to it go left
	Left      []int       // node, 0 for a leaf
	Right     []int       // node, 0 for a leaf
	Value     [][]float64 // share of each class; of a regressor the one mean
	Impurity  []float64   // gini, entropy or variance
	Samples   []int       // rows that it was fitted with
}

// Depth returns the number of questions on the longest way to a leaf.
func (t *Tree) Depth() int {
	depth := make([]int, len(t.Feature))
	most := 0
	for i, f := range t.Feature {
		if f >= 0 {
			depth[t.Left[i]], depth[t.Right[i]] = depth[i]+1, depth[i]+1
		}
		most = max(most, depth[i])
	}
	return most
}

// Leaves returns the number of leaves.
func (t *Tree) Leaves() int {
	n := 0
	for _, f := range t.Feature {
		if f < 0 {
			n++
		}
	}
	return n
}

// leaf returns the values of the leaf that a row falls into.
func (t *Tree) leaf(row []float64) []float64 {
	at := 0
	for t.Feature[at] >= 0 {
		if row[t.Feature[at]] <= t.Threshold[at] {
			at = t.Left[at]
		} else {
			at = t.Right[at]
		}
	}
	return t.Value[at]
}

// ranks are the columns of X, each value replaced by its place among the different values of the column, so that a split
// is found by counting instead of sorting. A forest makes them once.
type ranks struct {
	n, p   int
	code   [][]int32   // by column and row
	values [][]float64 // by column and code, ascending
}

func newRanks(m *matrix) *ranks {
	r := &ranks{n: m.n, p: m.p, code: make([][]int32, m.p), values: make([][]float64, m.p)}
	parallel(m.p, 1, func(_, lo, hi int) {
		order := make([]int, m.n)
		for j := lo; j < hi; j++ {
			for i := range order {
				order[i] = i
			}
			slices.SortFunc(order, func(a, b int) int { return cmp.Compare(m.dense[a*m.p+j], m.dense[b*m.p+j]) })
			r.code[j] = make([]int32, m.n)
			for _, i := range order {
				v := m.dense[i*m.p+j]
				// Values as close as scikit-learn's FEATURE_THRESHOLD count as one.
				if n := len(r.values[j]); n == 0 || v > r.values[j][n-1]+1e-7 {
					r.values[j] = append(r.values[j], v)
				}
				r.code[j][i] = int32(len(r.values[j]) - 1)
			}
		}
	})
	return r
}

// growth says how a tree grows: CART (Breiman et al. 1984) as scikit-learn has it.
type growth struct {
	criterion          string // "gini", "entropy" or "squared_error"
	classes            int    // 1 for a regressor
	depth, split, leaf int
	features           int // looked at for a split; fewer than there are: drawn anew each time
	random             *rand.Rand
	ranks              *ranks
	codes              []int     // class of each row
	y                  []float64 // or value of each row
	weight             []float64 // of each row; rows of weight 0 are left out
	rows               []int     // of the tree, sorted by node as it grows
	importances        []float64
	tree               *Tree
	sums, left, cells  []float64
	counts             []int32
	keys               []uint64
	columns            []int
	square, weighs     float64 // of the node at hand: sum of y², of the weights
}

// grow fills g.tree and g.importances.
func (g *growth) grow() {
	k := g.classes
	g.tree, g.importances = &Tree{}, make([]float64, g.ranks.p)
	g.sums, g.left = make([]float64, k), make([]float64, k)
	g.rows = g.rows[:0]
	for i, w := range g.weight {
		if w > 0 {
			g.rows = append(g.rows, i)
		}
	}
	g.columns = make([]int, g.ranks.p)
	for j := range g.columns {
		g.columns[j] = j
	}
	type job struct{ lo, hi, depth, parent, side int }
	stack := []job{{0, len(g.rows), 0, -1, 0}}
	for len(stack) > 0 {
		j := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		at := g.node(j.lo, j.hi)
		if j.parent >= 0 {
			if j.side == 0 {
				g.tree.Left[j.parent] = at
			} else {
				g.tree.Right[j.parent] = at
			}
		}
		n := j.hi - j.lo
		if g.depth > 0 && j.depth >= g.depth || n < g.split || n < 2*g.leaf || g.tree.Impurity[at] <= eps {
			continue
		}
		feature, threshold, gain := g.best(j.lo, j.hi)
		if feature < 0 {
			continue
		}
		middle := g.divide(j.lo, j.hi, feature, threshold)
		values := g.ranks.values[feature]
		g.tree.Feature[at] = feature
		g.tree.Threshold[at] = values[threshold]/2 + values[g.next(middle, j.hi, feature)]/2
		g.importances[feature] += gain
		stack = append(stack, job{middle, j.hi, j.depth + 1, at, 1}, job{j.lo, middle, j.depth + 1, at, 0})
	}
	if sum := total(g.importances); sum > 0 {
		for j := range g.importances {
			g.importances[j] /= sum
		}
	}
}

func total(v []float64) float64 {
	s := 0.
	for _, x := range v {
		s += x
	}
	return s
}

// node adds the rows [lo, hi) as a leaf for now, and leaves their sums in g.
func (g *growth) node(lo, hi int) int {
	clear(g.sums)
	g.square, g.weighs = 0, 0
	for _, i := range g.rows[lo:hi] {
		w := g.weight[i]
		g.weighs += w
		if g.y != nil {
			g.sums[0] += w * g.y[i]
			g.square += w * g.y[i] * g.y[i]
		} else {
			g.sums[g.codes[i]] += w
		}
	}
	value := make([]float64, len(g.sums))
	for c, s := range g.sums {
		value[c] = s / g.weighs
	}
	t := g.tree
	t.Feature, t.Threshold = append(t.Feature, -1), append(t.Threshold, 0)
	t.Left, t.Right = append(t.Left, 0), append(t.Right, 0)
	t.Value, t.Samples = append(t.Value, value), append(t.Samples, hi-lo)
	t.Impurity = append(t.Impurity, g.impurity(g.sums, g.square, g.weighs))
	return len(t.Feature) - 1
}

func (g *growth) impurity(sums []float64, square, w float64) float64 {
	switch g.criterion {
	case "squared_error":
		return max(0, square/w-sq(sums[0]/w))
	case "entropy":
		h := 0.
		for _, s := range sums {
			if s > 0 {
				h -= s / w * math.Log2(s/w)
			}
		}
		return h
	}
	h := 1.
	for _, s := range sums {
		h -= sq(s / w)
	}
	return h
}

// purity is what a split makes largest: it falls as the impurity of the two sides, weighted, rises.
func (g *growth) purity(sums []float64, w float64) float64 {
	p := 0.
	if g.criterion == "entropy" {
		for _, s := range sums {
			if s > 0 {
				p += s * math.Log2(s/w)
			}
		}
		return p
	}
	for _, s := range sums {
		p += s * s
	}
	return p / w
}

// best returns the feature whose split of the rows [lo, hi) leaves the purest halves, the code of the last value on the
// left, and by how much the weighted impurity falls; feature -1 where no split is possible.
func (g *growth) best(lo, hi int) (feature int, threshold int32, gain float64) {
	feature = -1
	p, most := g.ranks.p, math.Inf(-1)
	right := make([]float64, g.classes)
	for seen, drawn := 0, 0; drawn < p && (seen < g.features || feature < 0); drawn++ {
		if g.features < p {
			k := drawn + g.random.IntN(p-drawn)
			g.columns[drawn], g.columns[k] = g.columns[k], g.columns[drawn]
		}
		f := g.columns[drawn]
		if g.constant(lo, hi, f) {
			continue // it does not count as looked at
		}
		seen++
		clear(g.left)
		leftW, leftN := 0., 0
		last := int32(-1)
		g.each(f, lo, hi, func(code int32, n int, w float64, sums []float64) {
			if last >= 0 && leftN >= g.leaf && hi-lo-leftN >= g.leaf {
				for c := range right {
					right[c] = g.sums[c] - g.left[c]
				}
				if q := g.purity(g.left, leftW) + g.purity(right, g.weighs-leftW); q > most+1e-12*math.Abs(most) || math.IsInf(most, -1) {
					feature, threshold, most = f, last, q
				}
			}
			last = code
			leftN += n
			leftW += w
			for c, s := range sums {
				g.left[c] += s
			}
		})
	}
	if feature >= 0 {
		before := g.purity(g.sums, g.weighs)
		gain = max(0, most-before) / total(g.weight)
	}
	return feature, threshold, gain
}

// constant reports whether column f has one value in the rows [lo, hi).
func (g *growth) constant(lo, hi, f int) bool {
	code := g.ranks.code[f]
	first := code[g.rows[lo]]
	for _, i := range g.rows[lo+1 : hi] {
		if code[i] != first {
			return false
		}
	}
	return true
}

// each calls use for every value of column f in the rows [lo, hi), ascending, with the number of rows, their weight, and
// the sums of their classes or values.
func (g *growth) each(f, lo, hi int, use func(code int32, n int, w float64, sums []float64)) {
	code, k := g.ranks.code[f], g.classes
	distinct := len(g.ranks.values[f])
	if distinct <= 2*(hi-lo) { // count
		width := k + 1
		need := distinct * width
		g.cells = slices.Grow(g.cells[:0], need)[:need]
		g.counts = slices.Grow(g.counts[:0], distinct)[:distinct]
		clear(g.cells)
		clear(g.counts)
		for _, i := range g.rows[lo:hi] {
			c, w := code[i], g.weight[i]
			g.counts[c]++
			cell := g.cells[int(c)*width : int(c)*width+width]
			cell[k] += w
			if g.y != nil {
				cell[0] += w * g.y[i]
			} else {
				cell[g.codes[i]] += w
			}
		}
		for c, n := range g.counts {
			if n > 0 {
				cell := g.cells[c*width : c*width+width]
				use(int32(c), int(n), cell[k], cell[:k])
			}
		}
		return
	}
	g.keys = g.keys[:0]
	for _, i := range g.rows[lo:hi] {
		g.keys = append(g.keys, uint64(code[i])<<32|uint64(i))
	}
	slices.Sort(g.keys)
	g.cells = slices.Grow(g.cells[:0], k)[:k]
	for a := 0; a < len(g.keys); {
		c, w, b := int32(g.keys[a]>>32), 0., a
		clear(g.cells)
		for ; b < len(g.keys) && int32(g.keys[b]>>32) == c; b++ {
			i := int(uint32(g.keys[b]))
			w += g.weight[i]
			if g.y != nil {
				g.cells[0] += g.weight[i] * g.y[i]
			} else {
				g.cells[g.codes[i]] += g.weight[i]
			}
		}
		use(c, b-a, w, g.cells)
		a = b
	}
}

// divide moves the rows whose code in column f is at most threshold to the front and returns where the others begin.
func (g *growth) divide(lo, hi, f int, threshold int32) int {
	code, at := g.ranks.code[f], lo
	for i := lo; i < hi; i++ {
		if code[g.rows[i]] <= threshold {
			g.rows[at], g.rows[i] = g.rows[i], g.rows[at]
			at++
		}
	}
	return at
}

// next returns the smallest code of column f in the rows [lo, hi).
func (g *growth) next(lo, hi, f int) int32 {
	code := g.ranks.code[f]
	least := code[g.rows[lo]]
	for _, i := range g.rows[lo+1 : hi] {
		least = min(least, code[i])
	}
	return least
}

// treeSettings are those that trees and forests share.
type treeSettings struct {
	criterion          string
	depth, split, leaf int
	features           int
}

func (s *treeSettings) check(model string, criteria []string, p int) error {
	if s.criterion == "" {
		s.criterion = criteria[0]
	}
	if s.split == 0 {
		s.split = 2
	}
	if s.leaf == 0 {
		s.leaf = 1
	}
	if s.features < 0 || s.features > p {
		s.features = p
	}
	if !slices.Contains(criteria, s.criterion) {
		return fmt.Errorf("classic: %s: Criterion is %q: it may be %q", model, s.criterion, criteria)
	}
	if s.depth < 0 || s.split < 2 || s.leaf < 1 {
		return fmt.Errorf("classic: %s: MaxDepth %d, MinSamplesSplit %d and MinSamplesLeaf %d must be at least 0, 2 and 1", model, s.depth, s.split, s.leaf)
	}
	return nil
}
