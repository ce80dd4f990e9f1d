package eval

import (
	"fmt"
	"math"
	"sort"
)

// Softmax turns the scores of one text into probabilities that sum to 1.
func Softmax(logits []float64) []float64 {
	top := math.Inf(-1)
	for _, x := range logits {
		top = math.Max(top, x)
	}
	p, sum := make([]float64, len(logits)), 0.0
	for i, x := range logits {
		p[i] = math.Exp(x - top)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// LogLoss is the mean of -log of the probability that was given to the true class; probs is [texts][classes]. Probabilities
// are kept within 2.2e-16 of 0 and 1, as in scikit-learn.
func LogLoss(yTrue []int, probs [][]float64) (float64, error) {
	if err := checkScores(yTrue, probs); err != nil {
		return 0, err
	}
	const eps = 0x1p-52
	sum := 0.0
	for i, c := range yTrue {
		sum -= math.Log(min(max(probs[i][c], eps), 1-eps))
	}
	return sum / float64(len(yTrue)), nil
}

// ROCAUC is the area under the receiver operating characteristic. scores is [texts][classes]: with two classes the area for
// class 1; with more, each class against the rest, averaged by [Macro] (default) or [Weighted]. A class without texts, or
// with all of them, has no area: that is an error, as in scikit-learn.
func ROCAUC(yTrue []int, scores [][]float64, a Average) (float64, error) {
	if err := checkScores(yTrue, scores); err != nil {
		return 0, err
	}
	n := len(scores[0])
	column := make([]float64, len(scores))
	area := func(c int) (auc float64, support int, err error) {
		positive := make([]bool, len(yTrue))
		for i := range yTrue {
			column[i], positive[i] = scores[i][c], yTrue[i] == c
			if positive[i] {
				support++
			}
		}
		if support == 0 || support == len(yTrue) {
			return 0, 0, fmt.Errorf("ROC AUC needs texts of class %d and of others: there are %d and %d", c, support, len(yTrue)-support)
		}
		return rankArea(positive, column), support, nil
	}
	if n == 2 {
		auc, _, err := area(1)
		return auc, err
	}
	sum, weights := 0.0, 0.0
	for c := range n {
		auc, support, err := area(c)
		if err != nil {
			return 0, err
		}
		w := 1.0
		if a == Weighted {
			w = float64(support)
		}
		sum += w * auc
		weights += w
	}
	return sum / weights, nil
}

// rankArea is the probability that a positive has a higher score than a negative, ties counted half (Mann-Whitney).
func rankArea(positive []bool, score []float64) float64 {
	r := ranks(score)
	var sum, p, n float64
	for i, pos := range positive {
		if pos {
			sum += r[i]
			p++
		} else {
			n++
		}
	}
	return (sum - p*(p+1)/2) / (p * n)
}

// ranks gives each value its place from 1, equal values the mean of their places.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool { return x[order[a]] < x[order[b]] })
	r := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for k := i; k < j; k++ {
			r[order[k]] = float64(i+j+1) / 2
		}
		i = j
	}
	return r
}

func checkScores(yTrue []int, scores [][]float64) error {
	if len(yTrue) != len(scores) {
		return fmt.Errorf("%d true classes but scores of %d texts: both must have one entry for each text", len(yTrue), len(scores))
	}
	if len(yTrue) == 0 {
		return fmt.Errorf("nothing to evaluate: no text was given")
	}
	n := len(scores[0])
	for i, s := range scores {
		if len(s) != n || n < 2 {
			return fmt.Errorf("text %d has %d scores, the first one %d: every text needs one for each of at least two classes", i, len(s), n)
		}
		if yTrue[i] < 0 || yTrue[i] >= n {
			return fmt.Errorf("text %d: class %d is not among the %d classes that have scores", i, yTrue[i], n)
		}
		for c, x := range s {
			if math.IsNaN(x) {
				return fmt.Errorf("text %d: the score of class %d is not a number", i, c)
			}
		}
	}
	return nil
}
