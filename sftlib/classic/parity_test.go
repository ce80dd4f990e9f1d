package classic

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"gosft/sftlib/internal/testenv"
)

// reference is what testdata/reference.py prints.
type reference struct {
	Data map[string]struct {
		X [][]float64
		Y []float64
	}
	Fits map[string]json.RawMessage
}

// fit reads one result into v.
func (r *reference) fit(t *testing.T, key string, v any) {
	t.Helper()
	if err := json.Unmarshal(r.Fits[key], v); err != nil {
		t.Fatalf("%s: %v", key, err)
	}
}

func (r *reference) class(name string) ([][]float64, []int) {
	d := r.Data[name]
	y := make([]int, len(d.Y))
	for i, v := range d.Y {
		y[i] = int(v)
	}
	return d.X, y
}

func python(t *testing.T, script string, args ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	return testenv.RunPython(t, string(text), args...)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// far returns the largest difference of two lists, relative to the larger of 1 and the largest wanted value.
func far(t *testing.T, got, want []float64) float64 {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	worst, size := 0., 1.
	for i, w := range want {
		if d := math.Abs(got[i] - w); d > worst || math.IsNaN(d) {
			worst = d
		}
		size = max(size, math.Abs(w))
	}
	return worst / size
}

func flat(rows [][]float64) []float64 {
	var out []float64
	for _, r := range rows {
		out = append(out, r...)
	}
	return out
}

func unequal(t *testing.T, got, want []int) float64 {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d labels, want %d", len(got), len(want))
	}
	n := 0
	for i := range got {
		if got[i] != want[i] {
			n++
		}
	}
	return float64(n)
}

// different counts what is in one of two lists only.
func different(a, b []int) float64 {
	n := 0.
	for _, lists := range [][2][]int{{a, b}, {b, a}} {
		for _, v := range lists[0] {
			if !slices.Contains(lists[1], v) {
				n++
			}
		}
	}
	return n
}

func value[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		must(t, err)
		return v
	}
}

// TestAgainstScikitLearn compares coefficients, probabilities, predictions and cross-validated scores with scikit-learn's
// on iris, wine, breast cancer, digits and diabetes.
func TestAgainstScikitLearn(t *testing.T) {
	if testing.Short() {
		t.Skip("not with -short: fits a hundred models in Python")
	}
	var r reference
	must(t, json.Unmarshal(python(t, "testdata/reference.py"), &r))
	t.Run("regression", func(t *testing.T) { regression(t, &r) })
	for _, name := range []string{"iris", "wine", "breast_cancer", "digits"} {
		t.Run(name, func(t *testing.T) { classification(t, &r, name) })
	}
}

func regression(t *testing.T, r *reference) {
	X, y := r.Data["diabetes"].X, r.Data["diabetes"].Y
	var want struct {
		Coef, Predict, Importances, Scores []float64
		Intercept, Score                   float64
		Leaves                             int
	}
	lr := &LinearRegression{}
	must(t, lr.Fit(X, y))
	r.fit(t, "LinearRegression diabetes", &want)
	testenv.Parity(t, "LinearRegression, diabetes: coefficients", far(t, append(lr.Coef, lr.Intercept), append(want.Coef, want.Intercept)), 1e-10)
	testenv.Parity(t, "LinearRegression, diabetes: R²", math.Abs(value[float64](t)(lr.Score(X, y))-want.Score), 1e-12)
	dependent := make([][]float64, len(X))
	for i, row := range X {
		dependent[i] = append(append([]float64{}, row...), row[0]*2, row[1]*2)
	}
	must(t, lr.Fit(dependent, y))
	r.fit(t, "LinearRegression dependent", &want)
	testenv.Parity(t, "LinearRegression, dependent columns: coefficients", far(t, lr.Coef, want.Coef), 1e-8)
	for _, alpha := range []float64{0.1, 1, 10} {
		m := &Ridge{Alpha: alpha}
		must(t, m.Fit(X, y))
		key := fmt.Sprintf("Ridge diabetes %.1f", alpha)
		r.fit(t, key, &want)
		testenv.Parity(t, key+": coefficients", far(t, append(m.Coef, m.Intercept), append(want.Coef, want.Intercept)), 1e-10)
	}
	wide := &Ridge{}
	must(t, wide.Fit(X[:8], y[:8]))
	r.fit(t, "Ridge wide", &want)
	testenv.Parity(t, "Ridge, more columns than rows: coefficients", far(t, wide.Coef, want.Coef), 1e-10)
	r.fit(t, "cv Ridge diabetes", &want)
	testenv.Parity(t, "CrossValScore of Ridge, diabetes", far(t, value[[]float64](t)(CrossValScore(&Ridge{}, X, y, 5)), want.Scores), 1e-10)

	tree := &DecisionTreeRegressor{MaxDepth: 3}
	must(t, tree.Fit(X, y))
	r.fit(t, "DecisionTreeRegressor diabetes", &want)
	testenv.Parity(t, "DecisionTreeRegressor of depth 3, diabetes: predictions", far(t, value[[]float64](t)(tree.Predict(X)), want.Predict), 1e-9)
	testenv.Parity(t, "DecisionTreeRegressor of depth 3, diabetes: importances", far(t, tree.FeatureImportances, want.Importances), 1e-9)
	near := &KNeighborsRegressor{}
	must(t, near.Fit(X, y))
	r.fit(t, "KNeighborsRegressor diabetes", &want)
	testenv.Parity(t, "KNeighborsRegressor, diabetes: predictions", far(t, value[[]float64](t)(near.Predict(X)), want.Predict), 1e-10)
	near = &KNeighborsRegressor{NNeighbors: 7, Weights: "distance"}
	must(t, near.Fit(X[:300], y[:300]))
	r.fit(t, "KNeighborsRegressor distance", &want)
	testenv.Parity(t, "KNeighborsRegressor by distance, diabetes: predictions", far(t, value[[]float64](t)(near.Predict(X)), want.Predict), 1e-9)
	r.fit(t, "RandomForestRegressor diabetes", &want)
	scores := value[[]float64](t)(CrossValScore(&RandomForestRegressor{}, X, y, 5))
	testenv.Parity(t, "RandomForestRegressor, diabetes: mean R² of 5 folds, below scikit-learn's by", want.Score-total(scores)/5, 0.02)
}

