package classic

import (
	"fmt"
	"math"
	"slices"

	"gosft/sftlib/show"
)

// PlotFit draws the examples of one feature and the line, or the steps, that a fitted regressor predicts.
func PlotFit(r Regressor, X, y any) (*show.Chart, error) {
	m, err := toMatrix(X)
	if err == nil {
		m, err = m.full("PlotFit")
	}
	if err != nil {
		return nil, err
	}
	if m.p != 1 {
		return nil, fmt.Errorf("classic: PlotFit: X has %d columns: a line is drawn over one", m.p)
	}
	t, err := targets(y, m.n)
	if err != nil {
		return nil, err
	}
	lo, hi := slices.Min(m.dense), slices.Max(m.dense)
	grid := make([]float64, 200)
	for i := range grid {
		grid[i] = lo + (hi-lo)*float64(i)/float64(len(grid)-1)
	}
	line, err := r.Predict(Column(grid))
	if err != nil {
		return nil, err
	}
	examples := slices.Repeat([]string{"examples"}, m.n)
	return show.Points(slices.Clone(m.dense), t, examples).Line("fitted", grid, line).Titled("", "x", "y"), nil
}

// PlotBoundary draws the examples of two features, and behind them the class that a fitted classifier predicts at each
// place.
func PlotBoundary(c Classifier, X, y any) (*show.Chart, error) {
	m, err := toMatrix(X)
	if err == nil {
		m, err = m.full("PlotBoundary")
	}
	if err != nil {
		return nil, err
	}
	if m.p != 2 {
		return nil, fmt.Errorf("classic: PlotBoundary: X has %d columns: a plane has two; fit a model on two of them", m.p)
	}
	names, err := classNames(y, m.n)
	if err != nil {
		return nil, err
	}
	var x0, x1 []float64
	for i := range m.n {
		x0, x1 = append(x0, m.row(i)[0]), append(x1, m.row(i)[1])
	}
	around := func(v []float64) (float64, float64) {
		lo, hi := slices.Min(v), slices.Max(v)
		edge := (hi - lo) / 20
		if edge == 0 {
			edge = 1
		}
		return lo - edge, hi + edge
	}
	a, b := around(x0)
	d, e := around(x1)
	// The first pass over the grid collects its places, the model is asked for all at once, the second pass draws.
	var grid [][]float64
	show.Boundary(a, b, d, e, func(x, y float64) string {
		grid = append(grid, []float64{x, y})
		return ""
	})
	predicted, err := c.Predict(grid)
	if err != nil {
		return nil, err
	}
	at := 0
	chart := show.Boundary(a, b, d, e, func(_, _ float64) string {
		at++
		return c.Name(predicted[at-1])
	})
	return chart.Points(x0, x1, names).Titled("", "first feature", "second feature"), nil
}

func classNames(y any, n int) ([]string, error) {
	if names, ok := y.([]string); ok {
		return names, sameLength(n, len(names))
	}
	var l labels
	codes, err := l.fit(y, n)
	if err != nil {
		return nil, err
	}
	out := make([]string, n)
	for i, c := range codes {
		out[i] = l.Name(l.Classes[c])
	}
	return out, nil
}

// PlotCoefficients draws the n features with the largest coefficients to either side of a fitted linear model: those that
// speak for the second class are right, those for the first left; of a model of more classes, for the class of the given
// label. Names of the features come from a TFIDF of a Pipeline, else from names, else their numbers are written.
func PlotCoefficients(e Estimator, n int, label int, names ...string) (*show.Chart, error) {
	if p, ok := e.(*Pipeline); ok {
		for _, s := range p.Steps {
			if v, ok := s.(*TFIDF); ok {
				names = v.Vocabulary
			}
		}
		e = p.Model
	}
	var coef []float64
	title := "Coefficients"
	switch m := e.(type) {
	case *LinearRegression:
		coef = m.Coef
	case *Ridge:
		coef = m.Coef
	case *LogisticRegression:
		at := slices.Index(m.Classes, label)
		if len(m.Coef) > 0 && at < 0 {
			return nil, fmt.Errorf("classic: PlotCoefficients: there is no label %d: the classes are %v", label, m.Names(m.Classes))
		}
		switch {
		case len(m.Coef) == 1:
			coef, title = m.Coef[0], fmt.Sprintf("Left: for %s, right: for %s", m.Name(m.Classes[0]), m.Name(m.Classes[1]))
		case len(m.Coef) > 1:
			coef, title = m.Coef[at], "Right: for "+m.Name(label)
		}
	default:
		return nil, fmt.Errorf("classic: PlotCoefficients: %T has no coefficients: a LinearRegression, Ridge or LogisticRegression has", e)
	}
	if len(coef) == 0 {
		return nil, fmt.Errorf("classic: this %T is not fitted yet: call Fit first", e)
	}
	if names != nil && len(names) != len(coef) {
		return nil, fmt.Errorf("classic: PlotCoefficients: %d names for %d features", len(names), len(coef))
	}
	order := make([]int, len(coef))
	for j := range order {
		order[j] = j
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case coef[a] > coef[b]:
			return -1
		case coef[a] < coef[b]:
			return 1
		}
		return a - b
	})
	if n > 0 && 2*n < len(order) {
		order = append(slices.Clone(order[:n]), order[len(order)-n:]...)
	}
	var labels []string
	var values []float64
	for _, j := range order {
		if math.Abs(coef[j]) == 0 {
			continue
		}
		name := fmt.Sprintf("feature %d", j)
		if names != nil {
			name = names[j]
		}
		labels, values = append(labels, name), append(values, coef[j])
	}
	return show.Bars(labels, values).Titled(title, "coefficient", ""), nil
}
