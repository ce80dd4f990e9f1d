package classic

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gosft/sftlib/show"
)

// Curve is what a model reaches with more and more examples.
type Curve struct {
	Sizes []int       // examples that it was fitted on
	Train [][]float64 // score on those, of each fold
	Test  [][]float64 // score on the rest, of each fold
}

// LearningCurve fits e on shares of the examples (nil means a tenth, a third and all) and scores it, in k folds. The
// examples of a share are drawn from a fold's in an order that the seed sets.
func LearningCurve(e Estimator, X, y any, shares []float64, k int, seed uint64) (*Curve, error) {
	if shares == nil {
		shares = []float64{.1, .33, 1}
	}
	n, err := length(X)
	if err != nil {
		return nil, err
	}
	folds, err := Folds(y, k, isRegressor(e))
	if err != nil {
		return nil, err
	}
	c := &Curve{Sizes: make([]int, len(shares)), Train: make([][]float64, len(shares)), Test: make([][]float64, len(shares))}
	for f, test := range folds {
		train := others(n, test)
		r := rand.New(rand.NewPCG(seed, uint64(f)))
		r.Shuffle(len(train), func(a, b int) { train[a], train[b] = train[b], train[a] })
		for s, share := range shares {
			if share <= 0 || share > 1 {
				return nil, fmt.Errorf("classic: LearningCurve: a share of %v: shares must be over 0 and at most 1", share)
			}
			some := train[:max(1, int(math.Round(share*float64(len(train)))))]
			c.Sizes[s] = len(some)
			model := e.Clone()
			score, err := fitAndScore(model, X, y, some, test)
			if err != nil {
				return nil, fmt.Errorf("%d examples: %w", len(some), err)
			}
			own, err := scoreOn(model, X, y, some)
			if err != nil {
				return nil, err
			}
			c.Test[s], c.Train[s] = append(c.Test[s], score), append(c.Train[s], own)
		}
	}
	return c, nil
}

func scoreOn(e Estimator, X, y any, rows []int) (float64, error) {
	x, err := pickRows(X, rows)
	if err != nil {
		return 0, err
	}
	t, err := pickRows(y, rows)
	if err != nil {
		return 0, err
	}
	return e.Score(x, t)
}

// Chart draws the mean scores over the number of examples.
func (c *Curve) Chart() *show.Chart {
	var x, train, test []float64
	for s, n := range c.Sizes {
		x = append(x, float64(n))
		train = append(train, total(c.Train[s])/float64(len(c.Train[s])))
		test = append(test, total(c.Test[s])/float64(len(c.Test[s])))
	}
	return show.Line("on the examples it learned from", x, train).Line("on others", x, test).Titled("Learning curve", "examples", "score")
}

// Table returns the scores with their deviation over the folds.
func (c *Curve) Table() *show.Table {
	t := show.NewTable("examples", "score on them", "score on others", "deviation")
	for s, n := range c.Sizes {
		t.Add(n, total(c.Train[s])/float64(len(c.Train[s])), total(c.Test[s])/float64(len(c.Test[s])), math.Sqrt(variance(c.Test[s])))
	}
	return t
}

// MimeBundle is how a notebook shows the curve.
func (c *Curve) MimeBundle() map[string]any { return show.Group{c.Chart(), c.Table()}.MimeBundle() }

// String is how a terminal shows it.
func (c *Curve) String() string { return c.Table().String() }