func classification(t *testing.T, r *reference, name string) {
	X, y := r.class(name)
	var want struct {
		X, Coef, Proba, Decision       [][]float64
		Intercept, Scores, Importances []float64
		FeatureLogProb                 [][]float64 `json:"feature_log_prob"`
		Predict, Support, NSupport     []int
		Score, Impurity, Threshold     float64
		Leaves, Feature                int
	}
	scaler := &StandardScaler{}
	must(t, scaler.Fit(X, nil))
	S := value[Matrix](t)(scaler.Transform(X))
	scaled, err := toMatrix(S)
	must(t, err)
	r.fit(t, "StandardScaler "+name, &want)
	testenv.Parity(t, "StandardScaler, "+name, far(t, scaled.dense, flat(want.X)), 1e-10)

	for _, c := range []float64{0.1, 1} {
		if c == 1 && name == "digits" {
			continue // takes scikit-learn long
		}
		m := &LogisticRegression{C: c, Tol: 1e-8, MaxIter: 100000}
		must(t, m.Fit(S, y))
		key := fmt.Sprintf("LogisticRegression %s %.1f", name, c)
		r.fit(t, key, &want)
		testenv.Parity(t, key+": coefficients", far(t, append(flat(m.Coef), m.Intercept...), append(flat(want.Coef), want.Intercept...)), 1e-5)
		testenv.Parity(t, key+": probabilities", far(t, flat(value[[][]float64](t)(m.PredictProba(S))), flat(want.Proba)), 1e-6)
		testenv.Parity(t, key+": labels that differ", unequal(t, value[[]int](t)(m.Predict(S)), want.Predict), 0)
	}
	m := &LogisticRegression{}
	must(t, m.Fit(S, y))
	r.fit(t, "LogisticRegression "+name+" default", &want)
	testenv.Parity(t, "LogisticRegression "+name+", default settings: share of labels that differ", unequal(t, value[[]int](t)(m.Predict(S)), want.Predict)/float64(len(y)), 0.002)
	m = &LogisticRegression{C: 0.1, ClassWeight: "balanced", Tol: 1e-8, MaxIter: 100000}
	must(t, m.Fit(S, y))
	r.fit(t, "LogisticRegression "+name+" balanced", &want)
	testenv.Parity(t, "LogisticRegression "+name+", balanced: probabilities", far(t, flat(value[[][]float64](t)(m.PredictProba(S))), flat(want.Proba)), 1e-6)
	if name != "digits" {
		r.fit(t, "cv LogisticRegression "+name, &want)
		scores := value[[]float64](t)(CrossValScore(&LogisticRegression{Tol: 1e-8, MaxIter: 100000}, S, y, 5))
		testenv.Parity(t, "CrossValScore of LogisticRegression, "+name, far(t, scores, want.Scores), 1e-10)
	}

	for _, kernel := range []string{"linear", "rbf"} {
		s := &SVC{Kernel: kernel, Tol: 1e-8}
		must(t, s.Fit(S, y))
		r.fit(t, "SVC "+name+" "+kernel, &want)
		testenv.Parity(t, "SVC, "+name+", "+kernel+": decisions", far(t, flat(value[[][]float64](t)(s.DecisionFunction(S))), flat(want.Decision)), 1e-4)
		testenv.Parity(t, "SVC, "+name+", "+kernel+": labels that differ", unequal(t, value[[]int](t)(s.Predict(S)), want.Predict), 0)
		// Of rows that are alike, as two of iris are, any may hold the border.
		single := func(rows []int) []int {
			return slices.DeleteFunc(slices.Clone(rows), func(i int) bool {
				for j := range X {
					if j != i && slices.Equal(X[j], X[i]) {
						return true
					}
				}
				return false
			})
		}
		testenv.Parity(t, "SVC, "+name+", "+kernel+": rows without their like that are support vectors for one only", different(single(s.Support), single(want.Support)), 0)
		if len(single(want.Support)) == len(want.Support) {
			testenv.Parity(t, "SVC, "+name+", "+kernel+": support vectors of a class", unequal(t, s.NSupport, want.NSupport), 0)
		}
		s = &SVC{Kernel: kernel, ClassWeight: "balanced", Probability: true, Tol: 1e-8}
		must(t, s.Fit(S, y))
		r.fit(t, "SVC "+name+" "+kernel+" probability", &want)
		testenv.Parity(t, "SVC, "+name+", "+kernel+", balanced: probabilities", far(t, flat(value[[][]float64](t)(s.PredictProba(S))), flat(want.Proba)), 1e-4)
		s = &SVC{Kernel: kernel}
		must(t, s.Fit(X, y))
		r.fit(t, "SVC "+name+" "+kernel+" default", &want)
		testenv.Parity(t, "SVC, "+name+", "+kernel+", default settings, not scaled: share of labels that differ", unequal(t, value[[]int](t)(s.Predict(X)), want.Predict)/float64(len(y)), 0.02)
	}

	nb := &MultinomialNB{}
	must(t, nb.Fit(X, y))
	r.fit(t, "MultinomialNB "+name, &want)
	testenv.Parity(t, "MultinomialNB, "+name+": log probabilities of features", far(t, flat(nb.FeatureLogProb), flat(want.FeatureLogProb)), 1e-12)
	testenv.Parity(t, "MultinomialNB, "+name+": probabilities", far(t, flat(value[[][]float64](t)(nb.PredictProba(X))), flat(want.Proba)), 1e-9)

	var half []int
	for i := 0; i < len(y); i += 2 {
		half = append(half, i)
	}
	trainX, trainY := value[any](t)(pickRows(S, half)), value[any](t)(pickRows(y, half))
	for _, w := range []string{"uniform", "distance"} {
		k := &KNeighbors{Weights: w}
		must(t, k.Fit(trainX, trainY))
		r.fit(t, "KNeighbors "+name+" "+w, &want)
		// Of examples equally far either may be taken: rows where that made a difference are counted.
		got, differ := value[[][]float64](t)(k.PredictProba(S)), 0
		for i := range got {
			if far(t, got[i], want.Proba[i]) > 1e-6 {
				differ++
			}
		}
		testenv.Parity(t, "KNeighbors, "+name+", "+w+": share of rows with other probabilities", float64(differ)/float64(len(y)), 0.01)
	}

	for _, c := range []string{"gini", "entropy"} {
		d := &DecisionTree{Criterion: c, MaxDepth: 3}
		must(t, d.Fit(X, y))
		r.fit(t, "DecisionTree "+name+" "+c, &want)
		key := "DecisionTree of depth 3, " + name + ", " + c
		testenv.Parity(t, key+": impurity of the root", math.Abs(d.Tree.Impurity[0]-want.Impurity), 1e-12)
		testenv.Parity(t, key+": accuracy", math.Abs(value[float64](t)(d.Score(X, y))-want.Score), 0.01)
		if name != "iris" { // where two first questions are equally good
			testenv.Parity(t, key+": first question", math.Abs(float64(d.Tree.Feature[0]-want.Feature))+math.Abs(d.Tree.Threshold[0]-want.Threshold)/(1+want.Threshold), 1e-6)
			// Deeper down two questions may be equally good, and either is taken.
			got, differ := value[[][]float64](t)(d.PredictProba(X)), 0
			for i := range got {
				if far(t, got[i], want.Proba[i]) > 1e-9 {
					differ++
				}
			}
			testenv.Parity(t, key+": share of rows with other probabilities", float64(differ)/float64(len(y)), 0.05)
		}
	}
	r.fit(t, "cv DecisionTree "+name, &want)
	scores := value[[]float64](t)(CrossValScore(&DecisionTree{}, X, y, 5))
	testenv.Parity(t, "DecisionTree, "+name+": mean accuracy of 5 folds, below scikit-learn's by", want.Score-total(scores)/5, 0.02)
	r.fit(t, "RandomForest "+name, &want)
	f := &RandomForest{NEstimators: 200}
	must(t, f.Fit(X, y))
	testenv.Parity(t, "RandomForest, "+name+": importances of features", far(t, f.FeatureImportances, want.Importances), 0.05)
	scores = value[[]float64](t)(CrossValScore(&RandomForest{}, X, y, 5))
	testenv.Parity(t, "RandomForest, "+name+": mean accuracy of 5 folds, below scikit-learn's by", want.Score-total(scores)/5, 0.02)
}

