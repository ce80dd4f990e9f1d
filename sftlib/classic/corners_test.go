package classic

import (
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gosft/sftlib/internal/testenv"
)

// corner is what scikit-learn made of one input.
type corner struct {
	X, At      [][]float64
	Y          []float64
	Labels     []int
	Values     json.RawMessage // a list, or a row for each of At
	Best       []float64
	Texts      []string
	Vocabulary []string
	Other      [][]float64
}

func (c *corner) values(t *testing.T) []float64 {
	t.Helper()
	var rows [][]float64
	if json.Unmarshal(c.Values, &rows) == nil {
		return flat(rows)
	}
	var list []float64
	must(t, json.Unmarshal(c.Values, &list))
	return list
}

// TestCornersAgainstScikitLearn compares on small and odd inputs: constant features, rows that come twice, classes of two
// rows, separable classes, one feature, numbers far from 0, weights of classes, empty texts and texts in other scripts.
func TestCornersAgainstScikitLearn(t *testing.T) {
	if testing.Short() {
		t.Skip("not with -short: asks Python")
	}
	var all struct{ Numbers, Texts map[string]*corner }
	must(t, json.Unmarshal(python(t, "testdata/corners.py"), &all))
	for _, key := range slices.Sorted(maps.Keys(all.Numbers)) {
		t.Run(key, func(t *testing.T) { numberCorner(t, key, all.Numbers[key]) })
	}
	for _, key := range slices.Sorted(maps.Keys(all.Texts)) {
		t.Run(key, func(t *testing.T) { textCorner(t, key, all.Texts[key]) })
	}
}

func numberCorner(t *testing.T, key string, c *corner) {
	model, rest, _ := strings.Cut(key, ", ")
	weight := ""
	if strings.HasSuffix(rest, "balanced") {
		weight = "balanced"
	}
	var e any
	bound := 1e-6
	switch model {
	case "StandardScaler":
		e, bound = &StandardScaler{}, 1e-9
		if rest == "large numbers" {
			bound = 1e-6
		}
	case "LogisticRegression":
		e = &LogisticRegression{C: 2, ClassWeight: weight, Tol: 1e-9, MaxIter: 100000}
	case "LogisticRegression through the origin":
		e = &LogisticRegression{C: 2, NoIntercept: true, Tol: 1e-9, MaxIter: 100000}
	case "LogisticRegression without a penalty":
		e = &LogisticRegression{C: math.Inf(1), Tol: 1e-9, MaxIter: 100000}
	case "SVC linear", "SVC rbf":
		e, bound = &SVC{C: 10, Kernel: strings.TrimPrefix(model, "SVC "), ClassWeight: weight, Tol: 1e-9}, 1e-5
	case "DecisionTree":
		e = &DecisionTree{MaxDepth: 1, ClassWeight: weight}
	case "KNeighbors of all":
		e = &KNeighbors{NNeighbors: len(c.X), Weights: strings.Fields(rest)[len(strings.Fields(rest))-1]}
	case "KNeighbors":
		e = &KNeighbors{NNeighbors: 2}
	case "MultinomialNB":
		e = &MultinomialNB{Alpha: 1e-3}
	case "LinearRegression":
		e = &LinearRegression{}
	case "LinearRegression through the origin":
		e = &LinearRegression{NoIntercept: true}
	case "Ridge":
		e = &Ridge{Alpha: 3}
	case "DecisionTreeRegressor":
		e = &DecisionTreeRegressor{MaxDepth: 2}
	case "KNeighborsRegressor":
		e = &KNeighborsRegressor{NNeighbors: 3, Weights: "distance"}
	case "GridSearch of SVC":
		g := &GridSearch{Estimator: &SVC{}, Params: map[string][]any{"C": {.1, 1, 10}, "Gamma": {.01, .1, 1}}}
		must(t, g.Fit(c.X, c.Y))
		var means []float64
		for _, r := range slices.Backward(g.Results) {
			means = append(means, r.Mean)
		}
		slices.Sort(means)
		testenv.Parity(t, key+": mean scores", far(t, means, c.values(t)), 1e-12)
		best := &SVC{C: c.Best[0], Gamma: c.Best[1]}
		found := g.BestEstimator.(*SVC)
		testenv.Parity(t, key+": best settings and score", math.Abs(best.C-found.C)+math.Abs(best.Gamma-found.Gamma)+math.Abs(c.Best[2]-g.BestScore), 1e-12)
		return
	default:
		t.Fatalf("what is %s?", model)
	}
	var got []float64
	switch m := e.(type) {
	case *StandardScaler:
		must(t, m.Fit(c.X, nil))
		z, err := toMatrix(value[Matrix](t)(m.Transform(c.At)))
		must(t, err)
		got = z.dense
	case Classifier:
		must(t, m.Fit(c.X, c.Y))
		if s, ok := m.(*SVC); ok {
			got = flat(value[[][]float64](t)(s.DecisionFunction(c.At)))
		} else {
			got = flat(value[[][]float64](t)(m.PredictProba(c.At)))
		}
		testenv.Parity(t, "corners: "+key+": labels that differ", unequal(t, value[[]int](t)(m.Predict(c.At)), c.Labels), 0)
	case Regressor:
		must(t, m.Fit(c.X, c.Y))
		got = value[[]float64](t)(m.Predict(c.At))
	}
	testenv.Parity(t, "corners: "+key, far(t, got, c.values(t)), bound)
}

