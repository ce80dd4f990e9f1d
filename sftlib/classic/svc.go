package classic

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// SVC is a support vector classifier, linear or with an RBF kernel: for each two classes the border with the widest
// margin; the class that wins most of these contests is predicted. Solved by sequential minimal optimization with the
// second-order choice of Fan, Chen and Lin (2005), as in libsvm.
type SVC struct {
	C           float64 // price of a row on the wrong side of its margin; 0 means 1
	Kernel      string  // "rbf" (the default) or "linear"
	Gamma       float64 // of RBF: exp(-Gamma |a-b|²); 0 means "scale", 1 / (features * variance of X)
	Tol         float64 // 0 means 1e-3
	MaxIter     int     // steps for each two classes, 0: no limit
	ClassWeight string  // "" or "balanced": C is larger for classes of few rows
	Probability bool    // Fit also learns what PredictProba needs, by cross-validation: it takes six times as long

	labels
	Coef           [][]float64 // learned, linear: a row for each pair of classes
	Intercept      []float64   // learned: one for each pair of classes
	Support        []int       // learned: the rows of X that the borders hang on, class by class
	NSupport       []int       // learned: how many of them each class has
	SupportVectors [][]float64 // learned, not of a *Sparse: those rows
	Pairs          []SVCPair   // learned
	ProbA, ProbB   []float64   // learned, with Probability: slope and offset of each class's sigmoid; of two classes the second's
	GammaUsed      float64     // learned: Gamma, or what "scale" came to
	NFeaturesIn    int         // learned: number of features
}

// SVCPair is the border between two classes: positive on the side of Second.
type SVCPair struct {
	First, Second int       // places in Classes
	Support       []int     // places in SVC.Support and SVC.SupportVectors
	DualCoef      []float64 // of each
}

// Fit learns from X and y.
func (s *SVC) Fit(X, y any) error {
	m, err := toMatrix(X)
	if err != nil {
		return err
	}
	next := s.fresh()
	codes, err := next.labels.fit(y, m.n)
	if err != nil {
		return err
	}
	if next.rbf() {
		if m, err = m.full("SVC with an RBF kernel"); err != nil {
			return err
		}
	}
	if err := next.fit(m, codes); err != nil {
		return err
	}
	if s.Probability {
		if err := next.calibrate(m, codes); err != nil {
			return err
		}
	}
	*s = *next
	return nil
}

func (s *SVC) rbf() bool { return s.Kernel == "" || s.Kernel == "rbf" }

// fit learns the borders; codes are the places of the rows' classes in Classes.
func (s *SVC) fit(m *matrix, codes []int) error {
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
	rbf := s.rbf()
	if !rbf && s.Kernel != "linear" {
		return fmt.Errorf("classic: SVC: Kernel is %q: it may be \"rbf\" or \"linear\"", s.Kernel)
	}
	weight, err := classWeights(s.ClassWeight, codes, len(s.Classes))
	if err != nil {
		return err
	}
	s.NFeaturesIn, s.GammaUsed = m.p, s.Gamma
	if rbf && s.Gamma == 0 {
		s.GammaUsed = 1
		if v := variance(m.dense); v > 0 {
			s.GammaUsed = 1 / (float64(m.p) * v)
		}
	}
	var gram *mat.Dense
	if rbf { // a linear border hangs on few rows: their products are computed when they are asked for
		gram = similarities(m, s.GammaUsed)
	}
	type task struct {
		a, b        int
		rows        []int
		sign, price []float64
	}
	var tasks []task
	for a := range s.Classes {
		for b := a + 1; b < len(s.Classes); b++ {
			t := task{a: a, b: b}
			for i, k := range codes {
				if k == a || k == b {
					sign := 1.
					if k == a {
						sign = -1
					}
					t.rows, t.sign, t.price = append(t.rows, i), append(t.sign, sign), append(t.price, c*weight[k])
				}
			}
			tasks = append(tasks, t)
		}
	}
	alphas, rhos := make([][]float64, len(tasks)), make([]float64, len(tasks))
	parallel(len(tasks), 1, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			alphas[i], rhos[i] = smo(newKernel(m, tasks[i].rows, rbf, s.GammaUsed, gram), tasks[i].sign, tasks[i].price, tol, s.MaxIter)
		}
	})
	holds := make([]bool, m.n)
	for k, t := range tasks {
		for i, v := range alphas[k] {
			holds[t.rows[i]] = holds[t.rows[i]] || v != 0
		}
	}
	place := s.support(m, codes, holds)
	for k, t := range tasks {
		s.Intercept = append(s.Intercept, -rhos[k])
		pair := SVCPair{First: t.a, Second: t.b}
		w := make([]float64, m.p)
		for i, v := range alphas[k] {
			if v == 0 {
				continue
			}
			r := t.rows[i]
			pair.Support, pair.DualCoef = append(pair.Support, place[r]), append(pair.DualCoef, v*t.sign[i])
			if !rbf {
				m.addTo(w, r, v*t.sign[i])
			}
		}
		if !rbf {
			s.Coef = append(s.Coef, w)
		}
		s.Pairs = append(s.Pairs, pair)
	}
	return nil
}

