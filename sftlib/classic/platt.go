package classic

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// PredictProba returns the probability of each class, where Probability was set before Fit: a sigmoid of each class's
// decision (Platt 2000), which Fit learned from the decisions of five models on rows that they had not seen; of more than
// two classes the sigmoids are divided by their sum. These are the values of CalibratedClassifierCV(SVC(), ensemble=False),
// which scikit-learn 1.9 names in place of its own deprecated probability=True. They may prefer another class than Predict
// does where a row is near a border.
func (s *SVC) PredictProba(X any) ([][]float64, error) {
	if s.NFeaturesIn > 0 && s.ProbA == nil {
		return nil, fmt.Errorf("classic: this SVC has no probabilities: set Probability before Fit, or use DecisionFunction")
	}
	out, err := s.DecisionFunction(X)
	if err != nil {
		return nil, err
	}
	for i, values := range out {
		for c, v := range values {
			values[c] = sigmoid(-(s.ProbA[c]*v + s.ProbB[c]))
		}
		if len(values) == 1 {
			out[i] = []float64{1 - values[0], values[0]}
			continue
		}
		sum := total(values)
		for c := range values {
			if values[c] /= sum; sum == 0 {
				values[c] = 1 / float64(len(values))
			}
		}
	}
	return out, nil
}

// calibrate fits the sigmoids on decisions about rows that the model which decided had not seen.
func (s *SVC) calibrate(m *matrix, codes []int) error {
	count := make([]int, len(s.Classes))
	for _, c := range codes {
		count[c]++
	}
	k := 5
	for c, n := range count {
		if k = min(k, n); n < 2 {
			return fmt.Errorf("classic: SVC: Probability needs at least two rows of each class, %s has one", s.Name(s.Classes[c]))
		}
	}
	folds, err := Folds(codes, k, false)
	if err != nil {
		return err
	}
	decisions := make([][]float64, m.n)
	for _, test := range folds {
		train := others(m.n, test)
		part := s.fresh()
		part.Classes = s.Classes
		if err := part.fit(m.pick(train), Take(codes, train)); err != nil {
			return err
		}
		got, err := part.DecisionFunction(m.pick(test))
		if err != nil {
			return err
		}
		for i, r := range test {
			decisions[r] = got[i]
		}
	}
	s.ProbA, s.ProbB = nil, nil
	values, of := make([]float64, m.n), make([]bool, m.n)
	for c := range rowsOf(len(s.Classes)) {
		for i := range values {
			values[i] = decisions[i][c]
			of[i] = codes[i] == c
			if len(s.Classes) == 2 {
				of[i] = codes[i] == 1
			}
		}
		a, b, err := platt(values, of)
		if err != nil {
			return err
		}
		s.ProbA, s.ProbB = append(s.ProbA, a), append(s.ProbB, b)
	}
	return nil
}

// platt returns the a and b that make 1 / (1 + exp(a v + b)) most likely, where of says which values v are of the class.
// The targets are not 0 and 1 but a little less certain, the more so the fewer values there are (Platt 2000, 2.2).
func platt(v []float64, of []bool) (a, b float64, err error) {
	yes, no := 0., 0.
	for _, is := range of {
		if is {
			yes++
		} else {
			no++
		}
	}
	high, low := (yes+1)/(yes+2), 1/(no+2)
	scale := max(floats.Max(v), -floats.Min(v))
	if scale == 0 {
		scale = 1
	}
	each := func(x []float64, use func(v, z, target float64)) {
		for i, f := range v {
			target := low
			if of[i] {
				target = high
			}
			use(f/scale, -(x[0]*f/scale + x[1]), target)
		}
	}
	problem := optimize.Problem{
		Func: func(x []float64) float64 {
			sum := 0.
			each(x, func(_, z, t float64) { sum += log1pexp(z) - t*z })
			return sum
		},
		Grad: func(g, x []float64) {
			clear(g)
			each(x, func(f, z, t float64) {
				d := t - sigmoid(z)
				g[0], g[1] = g[0]+d*f, g[1]+d
			})
		},
		Hess: func(h *mat.SymDense, x []float64) {
			var aa, ab, bb float64
			each(x, func(f, z, _ float64) {
				w := sigmoid(z) * sigmoid(-z)
				aa, ab, bb = aa+w*f*f, ab+w*f, bb+w
			})
			h.SetSym(0, 0, aa)
			h.SetSym(0, 1, ab)
			h.SetSym(1, 1, bb)
		},
	}
	result, err := optimize.Minimize(problem, []float64{0, math.Log((no + 1) / (yes + 1))},
		&optimize.Settings{GradientThreshold: 1e-9 * float64(len(v)), Converger: optimize.NeverTerminate{}, MajorIterations: 200}, &optimize.Newton{})
	if err := arrived(result, err); err != nil {
		return 0, 0, fmt.Errorf("classic: SVC: probabilities: %w", err)
	}
	return result.X[0] / scale, result.X[1], nil
}
