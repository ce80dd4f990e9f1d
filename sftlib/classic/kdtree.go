package classic

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// kdTree finds the nearest of a set of points: halved again and again along the feature that spreads most, leaves of at
// most 32 points are searched one by one. With many features it sees nearly all points, as any such tree does.
type kdTree struct {
	points [][]float64
	order  []int // of points, by leaf
	nodes  []kdNode
}

type kdNode struct {
	lo, hi      int // of order
	axis        int
	cut         float64
	left, right int // nodes; 0 for a leaf
}

type neighbor struct {
	example int
	square  float64 // of the distance
}

// searcher returns a function that calls found with the k nearest examples of the rows [lo, hi) of X, the nearest first:
// by a tree where there are few features, else by products of matrices.
func searcher(examples [][]float64) func(m *matrix, lo, hi, k int, found func(row int, near []neighbor)) {
	if len(examples[0]) < 16 {
		tree := newKDTree(examples)
		return func(m *matrix, lo, hi, k int, found func(int, []neighbor)) {
			near := make([]neighbor, 0, k+1)
			for i := lo; i < hi; i++ {
				near = tree.nearest(near[:0], m.row(i), k)
				found(i, near)
			}
		}
	}
	x, _ := fromRows(examples)
	e := productsWith(mat.NewDense(x.n, x.p, x.dense))
	length := x.squares(0, x.n)
	longest := slices.Max(length)
	return func(m *matrix, lo, hi, k int, found func(int, []neighbor)) {
		near, best := make([]neighbor, 0, k+1), make([]float64, k)
		var chosen []neighbor
		some := min(32, hi-lo) // rows at a time
		room := mat.NewDense(some, x.n, nil)
		for ; lo < hi; lo += some {
			n := min(some, hi-lo)
			p := room.Slice(0, n, 0, x.n).(*mat.Dense)
			e.of(mat.NewDense(n, m.p, m.dense[lo*m.p:(lo+n)*m.p]), p)
			for i := range n {
				// |a-b|² - |a|² = |b|² - 2ab, which loses digits: it chooses who is measured exactly.
				own := m.row(lo + i)
				loss := 1e-10 * (longest + floats.Dot(own, own))
				for j := range best {
					best[j] = math.Inf(1)
				}
				limit := math.Inf(1)
				chosen = chosen[:0]
				for j, v := range p.RawRowView(i) {
					v = length[j] - 2*v
					if v > limit {
						continue
					}
					chosen = append(chosen, neighbor{j, v})
					if v >= best[k-1] {
						continue
					}
					at := k - 1
					for ; at > 0 && v < best[at-1]; at-- {
						best[at] = best[at-1]
					}
					best[at] = v
					limit = best[k-1] + loss
				}
				near = near[:0]
				for _, x := range chosen {
					if x.square <= limit {
						near = insert(near, neighbor{x.example, squareWithin(own, examples[x.example], math.Inf(1))}, k)
					}
				}
				found(lo+i, near)
			}
		}
	}
}

// insert puts x in its place among the k nearest.
func insert(near []neighbor, x neighbor, k int) []neighbor {
	if len(near) == k {
		if !nearer(x, near[k-1]) {
			return near
		}
	} else {
		near = append(near, neighbor{})
	}
	j := len(near) - 1
	for ; j > 0 && nearer(x, near[j-1]); j-- {
		near[j] = near[j-1]
	}
	near[j] = x
	return near
}

func newKDTree(points [][]float64) *kdTree {
	t := &kdTree{points: points, order: make([]int, len(points))}
	for i := range t.order {
		t.order[i] = i
	}
	t.split(0, len(points))
	return t
}

func (t *kdTree) split(lo, hi int) int {
	at := len(t.nodes)
	t.nodes = append(t.nodes, kdNode{lo: lo, hi: hi})
	if hi-lo <= 32 {
		return at
	}
	axis, spread := 0, 0.
	for j := range t.points[0] {
		least, most := t.points[t.order[lo]][j], t.points[t.order[lo]][j]
		for _, i := range t.order[lo:hi] {
			least, most = min(least, t.points[i][j]), max(most, t.points[i][j])
		}
		if most-least > spread {
			axis, spread = j, most-least
		}
	}
	if spread == 0 {
		return at
	}
	slices.SortFunc(t.order[lo:hi], func(a, b int) int {
		switch x, y := t.points[a][axis], t.points[b][axis]; {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return a - b
	})
	middle := (lo + hi) / 2
	t.nodes[at].axis, t.nodes[at].cut = axis, t.points[t.order[middle]][axis]
	left := t.split(lo, middle)
	right := t.split(middle, hi)
	t.nodes[at].left, t.nodes[at].right = left, right
	return at
}

// nearest appends the k nearest points of x, the nearest first; of equally near ones those of lower number.
func (t *kdTree) nearest(near []neighbor, x []float64, k int) []neighbor {
	return t.search(0, near, x, k)
}

func (t *kdTree) search(at int, near []neighbor, x []float64, k int) []neighbor {
	n := &t.nodes[at]
	if n.left == 0 {
		for _, i := range t.order[n.lo:n.hi] {
			worst := math.Inf(1)
			if len(near) == k {
				worst = near[k-1].square
			}
			near = insert(near, neighbor{i, squareWithin(x, t.points[i], worst)}, k)
		}
		return near
	}
	first, second := n.left, n.right
	d := x[n.axis] - n.cut
	if d >= 0 {
		first, second = second, first
	}
	near = t.search(first, near, x, k)
	if len(near) < k || d*d <= near[len(near)-1].square {
		near = t.search(second, near, x, k)
	}
	return near
}

// squareWithin returns the square of the distance of a and b; where it is over limit, some number over limit.
func squareWithin(a, b []float64, limit float64) float64 {
	square := 0.
	for len(a) >= 8 && len(b) >= 8 {
		x, y := a[:8], b[:8]
		d0, d1, d2, d3 := x[0]-y[0], x[1]-y[1], x[2]-y[2], x[3]-y[3]
		d4, d5, d6, d7 := x[4]-y[4], x[5]-y[5], x[6]-y[6], x[7]-y[7]
		square += (d0*d0 + d1*d1 + d2*d2 + d3*d3) + (d4*d4 + d5*d5 + d6*d6 + d7*d7)
		if square > limit {
			return square
		}
		a, b = a[8:], b[8:]
	}
	for j, v := range a {
		d := v - b[j]
		square += d * d
	}
	return square
}

func nearer(a, b neighbor) bool {
	return a.square < b.square || a.square == b.square && a.example < b.example
}
