package classic

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"gosft/kernel/display"
	"gosft/sftlib/show"
)

// isRegressor tells how to divide the rows: by class, or in a row.
func isRegressor(e Estimator) bool {
	switch m := e.(type) {
	case *Pipeline:
		return isRegressor(m.Model)
	case *GridSearch:
		return isRegressor(m.Estimator)
	}
	_, ok := e.(Regressor)
	return ok
}

// Folds returns for each of k parts the numbers of the rows to test on. For a classifier the classes are shared out
// evenly, in the order of the rows, as scikit-learn's StratifiedKFold does; for a regressor the parts are runs of rows. A class
// with fewer than k rows is missing in some parts; where all are so small it is an error.
func Folds(y any, k int, regressor bool) ([][]int, error) {
	n, err := length(y)
	if err != nil {
		return nil, err
	}
	if k < 2 || k > n {
		return nil, fmt.Errorf("classic: %d folds of %d rows: there must be at least 2, and no more than rows", k, n)
	}
	out := make([][]int, k)
	if regressor {
		for i := range n {
			// The first n%k parts have one row more.
			size, more := n/k, n%k
			f := i / (size + 1)
			if i >= more*(size+1) {
				f = more + (i-more*(size+1))/size
			}
			out[f] = append(out[f], i)
		}
		return out, nil
	}
	var l labels
	codes, err := l.fit(y, n)
	if err != nil {
		return nil, err
	}
	// Classes in the order in which they appear.
	order := make([]int, len(l.Classes))
	for i := range order {
		order[i] = -1
	}
	classes := 0
	for i, c := range codes {
		if order[c] < 0 {
			order[c] = classes
			classes++
		}
		codes[i] = order[c]
	}
	sorted := slices.Sorted(slices.Values(codes))
	quota := make([][]int, classes) // by class and fold
	for c := range quota {
		quota[c] = make([]int, k)
	}
	for i, c := range sorted {
		quota[c][i%k]++
	}
	largest := 0
	for _, q := range quota {
		largest = max(largest, total64(q))
	}
	if largest < k {
		return nil, fmt.Errorf("classic: no class has %d rows, the largest has %d: too few for %d folds", k, largest, k)
	}
	at := make([]int, classes)
	for i, c := range codes {
		for quota[c][at[c]] == 0 {
			at[c]++
		}
		quota[c][at[c]]--
		out[at[c]] = append(out[at[c]], i)
	}
	return out, nil
}

func total64(v []int) int {
	s := 0
	for _, x := range v {
		s += x
	}
	return s
}

// others returns the numbers below n that are not in part, which ascends.
func others(n int, part []int) []int {
	out := make([]int, 0, n-len(part))
	for i := range n {
		if len(part) > 0 && part[0] == i {
			part = part[1:]
			continue
		}
		out = append(out, i)
	}
	return out
}

// CrossValScore fits copies of e on all parts but one and scores them on that one, for each of k parts (see Folds).
func CrossValScore(e Estimator, X, y any, k int) ([]float64, error) {
	n, err := length(X)
	if err != nil {
		return nil, err
	}
	m, err := length(y)
	if err != nil {
		return nil, err
	}
	if err := sameLength(n, m); err != nil {
		return nil, err
	}
	folds, err := Folds(y, k, isRegressor(e))
	if err != nil {
		return nil, err
	}
	scores := make([]float64, k)
	for f, test := range folds {
		if scores[f], err = fitAndScore(e.Clone(), X, y, others(n, test), test); err != nil {
			return nil, fmt.Errorf("fold %d: %w", f+1, err)
		}
	}
	return scores, nil
}

// interrupted is not nil when the user has interrupted the notebook's cell; what fits many models asks it before each.
func interrupted() error { return context.Cause(display.Context()) }

