package classic

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// StandardScaler takes the mean off each feature and divides by its standard deviation (that of the whole, as
// scikit-learn's), so that all weigh alike. A feature that never changes is only moved to 0. Sparse X is divided only.
type StandardScaler struct {
	Mean  []float64 // learned
	Scale []float64 // learned
}

// Fit learns mean and deviation from X; y does not count.
func (s *StandardScaler) Fit(X, _ any) error {
	m, err := toMatrix(X)
	if err != nil {
		return err
	}
	s.Mean, s.Scale = make([]float64, m.p), make([]float64, m.p)
	for i := range m.n {
		m.addTo(s.Mean, i, 1/float64(m.n))
	}
	if m.sparse == nil {
		for i := range m.n {
			for j, v := range m.row(i) {
				s.Scale[j] += (v - s.Mean[j]) * (v - s.Mean[j]) / float64(m.n)
			}
		}
	} else {
		for k, v := range m.sparse.Values {
			s.Scale[m.sparse.Index[k]] += v * v / float64(m.n)
		}
		for j := range s.Scale {
			s.Scale[j] = max(0, s.Scale[j]-s.Mean[j]*s.Mean[j])
		}
	}
	for j, v := range s.Scale {
		// A variance within the error of its sum is none.
		if limit := float64(m.n) * eps * v; v <= limit+sq(float64(m.n)*s.Mean[j]*eps) {
			s.Scale[j] = 1
		} else {
			s.Scale[j] = math.Sqrt(v)
		}
	}
	return nil
}

func sq(x float64) float64 { return x * x }

// Transform returns X scaled.
func (s *StandardScaler) Transform(X any) (Matrix, error) {
	m, err := fitted("StandardScaler", len(s.Scale), X)
	if err != nil {
		return nil, err
	}
	if m.sparse != nil {
		out := *m.sparse
		out.Values = slices.Clone(out.Values)
		for k, j := range out.Index {
			out.Values[k] /= s.Scale[j]
		}
		return &out, nil
	}
	out := mat.NewDense(m.n, m.p, nil)
	raw := out.RawMatrix().Data
	for i := range m.n {
		for j, v := range m.row(i) {
			raw[i*m.p+j] = (v - s.Mean[j]) / s.Scale[j]
		}
	}
	return out, nil
}

// CloneTransformer returns an unfitted copy.
func (s *StandardScaler) CloneTransformer() Transformer { return &StandardScaler{} }

// OneHot makes of each column of names, or of whole numbers, a column of 0 and 1 for each value that Fit saw.
type OneHot struct {
	IgnoreUnknown bool // a value that Fit did not see becomes zeros instead of an error

	Categories [][]string // learned: the values of each column, in the order of their columns
}

// Fit learns the values from X, a [][]string or a matrix; y does not count.
func (o *OneHot) Fit(X, _ any) error {
	rows, numbers, err := names(X)
	if err != nil {
		return err
	}
	o.Categories = make([][]string, len(rows[0]))
	for j := range o.Categories {
		var values []string
		for _, r := range rows {
			values = append(values, r[j])
		}
		slices.SortFunc(values, func(a, b string) int {
			if numbers {
				return cmp.Compare(number(a), number(b))
			}
			return cmp.Compare(a, b)
		})
		o.Categories[j] = slices.Compact(values)
	}
	return nil
}

func number(s string) (f float64) {
	fmt.Sscan(s, &f)
	return f
}

// names takes X as names: numbers are written out.
func names(X any) ([][]string, bool, error) {
	if rows, ok := X.([][]string); ok {
		if len(rows) == 0 || len(rows[0]) == 0 {
			return nil, false, fmt.Errorf("classic: OneHot: X has no values")
		}
		for i, r := range rows {
			if len(r) != len(rows[0]) {
				return nil, false, fmt.Errorf("classic: OneHot: row %d of X has %d columns, row 0 has %d", i, len(r), len(rows[0]))
			}
		}
		return rows, false, nil
	}
	m, err := toMatrix(X)
	if err == nil {
		m, err = m.full("OneHot")
	}
	if err != nil {
		return nil, false, err
	}
	rows := make([][]string, m.n)
	for i := range rows {
		for _, v := range m.row(i) {
			rows[i] = append(rows[i], fmt.Sprint(v))
		}
	}
	return rows, true, nil
}

// Transform returns the columns of 0 and 1.
func (o *OneHot) Transform(X any) (Matrix, error) {
	if o.Categories == nil {
		return nil, fmt.Errorf("classic: this OneHot is not fitted yet: call Fit first")
	}
	rows, _, err := names(X)
	if err != nil {
		return nil, err
	}
	if len(rows[0]) != len(o.Categories) {
		return nil, fmt.Errorf("classic: X has %d columns, this OneHot was fitted with %d", len(rows[0]), len(o.Categories))
	}
	places, columns := make([]map[string]int, len(o.Categories)), 0
	for j, c := range o.Categories {
		places[j] = map[string]int{}
		for _, v := range c {
			places[j][v] = columns
			columns++
		}
	}
	out := &Sparse{Rows: len(rows), Columns: columns, Start: make([]int, 1, len(rows)+1)}
	for i, r := range rows {
		for j, v := range r {
			at, ok := places[j][v]
			if !ok {
				if o.IgnoreUnknown {
					continue
				}
				return nil, fmt.Errorf("classic: OneHot: row %d, column %d has %q, which Fit did not see: set IgnoreUnknown to make zeros of it", i, j, v)
			}
			out.Index, out.Values = append(out.Index, int32(at)), append(out.Values, 1)
		}
		out.Start = append(out.Start, len(out.Values))
	}
	return out, nil
}

// CloneTransformer returns an unfitted copy.
func (o *OneHot) CloneTransformer() Transformer { return &OneHot{IgnoreUnknown: o.IgnoreUnknown} }