func textCorner(t *testing.T, key string, c *corner) {
	v := map[string]*TFIDF{
		"words": {}, "words, sublinear": {SublinearTF: true}, "words, min_df 2": {MinDF: 2}, "words, max_df 0.25": {MaxDF: .25},
		"words, ngrams 1 to 3": {NgramRange: [2]int{1, 3}}, "words, ngrams 2": {NgramRange: [2]int{2, 2}}, "words, 4 features": {MaxFeatures: 4},
		"words, capitals": {KeepCase: true}, "words, no idf": {WithoutIDF: true}, "words, no norm": {WithoutScale: true},
		"words, stop words": {StopWords: []string{"the", "film"}, NgramRange: [2]int{1, 2}},
		"char":              {Analyzer: "char"}, "char 1 to 3": {Analyzer: "char", NgramRange: [2]int{1, 3}},
		"char_wb 1 to 4": {Analyzer: "char_wb", NgramRange: [2]int{1, 4}}, "char_wb 3": {Analyzer: "char_wb", NgramRange: [2]int{3, 3}, SublinearTF: true, MinDF: 2},
	}[key]
	m := value[Matrix](t)(v.FitTransform(c.Texts, nil))
	if !reflect.DeepEqual(v.Vocabulary, c.Vocabulary) {
		t.Errorf("terms %q, want %q", v.Vocabulary, c.Vocabulary)
	}
	full := func(m Matrix) []float64 {
		x, err := convert(m)
		must(t, err)
		x, err = x.full("")
		must(t, err)
		return x.dense
	}
	testenv.Parity(t, "corners: TFIDF, "+key, far(t, full(m), c.values(t)), 1e-12)
	testenv.Parity(t, "corners: TFIDF, "+key+", other texts", far(t, full(value[Matrix](t)(v.Transform([]string{"", "a new good plot", "我 film"}))), flat(c.Other)), 1e-12)
}

// TestConverged asks what a user sees where scikit-learn warns.
func TestConverged(t *testing.T) {
	X, y := [][]float64{{0, 1}, {1000, 2}, {2, 900}, {3, 1}, {1, 1}, {500, 7}}, []int{0, 1, 0, 1, 0, 1}
	for iterations, want := range map[int]bool{1: false, 0: true} {
		m := &LogisticRegression{MaxIter: iterations}
		must(t, m.Fit(X, y))
		if m.Converged != want {
			t.Errorf("MaxIter %d: converged %v after %d iterations", iterations, m.Converged, m.NIter)
		}
	}
}
