package classic

import (
	"fmt"
	"math"
)

// MultinomialNB is naive Bayes for counts, such as words of a text: a class is likely where the features that it often has
// are many. Features must not be negative.
type MultinomialNB struct {
	Alpha float64 // added to every count (Laplace); 0 means 1

	labels
	ClassLogPrior  []float64   // learned: log of the share of each class
	FeatureLogProb [][]float64 // learned: log probability of each feature, a row for each class
}

// Fit learns from X and y.
func (b *MultinomialNB) Fit(X, y any) (err error) {
	defer b.keep(&err)()
	m, err := toMatrix(X)
	if err != nil {
		return err
	}
	codes, err := b.labels.fit(y, m.n)
	if err != nil {
		return err
	}
	alpha := b.Alpha
	if alpha == 0 {
		alpha = 1
	}
	if alpha < 0 {
		return fmt.Errorf("classic: MultinomialNB: Alpha is %v: it must not be negative", alpha)
	}
	values := m.dense
	if m.sparse != nil {
		values = m.sparse.Values
	}
	for _, v := range values {
		if v < 0 {
			return fmt.Errorf("classic: MultinomialNB: X holds %v: it takes counts, which are not negative; do not scale X before it", v)
		}
	}
	k := len(b.Classes)
	counts, size := make([][]float64, k), make([]float64, k)
	for c := range counts {
		counts[c] = make([]float64, m.p)
	}
	for i, c := range codes {
		size[c]++
		m.addTo(counts[c], i, 1)
	}
	b.ClassLogPrior = make([]float64, k)
	for c, row := range counts {
		b.ClassLogPrior[c] = math.Log(size[c] / float64(m.n))
		sum := 0.
		for j := range row {
			row[j] += alpha
			sum += row[j]
		}
		logSum := math.Log(sum)
		parallel(m.p, 4096, func(_, lo, hi int) {
			for j := lo; j < hi; j++ {
				row[j] = math.Log(row[j]) - logSum
			}
		})
	}
	b.FeatureLogProb = counts
	return nil
}

// PredictProba returns the probability of each class.
func (b *MultinomialNB) PredictProba(X any) ([][]float64, error) {
	features := 0
	if len(b.FeatureLogProb) > 0 {
		features = len(b.FeatureLogProb[0])
	}
	m, err := fitted("MultinomialNB", features, X)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, m.n)
	parallel(m.n, 512, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			out[i] = make([]float64, len(b.Classes))
			for c := range out[i] {
				out[i][c] = b.ClassLogPrior[c] + m.dot(i, b.FeatureLogProb[c])
			}
			softmax(out[i], 0)
		}
	})
	return out, nil
}

// Predict returns the most probable label of each row.
func (b *MultinomialNB) Predict(X any) ([]int, error) {
	p, err := b.PredictProba(X)
	if err != nil {
		return nil, err
	}
	return b.decide(p), nil
}

// Score returns the accuracy.
func (b *MultinomialNB) Score(X, y any) (float64, error) { return scoreClassifier(b, &b.labels, X, y) }

// Clone returns an unfitted copy.
func (b *MultinomialNB) Clone() Estimator { return &MultinomialNB{Alpha: b.Alpha} }
