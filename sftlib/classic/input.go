package classic

import (
	"fmt"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// matrix is X inside the package: n rows (examples) by p columns (features), dense or sparse.
type matrix struct {
	n, p   int
	dense  []float64 // row by row; nil when sparse
	sparse *Sparse
}

// toMatrix takes what a user gives as X: [][]float64, [][]int, [][]float32, a gonum matrix or a *Sparse.
func toMatrix(X any) (*matrix, error) {
	m, err := convert(X)
	if err != nil {
		return nil, err
	}
	if m.n == 0 {
		return nil, fmt.Errorf("classic: X has no rows: give at least one example")
	}
	if m.p == 0 {
		return nil, fmt.Errorf("classic: X has %d rows without a column: give at least one feature", m.n)
	}
	return m, m.finite()
}

func convert(X any) (*matrix, error) {
	switch x := X.(type) {
	case nil:
		return nil, fmt.Errorf("classic: X is nil: give a [][]float64 with a row for each example")
	case *matrix:
		return x, nil
	case *Sparse:
		return &matrix{n: x.Rows, p: x.Columns, sparse: x}, nil
	case *mat.Dense:
		n, p := x.Dims()
		if raw := x.RawMatrix(); raw.Stride == p {
			return &matrix{n: n, p: p, dense: raw.Data[:n*p]}, nil
		}
		return fromMatrix(x), nil
	case mat.Matrix:
		return fromMatrix(x), nil
	case [][]float64:
		return fromRows(x)
	case [][]float32:
		return fromRows(x)
	case [][]int:
		return fromRows(x)
	case []float64, []int, []float32:
		return nil, fmt.Errorf("classic: X is %T, one list of numbers: a row for each example is expected, as in [][]float64{{1}, {2}, {3}}; classic.Column makes that of a list", X)
	case []string:
		return nil, fmt.Errorf("classic: X is []string: put a TFIDF before the model, as in NewPipeline(&TFIDF{}, &LogisticRegression{})")
	}
	return nil, fmt.Errorf("classic: X is %T: a [][]float64, a gonum matrix or a *classic.Sparse is expected", X)
}

func fromRows[T float64 | float32 | int](rows [][]T) (*matrix, error) {
	m := &matrix{n: len(rows)}
	if m.n == 0 {
		return m, nil
	}
	m.p = len(rows[0])
	m.dense = make([]float64, 0, m.n*m.p)
	for i, r := range rows {
		if len(r) != m.p {
			return nil, fmt.Errorf("classic: row %d of X has %d columns, row 0 has %d: all rows must have the same", i, len(r), m.p)
		}
		for _, v := range r {
			m.dense = append(m.dense, float64(v))
		}
	}
	return m, nil
}

func fromMatrix(x mat.Matrix) *matrix {
	n, p := x.Dims()
	m := &matrix{n: n, p: p, dense: make([]float64, n*p)}
	for i := range n {
		for j := range p {
			m.dense[i*p+j] = x.At(i, j)
		}
	}
	return m
}

func (m *matrix) finite() error {
	values := m.dense
	if m.sparse != nil {
		values = m.sparse.Values
	}
	first := make([]int, workers(len(values), 1<<16)) // that is not finite, of each part
	parallel(len(values), 1<<16, func(part, lo, hi int) {
		first[part] = -1
		for k, v := range values[lo:hi] {
			if v-v != 0 { // NaN or infinite
				first[part] = lo + k
				return
			}
		}
	})
	for _, k := range first {
		if k >= 0 && m.sparse != nil {
			return fmt.Errorf("classic: X holds %v: fill or drop missing values first", values[k])
		}
		if k >= 0 {
			return fmt.Errorf("classic: X holds %v in row %d, column %d: fill or drop missing values first", values[k], k/m.p, k%m.p)
		}
	}
	return nil
}

// fitted checks X against the number of features that a model was fitted with.
func fitted(model string, features int, X any) (*matrix, error) {
	if features == 0 {
		return nil, fmt.Errorf("classic: this %s is not fitted yet: call Fit first", model)
	}
	m, err := toMatrix(X)
	if err != nil {
		return nil, err
	}
	if m.p != features {
		return nil, fmt.Errorf("classic: X has %d columns, this %s was fitted with %d", m.p, model, features)
	}
	return m, nil
}

// dot returns row i times w.
func (m *matrix) dot(i int, w []float64) float64 {
	if m.sparse == nil {
		return floats.Dot(m.dense[i*m.p:(i+1)*m.p], w)
	}
	s, sum := m.sparse, 0.
	for k := s.Start[i]; k < s.Start[i+1]; k++ {
		sum += s.Values[k] * w[s.Index[k]]
	}
	return sum
}

// addTo adds a times row i to w.
func (m *matrix) addTo(w []float64, i int, a float64) {
	if m.sparse == nil {
		floats.AddScaled(w, a, m.dense[i*m.p:(i+1)*m.p])
		return
	}
	s := m.sparse
	for k := s.Start[i]; k < s.Start[i+1]; k++ {
		w[s.Index[k]] += a * s.Values[k]
	}
}

// full returns the matrix dense; of a sparse one a copy, up to a size that is no accident.
func (m *matrix) full(model string) (*matrix, error) {
	if m.sparse == nil {
		return m, nil
	}
	if m.n*m.p > 1<<28 {
		return nil, fmt.Errorf("classic: %s needs a dense X, and %d rows by %d columns would take %.1f GB: use fewer features (TFIDF.MaxFeatures) or LogisticRegression, MultinomialNB or SVC", model, m.n, m.p, float64(m.n)*float64(m.p)*8/1e9)
	}
	d := &matrix{n: m.n, p: m.p, dense: make([]float64, m.n*m.p)}
	for i := range m.n {
		for k := m.sparse.Start[i]; k < m.sparse.Start[i+1]; k++ {
			d.dense[i*m.p+int(m.sparse.Index[k])] += m.sparse.Values[k]
		}
	}
	return d, nil
}

// pick returns some rows in the order given.
func (m *matrix) pick(rows []int) *matrix {
	out := &matrix{n: len(rows), p: m.p}
	if m.sparse != nil {
		out.sparse = m.sparse.pick(rows)
		return out
	}
	out.dense = make([]float64, 0, len(rows)*m.p)
	for _, r := range rows {
		out.dense = append(out.dense, m.row(r)...)
	}
	return out
}

func (m *matrix) row(i int) []float64 { return m.dense[i*m.p : (i+1)*m.p] }

// Column makes an X of one feature from a list of numbers.
func Column(values []float64) [][]float64 {
	X := make([][]float64, len(values))
	for i, v := range values {
		X[i] = []float64{v}
	}
	return X
}

// Frame gives columns of numbers by name; a data.Frame is one.
type Frame interface {
	Floats(column string) ([]float64, error)
}

// Columns makes an X of columns of a frame.
func Columns(f Frame, columns ...string) ([][]float64, error) {
	if len(columns) == 0 {
		return nil, fmt.Errorf("classic: Columns needs the name of at least one column")
	}
	var X [][]float64
	for j, name := range columns {
		values, err := f.Floats(name)
		if err != nil {
			return nil, fmt.Errorf("classic: %w", err)
		}
		if X == nil {
			X = make([][]float64, len(values))
			flat := make([]float64, len(values)*len(columns))
			for i := range X {
				X[i], flat = flat[:len(columns)], flat[len(columns):]
			}
		}
		if len(values) != len(X) {
			return nil, fmt.Errorf("classic: column %q has %d rows, column %q has %d", name, len(values), columns[0], len(X))
		}
		for i, v := range values {
			X[i][j] = v
		}
	}
	return X, nil
}

// parallel calls work for ranges that cover 0 to n, on all cores, where each is worth a goroutine of its own; part numbers
// the ranges from 0.
func parallel(n, least int, work func(part, lo, hi int)) {
	parts := workers(n, least)
	if parts == 1 {
		work(0, 0, n)
		return
	}
	var wg sync.WaitGroup
	for p := range parts {
		wg.Go(func() { work(p, n*p/parts, n*(p+1)/parts) })
	}
	wg.Wait()
}

// workers is the number of ranges that parallel makes.
func workers(n, least int) int { return max(1, min(runtime.GOMAXPROCS(0), n/max(1, least))) }
