package classic

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// kernel computes rows of the matrix of similarities of some examples and keeps those that were asked for, up to 256 MB.
type kernel struct {
	m        *matrix
	rows     []int
	rbf      bool
	gamma    float64
	gram     *mat.Dense // of all examples, or nil where that is too large
	diagonal []float64
	square   []float64 // of each row's length
	cache    [][]float64
	used     []int // rows in the cache, the oldest first
	most     int
	dense    []float64 // one row spread out, for sparse products
}

// similarities returns those of all dense examples with each other by the RBF kernel, or nil where they would take over
// 128 MB.
func similarities(m *matrix, gamma float64) *mat.Dense {
	if m.sparse != nil || m.n > 4000 {
		return nil
	}
	g, x := mat.NewDense(m.n, m.n, nil), mat.NewDense(m.n, m.p, m.dense)
	length := m.squares(0, m.n)
	for lo := 0; lo < m.n; lo += 256 { // the upper half, some rows at a time, and its mirror image
		hi := min(lo+256, m.n)
		half := g.Slice(lo, hi, lo, m.n).(*mat.Dense)
		productsWith(x.Slice(lo, m.n, 0, m.p).(*mat.Dense)).of(x.Slice(lo, hi, 0, m.p).(*mat.Dense), half)
		toRBF(half, gamma, length[lo:hi], length[lo:])
		for i := lo; i < hi; i++ {
			for j, v := range g.RawRowView(i)[hi:] {
				g.Set(hi+j, i, v)
			}
		}
	}
	return g
}

// toRBF makes of products of rows, whose squared lengths are a and b, the similarities of the RBF kernel.
func toRBF(g *mat.Dense, gamma float64, a, b []float64) {
	parallel(len(a), 16, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			row := g.RawRowView(i)
			for j, v := range row {
				row[j] = math.Exp(-gamma * max(0, a[i]+b[j]-2*v))
			}
		}
	})
}

func newKernel(m *matrix, rows []int, rbf bool, gamma float64, gram *mat.Dense) *kernel {
	k := &kernel{m: m, rows: rows, rbf: rbf, gamma: gamma, gram: gram, diagonal: make([]float64, len(rows)), cache: make([][]float64, len(rows)),
		most: max(2, 256<<20/8/max(1, len(rows)))}
	if gram != nil {
		for i, r := range rows {
			k.diagonal[i] = gram.At(r, r)
		}
		return k
	}
	k.square, k.dense = make([]float64, len(rows)), make([]float64, m.p)
	for i, r := range rows {
		k.spread(r, 1)
		k.square[i] = m.dot(r, k.dense)
		k.spread(r, 0)
		k.diagonal[i] = k.square[i]
		if rbf {
			k.diagonal[i] = 1
		}
	}
	return k
}

// spread writes a row, or zeros in its place, into dense.
func (k *kernel) spread(r int, on float64) {
	if k.m.sparse == nil {
		copy(k.dense, k.m.row(r))
		return
	}
	s := k.m.sparse
	for at := s.Start[r]; at < s.Start[r+1]; at++ {
		k.dense[s.Index[at]] = on * s.Values[at]
	}
}

// row returns the similarity of example i with all.
func (k *kernel) row(i int) []float64 {
	if k.cache[i] != nil {
		return k.cache[i]
	}
	var out []float64
	if len(k.used) >= k.most {
		old := k.used[0]
		k.used = k.used[1:]
		out, k.cache[old] = k.cache[old], nil
	} else {
		out = make([]float64, len(k.rows))
	}
	k.cache[i] = out
	k.used = append(k.used, i)
	if k.gram != nil {
		all := k.gram.RawRowView(k.rows[i])
		for j, r := range k.rows {
			out[j] = all[r]
		}
		return out
	}
	k.spread(k.rows[i], 1)
	parallel(len(k.rows), 512, func(_, lo, hi int) {
		for j := lo; j < hi; j++ {
			v := k.m.dot(k.rows[j], k.dense)
			if k.rbf {
				v = math.Exp(-k.gamma * max(0, k.square[i]+k.square[j]-2*v))
			}
			out[j] = v
		}
	})
	k.spread(k.rows[i], 0)
	return out
}

