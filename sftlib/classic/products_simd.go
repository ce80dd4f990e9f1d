//go:build goexperiment.simd && amd64

package classic

import (
	"simd/archsimd"

	"gonum.org/v1/gonum/mat"
)

// rowProducts multiplies matrices with the rows of one: what gonum's Mul gives, in a fraction of its time where the processor
// has AVX2. Each product is summed in the same order wherever its rows stand, so that equal rows have equal products.
type rowProducts struct {
	b     *mat.Dense
	steps int
	pairs [][2]eight // of two rows of b at each step; nil without AVX2
}

// eight are the numbers of a row that one step takes.
type eight = [2][4]float64

// productsWith prepares the products of rows with each row of b.
func productsWith(b *mat.Dense) *rowProducts {
	var t rowProducts
	t.prepare(b)
	return &t
}

// prepare makes the products those with the rows of b, in the memory of an earlier matrix of the same size.
func (t *rowProducts) prepare(b *mat.Dense) {
	t.b = b
	if !archsimd.X86.AVX2() || !archsimd.X86.FMA() {
		return
	}
	m, p := b.Dims()
	if steps := (p + 7) / 8; t.steps != steps || len(t.pairs) != steps*((m+1)/2) {
		t.steps, t.pairs = steps, make([][2]eight, steps*((m+1)/2))
	}
	for j := range m {
		row := b.RawRowView(j)
		for k := range t.steps {
			put(&t.pairs[j/2*t.steps+k][j%2], row[8*k:])
		}
	}
}

func put(to *eight, row []float64) {
	if len(row) >= 8 {
		to[0], to[1] = [4]float64(row[:4]), [4]float64(row[4:8])
		return
	}
	for k, v := range row { // the rest of the row; zeros follow
		to[k/4][k%4] = v
	}
}

// of sets out to a bᵀ: a row for each of a, in it the product with each row of b.
func (t *rowProducts) of(a, out *mat.Dense) { t.multiply(a, out, false) }

// own sets the diagonal of out and what is above it to the products of b's rows with each other; what is below may be anything.
func (t *rowProducts) own(out *mat.Dense) { t.multiply(t.b, out, true) }

func (t *rowProducts) multiply(a, out *mat.Dense, upper bool) {
	if t.pairs == nil {
		out.Mul(a, t.b.T())
		return
	}
	n, p := a.Dims()
	_, m := out.Dims()
	parallel(n, 1+1<<20/(m*p), func(_, lo, hi int) {
		four := make([][4]eight, t.steps) // of four rows of a
		for ; lo < hi; lo += 4 {
			var rows [4][]float64 // of out; those after the last are the last again
			for r := range rows {
				i := min(lo+r, hi-1)
				rows[r] = out.RawRowView(i)
				row := a.RawRowView(i)
				for k := range four {
					put(&four[k][r], row[8*k:])
				}
			}
			j := 0
			if upper {
				j = lo &^ 1
			}
			for ; j < m; j += 2 {
				c := tile(four, t.pairs[j/2*t.steps:][:t.steps])
				for r, row := range rows {
					if j+1 < m {
						row[j+1] = c[2*r+1]
					}
					row[j] = c[2*r]
				}
			}
		}
	})
}

// tile returns the products of four rows with two, of equally many steps.
func tile(a [][4]eight, b [][2]eight) (c [8]float64) {
	var c00, c01, c10, c11, c20, c21, c30, c31 archsimd.Float64x4
	for len(a) > 0 && len(b) > 0 {
		v, w := &a[0], &b[0]
		x, y := archsimd.LoadFloat64x4(&w[0][0]), archsimd.LoadFloat64x4(&w[1][0])
		r := archsimd.LoadFloat64x4(&v[0][0])
		c00, c01 = r.MulAdd(x, c00), r.MulAdd(y, c01)
		r = archsimd.LoadFloat64x4(&v[1][0])
		c10, c11 = r.MulAdd(x, c10), r.MulAdd(y, c11)
		r = archsimd.LoadFloat64x4(&v[2][0])
		c20, c21 = r.MulAdd(x, c20), r.MulAdd(y, c21)
		r = archsimd.LoadFloat64x4(&v[3][0])
		c30, c31 = r.MulAdd(x, c30), r.MulAdd(y, c31)
		x, y = archsimd.LoadFloat64x4(&w[0][1]), archsimd.LoadFloat64x4(&w[1][1])
		r = archsimd.LoadFloat64x4(&v[0][1])
		c00, c01 = r.MulAdd(x, c00), r.MulAdd(y, c01)
		r = archsimd.LoadFloat64x4(&v[1][1])
		c10, c11 = r.MulAdd(x, c10), r.MulAdd(y, c11)
		r = archsimd.LoadFloat64x4(&v[2][1])
		c20, c21 = r.MulAdd(x, c20), r.MulAdd(y, c21)
		r = archsimd.LoadFloat64x4(&v[3][1])
		c30, c31 = r.MulAdd(x, c30), r.MulAdd(y, c31)
		a, b = a[1:], b[1:]
	}
	sum(c00, c01).Store((*[2]float64)(c[0:2]))
	sum(c10, c11).Store((*[2]float64)(c[2:4]))
	sum(c20, c21).Store((*[2]float64)(c[4:6]))
	sum(c30, c31).Store((*[2]float64)(c[6:8]))
	archsimd.ClearAVXUpperBits() // else the SSE moves of callers wait for them (Zen 3: 39 ms instead of 14 for 1,797 rows of 64)
	return c
}

// sum returns the sum of x's four numbers and that of y's.
func sum(x, y archsimd.Float64x4) archsimd.Float64x2 {
	s := x.AddPairsGrouped(y)
	return s.GetLo().Add(s.GetHi())
}