// support fills what is known of the rows that borders hang on, and returns the place of each in Support.
func (s *SVC) support(m *matrix, codes []int, holds []bool) []int {
	place := make([]int, m.n)
	s.NSupport = make([]int, len(s.Classes))
	for c := range s.Classes {
		for i, k := range codes {
			if k != c || !holds[i] {
				continue
			}
			place[i] = len(s.Support)
			s.Support = append(s.Support, i)
			s.NSupport[c]++
			if m.sparse == nil {
				s.SupportVectors = append(s.SupportVectors, slices.Clone(m.row(i)))
			}
		}
	}
	return place
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
	m, err := fitted("SVC", s.NFeaturesIn, X)
	if err == nil && s.Coef == nil {
		m, err = m.full("SVC with an RBF kernel")
	}
	if err != nil {
		return nil, err
	}
	out := make([][]float64, m.n)
	if s.Coef != nil {
		parallel(m.n, 64, func(_, lo, hi int) {
			for i := lo; i < hi; i++ {
				out[i] = append([]float64(nil), s.Intercept...)
				for k, w := range s.Coef {
					out[i][k] += m.dot(i, w)
				}
			}
		})
		return out, nil
	}
	support, err := fromRows(s.SupportVectors)
	if err != nil {
		return nil, err
	}
	v := productsWith(mat.NewDense(support.n, support.p, support.dense))
	for lo := 0; lo < m.n; lo += 512 { // so many rows at a time, so that memory does not grow with X
		hi := min(lo+512, m.n)
		near := mat.NewDense(hi-lo, support.n, nil)
		v.of(mat.NewDense(hi-lo, m.p, m.dense[lo*m.p:hi*m.p]), near)
		toRBF(near, s.GammaUsed, m.squares(lo, hi), support.squares(0, support.n))
		parallel(hi-lo, 16, func(_, a, b int) {
			for i := a; i < b; i++ {
				row := near.RawRowView(i)
				values := append([]float64(nil), s.Intercept...)
				for k, p := range s.Pairs {
					sum := 0.
					for j, at := range p.Support {
						sum += p.DualCoef[j] * row[at]
					}
					values[k] += sum
				}
				out[lo+i] = values
			}
		})
	}
	return out, nil
}

// squares returns the squared lengths of the rows [lo, hi).
func (m *matrix) squares(lo, hi int) []float64 {
	out := make([]float64, hi-lo)
	for i := range out {
		r := m.row(lo + i)
		out[i] = floats.Dot(r, r)
	}
	return out
}

// votes returns how many contests each class wins.
func (s *SVC) votes(contests []float64) []float64 {
	won := make([]float64, len(s.Classes))
	for k, p := range s.Pairs {
		if contests[k] > 0 {
			won[p.Second]++
		} else {
			won[p.First]++
		}
	}
	return won
}

// DecisionFunction returns for two classes one number a row, positive for the second class; for more classes one number
// a class: the contests won, and less than one half more or less by how clearly (scikit-learn's "ovr" shape).
func (s *SVC) DecisionFunction(X any) ([][]float64, error) {
	contests, err := s.contests(X)
	if err != nil || len(s.Pairs) == 1 {
		return contests, err
	}
	for i, values := range contests {
		votes, sure := s.votes(values), make([]float64, len(s.Classes))
		for k, p := range s.Pairs {
			sure[p.First] -= values[k]
			sure[p.Second] += values[k]
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
		contests[i] = s.votes(values)
	}
	return s.decide(contests), nil
}

// Score returns the accuracy.
func (s *SVC) Score(X, y any) (float64, error) { return scoreClassifier(s, &s.labels, X, y) }

// Clone returns an unfitted copy.
func (s *SVC) Clone() Estimator { return s.fresh() }

func (s *SVC) fresh() *SVC {
	return &SVC{C: s.C, Kernel: s.Kernel, Gamma: s.Gamma, Tol: s.Tol, MaxIter: s.MaxIter, ClassWeight: s.ClassWeight, Probability: s.Probability}
}
