package classic

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestPlots(t *testing.T) {
	X, y := spots()
	tree := &DecisionTree{MaxDepth: 3}
	must(t, tree.Fit(X, y))
	boundary, err := PlotBoundary(tree, X, y)
	must(t, err)
	if svg := boundary.SVG(); !strings.Contains(svg, ">20<") || !strings.Contains(svg, "second feature") {
		t.Errorf("boundary lacks a class or a title: %.500s", svg)
	}
	drawing, err := tree.Plot(0, "<a>", "b")
	must(t, err)
	if svg := drawing.SVG(); strings.Contains(svg, "<a>") || !strings.Contains(svg, "&lt;a&gt; ≤") || strings.Count(svg, "<rect") != len(tree.Tree.Feature) {
		t.Errorf("drawing: %s", svg)
	}
	if lines := strings.Count(drawing.String(), "\n") + 1; lines != len(tree.Tree.Feature) {
		t.Errorf("%d lines for %d nodes:\n%s", lines, len(tree.Tree.Feature), drawing)
	}
	line := &LinearRegression{}
	x := []float64{1, 2, 3, 4}
	must(t, line.Fit(Column(x), []float64{2, 4, 6, 8}))
	fit, err := PlotFit(line, Column(x), []float64{2, 4, 6, 8})
	must(t, err)
	if svg := fit.SVG(); !strings.Contains(svg, "fitted") || !strings.Contains(svg, "examples") {
		t.Error("the legend lacks the line or the examples")
	}
	words := NewPipeline(&TFIDF{}, &LogisticRegression{})
	must(t, words.Fit([]string{"good film", "bad film", "very good", "so bad"}, []string{"pos", "neg", "pos", "neg"}))
	coef, err := PlotCoefficients(words, 2, 0)
	must(t, err)
	for _, want := range []string{"good", "bad", "Left: for neg, right: for pos"} {
		if !strings.Contains(coef.String()+coef.Title, want) {
			t.Errorf("coefficients lack %s:\n%s", want, coef)
		}
	}
	three := &LogisticRegression{}
	must(t, three.Fit(X, y))
	if c, err := PlotCoefficients(three, 0, 10, "a", "b"); err != nil || c.Title != "Right: for 10" {
		t.Error(c, err)
	}
	for want, err := range map[string]error{
		"X has 2 columns: a line is drawn over one": second(PlotFit(line, X, make([]float64, len(X)))),
		"X has 1 columns: a plane has two":          second(PlotBoundary(tree, Column(x), []int{1, 2, 3, 4})),
		"has no coefficients":                       second(PlotCoefficients(tree, 0, 0)),
		"there is no label 7":                       second(PlotCoefficients(three, 0, 7)),
		"1 names for 2 features":                    second(PlotCoefficients(three, 0, 10, "a")),
		"is not fitted yet":                         second((&DecisionTree{}).Plot(0)),
		"3 names for 2 features":                    second(tree.Plot(0, "a", "b", "c")),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestLearningCurve(t *testing.T) {
	X, y := spots()
	c, err := LearningCurve(&KNeighbors{NNeighbors: 1}, X, y, nil, 3, 1)
	must(t, err)
	if fmt.Sprint(c.Sizes) != "[6 20 60]" || len(c.Test[2]) != 3 || total(c.Test[2])/3 < .9 || total(c.Train[2]) != 3 {
		t.Errorf("%+v", c)
	}
	if !strings.Contains(c.String(), "score on others") || c.MimeBundle()["text/html"] == nil {
		t.Error(c)
	}
}

type table map[string][]string

func (f table) Strings(c string) ([]string, error) {
	if f[c] == nil {
		return nil, errors.New("no column " + c)
	}
	return f[c], nil
}

// TestCompare runs the contest on waimai: a bag of characters must beat the majority by far, a frozen encoder that sees
// only the length of a text must not.
func TestCompare(t *testing.T) {
	d := sentences(t)["waimai"]
	var labels []string
	for _, v := range d.y {
		labels = append(labels, []string{"bad", "good"}[v])
	}
	f := table{"review": d.train[:3000], "label": labels[:3000]}
	for i := range 1500 { // the good ones come first
		f["review"][i], f["label"][i] = d.train[len(d.train)-1-i], labels[len(labels)-1-i]
	}
	asked := 0
	blind := Frozen("length only", func(texts []string) ([][]float32, error) {
		asked += len(texts)
		out := make([][]float32, len(texts))
		for i, s := range texts {
			out[i] = []float32{float32(len(s)), 1}
		}
		return out, nil
	})
	c, err := Contest{Shares: []float64{.2, 1}, Seed: 3}.Compare(f, "review", "label", blind)
	must(t, err)
	if asked != 480+2400+2*600 { // each time anew, so that the seconds are true
		t.Errorf("%d texts were embedded", asked)
	}
	major, bag, frozen := c.Results[0], c.Results[1], c.Results[2]
	if bag.Accuracy < .75 || bag.Accuracy < major.Accuracy+.15 || frozen.Accuracy > bag.Accuracy || bag.Size < 1000 {
		t.Errorf("%+v", c.Results)
	}
	for _, r := range c.Results {
		if !(r.Low < r.Accuracy && r.Accuracy < r.High && r.High-r.Low < .1) || len(r.Curve) != 2 || r.Curve[1].Rows != c.Train {
			t.Errorf("%+v", r)
		}
	}
	if c.Train+c.Test != 3000 || !strings.Contains(c.String(), "tested on the same 600 others") {
		t.Error(c)
	}
	html, _ := c.MimeBundle()["text/html"].(string)
	if !strings.Contains(html, "length only") {
		t.Error("no HTML")
	}
	bad := TextFuncs("broken", func(_, _ []string) error { return errors.New("out of memory") }, nil)
	for want, run := range map[string]func() error{
		"no column text":                func() error { return second(Compare(f, "text", "label")) },
		"broken, 1920 rows: out of mem": func() error { return second(Contest{Shares: []float64{.8}}.Compare(f, "review", "label", bad)) },
		"a share of 3":                  func() error { return second(Contest{Shares: []float64{3}}.Compare(f, "review", "label")) },
		"a share of 2 to test on":       func() error { return second(Contest{Test: 2}.Compare(f, "review", "label")) },
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestWilson: the interval of 8 of 10, as published tables have it.
func TestWilson(t *testing.T) {
	lo, hi := wilson(.8, 10)
	if math.Abs(lo-.4902) > 1e-4 || math.Abs(hi-.9433) > 1e-4 {
		t.Error(lo, hi)
	}
}
