package classic

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// LinearRegression fits a line, or a plane, by least squares: y = X Coef + Intercept. Where the columns of X depend on
// each other, the shortest of the solutions is taken, as in scikit-learn.
type LinearRegression struct {
	NoIntercept bool // the line goes through the origin

	Coef      []float64 // learned: one of each feature
	Intercept float64   // learned
}

// Fit learns from X and y.
func (l *LinearRegression) Fit(X, y any) error {
	c, err := center("LinearRegression", X, y, l.NoIntercept)
	if err != nil {
		return err
	}
	a, b := c.system()
	coef, err := shortest(a, b, c.m.n)
	if err != nil {
		return err
	}
	l.Coef, l.Intercept = coef, c.intercept(coef)
	return nil
}

// Predict returns the value of each row.
func (l *LinearRegression) Predict(X any) ([]float64, error) {
	return linear("LinearRegression", X, l.Coef, l.Intercept)
}

// Score returns R².
func (l *LinearRegression) Score(X, y any) (float64, error) { return scoreRegressor(l, X, y) }

// Clone returns an unfitted copy.
func (l *LinearRegression) Clone() Estimator { return &LinearRegression{NoIntercept: l.NoIntercept} }

func scoreRegressor(r Regressor, X, y any) (float64, error) {
	p, err := r.Predict(X)
	if err != nil {
		return 0, err
	}
	return r2(p, y)
}

func scoreClassifier(c Classifier, l *labels, X, y any) (float64, error) {
	p, err := c.Predict(X)
	if err != nil {
		return 0, err
	}
	return l.accuracy(p, y)
}

func linear(model string, X any, coef []float64, intercept float64) ([]float64, error) {
	m, err := fitted(model, len(coef), X)
	if err != nil {
		return nil, err
	}
	out := make([]float64, m.n)
	parallel(m.n, 4096, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			out[i] = m.dot(i, coef) + intercept
		}
	})
	return out, nil
}

// centered is X and y, of which their means are yet to be taken.
type centered struct {
	m      *matrix
	t      []float64
	means  []float64 // of X's columns; zeros for a plane through the origin
	middle float64   // of y
}

func center(model string, X, y any, through bool) (*centered, error) {
	m, err := toMatrix(X)
	if err != nil {
		return nil, err
	}
	if m, err = m.full(model); err != nil {
		return nil, err
	}
	t, err := targets(y, m.n)
	if err != nil {
		return nil, err
	}
	c := &centered{m: m, t: t, means: make([]float64, m.p)}
	if through {
		return c, nil
	}
	parts := make([][]float64, workers(m.n, 2048))
	parallel(m.n, 2048, func(part, lo, hi int) {
		sum := make([]float64, m.p)
		for i := lo; i < hi; i++ {
			floats.Add(sum, m.row(i))
		}
		parts[part] = sum
	})
	for _, sum := range parts {
		floats.AddScaled(c.means, 1/float64(m.n), sum)
	}
	c.middle = total(t) / float64(m.n)
	return c, nil
}

// intercept is where the plane with these coefficients meets the axis of y.
func (c *centered) intercept(coef []float64) float64 { return c.middle - floats.Dot(coef, c.means) }

// row writes row i of [X | y] less the means.
func (c *centered) row(to []float64, i int) {
	floats.SubTo(to[:c.m.p], c.m.row(i), c.means)
	to[c.m.p] = c.t[i] - c.middle
}

// system returns a and b with no more rows than columns, of which a w = b has the same least squares as X w = y: the R of
// X's QR decomposition and Qᵀy, or X and y themselves where X has few rows.
func (c *centered) system() (a *mat.Dense, b *mat.VecDense) {
	n, p := c.m.n, c.m.p
	var both *mat.Dense
	if n > p {
		n, both = p, c.triangle()
	} else {
		both = mat.NewDense(n, p+1, nil)
		for i := range n {
			c.row(both.RawRowView(i), i)
		}
	}
	return mat.DenseCopyOf(both.Slice(0, n, 0, p)), mat.NewVecDense(n, mat.Col(nil, p, both.Slice(0, n, 0, p+1)))
}

// shortest returns the shortest of the w that minimize |a w - b|, by singular values; those under eps times the largest and the
// number of rows that a came from count as 0.
func shortest(a *mat.Dense, b *mat.VecDense, n int) ([]float64, error) {
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThin) {
		return nil, fmt.Errorf("classic: LinearRegression: the singular values of X were not found: are its numbers of very different size? Scale them with StandardScaler")
	}
	_, p := a.Dims()
	values := svd.Values(nil)
	rank, limit := 0, values[0]*eps*float64(max(p, n))
	for _, v := range values {
		if v > limit {
			rank++
		}
	}
	if rank == 0 {
		return make([]float64, p), nil
	}
	var w mat.VecDense
	svd.SolveVecTo(&w, b, rank)
	return w.RawVector().Data, nil
}

