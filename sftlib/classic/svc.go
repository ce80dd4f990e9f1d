package classic

import (
	"fmt"
	"math"
)

// SVC is a support vector classifier, linear or with an RBF kernel: for each two classes the border with the widest
// margin; the class that wins most of these contests is predicted. Solved by sequential minimal optimization with the
// second-order choice of Fan, Chen and Lin (2005), as in libsvm.
type SVC struct {
	C       float64 // price of a row on the wrong side of its margin; 0 means 1
	Kernel  string  // "rbf" (the default) or "linear"
	Gamma   float64 // of RBF: exp(-Gamma |a-b|²); 0 means "scale", 1 / (features * variance of X)
	Tol     float64 // 0 means 1e-3
	MaxIter int     // steps for each two classes, 0: no limit

	labels
	Coef           [][]float64 // learned, linear: a row for each pair of classes
	Intercept      []float64   // learned: one for each pair of classes
	SupportVectors [][]float64 // learned, RBF: the rows that the borders hang on
	Pairs          []SVCPair   // learned
	GammaUsed      float64     // learned: Gamma, or what "scale" came to
	Features       int         // learned: number of features
}

// SVCPair is the border between two classes: positive on the side of Second.
type SVCPair struct {
	First, Second int       // places in Classes
	Support       []int     // places in SupportVectors
	DualCoef      []float64 // of each
}

// Fit learns from X and y.
func (s *SVC) Fit(X, y any) (err error) {
	defer s.keep(&err)()
	m, err := toMatrix(X)
	if err != nil {
		return err
	}
	codes, err := s.labels.fit(y, m.n)
	if err != nil {
		return err
	}
	c, tol := s.C, s.Tol
	if c == 0 {
		c = 1
	}
	if tol == 0 {
		tol = 1e-3
	}
	if c < 0 || tol < 0 || s.Gamma < 0 {
		return fmt.Errorf("classic: SVC: C %v, Tol %v and Gamma %v must not be negative", c, tol, s.Gamma)
	}
	rbf := s.Kernel == "" || s.Kernel == "rbf"
	if !rbf && s.Kernel != "linear" {
		return fmt.Errorf("classic: SVC: Kernel is %q: it may be \"rbf\" or \"linear\"", s.Kernel)
	}
	if rbf {
		if m, err = m.full("SVC with an RBF kernel"); err != nil {
			return err
		}
	}
	s.Features, s.Coef, s.Intercept, s.Pairs, s.SupportVectors = m.p, nil, nil, nil, nil
	s.GammaUsed = s.Gamma
	if rbf && s.Gamma == 0 {
		s.GammaUsed = 1
		if v := variance(m.dense); v > 0 {
			s.GammaUsed = 1 / (float64(m.p) * v)
		}
	}
	place := map[int]int{} // of a row in SupportVectors
	for a := range s.Classes {
		for b := a + 1; b < len(s.Classes); b++ {
			var rows []int
			var sign []float64
			for i, k := range codes {
				switch k {
				case a:
					rows, sign = append(rows, i), append(sign, -1)
				case b:
					rows, sign = append(rows, i), append(sign, 1)
				}
			}
			k := newKernel(m, rows, rbf, s.GammaUsed)
			alpha, rho := smo(k, sign, c, tol, s.MaxIter)
			s.Intercept = append(s.Intercept, -rho)
			pair := SVCPair{First: a, Second: b}
			w := make([]float64, m.p)
			for i, v := range alpha {
				if v == 0 {
					continue
				}
				if !rbf {
					m.addTo(w, rows[i], v*sign[i])
					continue
				}
				at, ok := place[rows[i]]
				if !ok {
					at = len(s.SupportVectors)
					place[rows[i]] = at
					s.SupportVectors = append(s.SupportVectors, append([]float64(nil), m.row(rows[i])...))
				}
				pair.Support, pair.DualCoef = append(pair.Support, at), append(pair.DualCoef, v*sign[i])
			}
			if !rbf {
				s.Coef = append(s.Coef, w)
			}
			s.Pairs = append(s.Pairs, pair)
		}
	}
	return nil
}

func variance(v []float64) float64 {
	mean, sum := total(v)/float64(len(v)), 0.
	for _, x := range v {
		sum += sq(x - mean)
	}
	return sum / float64(len(v))
}

// contests returns for each row the value of each pair's border.
func (s *SVC) contests(X any) ([][]float64, error) {
	m, err := fitted("SVC", s.Features, X)
	if err == nil && s.Coef == nil {
		m, err = m.full("SVC with an RBF kernel")
	}
	if err != nil {
		return nil, err
	}
	out := make([][]float64, m.n)
	parallel(m.n, 16, func(_, lo, hi int) {
		near := make([]float64, len(s.SupportVectors))
		for i := lo; i < hi; i++ {
			out[i] = append([]float64(nil), s.Intercept...)
			if s.Coef != nil {
				for k, w := range s.Coef {
					out[i][k] += m.dot(i, w)
				}
				continue
			}
			row := m.row(i)
			for j, v := range s.SupportVectors {
				near[j] = math.Exp(-s.GammaUsed * distance(row, v))
			}
			for k, p := range s.Pairs {
				for j, at := range p.Support {
					out[i][k] += p.DualCoef[j] * near[at]
				}
			}
		}
	})
	return out, nil
}

func distance(a, b []float64) float64 {
	d := 0.
	for j, v := range a[:len(b)] {
		d += (v - b[j]) * (v - b[j])
	}
	return d
}

// DecisionFunction returns for two classes one number a row, positive for the second class; for more classes one number
// a class: the contests won, and less than one half more or less by how clearly (scikit-learn's "ovr" shape).
func (s *SVC) DecisionFunction(X any) ([][]float64, error) {
	contests, err := s.contests(X)
	if err != nil || len(s.Pairs) == 1 {
		return contests, err
	}
	for i, values := range contests {
		votes, sure := make([]float64, len(s.Classes)), make([]float64, len(s.Classes))
		for k, p := range s.Pairs {
			sure[p.First] -= values[k]
			sure[p.Second] += values[k]
			if values[k] > 0 {
				votes[p.Second]++
			} else {
				votes[p.First]++
			}
		}
		for c := range votes {
			votes[c] += sure[c] / (3 * (math.Abs(sure[c]) + 1))
		}
		contests[i] = votes
	}
	return contests, nil
}

// Predict returns the label that wins most contests, the first in Classes where several do.
func (s *SVC) Predict(X any) ([]int, error) {
	contests, err := s.contests(X)
	if err != nil {
		return nil, err
	}
	for i, values := range contests {
		votes := make([]float64, len(s.Classes))
		for k, p := range s.Pairs {
			if values[k] > 0 {
				votes[p.Second]++
			} else {
				votes[p.First]++
			}
		}
		contests[i] = votes
	}
	return s.decide(contests), nil
}

// PredictProba is an error: the distance to a border is no probability.
func (s *SVC) PredictProba(any) ([][]float64, error) {
	return nil, fmt.Errorf("classic: SVC has no probabilities: use DecisionFunction, or LogisticRegression for probabilities")
}

// Score returns the accuracy.
func (s *SVC) Score(X, y any) (float64, error) { return scoreClassifier(s, &s.labels, X, y) }

// Clone returns an unfitted copy.
func (s *SVC) Clone() Estimator {
	return &SVC{C: s.C, Kernel: s.Kernel, Gamma: s.Gamma, Tol: s.Tol, MaxIter: s.MaxIter}
}
