package eval

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
)

// Regression holds the figures for predicted values.
type Regression struct {
	N        int
	MSE      float64 // mean squared error
	RMSE     float64 // its root, in the unit of the values
	MAE      float64 // mean absolute error, in the unit of the values
	R2       float64 // share of the variance that is explained; 0 is no better than the mean, below is worse
	Pearson  float64 // linear correlation; NaN where either side is constant
	Spearman float64 // correlation of the ranks; NaN where either side is constant
}

// NewRegression compares predicted with true values.
func NewRegression(yTrue, yPred []float64) (*Regression, error) {
	if len(yTrue) != len(yPred) {
		return nil, fmt.Errorf("%d true values but %d predicted ones: both must have one entry for each text", len(yTrue), len(yPred))
	}
	if len(yTrue) == 0 {
		return nil, fmt.Errorf("nothing to evaluate: no text was given")
	}
	r := &Regression{N: len(yTrue)}
	mean := stat.Mean(yTrue, nil)
	var residual, total float64
	for i, t := range yTrue {
		d := t - yPred[i]
		if math.IsNaN(d) {
			return nil, fmt.Errorf("text %d: the true value %v or the predicted value %v is not a number", i, t, yPred[i])
		}
		residual += d * d
		total += (t - mean) * (t - mean)
		r.MAE += math.Abs(d)
	}
	n := float64(r.N)
	r.MSE, r.MAE = residual/n, r.MAE/n
	r.RMSE = math.Sqrt(r.MSE)
	switch {
	case total > 0:
		r.R2 = 1 - residual/total
	case residual == 0:
		r.R2 = 1
	}
	r.Pearson = correlation(yTrue, yPred)
	r.Spearman = correlation(ranks(yTrue), ranks(yPred))
	return r, nil
}

// correlation is Pearson's, or NaN where one side does not vary.
func correlation(x, y []float64) float64 {
	if len(x) < 2 || constant(x) || constant(y) {
		return math.NaN()
	}
	return stat.Correlation(x, y, nil)
}

func constant(x []float64) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return true
}
