package classic

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"
)

// LogisticRegression is a linear classifier: the softmax of X Coefᵀ + Intercept (with two classes the sigmoid). It
// minimizes C times the log loss plus half the squares of the coefficients, with L-BFGS, as scikit-learn's default does.
type LogisticRegression struct {
	C           float64 // inverse strength of the penalty; 0 means 1, math.Inf(1) no penalty
	MaxIter     int     // 0 means 100
	Tol         float64 // stops when no part of the gradient of the mean loss is larger; 0 means 1e-4
	NoIntercept bool
	ClassWeight string // "" or "balanced": classes count alike, whatever their size

	labels
	Coef      [][]float64 // learned: a row for each class, one row for two classes
	Intercept []float64   // learned: one of each row of Coef
	NIter     int         // learned: iterations that were needed
	Converged bool        // learned: false where MaxIter ended the fit before Tol was reached: raise it, or scale X
}

// Fit learns from X and y.
func (l *LogisticRegression) Fit(X, y any) (err error) {
	defer l.keep(&err)()
	m, err := toMatrix(X)
	if err != nil {
		return err
	}
	codes, err := l.labels.fit(y, m.n)
	if err != nil {
		return err
	}
	c, iter, tol := l.C, l.MaxIter, l.Tol
	if c == 0 {
		c = 1
	}
	if iter == 0 {
		iter = 100
	}
	if tol == 0 {
		tol = 1e-4
	}
	if c < 0 || iter < 0 || tol < 0 {
		return fmt.Errorf("classic: LogisticRegression: C %v, MaxIter %d and Tol %v must not be negative", c, iter, tol)
	}
	weight, err := classWeights(l.ClassWeight, codes, len(l.Classes))
	if err != nil {
		return err
	}
	k := rowsOf(len(l.Classes))
	f := newLogLoss(m, codes, weight, k, !l.NoIntercept, c)
	result, err := optimize.Minimize(optimize.Problem{Func: f.loss, Grad: f.gradient}, make([]float64, k*(m.p+1)),
		&optimize.Settings{GradientThreshold: tol, MajorIterations: iter, Converger: optimize.NeverTerminate{}},
		&optimize.LBFGS{Store: 10, Linesearcher: &optimize.MoreThuente{}})
	if err := arrived(result, err); err != nil {
		return fmt.Errorf("classic: LogisticRegression: %w", err)
	}
	l.NIter, l.Converged = result.MajorIterations, result.Status != optimize.IterationLimit
	l.Coef, l.Intercept = make([][]float64, k), make([]float64, k)
	for r := range k {
		l.Coef[r] = append([]float64(nil), result.X[r*m.p:(r+1)*m.p]...)
		l.Intercept[r] = result.X[k*m.p+r]
	}
	return nil
}

// arrived returns the error of a minimization. A line search that finds nothing better at the limit of the precision is none.
func arrived(result *optimize.Result, err error) error {
	if result != nil && (errors.Is(err, optimize.ErrLinesearcherFailure) || errors.Is(err, optimize.ErrNonDescentDirection) || errors.Is(err, optimize.ErrNoProgress)) {
		return nil
	}
	return err
}

// rowsOf is the number of rows that a linear model of so many classes has: one stands for two classes.
func rowsOf(classes int) int {
	if classes == 2 {
		return 1
	}
	return classes
}

// classWeights returns the weight of each class: 1, or n / (classes * count).
func classWeights(kind string, codes []int, k int) ([]float64, error) {
	w := make([]float64, k)
	switch kind {
	case "":
		for i := range w {
			w[i] = 1
		}
	case "balanced":
		for _, c := range codes {
			w[c]++
		}
		for i := range w {
			w[i] = float64(len(codes)) / (float64(k) * w[i])
		}
	default:
		return nil, fmt.Errorf("classic: ClassWeight is %q: it may be empty or \"balanced\"", kind)
	}
	return w, nil
}

// logLoss is the mean log loss plus the penalty, at the parameters Coef (k rows of p) and Intercept (k).
type logLoss struct {
	m         *matrix
	codes     []int
	weight    []float64 // by class
	total     float64   // sum of the weights of the examples
	k         int       // 1: sigmoid
	intercept bool
	penalty   float64

	at    []float64 // where value and grad were computed
	value float64
	grad  []float64
	parts [][]float64 // gradient of each worker
}

