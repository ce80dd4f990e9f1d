package eval

import (
	"container/heap"
	"fmt"
	"math"
	"sort"
)

// Item is one text that was evaluated.
type Item struct {
	Text, Pair string    // what was read; kept only of the worst errors
	Length     int       // in tokens, for accuracy by length; 0 is unknown
	Loss       float64   // of this text; decides which errors are the worst
	Label      int       // true class, where there is one
	Labels     []bool    // true set of classes, where there may be several
	Value      float64   // true value, for regression
	Scores     []float64 // probability of each class; for regression the one predicted value
}

// Collector gathers items while an evaluation runs. Its zero value is of no use: see the New functions.
type Collector struct {
	Worst int // how many of the worst errors are kept with their text, 10 by default

	problem   string
	labels    []string
	truth     []int
	scores    [][]float64 // [texts][classes]
	sets      [][]bool
	guesses   [][]bool
	values    []float64
	predicted []float64
	lengths   []int
	right     []bool
	loss      float64
	mistakes  worstFirst
	err       error
}

const (
	oneOfMany = "single_label_classification"
	several   = "multi_label_classification"
	value     = "regression"
)

// NewCollector collects texts that have one of the named classes each.
func NewCollector(labels []string) *Collector {
	return &Collector{Worst: 10, problem: oneOfMany, labels: labels}
}

// NewMultiLabelCollector collects texts that have any number of the named classes; a score of at least 0.5 is a yes.
func NewMultiLabelCollector(labels []string) *Collector {
	return &Collector{Worst: 10, problem: several, labels: labels}
}

// NewRegressionCollector collects texts that have a value.
func NewRegressionCollector() *Collector { return &Collector{Worst: 10, problem: value} }

// Add takes one text. What is wrong with it is reported by [Collector.Report].
func (c *Collector) Add(it Item) {
	if c.err != nil {
		return
	}
	n := len(c.lengths)
	mistake := Mistake{Index: n, Text: it.Text, Pair: it.Pair, Loss: it.Loss}
	right := true
	switch c.problem {
	case oneOfMany:
		if len(it.Scores) != len(c.labels) || it.Label < 0 || it.Label >= len(c.labels) {
			c.err = fmt.Errorf("text %d: %d scores and class %d, but there are %d classes", n, len(it.Scores), it.Label, len(c.labels))
			return
		}
		best := Best(it.Scores)
		right = best == it.Label
		c.truth = append(c.truth, it.Label)
		c.scores = append(c.scores, append([]float64{}, it.Scores...))
		mistake.Truth, mistake.Prediction, mistake.Score = c.labels[it.Label], c.labels[best], it.Scores[best]
	case several:
		if len(it.Scores) != len(c.labels) || len(it.Labels) != len(c.labels) {
			c.err = fmt.Errorf("text %d: %d scores and %d true entries, but there are %d classes", n, len(it.Scores), len(it.Labels), len(c.labels))
			return
		}
		guess := make([]bool, len(c.labels))
		for i, s := range it.Scores {
			guess[i] = s >= 0.5
			right = right && guess[i] == it.Labels[i]
		}
		c.sets, c.guesses = append(c.sets, append([]bool{}, it.Labels...)), append(c.guesses, guess)
		mistake.Truth, mistake.Prediction, mistake.Score = names(c.labels, it.Labels), names(c.labels, guess), math.NaN()
	case value:
		if len(it.Scores) != 1 {
			c.err = fmt.Errorf("text %d: %d predicted values, but regression has one", n, len(it.Scores))
			return
		}
		c.values, c.predicted = append(c.values, it.Value), append(c.predicted, it.Scores[0])
		right = it.Value == it.Scores[0]
		mistake.Truth, mistake.Prediction = fmt.Sprintf("%.4g", it.Value), fmt.Sprintf("%.4g", it.Scores[0])
		mistake.Score = math.NaN()
	}
	c.lengths = append(c.lengths, it.Length)
	c.right = append(c.right, right)
	c.loss += it.Loss
	if !right && c.Worst > 0 {
		if len(c.mistakes) < c.Worst {
			heap.Push(&c.mistakes, mistake)
		} else if c.mistakes[0].Loss < mistake.Loss {
			c.mistakes[0] = mistake
			heap.Fix(&c.mistakes, 0)
		}
	}
}

// Report computes the figures of all that was added so far.
func (c *Collector) Report() (*Report, error) {
	if c.err != nil {
		return nil, c.err
	}
	if len(c.lengths) == 0 {
		return nil, fmt.Errorf("nothing to evaluate: no text was given")
	}
	r := &Report{N: len(c.lengths), Labels: c.labels, Loss: c.loss / float64(len(c.lengths)), AUC: math.NaN(), LogLoss: math.NaN()}
	r.Worst = append(r.Worst, c.mistakes...)
	sort.SliceStable(r.Worst, func(i, j int) bool { return r.Worst[i].Loss > r.Worst[j].Loss })
	var err error
	switch c.problem {
	case value:
		r.Regression, err = NewRegression(c.values, c.predicted)
		return r, err
	case several:
		if r.MultiLabel, err = NewMultiLabel(c.sets, c.guesses, c.labels); err != nil {
			return nil, err
		}
		r.Accuracy, r.Classes = r.MultiLabel.Accuracy, r.MultiLabel.Classes
	default:
		if err := r.classes(c.truth, c.scores); err != nil {
			return nil, err
		}
	}
	r.ByLength = byLength(c.lengths, c.right)
	return r, nil
}

// Best is the index of the highest score, the first of equals.
func Best(scores []float64) int {
	best := 0
	for i, s := range scores {
		if s > scores[best] {
			best = i
		}
	}
	return best
}

func names(labels []string, set []bool) string {
	s := ""
	for i, in := range set {
		if in {
			if s != "" {
				s += ", "
			}
			s += labels[i]
		}
	}
	if s == "" {
		return "none"
	}
	return s
}

// worstFirst is a heap with the smallest loss on top, the one to give up next.
type worstFirst []Mistake

func (h worstFirst) Len() int           { return len(h) }
func (h worstFirst) Less(i, j int) bool { return h[i].Loss < h[j].Loss }
func (h worstFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *worstFirst) Push(x any)        { *h = append(*h, x.(Mistake)) }
func (h *worstFirst) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
