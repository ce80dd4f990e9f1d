package classic

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gosft/sftlib/show"
)

// TextModel is a classifier of texts that Compare takes: those of this package, and any other, such as a fine-tuned BERT.
type TextModel interface {
	// Name is what the table calls it.
	Name() string
	// FitTexts learns from texts and their labels; what was learned before is forgotten.
	FitTexts(texts, labels []string) error
	// PredictTexts returns the label of each text.
	PredictTexts(texts []string) ([]string, error)
}

// Sizer is a TextModel that knows how many bytes it takes when saved.
type Sizer interface{ Size() int64 }

// TextFrame gives columns as text; a data.Frame is one.
type TextFrame interface {
	Strings(column string) ([]string, error)
}

// Contest says how Compare goes about it.
type Contest struct {
	Test   float64   // share of the rows to test on; 0 means 0.2
	Shares []float64 // of the rest, to learn from, for the learning curve; nil means 0.1, 0.3 and 1. The last is the table's
	Seed   uint64    // of the division
}

// Comparison is what models reach on the same rows.
type Comparison struct {
	Train, Test int // rows
	Results     []Result
}

// Result is what one model reached.
type Result struct {
	Name      string
	Accuracy  float64
	Low, High float64 // the accuracy's 95 % interval (Wilson 1927)
	MacroF1   float64
	Fit       time.Duration // to learn from all rows
	Predict   time.Duration // for all rows to test on
	Size      int64         // bytes, 0 where the model does not say
	Curve     []CurvePoint
}

// CurvePoint is the accuracy after learning from some rows.
type CurvePoint struct {
	Rows      int
	Accuracy  float64
	Low, High float64 // the accuracy's 95 % interval
	Fit       time.Duration
}

// Compare fits models on four fifths of a frame and tests them on the rest, with the same rows for all. The majority class
// and a bag of words with logistic regression are always among them, so that it shows whether more pays.
func Compare(frame TextFrame, text, label string, models ...TextModel) (*Comparison, error) {
	return Contest{}.Compare(frame, text, label, models...)
}

// Compare is the function Compare with the settings of c.
func (c Contest) Compare(frame TextFrame, text, label string, models ...TextModel) (*Comparison, error) {
	texts, err := frame.Strings(text)
	if err != nil {
		return nil, fmt.Errorf("classic: compare: %w", err)
	}
	names, err := frame.Strings(label)
	if err != nil {
		return nil, fmt.Errorf("classic: compare: %w", err)
	}
	share := c.Test
	if share == 0 {
		share = .2
	}
	shares := c.Shares
	if shares == nil {
		shares = []float64{.1, .3, 1}
	}
	train, test, err := TrainTestSplit(len(texts), names, share, c.Seed)
	if err != nil {
		return nil, err
	}
	if len(test) == 0 {
		return nil, fmt.Errorf("classic: compare: of %d rows none is left to test on: raise Test from %v", len(texts), share)
	}
	out := &Comparison{Train: len(train), Test: len(test)}
	testTexts, testNames := Take(texts, test), Take(names, test)
	models = append([]TextModel{Majority(), BagOfWords()}, models...)
	for _, m := range models {
		r := Result{Name: m.Name()}
		for _, s := range shares {
			if s <= 0 || s > 1 {
				return nil, fmt.Errorf("classic: compare: a share of %v: shares must be over 0 and at most 1", s)
			}
			some := train
			if s < 1 {
				_, picked, err := TrainTestSplit(len(train), Take(names, train), s, c.Seed+1)
				if err != nil {
					return nil, err
				}
				some = Take(train, picked)
			}
			if err := interrupted(); err != nil {
				return nil, fmt.Errorf("%s, %d rows: %w", m.Name(), len(some), err)
			}
			begin := time.Now()
			if err := m.FitTexts(Take(texts, some), Take(names, some)); err != nil {
				return nil, fmt.Errorf("%s, %d rows: %w", m.Name(), len(some), err)
			}
			r.Fit = time.Since(begin)
			begin = time.Now()
			got, err := m.PredictTexts(testTexts)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", m.Name(), err)
			}
			r.Predict = time.Since(begin)
			if len(got) != len(testNames) {
				return nil, fmt.Errorf("classic: compare: %s predicts %d labels for %d texts", m.Name(), len(got), len(testNames))
			}
			r.grade(got, testNames)
			r.Curve = append(r.Curve, CurvePoint{len(some), r.Accuracy, r.Low, r.High, r.Fit})
		}
		if s, ok := m.(Sizer); ok {
			r.Size = s.Size()
		}
		out.Results = append(out.Results, r)
	}
	return out, nil
}

// grade fills accuracy, interval and macro F1.
func (r *Result) grade(got, want []string) {
	right := 0
	hit, said, is := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for i, w := range want {
		said[got[i]]++
		is[w]++
		if got[i] == w {
			right++
			hit[w]++
		}
	}
	n := float64(len(want))
	r.Accuracy = float64(right) / n
	r.Low, r.High = wilson(r.Accuracy, n)
	r.MacroF1 = 0
	classes := map[string]bool{}
	for c := range is {
		classes[c] = true
	}
	for c := range said {
		classes[c] = true
	}
	for c := range classes {
		r.MacroF1 += 2 * hit[c] / (said[c] + is[c]) / float64(len(classes))
	}
}

// wilson is the 95 % interval of a share p of n.
func wilson(p, n float64) (float64, float64) {
	const z = 1.959963984540054
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return middle - half, middle + half
}

// Table returns the results, the best first.
func (c *Comparison) Table() *show.Table {
	t := show.NewTable("model", "accuracy", "95 % interval", "macro F1", "seconds to fit", "seconds for the test", "size")
	sorted := slices.Clone(c.Results)
	slices.SortStableFunc(sorted, func(a, b Result) int {
		switch {
		case a.Accuracy > b.Accuracy:
			return -1
		case a.Accuracy < b.Accuracy:
			return 1
		}
		return 0
	})
	for _, r := range sorted {
		size := ""
		if r.Size > 0 {
			size = fmt.Sprintf("%.1f MB", float64(r.Size)/1e6)
		}
		t.Add(r.Name, fmt.Sprintf("%.3f", r.Accuracy), fmt.Sprintf("%.3f to %.3f", r.Low, r.High), fmt.Sprintf("%.3f", r.MacroF1), r.Fit.Seconds(), r.Predict.Seconds(), size)
	}
	t.Note = fmt.Sprintf("Learned from %s rows, tested on the same %s others.", show.Count(c.Train), show.Count(c.Test))
	return t
}

// Chart draws the accuracy over the number of examples, with its 95 % intervals as upright lines.
func (c *Comparison) Chart() *show.Chart {
	chart := show.NewChart("").Titled("What more examples bring", "examples", "accuracy")
	chart.X.Log = true
	for i, r := range c.Results {
		var x, y, at, ends []float64
		for _, p := range r.Curve {
			rows := float64(p.Rows) * (1 + .012*float64(i)) // a little aside, so that the intervals stand side by side
			x, y = append(x, rows), append(y, p.Accuracy)
			at, ends = append(at, rows, rows, rows), append(ends, p.Low, p.High, math.NaN())
		}
		chart.Line(r.Name, x, y).Line(r.Name, at, ends)
	}
	return chart
}

// MimeBundle is how a notebook shows the comparison.
func (c *Comparison) MimeBundle() map[string]any {
	return show.Group{c.Table(), c.Chart()}.MimeBundle()
}

// String is how a terminal shows it.
func (c *Comparison) String() string { return c.Table().String() }