// TestTFIDFAgainstScikitLearn compares vocabulary, matrix, and with LogisticRegression accuracy and probabilities, on
// sst2 and waimai.
func TestTFIDFAgainstScikitLearn(t *testing.T) {
	if testing.Short() {
		t.Skip("not with -short: reads two data sets in Python")
	}
	data := sentences(t)
	for _, c := range []struct {
		name    string
		vector  TFIDF
		options map[string]any
	}{
		{"sst2", TFIDF{}, map[string]any{}},
		{"sst2", TFIDF{NgramRange: [2]int{1, 2}, MinDF: 2, SublinearTF: true}, map[string]any{"ngram_range": []int{1, 2}, "min_df": 2, "sublinear_tf": true}},
		{"sst2", TFIDF{Analyzer: "char_wb", NgramRange: [2]int{2, 4}, MaxDF: 0.5}, map[string]any{"analyzer": "char_wb", "ngram_range": []int{2, 4}, "max_df": 0.5}},
		{"waimai", TFIDF{Analyzer: "char"}, map[string]any{"analyzer": "char"}},
	} {
		d := data[c.name]
		fit := c.vector.NgramRange == [2]int{} // without pairs of words, which take scikit-learn long
		question, err := json.Marshal(map[string]any{"train": d.train, "y": d.y, "test": d.test, "options": c.options, "fit": fit})
		must(t, err)
		file := t.TempDir() + "/texts.json"
		must(t, os.WriteFile(file, question, 0o600))
		var want struct {
			Vocabulary            []string
			Start                 []int
			Index                 []int32
			Values, Proba         []float64
			Accuracy, Coefficient float64
		}
		must(t, json.Unmarshal(python(t, "testdata/tfidf.py", file), &want))
		key := fmt.Sprintf("TFIDF %v, %s", c.options, c.name)
		v := c.vector
		m := value[Matrix](t)(v.FitTransform(d.train, nil)).(*Sparse)
		differ := 0.
		if strings.Join(v.Vocabulary, "\x00") != strings.Join(want.Vocabulary, "\x00") {
			differ = 1
			t.Logf("%d terms, want %d", len(v.Vocabulary), len(want.Vocabulary))
		}
		testenv.Parity(t, key+": vocabularies that differ", differ, 0)
		if fmt.Sprint(m.Index) != fmt.Sprint(want.Index) || fmt.Sprint(m.Start) != fmt.Sprint(want.Start) {
			t.Fatalf("%s: other places", key)
		}
		testenv.Parity(t, key+": values", far(t, m.Values, want.Values), 1e-12)
		if !fit {
			continue
		}
		p := NewPipeline(&c.vector, &LogisticRegression{Tol: 1e-8, MaxIter: 10000})
		must(t, p.Fit(d.train, d.y))
		var proba []float64
		for _, row := range value[[][]float64](t)(p.PredictProba(d.test)) {
			proba = append(proba, row[1])
		}
		testenv.Parity(t, key+": probabilities of LogisticRegression", far(t, proba, want.Proba), 1e-5)
		testenv.Parity(t, key+": accuracy", math.Abs(value[float64](t)(p.Score(d.test, d.testY))-accuracyOf(want.Proba, d.testY)), 1e-9)
	}
}

func accuracyOf(proba []float64, y []int) float64 {
	right := 0
	for i, p := range proba {
		if p > 0.5 == (y[i] == 1) {
			right++
		}
	}
	return float64(right) / float64(len(y))
}
