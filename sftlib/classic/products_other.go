//go:build !(goexperiment.simd && amd64)

package classic

import "gonum.org/v1/gonum/mat"

// rowProducts multiplies matrices with the rows of one.
type rowProducts struct{ b *mat.Dense }

// prepare makes the products those with the rows of b.
func (t *rowProducts) prepare(b *mat.Dense) { t.b = b }

// productsWith prepares the products of rows with each row of b.
func productsWith(b *mat.Dense) *rowProducts { return &rowProducts{b} }

// of sets out to a bᵀ: a row for each of a, in it the product with each row of b.
func (t *rowProducts) of(a, out *mat.Dense) { out.Mul(a, t.b.T()) }

// own sets the diagonal of out and what is above it to the products of b's rows with each other; what is below may be anything.
func (t *rowProducts) own(out *mat.Dense) { t.of(t.b, out) }
