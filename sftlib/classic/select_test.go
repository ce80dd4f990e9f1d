package classic

import (
	"strings"
	"testing"
)

// TestGridSearchOfRegressors: a search is a model itself: it predicts, and its folds are those of its model's kind.
func TestGridSearchOfRegressors(t *testing.T) {
	X, _ := spots()
	y := make([]float64, len(X))
	for i, row := range X {
		y[i] = row[0]/3 + row[1]
	}
	g := &GridSearch{Estimator: NewPipeline(&StandardScaler{}, &Ridge{}), Params: map[string][]any{"Ridge.Alpha": {1e-6, 1000}}, CV: 3}
	if scores := value[[]float64](t)(CrossValScore(g, X, y, 3)); len(scores) != 3 || scores[0] < .99 {
		t.Error(scores)
	}
	if _, err := g.PredictValues(X); err == nil || !strings.Contains(err.Error(), "not fitted yet") {
		t.Error(err)
	}
	must(t, g.Fit(X, y))
	if got := value[[]float64](t)(g.PredictValues(X[:1])); far(t, got, y[:1]) > 1e-4 {
		t.Error(got, y[0])
	}
	if _, err := g.Predict(X); err == nil || !strings.Contains(err.Error(), "is no classifier: use PredictValues") {
		t.Error(err)
	}
	plain := &GridSearch{Estimator: &KNeighborsRegressor{}, Params: map[string][]any{"NNeighbors": {1, 3}}}
	must(t, plain.Fit(X, y))
	if _, err := plain.PredictProba(X); err == nil || !strings.Contains(err.Error(), "use PredictValues") {
		t.Error(err)
	}
	if got := value[[]float64](t)(plain.PredictValues(X[:1])); far(t, got, y[:1]) > .2 {
		t.Error(got, y[0])
	}
}

func TestTake(t *testing.T) {
	X, y := spots()
	train, test, err := TrainTestSplit(len(X), y, .2, 1)
	must(t, err)
	m := &KNeighbors{}
	must(t, m.Fit(Take(X, train), Take(y, train)))
	if score := value[float64](t)(m.Score(Take(X, test), Take(y, test))); score < .8 || len(test) != 18 {
		t.Error(score, len(test))
	}
}