// smo minimizes ½ αᵀQα - Σα with 0 <= α <= c, one c an example, and Σ yα = 0, where Q is the kernel with the signs y, and
// returns α and the offset of the border. Two α change at a time: the one that violates most, and the one whose change gains most.
func smo(k *kernel, y, c []float64, tol float64, steps int) ([]float64, float64) {
	n := len(y)
	alpha, grad := make([]float64, n), make([]float64, n)
	for i := range grad {
		grad[i] = -1
	}
	if steps == 0 {
		steps = max(10_000_000, 100*n)
	}
	// up and low: whether yα may rise and fall.
	up, low := make([]bool, n), make([]bool, n)
	bounds := func(i int) {
		up[i] = y[i] > 0 && alpha[i] < c[i] || y[i] < 0 && alpha[i] > 0
		low[i] = y[i] > 0 && alpha[i] > 0 || y[i] < 0 && alpha[i] < c[i]
	}
	for i := range n {
		bounds(i)
	}
	for range steps {
		i, most := -1, math.Inf(-1)
		for t := range n {
			if v := -y[t] * grad[t]; v >= most && up[t] {
				i, most = t, v
			}
		}
		if i < 0 {
			break
		}
		qi := k.row(i)
		j, least, gain := -1, math.Inf(1), math.Inf(1)
		for t := range n {
			if !low[t] {
				continue
			}
			v := -y[t] * grad[t]
			least = min(least, v)
			if b := most - v; b > 0 {
				a := k.diagonal[i] + k.diagonal[t] - 2*qi[t]
				if a <= 0 {
					a = 1e-12
				}
				if g := -b * b / a; g <= gain {
					j, gain = t, g
				}
			}
		}
		if j < 0 || most-least < tol {
			break
		}
		qj := k.row(j)
		a := k.diagonal[i] + k.diagonal[j] - 2*qi[j]
		if a <= 0 {
			a = 1e-12
		}
		step := (-y[i]*grad[i] + y[j]*grad[j]) / a
		// Along yα the pair moves by step and -step, as far as both stay within their bounds.
		room := func(t int, s float64) float64 {
			if s*y[t] > 0 {
				return c[t] - alpha[t]
			}
			return alpha[t]
		}
		ri, rj := room(i, 1), room(j, -1)
		step = min(step, ri, rj)
		oldI, oldJ := alpha[i], alpha[j]
		alpha[i] = clamp(alpha[i]+y[i]*step, c[i], step == ri)
		alpha[j] = clamp(alpha[j]-y[j]*step, c[j], step == rj)
		bounds(i)
		bounds(j)
		di, dj := y[i]*(alpha[i]-oldI), y[j]*(alpha[j]-oldJ)
		for t := range n {
			grad[t] += y[t] * (di*qi[t] + dj*qj[t])
		}
	}
	// The offset: the mean of yG over the free ones, else the middle of what is allowed.
	sum, free, hi, lo := 0., 0, math.Inf(1), math.Inf(-1)
	for i := range n {
		v := y[i] * grad[i]
		switch {
		case alpha[i] > 0 && alpha[i] < c[i]:
			sum += v
			free++
		case up[i]:
			hi = min(hi, v)
		default:
			lo = max(lo, v)
		}
	}
	if free > 0 {
		return alpha, sum / float64(free)
	}
	return alpha, (hi + lo) / 2
}

// clamp keeps α in [0, c]; at the end of its room it is put onto the bound exactly.
func clamp(a, c float64, bound bool) float64 {
	if bound {
		if a > c/2 {
			return c
		}
		return 0
	}
	return min(max(a, 0), c)
}