func fitAndScore(e Estimator, X, y any, train, test []int) (float64, error) {
	if err := interrupted(); err != nil {
		return 0, err
	}
	var parts [4]any
	for i, p := range []struct {
		of   any
		rows []int
	}{{X, train}, {y, train}, {X, test}, {y, test}} {
		var err error
		if parts[i], err = pickRows(p.of, p.rows); err != nil {
			return 0, err
		}
	}
	if err := e.Fit(parts[0], parts[1]); err != nil {
		return 0, err
	}
	return e.Score(parts[2], parts[3])
}

// TrainTestSplit divides 0 to n-1 at random into rows to train on and a share to test on; with labels (y not nil) each
// class is divided alike.
func TrainTestSplit(n int, y any, share float64, seed uint64) (train, test []int, err error) {
	if share <= 0 || share >= 1 {
		return nil, nil, fmt.Errorf("classic: a share of %v to test on: it must be between 0 and 1", share)
	}
	groups := [][]int{make([]int, n)}
	for i := range n {
		groups[0][i] = i
	}
	if y != nil {
		var l labels
		codes, err := l.fit(y, n)
		if err != nil {
			return nil, nil, err
		}
		groups = make([][]int, len(l.Classes))
		for i, c := range codes {
			groups[c] = append(groups[c], i)
		}
	}
	r := rand.New(rand.NewPCG(seed, 1))
	for _, g := range groups {
		r.Shuffle(len(g), func(a, b int) { g[a], g[b] = g[b], g[a] })
		cut := int(math.Round(share * float64(len(g))))
		test, train = append(test, g[:cut]...), append(train, g[cut:]...)
	}
	slices.Sort(train)
	slices.Sort(test)
	return train, test, nil
}

// GridSearch tries every combination of settings by cross-validation and fits the best one on all rows.
type GridSearch struct {
	Estimator Estimator
	// Params are the values to try of each field of the model, such as "C": {0.1, 1.0, 10.0}; a field of a step of a
	// Pipeline has the type before it, "TFIDF.MinDF".
	Params map[string][]any
	CV     int // folds; 0 means 5

	Results       []GridResult   // of every combination, the best first
	BestParams    map[string]any // of the best
	BestScore     float64        // mean of its folds
	BestEstimator Estimator      // fitted on all rows
}

// GridResult is what one combination of settings reached.
type GridResult struct {
	Params map[string]any
	Scores []float64 // of each fold
	Mean   float64
	Std    float64
}

// Fit tries the combinations.
func (g *GridSearch) Fit(X, y any) error {
	if g.Estimator == nil || len(g.Params) == 0 {
		return fmt.Errorf("classic: GridSearch needs an Estimator and Params, as in GridSearch{Estimator: &Ridge{}, Params: map[string][]any{\"Alpha\": {0.1, 1.0}}}")
	}
	k := g.CV
	if k == 0 {
		k = 5
	}
	g.Results = nil
	names := slices.Sorted(maps.Keys(g.Params))
	combos := []map[string]any{{}}
	for _, name := range names {
		var more []map[string]any
		for _, c := range combos {
			for _, v := range g.Params[name] {
				d := maps.Clone(c)
				d[name] = v
				more = append(more, d)
			}
		}
		combos = more
	}
	for _, c := range combos {
		e, err := g.with(c)
		if err != nil {
			return err
		}
		scores, err := CrossValScore(e, X, y, k)
		if err != nil {
			return fmt.Errorf("%v: %w", c, err)
		}
		r := GridResult{Params: c, Scores: scores, Mean: total(scores) / float64(k)}
		r.Std = math.Sqrt(variance(scores))
		g.Results = append(g.Results, r)
	}
	slices.SortStableFunc(g.Results, func(a, b GridResult) int {
		switch {
		case a.Mean > b.Mean:
			return -1
		case a.Mean < b.Mean:
			return 1
		}
		return 0
	})
	top := g.Results[0]
	g.BestParams, g.BestScore = top.Params, top.Mean
	var err error
	if g.BestEstimator, err = g.with(top.Params); err != nil {
		return err
	}
	return g.BestEstimator.Fit(X, y)
}

