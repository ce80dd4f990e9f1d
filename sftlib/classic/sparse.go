package classic

import (
	"fmt"
	"reflect"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Sparse is a matrix that stores only what is not zero, row by row (CSR, as scipy's csr_matrix). The columns of a row are
// in ascending order.
type Sparse struct {
	Rows, Columns int
	Start         []int     // Start[i] to Start[i+1] is the place of row i in Index and Values; Rows+1 elements
	Index         []int32   // column of each value
	Values        []float64 // what is not zero
}

// Dims returns the number of rows and columns.
func (s *Sparse) Dims() (int, int) { return s.Rows, s.Columns }

// At returns one element.
func (s *Sparse) At(i, j int) float64 {
	lo, hi := s.Start[i], s.Start[i+1]
	if k, ok := slices.BinarySearch(s.Index[lo:hi], int32(j)); ok {
		return s.Values[lo+k]
	}
	return 0
}

// T returns the transposed matrix, as gonum's interface asks for.
func (s *Sparse) T() mat.Matrix { return mat.Transpose{Matrix: s} }

// Stored returns the number of stored values.
func (s *Sparse) Stored() int { return len(s.Values) }

// String says the size.
func (s *Sparse) String() string {
	return fmt.Sprintf("sparse matrix, %d rows by %d columns, %d values", s.Rows, s.Columns, len(s.Values))
}

// pick returns some rows in the order given.
func (s *Sparse) pick(rows []int) *Sparse {
	out := &Sparse{Rows: len(rows), Columns: s.Columns, Start: make([]int, 1, len(rows)+1)}
	for _, r := range rows {
		lo, hi := s.Start[r], s.Start[r+1]
		out.Index = append(out.Index, s.Index[lo:hi]...)
		out.Values = append(out.Values, s.Values[lo:hi]...)
		out.Start = append(out.Start, len(out.Values))
	}
	return out
}

// pickRows returns some rows of any X or y that the package takes.
func pickRows(X any, rows []int) (any, error) {
	switch x := X.(type) {
	case *Sparse:
		return x.pick(rows), nil
	case mat.Vector:
		out := mat.NewVecDense(len(rows), nil)
		for i, r := range rows {
			out.SetVec(i, x.AtVec(r))
		}
		return out, nil
	case mat.Matrix:
		m, err := convert(X)
		if err != nil {
			return nil, err
		}
		return mat.NewDense(len(rows), m.p, m.pick(rows).dense), nil
	}
	v, err := slice(X)
	if err != nil {
		return nil, err
	}
	out := reflect.MakeSlice(v.Type(), len(rows), len(rows))
	for i, r := range rows {
		out.Index(i).Set(v.Index(r))
	}
	return out.Interface(), nil
}

// slice is X or y where it is a list of any type.
func slice(X any) (reflect.Value, error) {
	v := reflect.ValueOf(X)
	if X == nil || v.Kind() != reflect.Slice {
		return v, fmt.Errorf("classic: X or y is %T: a list with one element for each row is expected, or a matrix", X)
	}
	return v, nil
}

// Take returns the elements of a list that stand at some rows, in the order given: with the rows of TrainTestSplit, the part
// to train on and the part to test on of X and of y.
func Take[T any](list []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = list[r]
	}
	return out
}

// length returns the number of examples in X or y.
func length(X any) (int, error) {
	if m, ok := X.(mat.Matrix); ok {
		n, _ := m.Dims()
		return n, nil
	}
	v, err := slice(X)
	if err != nil {
		return 0, err
	}
	return v.Len(), nil
}