// triangle returns the R of the QR decomposition of [X | y], p+1 by p+1: the triangle of X and, as the last column, Qᵀy;
// Q is never formed. Rows are taken some at a time, which fit a core's cache, and put under the triangle of those before; the cores'
// triangles are joined in the same way. X has more rows than columns.
func (c *centered) triangle() *mat.Dense {
	m, columns := c.m, c.m.p+1
	some := max(3*columns, 16384/columns)
	parts := make([]blas64.General, workers(m.n, 4*some))
	parallel(m.n, 4*some, func(part, lo, hi int) {
		a := blas64.General{Rows: columns + some, Cols: columns, Stride: columns, Data: make([]float64, (columns+some)*columns)}
		for have := 0; lo < hi; have = columns {
			n := min(have+hi-lo, a.Rows)
			for i := have; i < n; i++ {
				c.row(a.Data[i*columns:(i+1)*columns], lo)
				lo++
			}
			triangulate(a, n)
		}
		a.Rows = columns
		parts[part] = a
	})
	r := parts[0]
	for _, p := range parts[1:] {
		both := blas64.General{Rows: 2 * columns, Cols: columns, Stride: columns, Data: append(r.Data[:columns*columns:columns*columns], p.Data[:columns*columns]...)}
		triangulate(both, both.Rows)
		r = both
	}
	return mat.NewDense(columns, columns, r.Data[:columns*columns])
}

// triangulate replaces the first n rows of a, which are no fewer than its columns, by the R of their QR decomposition, zeros below the
// diagonal of its first rows.
func triangulate(a blas64.General, n int) {
	a.Rows = n
	tau, work := make([]float64, a.Cols), make([]float64, 64*a.Cols)
	lapack64.Geqrf(a, tau, work, len(work))
	for i := 1; i < a.Cols; i++ {
		clear(a.Data[i*a.Stride : i*a.Stride+i])
	}
}

const eps = 2.220446049250313e-16

// Ridge is LinearRegression with a penalty on the squares of the coefficients: it minimizes |y - X w|² + Alpha |w|².
type Ridge struct {
	Alpha       float64 // strength of the penalty; 0 means 1
	NoIntercept bool    // the plane goes through the origin

	Coef      []float64 // learned: one of each feature
	Intercept float64   // learned
}

// Fit learns from X and y.
func (r *Ridge) Fit(X, y any) error {
	alpha := r.Alpha
	if alpha == 0 {
		alpha = 1
	}
	if alpha < 0 || math.IsNaN(alpha) {
		return fmt.Errorf("classic: Ridge: Alpha is %v: it must not be negative", alpha)
	}
	c, err := center("Ridge", X, y, r.NoIntercept)
	if err != nil {
		return err
	}
	var w mat.VecDense
	if c.m.p <= c.m.n {
		gram, right := c.gram()
		if err := solvePositive(&w, gram, right, alpha); err != nil {
			return err
		}
	} else { // w = Xᵀ(X Xᵀ + Alpha)⁻¹ y needs a smaller matrix
		a, b := c.system()
		var gram mat.SymDense
		gram.SymOuterK(1, a)
		var dual mat.VecDense
		if err := solvePositive(&dual, &gram, b, alpha); err != nil {
			return err
		}
		w.MulVec(a.T(), &dual)
	}
	r.Coef = w.RawVector().Data
	r.Intercept = c.intercept(r.Coef)
	return nil
}

// gram returns XᵀX and Xᵀy.
func (c *centered) gram() (*mat.SymDense, *mat.VecDense) {
	p, some := c.m.p, 256 // rows at a time, as columns
	parts := make([]*mat.Dense, workers(c.m.n, 2*some))
	parallel(c.m.n, 2*some, func(part, lo, hi int) {
		row, columns := make([]float64, p+1), mat.NewDense(p+1, some, nil)
		sum, products := mat.NewDense(p+1, p+1, nil), mat.NewDense(p+1, p+1, nil)
		var with rowProducts
		for ; lo < hi; lo += some {
			if hi-lo < some {
				columns.Zero()
			}
			for i := range min(some, hi-lo) {
				c.row(row, lo+i)
				columns.SetCol(i, row)
			}
			with.prepare(columns)
			with.own(products)
			sum.Add(sum, products)
		}
		parts[part] = sum
	})
	for _, part := range parts[1:] {
		parts[0].Add(parts[0], part)
	}
	gram, right := mat.NewSymDense(p, nil), mat.NewVecDense(p, nil)
	for i := range p {
		for j := i; j < p; j++ {
			gram.SetSym(i, j, parts[0].At(i, j))
		}
		right.SetVec(i, parts[0].At(i, p))
	}
	return gram, right
}

// solvePositive solves (a + alpha I) x = b.
func solvePositive(x *mat.VecDense, a *mat.SymDense, b *mat.VecDense, alpha float64) error {
	for i := range a.SymmetricDim() {
		a.SetSym(i, i, a.At(i, i)+alpha)
	}
	var c mat.Cholesky
	if !c.Factorize(a) {
		return fmt.Errorf("classic: Ridge: the columns of X depend on each other too much for Alpha %v: use a larger one", alpha)
	}
	if err := c.SolveVecTo(x, b); err != nil && c.Cond() > 1e16 {
		return fmt.Errorf("classic: Ridge: %w: use a larger Alpha than %v", err, alpha)
	}
	return nil
}

// Predict returns the value of each row.
func (r *Ridge) Predict(X any) ([]float64, error) { return linear("Ridge", X, r.Coef, r.Intercept) }

// Score returns R².
func (r *Ridge) Score(X, y any) (float64, error) { return scoreRegressor(r, X, y) }

// Clone returns an unfitted copy.
func (r *Ridge) Clone() Estimator { return &Ridge{Alpha: r.Alpha, NoIntercept: r.NoIntercept} }
