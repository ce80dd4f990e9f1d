package eval

import (
	"fmt"
	"math"
)

// Average says how figures of single classes become one, as scikit-learn's argument of that name.
type Average string

// The averages of scikit-learn.
const (
	Binary   Average = "binary"   // of class 1, for two classes
	Macro    Average = "macro"    // mean over the classes that occur in the truth or among the predictions
	Micro    Average = "micro"    // over all decisions; equals accuracy where each text has one class
	Weighted Average = "weighted" // mean weighted by how often a class is the truth
	Samples  Average = "samples"  // mean over the texts, for several classes at once
)

// Matrix is a confusion matrix: Counts[i][j] texts of class i were taken for class j.
type Matrix struct {
	Labels []string // name of each class
	Counts [][]int  // [truth][prediction]
}

// NewMatrix returns an empty matrix for the named classes.
func NewMatrix(labels []string) *Matrix {
	m := &Matrix{Labels: append([]string{}, labels...), Counts: make([][]int, len(labels))}
	for i := range m.Counts {
		m.Counts[i] = make([]int, len(labels))
	}
	return m
}

// Confusion counts truth against prediction. Classes are numbers from 0; labels gives their names and their number. It is
// an error when the lengths differ, when there is nothing to count, or when a class is outside labels.
func Confusion(yTrue, yPred []int, labels []string) (*Matrix, error) {
	if len(yTrue) != len(yPred) {
		return nil, fmt.Errorf("%d true classes but %d predicted ones: both must have one entry for each text", len(yTrue), len(yPred))
	}
	if len(yTrue) == 0 {
		return nil, fmt.Errorf("nothing to evaluate: no text was given")
	}
	m := NewMatrix(labels)
	for i := range yTrue {
		if err := m.Add(yTrue[i], yPred[i]); err != nil {
			return nil, fmt.Errorf("text %d: %w", i, err)
		}
	}
	return m, nil
}

// Add counts one text.
func (m *Matrix) Add(truth, prediction int) error {
	for _, c := range []int{truth, prediction} {
		if c < 0 || c >= len(m.Labels) {
			return fmt.Errorf("class %d is not among the %d classes (0 to %d)", c, len(m.Labels), len(m.Labels)-1)
		}
	}
	m.Counts[truth][prediction]++
	return nil
}

// Total is the number of texts.
func (m *Matrix) Total() int {
	n := 0
	for _, row := range m.Counts {
		for _, c := range row {
			n += c
		}
	}
	return n
}

// Accuracy is the share of texts whose class was found.
func (m *Matrix) Accuracy() float64 {
	right := 0
	for i := range m.Counts {
		right += m.Counts[i][i]
	}
	return ratio(right, m.Total())
}

// Class holds the figures of one class.
type Class struct {
	Label     string
	Precision float64 // of the texts taken for this class, the share that is of it
	Recall    float64 // of the texts of this class, the share that was found
	F1        float64 // harmonic mean of both
	Support   int     // texts of this class
	Predicted int     // texts taken for it
}

// Class returns the figures of class i. A share of nothing is 0, as scikit-learn's zero_division=0.
func (m *Matrix) Class(i int) Class {
	tp, support, predicted := m.Counts[i][i], 0, 0
	for j := range m.Counts {
		support += m.Counts[i][j]
		predicted += m.Counts[j][i]
	}
	return Class{
		Label: m.Labels[i], Precision: ratio(tp, predicted), Recall: ratio(tp, support),
		F1: ratio(2*tp, support+predicted), Support: support, Predicted: predicted,
	}
}

// Precision averages the precision of the classes. [Binary] on other than two classes gives NaN.
func (m *Matrix) Precision(a Average) float64 {
	return m.average(a, func(c Class) float64 { return c.Precision })
}

// Recall averages the recall of the classes.
func (m *Matrix) Recall(a Average) float64 {
	return m.average(a, func(c Class) float64 { return c.Recall })
}

// F1 averages the F1 of the classes.
func (m *Matrix) F1(a Average) float64 {
	return m.average(a, func(c Class) float64 { return c.F1 })
}

func (m *Matrix) average(a Average, f func(Class) float64) float64 {
	switch a {
	case Binary:
		if len(m.Labels) != 2 {
			return math.NaN()
		}
		return f(m.Class(1))
	case Micro:
		return m.Accuracy()
	}
	sum, weights := 0.0, 0.0
	for i := range m.Labels {
		c := m.Class(i)
		if c.Support == 0 && c.Predicted == 0 {
			continue
		}
		w := 1.0
		if a == Weighted {
			w = float64(c.Support)
		}
		sum += w * f(c)
		weights += w
	}
	if weights == 0 {
		return 0
	}
	return sum / weights
}

// MCC is the Matthews correlation coefficient, for any number of classes (Gorodkin 2004): 1 is perfect, 0 is no better than
// chance. It is 0 where the truth or the prediction has one class only, as in scikit-learn.
func (m *Matrix) MCC() float64 {
	n := float64(m.Total())
	var right, tp, tt, pp float64
	for i := range m.Labels {
		c := m.Class(i)
		t, p := float64(c.Support), float64(c.Predicted)
		right += float64(m.Counts[i][i])
		tp += t * p
		tt += t * t
		pp += p * p
	}
	d := math.Sqrt(n*n-pp) * math.Sqrt(n*n-tt)
	if d == 0 {
		return 0
	}
	return (right*n - tp) / d
}

// Pair is how often texts of one class were taken for another.
type Pair struct {
	Truth, Prediction string
	Count             int
	Share             float64 // of the texts of class Truth
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
