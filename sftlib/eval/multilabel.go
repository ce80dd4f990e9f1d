package eval

import "fmt"

// MultiLabel holds the figures where a text may have several classes at once, or none.
type MultiLabel struct {
	N        int
	Accuracy float64 // share of texts whose whole set of classes was found
	Hamming  float64 // share of single decisions (text, class) that were wrong
	Classes  []Class

	samples float64
}

// NewMultiLabel compares predicted with true sets; both are [texts][classes].
func NewMultiLabel(yTrue, yPred [][]bool, labels []string) (*MultiLabel, error) {
	if len(yTrue) != len(yPred) {
		return nil, fmt.Errorf("%d true sets of classes but %d predicted ones: both must have one entry for each text", len(yTrue), len(yPred))
	}
	if len(yTrue) == 0 {
		return nil, fmt.Errorf("nothing to evaluate: no text was given")
	}
	m := &MultiLabel{N: len(yTrue), Classes: make([]Class, len(labels))}
	hits := make([]int, len(labels))
	whole, wrong := 0, 0
	for i := range yTrue {
		if len(yTrue[i]) != len(labels) || len(yPred[i]) != len(labels) {
			return nil, fmt.Errorf("text %d has %d true and %d predicted entries for %d classes", i, len(yTrue[i]), len(yPred[i]), len(labels))
		}
		same, both, either := true, 0, 0
		for c := range labels {
			t, p := yTrue[i][c], yPred[i][c]
			if t {
				m.Classes[c].Support++
				either++
			}
			if p {
				m.Classes[c].Predicted++
				either++
			}
			if t && p {
				hits[c]++
				both++
			}
			if t != p {
				wrong++
				same = false
			}
		}
		if same {
			whole++
		}
		m.samples += ratio(2*both, either)
	}
	for c := range m.Classes {
		k := &m.Classes[c]
		k.Label, k.Precision, k.Recall = labels[c], ratio(hits[c], k.Predicted), ratio(hits[c], k.Support)
		k.F1 = ratio(2*hits[c], k.Predicted+k.Support)
	}
	m.Accuracy = ratio(whole, m.N)
	m.Hamming = ratio(wrong, m.N*len(labels))
	m.samples /= float64(m.N)
	return m, nil
}

// F1 averages the F1 of the classes: [Macro] over all classes, [Micro] over all decisions, [Weighted] by how often a class is
// true, [Samples] over the texts.
func (m *MultiLabel) F1(a Average) float64 {
	sum, weights := 0.0, 0.0
	tp, all := 0.0, 0
	for _, c := range m.Classes {
		w := 1.0
		if a == Weighted {
			w = float64(c.Support)
		}
		sum += w * c.F1
		weights += w
		tp += c.Recall * float64(c.Support)
		all += c.Support + c.Predicted
	}
	switch {
	case a == Samples:
		return m.samples
	case a == Micro && all > 0:
		return 2 * tp / float64(all)
	case a == Micro || weights == 0:
		return 0
	}
	return sum / weights
}
