package classic

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
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
	m, t, means, middle, err := centered("LinearRegression", X, y, l.NoIntercept)
	if err != nil {
		return err
	}
	coef, err := leastSquares(m, t)
	if err != nil {
		return err
	}
	l.Coef, l.Intercept = coef, middle
	for j, c := range coef {
		l.Intercept -= c * means[j]
	}
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

// centered returns copies of X and y less their means, and the means; with through, as they are.
func centered(model string, X, y any, through bool) (m *matrix, t, means []float64, middle float64, err error) {
	if m, err = toMatrix(X); err != nil {
		return
	}
	if m, err = m.full(model); err != nil {
		return
	}
	if t, err = targets(y, m.n); err != nil {
		return
	}
	means = make([]float64, m.p)
	if !through {
		parts := make([][]float64, workers(m.n, 2048))
		parallel(m.n, 2048, func(part, lo, hi int) {
			sum := make([]float64, m.p)
			for i := lo; i < hi; i++ {
				floats.Add(sum, m.row(i))
			}
			parts[part] = sum
		})
		for _, sum := range parts {
			floats.AddScaled(means, 1/float64(m.n), sum)
		}
		middle = total(t) / float64(m.n)
	}
	c := &matrix{n: m.n, p: m.p, dense: make([]float64, len(m.dense))}
	s := make([]float64, len(t))
	parallel(m.n, 2048, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			floats.SubTo(c.row(i), m.row(i), means)
			s[i] = t[i] - middle
		}
	})
	return c, s, means, middle, nil
}

// leastSquares returns the shortest w that minimizes |X w - t|: QR, then the singular values of the small triangle.
func leastSquares(m *matrix, t []float64) ([]float64, error) {
	a := mat.NewDense(m.n, m.p, m.dense)
	b := mat.NewVecDense(m.n, t)
	if m.n > m.p {
		// Runs of rows on their own cores, then their triangles as one.
		parts := make([]*mat.Dense, workers(m.n, max(1024, 4*m.p)))
		parallel(m.n, max(1024, 4*m.p), func(part, lo, hi int) {
			wide := mat.NewDense(hi-lo, m.p+1, nil)
			for i := lo; i < hi; i++ {
				copy(wide.RawRowView(i-lo), m.row(i))
				wide.Set(i-lo, m.p, t[i])
			}
			parts[part] = triangle(wide)
		})
		r := parts[0]
		for _, p := range parts[1:] {
			var both mat.Dense
			both.Stack(r, p)
			r = triangle(&both)
		}
		a = mat.DenseCopyOf(r.Slice(0, m.p, 0, m.p))
		b = mat.NewVecDense(m.p, mat.Col(nil, 0, r.Slice(0, m.p, m.p, m.p+1)))
	}
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThin) {
		return nil, fmt.Errorf("classic: LinearRegression: the singular values of X were not found: are its numbers of very different size? Scale them with StandardScaler")
	}
	rows, _ := a.Dims()
	values := svd.Values(nil)
	rank, limit := 0, values[0]*eps*float64(max(rows, m.n))
	for _, v := range values {
		if v > limit {
			rank++
		}
	}
	out := make([]float64, m.p)
	if rank == 0 {
		return out, nil
	}
	var w mat.VecDense
	svd.SolveVecTo(&w, b, rank)
	copy(out, w.RawVector().Data)
	return out, nil
}

// triangle returns the R of QR: for [X | t] it holds Qᵀt in its last column, without forming Q.
func triangle(a *mat.Dense) *mat.Dense {
	rows, columns := a.Dims()
	if rows < columns {
		return a
	}
	var qr mat.QR
	var r mat.Dense
	qr.Factorize(a)
	qr.RTo(&r)
	return mat.DenseCopyOf(r.Slice(0, columns, 0, columns))
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
	m, t, means, middle, err := centered("Ridge", X, y, r.NoIntercept)
	if err != nil {
		return err
	}
	a, b := mat.NewDense(m.n, m.p, m.dense), mat.NewVecDense(m.n, t)
	var w mat.VecDense
	if m.p <= m.n {
		parts := make([]mat.SymDense, workers(m.n, 1024))
		parallel(m.n, 1024, func(part, lo, hi int) { parts[part].SymOuterK(1, a.Slice(lo, hi, 0, m.p).T()) })
		gram := &parts[0]
		for i := range parts[1:] {
			gram.AddSym(gram, &parts[i+1])
		}
		var right mat.VecDense
		right.MulVec(a.T(), b)
		err = solvePositive(&w, gram, &right, alpha)
	} else { // the dual is smaller
		var gram mat.SymDense
		gram.SymOuterK(1, a)
		var dual mat.VecDense
		err = solvePositive(&dual, &gram, b, alpha)
		w.MulVec(a.T(), &dual)
	}
	if err != nil {
		return err
	}
	r.Coef = append([]float64(nil), w.RawVector().Data...)
	r.Intercept = middle
	for j, c := range r.Coef {
		r.Intercept -= c * means[j]
	}
	return nil
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
