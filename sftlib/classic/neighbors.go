package classic

import (
	"fmt"
	"math"
)

// KNeighbors classifies by the nearest examples that it was fitted with, in Euclidean distance.
type KNeighbors struct {
	NNeighbors int    // 0 means 5
	Weights    string // "uniform" (the default) or "distance": nearer ones count more, by 1/distance

	labels
	X     [][]float64 // learned: the examples
	Codes []int       // learned: the place of each example's label in Classes
}

// KNeighborsRegressor predicts the mean of the nearest examples.
type KNeighborsRegressor struct {
	NNeighbors int    // 0 means 5
	Weights    string // "uniform" (the default) or "distance"

	X [][]float64 // learned: the examples
	Y []float64   // learned: their values
}

// Fit learns from X and y.
func (k *KNeighbors) Fit(X, y any) (err error) {
	defer k.keep(&err)()
	rows, n, err := neighborRows("KNeighbors", X, k.NNeighbors, k.Weights)
	if err != nil {
		return err
	}
	codes, err := k.labels.fit(y, n)
	if err != nil {
		return err
	}
	k.X, k.Codes = rows, codes
	return nil
}

// Fit learns from X and y.
func (k *KNeighborsRegressor) Fit(X, y any) error {
	rows, n, err := neighborRows("KNeighborsRegressor", X, k.NNeighbors, k.Weights)
	if err != nil {
		return err
	}
	values, err := targets(y, n)
	if err != nil {
		return err
	}
	k.X, k.Y = rows, append([]float64(nil), values...)
	return nil
}

func neighborRows(model string, X any, k int, weights string) ([][]float64, int, error) {
	m, err := toMatrix(X)
	if err == nil {
		m, err = m.full(model)
	}
	if err != nil {
		return nil, 0, err
	}
	if k == 0 {
		k = 5
	}
	if k < 0 || k > m.n {
		return nil, 0, fmt.Errorf("classic: %s: NNeighbors is %d and X has %d rows: it must be from 1 to that", model, k, m.n)
	}
	if weights != "" && weights != "uniform" && weights != "distance" {
		return nil, 0, fmt.Errorf("classic: %s: Weights is %q: it may be \"uniform\" or \"distance\"", model, weights)
	}
	rows := make([][]float64, m.n)
	flat := append([]float64(nil), m.dense...)
	for i := range rows {
		rows[i] = flat[i*m.p : (i+1)*m.p]
	}
	return rows, m.n, nil
}

// vote calls use with each of the nearest examples of each row of X and its weight; the weights of a row sum to 1. Rows are
// worked on at the same time.
func vote(model string, examples [][]float64, k int, weights string, X any, use func(row, example int, weight float64)) (int, error) {
	features := 0
	if len(examples) > 0 {
		features = len(examples[0])
	}
	m, err := fitted(model, features, X)
	if err == nil {
		m, err = m.full(model)
	}
	if err != nil {
		return 0, err
	}
	if k == 0 {
		k = 5
	}
	if k < 0 || k > len(examples) {
		return 0, fmt.Errorf("classic: %s: NNeighbors is %d, it was fitted with %d rows: it must be from 1 to that", model, k, len(examples))
	}
	search := searcher(examples)
	parallel(m.n, 16, func(_, lo, hi int) {
		w := make([]float64, k)
		search(m, lo, hi, k, func(i int, near []neighbor) {
			sum, exact := 0., 0.
			for j, x := range near {
				w[j] = 1
				if weights == "distance" {
					if x.square == 0 {
						exact++
					}
					w[j] = 1 / math.Sqrt(x.square)
				}
			}
			for j, x := range near {
				if exact > 0 { // as scikit-learn: only examples at the very place count
					w[j] = 0
					if x.square == 0 {
						w[j] = 1
					}
				}
				sum += w[j]
			}
			for j, x := range near {
				use(i, x.example, w[j]/sum)
			}
		})
	})
	return m.n, nil
}

// PredictProba returns for each class its share of the neighbours.
func (k *KNeighbors) PredictProba(X any) ([][]float64, error) {
	n, err := length(X)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, n)
	for i := range out {
		out[i] = make([]float64, len(k.Classes))
	}
	_, err = vote("KNeighbors", k.X, k.NNeighbors, k.Weights, X, func(row, example int, w float64) { out[row][k.Codes[example]] += w })
	return out, err
}

// Predict returns the label that most of the neighbours have, the first in Classes where several do.
func (k *KNeighbors) Predict(X any) ([]int, error) {
	p, err := k.PredictProba(X)
	if err != nil {
		return nil, err
	}
	for _, row := range p { // sums of equal weights may differ in the last bit
		for c := range row {
			row[c] = math.Round(row[c]*1e12) / 1e12
		}
	}
	return k.decide(p), nil
}

// Predict returns the mean of the neighbours.
func (k *KNeighborsRegressor) Predict(X any) ([]float64, error) {
	n, err := length(X)
	if err != nil {
		return nil, err
	}
	out := make([]float64, n)
	_, err = vote("KNeighborsRegressor", k.X, k.NNeighbors, k.Weights, X, func(row, example int, w float64) { out[row] += w * k.Y[example] })
	return out, err
}

// Score returns the accuracy.
func (k *KNeighbors) Score(X, y any) (float64, error) { return scoreClassifier(k, &k.labels, X, y) }

// Score returns R².
func (k *KNeighborsRegressor) Score(X, y any) (float64, error) { return scoreRegressor(k, X, y) }

// Clone returns an unfitted copy.
func (k *KNeighbors) Clone() Estimator {
	return &KNeighbors{NNeighbors: k.NNeighbors, Weights: k.Weights}
}

// Clone returns an unfitted copy.
func (k *KNeighborsRegressor) Clone() Estimator {
	return &KNeighborsRegressor{NNeighbors: k.NNeighbors, Weights: k.Weights}
}
