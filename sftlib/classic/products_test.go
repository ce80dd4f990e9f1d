package classic

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n, p int) *mat.Dense {
		m := mat.NewDense(n, p, nil)
		for i := range n {
			for j := range p {
				m.Set(i, j, r.NormFloat64())
			}
		}
		return m
	}
	for _, n := range []int{1, 2, 3, 4, 5, 33, 300} {
		for _, m := range []int{1, 2, 15, 16, 17, 64, 301} {
			for _, p := range []int{1, 3, 4, 7, 50, 64} {
				a, b := random(n, p), random(m, p)
				var want mat.Dense
				want.Mul(a, b.T())
				room := mat.NewDense(n, m+3, nil) // a part of a matrix: what is beside it stays
				out := room.Slice(0, n, 1, m+1).(*mat.Dense)
				productsWith(b).of(a, out)
				if !mat.EqualApprox(out, &want, 1e-12) {
					t.Fatalf("%d x %d by %d x %d: not gonum's product", n, p, m, p)
				}
				for i := range n {
					if room.At(i, 0) != 0 || room.At(i, m+1) != 0 || room.At(i, m+2) != 0 {
						t.Fatalf("%d x %d by %d x %d: row %d is written outside", n, p, m, p, i)
					}
				}
			}
		}
	}
	for _, n := range []int{1, 2, 5, 51, 52} {
		a := random(n, 31)
		var want mat.Dense
		want.Mul(a, a.T())
		out := mat.NewDense(n, n, nil)
		var with rowProducts
		with.prepare(random(n, 31))
		with.prepare(a)
		with.own(out)
		for i := range n {
			for j := i; j < n; j++ {
				if math.Abs(out.At(i, j)-want.At(i, j)) > 1e-12 {
					t.Fatalf("%d rows: product %d, %d is %v, gonum's %v", n, i, j, out.At(i, j), want.At(i, j))
				}
			}
		}
	}
	// Equal rows, wherever they stand, have the same products bit by bit.
	a, b := random(37, 13), random(21, 13)
	for i := range 37 {
		a.SetRow(i, a.RawRowView(0))
	}
	for j := range 21 {
		b.SetRow(j, b.RawRowView(0))
	}
	out := mat.NewDense(37, 21, nil)
	productsWith(b).of(a, out)
	for i := range 37 {
		for j := range 21 {
			if math.Float64bits(out.At(i, j)) != math.Float64bits(out.At(0, 0)) {
				t.Fatalf("equal rows %d and %d: %v, the first %v", i, j, out.At(i, j), out.At(0, 0))
			}
		}
	}
}

func BenchmarkProducts(b *testing.B) {
	x, y := mat.NewDense(512, 64, nil), mat.NewDense(1797, 64, nil)
	out := mat.NewDense(512, 1797, nil)
	b.Run("products", func(b *testing.B) {
		for b.Loop() {
			productsWith(y).of(x, out)
		}
	})
	b.Run("gonum", func(b *testing.B) {
		for b.Loop() {
			out.Mul(x, y.T())
		}
	})
}
