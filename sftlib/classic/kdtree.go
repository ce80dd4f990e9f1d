package classic

import "slices"

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
			square, p := 0., t.points[i]
			for j, v := range x[:len(p)] {
				d := v - p[j]
				square += d * d
			}
			if len(near) == k && !nearer(neighbor{i, square}, near[k-1]) {
				continue
			}
			if len(near) < k {
				near = append(near, neighbor{})
			}
			j := len(near) - 1
			for ; j > 0 && nearer(neighbor{i, square}, near[j-1]); j-- {
				near[j] = near[j-1]
			}
			near[j] = neighbor{i, square}
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

func nearer(a, b neighbor) bool {
	return a.square < b.square || a.square == b.square && a.example < b.example
}
