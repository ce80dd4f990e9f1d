package classic_test

import (
	"bytes"
	"fmt"
	"log"
	"testing"

	"gonum.org/v1/gonum/mat"

	"gosft/sftlib/classic"
	"gosft/sftlib/internal/testenv"
)

// The five points of the first lesson.
var (
	points = [][]float64{{1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}}
	marks  = []int{0, 0, 0, 1, 1}
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// labels fits a classifier on the five points and says what it makes of two others.
func labels(c classic.Classifier) {
	check(c.Fit(points, marks))
	got, err := c.Predict([][]float64{{1, 1}, {6, 7}})
	check(err)
	fmt.Println(got)
}

func values(r classic.Regressor) {
	check(r.Fit(classic.Column([]float64{1, 2, 3, 4}), []float64{3, 5, 7, 9}))
	got, err := r.Predict(classic.Column([]float64{5}))
	check(err)
	fmt.Printf("%.2f\n", got)
}

func ExampleLinearRegression() {
	m := &classic.LinearRegression{}
	values(m)
	fmt.Printf("%.1f %.1f\n", m.Coef, m.Intercept)
	// Output:
	// [11.00]
	// [2.0] 1.0
}

func ExampleRidge() {
	values(&classic.Ridge{Alpha: 5})
	// Output: [8.50]
}

func ExampleLogisticRegression() {
	m := &classic.LogisticRegression{}
	labels(m)
	p, err := m.PredictProba([][]float64{{3, 4}, {4, 5}})
	check(err)
	fmt.Printf("%.2f\n", p)
	// Output:
	// [0 1]
	// [[0.68 0.32] [0.34 0.66]]
}

func ExampleSVC() {
	labels(&classic.SVC{Kernel: "linear"})
	// Output: [0 1]
}

func ExampleSVCPair() {
	m := &classic.SVC{}
	labels(m)
	fmt.Println(len(m.Pairs), m.Pairs[0].First, m.Pairs[0].Second)
	// Output:
	// [0 1]
	// 1 0 1
}

func ExampleDecisionTree() {
	m := &classic.DecisionTree{}
	labels(m)
	drawing, err := m.Plot(0, "hours", "pages")
	check(err)
	fmt.Println(drawing)
	// Output:
	// [0 1]
	// hours ≤ 3.5? (5 rows)
	// ├yes─ 0 (100 %), 3 rows
	// └no── 1 (100 %), 2 rows
}

func ExampleTree() {
	m := &classic.DecisionTree{}
	labels(m)
	fmt.Println(m.Tree.Depth(), m.Tree.Leaves(), m.Tree.Threshold[0])
	// Output:
	// [0 1]
	// 1 2 3.5
}

func ExampleTreeDrawing() {
	m := &classic.DecisionTreeRegressor{}
	values(m)
	drawing, err := m.Plot(1)
	check(err)
	fmt.Println(drawing)
	// Output:
	// [9.00]
	// feature 0 ≤ 2.5? (4 rows)
	// ├yes─ 4, 2 rows …
	// └no── 8, 2 rows …
}

func ExampleDecisionTreeRegressor() {
	values(&classic.DecisionTreeRegressor{MaxDepth: 1})
	// Output: [8.00]
}

func ExampleRandomForest() {
	labels(&classic.RandomForest{RandomState: 42})
	// Output: [0 1]
}

func ExampleRandomForestRegressor() {
	values(&classic.RandomForestRegressor{NoBootstrap: true})
	// Output: [9.00]
}

func ExampleKNeighbors() {
	labels(&classic.KNeighbors{NNeighbors: 3})
	// Output: [0 1]
}

func ExampleKNeighborsRegressor() {
	values(&classic.KNeighborsRegressor{NNeighbors: 2})
	// Output: [8.00]
}

func ExampleMultinomialNB() {
	p := classic.NewPipeline(&classic.TFIDF{}, &classic.MultinomialNB{})
	check(p.Fit([]string{"good film", "bad film", "very good", "so bad"}, []string{"pos", "neg", "pos", "neg"}))
	got, err := p.Predict([]string{"good good"})
	check(err)
	fmt.Println(p.Name(got[0]))
	// Output: pos
}

func ExampleStandardScaler() {
	s := &classic.StandardScaler{}
	check(s.Fit(points, nil))
	m, err := s.Transform(points[:1])
	check(err)
	fmt.Printf("%.3f %.3f %v\n", m.At(0, 0), m.At(0, 1), s.Mean)
	// Output: -1.414 -1.414 [3 4]
}

func ExampleOneHot() {
	o := &classic.OneHot{}
	check(o.Fit([][]string{{"red"}, {"blue"}}, nil))
	m, err := o.Transform([][]string{{"red"}})
	check(err)
	fmt.Println(o.Categories, m.At(0, 0), m.At(0, 1))
	// Output: [[blue red]] 0 1
}

func ExampleTFIDF() {
	v := &classic.TFIDF{Analyzer: "char"}
	m, err := v.FitTransform([]string{"好吃", "不好"}, nil)
	check(err)
	fmt.Println(v.Vocabulary, m)
	// Output: [不 吃 好] sparse matrix, 2 rows by 3 columns, 4 values
}

func ExampleSparse() {
	s := &classic.Sparse{Rows: 2, Columns: 3, Start: []int{0, 1, 2}, Index: []int32{2, 0}, Values: []float64{5, 7}}
	fmt.Println(s.At(0, 2), s.At(1, 1), s.Stored())
	// Output: 5 0 2
}

func ExamplePipeline() {
	p := classic.NewPipeline(&classic.StandardScaler{}, &classic.LogisticRegression{})
	labels(p)
	var file bytes.Buffer
	check(classic.Write(&file, p))
	again, err := classic.Read(&file)
	check(err)
	score, err := again.Score(points, marks)
	check(err)
	fmt.Println(score)
	// Output:
	// [0 1]
	// 1
}

func ExampleCrossValScore() {
	X, y := append(points, points...), append(marks, marks...)
	scores, err := classic.CrossValScore(&classic.KNeighbors{NNeighbors: 1}, X, y, 2)
	check(err)
	fmt.Println(scores)
	// Output: [1 1]
}

func ExampleGridSearch() {
	X, y := append(points, points...), append(marks, marks...)
	g := &classic.GridSearch{Estimator: &classic.KNeighbors{}, Params: map[string][]any{"NNeighbors": {1, 5}}, CV: 2}
	check(g.Fit(X, y))
	fmt.Println(g.BestParams, g.BestScore)
	// Output: map[NNeighbors:1] 1
}

func ExampleGridResult() {
	g := &classic.GridSearch{Estimator: &classic.Ridge{}, Params: map[string][]any{"Alpha": {0.1, 10.0}}, CV: 2}
	check(g.Fit(points, []float64{1, 2, 3, 4, 5}))
	for _, r := range g.Results {
		fmt.Println(r.Params, len(r.Scores))
	}
	// Output:
	// map[Alpha:0.1] 2
	// map[Alpha:10] 2
}

func ExampleLearningCurve() {
	X, y := append(points, points...), append(marks, marks...)
	c, err := classic.LearningCurve(&classic.DecisionTree{}, X, y, []float64{1}, 2, 0)
	check(err)
	fmt.Println(c.Sizes, c.Train, c.Test)
	// Output: [5] [[1 1]] [[1 1]]
}

type reviews map[string][]string

func (r reviews) Strings(column string) ([]string, error) { return r[column], nil }

func ExampleCompare() {
	frame := reviews{}
	for i := range 60 {
		frame["text"] = append(frame["text"], []string{"a good film", "a bad film", "not good at all"}[i%3])
		frame["label"] = append(frame["label"], []string{"pos", "neg", "neg"}[i%3])
	}
	// In place of the two functions: the training and the prediction of a BERT model.
	model := classic.TextFuncs("always pos", func(_, _ []string) error { return nil }, func(texts []string) ([]string, error) {
		out := make([]string, len(texts))
		for i := range out {
			out[i] = "pos"
		}
		return out, nil
	})
	c, err := classic.Compare(frame, "text", "label", model)
	check(err)
	for _, r := range c.Results {
		fmt.Printf("%s: %.2f (%.2f to %.2f)\n", r.Name, r.Accuracy, r.Low, r.High)
	}
	// Output:
	// majority class: 0.67 (0.39 to 0.86)
	// TF-IDF with logistic regression: 1.00 (0.76 to 1.00)
	// always pos: 0.33 (0.14 to 0.61)
}

func ExampleTake() {
	train, test, err := classic.TrainTestSplit(len(points), nil, 0.4, 42)
	check(err)
	fmt.Println(len(classic.Take(points, train)), len(classic.Take(marks, test)))
	// Output: 3 2
}

// films are texts of two classes.
func films() reviews {
	f := reviews{}
	for i := range 60 {
		f["text"] = append(f["text"], []string{"a good film", "a bad film", "not good at all"}[i%3])
		f["label"] = append(f["label"], []string{"pos", "neg", "neg"}[i%3])
	}
	return f
}

func ExampleContest() {
	bayes := classic.NewPipeline(&classic.TFIDF{}, &classic.MultinomialNB{})
	c, err := classic.Contest{Test: 0.25, Shares: []float64{0.5, 1}}.Compare(films(), "text", "label", classic.Texts("naive Bayes", bayes))
	check(err)
	fmt.Println(c.Train, c.Test, c.Results[2].Name)
	// Output: 45 15 naive Bayes
}

func ExampleComparison() {
	c, err := classic.Compare(films(), "text", "label")
	check(err)
	fmt.Println(c.Table().Columns)
	// Output: [model accuracy 95 % interval macro F1 seconds to fit seconds for the test size]
}

func ExampleResult() {
	c, err := classic.Compare(films(), "text", "label")
	check(err)
	for _, p := range c.Results[0].Curve {
		fmt.Printf("%d rows: %.2f\n", p.Rows, p.Accuracy)
	}
	// Output:
	// 5 rows: 0.67
	// 15 rows: 0.67
	// 48 rows: 0.67
}

func ExampleTextModel() {
	var m classic.TextModel = classic.BagOfWords()
	check(m.FitTexts([]string{"good film", "bad film", "good", "bad"}, []string{"pos", "neg", "pos", "neg"}))
	got, err := m.PredictTexts([]string{"a good one"})
	check(err)
	fmt.Println(m.Name(), got)
	// Output: TF-IDF with logistic regression [pos]
}

func ExampleCurve() {
	X, y := append(points, points...), append(marks, marks...)
	c, err := classic.LearningCurve(&classic.DecisionTree{}, X, y, []float64{0.8, 1}, 2, 0)
	check(err)
	fmt.Println(c.Sizes, len(c.Test[0]))
	// Output: [4 5] 2
}

func TestEveryTypeHasAnExample(t *testing.T) { testenv.Examples(t) }

func ExampleEstimator() {
	for _, e := range []classic.Estimator{&classic.LogisticRegression{}, &classic.DecisionTree{}, &classic.KNeighbors{NNeighbors: 1}} {
		check(e.Fit(points, marks))
		accuracy, err := e.Score(points, marks)
		check(err)
		fmt.Printf("%T %.1f\n", e, accuracy)
	}
	// Output:
	// *classic.LogisticRegression 1.0
	// *classic.DecisionTree 1.0
	// *classic.KNeighbors 1.0
}

func ExampleClassifier() {
	var c classic.Classifier = &classic.KNeighbors{NNeighbors: 3}
	check(c.Fit(points, []string{"low", "low", "low", "high", "high"}))
	labels, err := c.Predict([][]float64{{1, 1}, {6, 7}})
	check(err)
	for _, label := range labels {
		fmt.Println(c.Name(label))
	}
	// Output:
	// low
	// high
}

func ExampleRegressor() {
	var r classic.Regressor = &classic.LinearRegression{}
	check(r.Fit(classic.Column([]float64{1, 2, 3}), []float64{10, 20, 30}))
	got, err := r.Predict(classic.Column([]float64{4}))
	check(err)
	fmt.Printf("%.1f\n", got)
	// Output: [40.0]
}

func ExampleTransformer() {
	var t classic.Transformer = &classic.StandardScaler{}
	check(t.Fit(classic.Column([]float64{1, 2, 3}), nil))
	X, err := t.Transform(classic.Column([]float64{2}))
	check(err)
	fmt.Println(X.At(0, 0))
	// Output: 0
}

func ExampleMatrix() {
	var m classic.Matrix = mat.NewDense(2, 3, nil)
	fmt.Println(m.Dims())
	// Output: 2 3
}

// table is a frame of two columns; a data.Frame in earnest.
type table struct {
	texts   []string
	numbers []float64
}

func (t table) Strings(string) ([]string, error) { return t.texts, nil }
func (t table) Floats(string) ([]float64, error) { return t.numbers, nil }

func ExampleFrame() {
	var f classic.Frame = table{numbers: []float64{1.5, 2.5}}
	X, err := classic.Columns(f, "length")
	check(err)
	fmt.Println(X)
	// Output: [[1.5] [2.5]]
}

func ExampleTextFrame() {
	var f classic.TextFrame = table{texts: []string{"a good film", "a bad film"}}
	texts, err := f.Strings("text")
	check(err)
	m := classic.BagOfWords()
	check(m.FitTexts(texts, []string{"pos", "neg"}))
	fmt.Println(m.PredictTexts([]string{"good"}))
	// Output: [pos] <nil>
}

func ExampleSizer() {
	m := classic.BagOfWords()
	check(m.FitTexts([]string{"good", "bad"}, []string{"pos", "neg"}))
	if s, ok := m.(classic.Sizer); ok {
		fmt.Println(s.Size() > 0)
	}
	// Output: true
}

func ExampleCurvePoint() {
	c, err := classic.Compare(films(), "text", "label")
	check(err)
	var last classic.CurvePoint
	for _, r := range c.Results {
		last = r.Curve[len(r.Curve)-1]
	}
	fmt.Printf("%d rows: %.2f (%.2f to %.2f)\n", last.Rows, last.Accuracy, last.Low, last.High)
	// Output: 48 rows: 1.00 (0.76 to 1.00)
}