// with returns a copy of the estimator with the settings.
func (g *GridSearch) with(params map[string]any) (Estimator, error) {
	e := g.Estimator.Clone()
	for name, v := range params {
		targets, field := []any{e}, name
		if p, ok := e.(*Pipeline); ok {
			targets = []any{p.Model}
			for _, s := range p.Steps {
				targets = append(targets, s)
			}
		}
		var known []string
		done := false
		if step, rest, ok := strings.Cut(name, "."); ok {
			field = rest
			targets = slices.DeleteFunc(targets, func(t any) bool { return reflect.TypeOf(t).Elem().Name() != step })
		}
		for _, t := range targets {
			s := reflect.ValueOf(t).Elem()
			known = append(known, s.Type().Name())
			f := s.FieldByName(field)
			if !f.IsValid() || !f.CanSet() {
				continue
			}
			value := reflect.ValueOf(v)
			numeric := func(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Float64 }
			switch {
			case value.IsValid() && value.Type().AssignableTo(f.Type()):
				f.Set(value)
			case value.IsValid() && numeric(value.Kind()) && numeric(f.Kind()):
				f.Set(value.Convert(f.Type()))
			default:
				return nil, fmt.Errorf("classic: GridSearch: %s is %s, the value %v is %T", name, f.Type(), v, v)
			}
			done = true
			break
		}
		if !done {
			return nil, fmt.Errorf("classic: GridSearch: %q is no setting of %s", name, strings.Join(known, ", "))
		}
	}
	return e, nil
}

// best returns the best model as one of a kind: a Classifier, or a Regressor.
func best[T any](g *GridSearch, instead string) (T, error) {
	m, ok := g.BestEstimator.(T)
	if !ok {
		if g.BestEstimator == nil {
			return m, fmt.Errorf("classic: this GridSearch is not fitted yet: call Fit first")
		}
		return m, fmt.Errorf("classic: GridSearch: %T does not do that: use %s", g.BestEstimator, instead)
	}
	return m, nil
}

// Predict returns what the best model, a classifier, predicts.
func (g *GridSearch) Predict(X any) ([]int, error) {
	c, err := best[Classifier](g, "PredictValues")
	if err != nil {
		return nil, err
	}
	return c.Predict(X)
}

// PredictProba returns the probabilities of the best model, a classifier.
func (g *GridSearch) PredictProba(X any) ([][]float64, error) {
	c, err := best[Classifier](g, "PredictValues")
	if err != nil {
		return nil, err
	}
	return c.PredictProba(X)
}

// PredictValues returns what the best model, a regressor, predicts.
func (g *GridSearch) PredictValues(X any) ([]float64, error) {
	if p, ok := g.BestEstimator.(*Pipeline); ok {
		return p.PredictValues(X)
	}
	r, err := best[Regressor](g, "Predict")
	if err != nil {
		return nil, err
	}
	return r.Predict(X)
}

// Name returns the name of a label.
func (g *GridSearch) Name(label int) string {
	if c, ok := g.BestEstimator.(Classifier); ok {
		return c.Name(label)
	}
	return fmt.Sprint(label)
}

// Score returns that of the best model.
func (g *GridSearch) Score(X, y any) (float64, error) {
	m, err := best[Estimator](g, "")
	if err != nil {
		return 0, err
	}
	return m.Score(X, y)
}

// Clone returns an unfitted copy.
func (g *GridSearch) Clone() Estimator {
	return &GridSearch{Estimator: g.Estimator.Clone(), Params: g.Params, CV: g.CV}
}

// Table returns the results, the best first.
func (g *GridSearch) Table() *show.Table {
	names := slices.Sorted(maps.Keys(g.Params))
	t := show.NewTable(append(slices.Clone(names), "mean score", "deviation")...)
	for _, r := range g.Results {
		var row []any
		for _, n := range names {
			row = append(row, r.Params[n])
		}
		t.Add(append(row, r.Mean, r.Std)...)
	}
	return t
}

// MimeBundle is how a notebook shows the results.
func (g *GridSearch) MimeBundle() map[string]any { return g.Table().MimeBundle() }