func newLogLoss(m *matrix, codes []int, weight []float64, k int, intercept bool, c float64) *logLoss {
	f := &logLoss{m: m, codes: codes, weight: weight, k: k, intercept: intercept}
	for _, c := range codes {
		f.total += weight[c]
	}
	f.penalty = 1 / (c * f.total)
	f.at, f.grad = make([]float64, k*(m.p+1)), make([]float64, k*(m.p+1))
	f.at[0] = math.NaN() // nothing computed yet
	f.parts = make([][]float64, workers(m.n, 256))
	for i := range f.parts {
		f.parts[i] = make([]float64, len(f.grad))
	}
	return f
}

func (f *logLoss) loss(w []float64) float64 { f.eval(w); return f.value }

func (f *logLoss) gradient(grad, w []float64) { f.eval(w); copy(grad, f.grad) }

func (f *logLoss) eval(w []float64) {
	if floats.Equal(w, f.at) {
		return
	}
	copy(f.at, w)
	p, k := f.m.p, f.k
	sums := make([]float64, len(f.parts))
	parallel(f.m.n, 256, func(part, lo, hi int) {
		g := f.parts[part]
		clear(g)
		z, sum := make([]float64, k), 0.
		for i := lo; i < hi; i++ {
			for r := range k {
				z[r] = f.m.dot(i, w[r*p:(r+1)*p]) + w[k*p+r]
			}
			c := f.codes[i]
			scale := f.weight[c] / f.total
			if k == 1 {
				t := z[0]
				if c == 1 {
					t = -t
				}
				sum += scale * log1pexp(t)
				z[0] = sigmoid(z[0]) - float64(c)
			} else {
				sum += scale * softmax(z, c)
				z[c]--
			}
			for r, d := range z {
				f.m.addTo(g[r*p:(r+1)*p], i, scale*d)
				g[k*p+r] += scale * d
			}
		}
		sums[part] = sum
	})
	f.value = 0
	clear(f.grad)
	for part, g := range f.parts {
		f.value += sums[part]
		floats.Add(f.grad, g)
	}
	f.value += f.penalty / 2 * floats.Dot(w[:k*p], w[:k*p])
	floats.AddScaled(f.grad[:k*p], f.penalty, w[:k*p])
	if !f.intercept {
		clear(f.grad[k*p:])
	}
}

// softmax replaces z by its softmax and returns the loss of class c.
func softmax(z []float64, c int) float64 {
	top := floats.Max(z)
	sum, own := 0., z[c]-top
	for r := range z {
		z[r] = math.Exp(z[r] - top)
		sum += z[r]
	}
	floats.Scale(1/sum, z)
	return math.Log(sum) - own
}

func sigmoid(t float64) float64 {
	if t >= 0 {
		return 1 / (1 + math.Exp(-t))
	}
	e := math.Exp(t)
	return e / (1 + e)
}

// log1pexp is log(1 + exp(t)) without overflow.
func log1pexp(t float64) float64 {
	if t > 0 {
		return t + math.Log1p(math.Exp(-t))
	}
	return math.Log1p(math.Exp(t))
}

// DecisionFunction returns X Coefᵀ + Intercept: for two classes one number a row, the log odds of the second.
func (l *LogisticRegression) DecisionFunction(X any) ([][]float64, error) {
	features := 0
	if len(l.Coef) > 0 {
		features = len(l.Coef[0])
	}
	m, err := fitted("LogisticRegression", features, X)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, m.n)
	parallel(m.n, 512, func(_, lo, hi int) {
		flat := make([]float64, (hi-lo)*len(l.Coef))
		for i := lo; i < hi; i++ {
			out[i], flat = flat[:len(l.Coef)], flat[len(l.Coef):]
			for r, w := range l.Coef {
				out[i][r] = m.dot(i, w) + l.Intercept[r]
			}
		}
	})
	return out, nil
}

// PredictProba returns the probability of each class.
func (l *LogisticRegression) PredictProba(X any) ([][]float64, error) {
	out, err := l.DecisionFunction(X)
	if err != nil {
		return nil, err
	}
	for i, z := range out {
		if len(z) == 1 {
			p := sigmoid(z[0])
			out[i] = []float64{1 - p, p}
		} else {
			softmax(z, 0)
		}
	}
	return out, nil
}

// Predict returns the most probable label of each row.
func (l *LogisticRegression) Predict(X any) ([]int, error) {
	p, err := l.PredictProba(X)
	if err != nil {
		return nil, err
	}
	return l.decide(p), nil
}

// Score returns the accuracy.
func (l *LogisticRegression) Score(X, y any) (float64, error) {
	return scoreClassifier(l, &l.labels, X, y)
}

// Clone returns an unfitted copy.
func (l *LogisticRegression) Clone() Estimator {
	return &LogisticRegression{C: l.C, MaxIter: l.MaxIter, Tol: l.Tol, NoIntercept: l.NoIntercept, ClassWeight: l.ClassWeight}
}
