package classic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestLeastSquares compares LinearRegression and Ridge with the plain solutions of the same problems by gonum, over sizes at which
// rows are taken in another way: fewer than columns, a few more, some parts, more than a core's share.
func TestLeastSquares(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, size := range [][2]int{{3, 5}, {6, 5}, {7, 5}, {40, 39}, {301, 300}, {900, 7}, {5000, 40}, {20011, 3}} {
		n, p := size[0], size[1]
		t.Run(fmt.Sprintf("%d x %d", n, p), func(t *testing.T) {
			X, y := mat.NewDense(n, p, nil), make([]float64, n)
			wide := mat.NewDense(n, p+1, nil) // X and a column of ones
			for i := range n {
				for j := range p {
					v := r.NormFloat64() + float64(j)
					X.Set(i, j, v)
					wide.Set(i, j, v)
					y[i] += v * float64(j%3-1)
				}
				wide.Set(i, p, 1)
				y[i] += r.NormFloat64() + 2
			}
			right := mat.NewVecDense(n, y)
			l := &LinearRegression{}
			must(t, l.Fit(X, y))
			if n > p {
				var want mat.VecDense
				must(t, want.SolveVec(wide, right))
				same(t, "coefficients", append(l.Coef, l.Intercept), want.RawVector().Data, 1e-8)
			} else { // all points are met
				same(t, "values", value[[]float64](t)(l.Predict(X)), y, 1e-8)
			}
			for _, alpha := range []float64{0.1, 30} {
				k := &Ridge{Alpha: alpha, NoIntercept: true}
				must(t, k.Fit(X, y))
				var gram, at mat.Dense
				gram.Mul(X.T(), X)
				for j := range p {
					gram.Set(j, j, gram.At(j, j)+alpha)
				}
				at.Mul(X.T(), right)
				var want mat.Dense
				must(t, want.Solve(&gram, &at))
				same(t, fmt.Sprintf("Ridge with Alpha %v", alpha), k.Coef, want.RawMatrix().Data, 1e-6)
			}
		})
	}
}

func same(t *testing.T, what string, got, want []float64, bound float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= bound*(1+math.Abs(want[i]))) {
			t.Fatalf("%s: number %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}
