package eval

import (
	"math"
	"sort"
)

// Report is the outcome of an evaluation. What does not apply to its kind (one class of many, several at once, a value) is
// nil or NaN.
type Report struct {
	N          int      // texts
	Labels     []string // names of the classes
	Loss       float64  // mean loss
	Accuracy   float64  // share of texts that were right
	MCC        float64  // Matthews correlation coefficient
	AUC        float64  // area under the ROC curve; macro, one against the rest, for more than two classes; NaN where a class is missing
	LogLoss    float64
	Matrix     *Matrix // confusion matrix
	Classes    []Class // figures of each class
	Confused   []Pair  // classes taken for one another, most frequent first, at most 10
	Worst      []Mistake
	ByLength   []Band
	Regression *Regression
	MultiLabel *MultiLabel
}

// Mistake is a text that was wrong.
type Mistake struct {
	Index             int // its place in the evaluation, from 0
	Text, Pair        string
	Truth, Prediction string
	Score             float64 // probability given to Prediction; NaN where there is none
	Loss              float64
}

// Band is the accuracy of the texts of From to To tokens.
type Band struct {
	From, To, N int
	Accuracy    float64
}

// Precision is averaged over the classes; NaN for regression and several labels at once.
func (r *Report) Precision(a Average) float64 {
	if r.Matrix == nil {
		return math.NaN()
	}
	return r.Matrix.Precision(a)
}

// Recall is averaged over the classes; NaN for regression and several labels at once.
func (r *Report) Recall(a Average) float64 {
	if r.Matrix == nil {
		return math.NaN()
	}
	return r.Matrix.Recall(a)
}

// F1 is averaged over the classes; NaN for regression.
func (r *Report) F1(a Average) float64 {
	switch {
	case r.Matrix != nil:
		return r.Matrix.F1(a)
	case r.MultiLabel != nil:
		return r.MultiLabel.F1(a)
	}
	return math.NaN()
}

// Metrics returns the figures by the names used in logs and by MetricForBestModel: loss; for classes accuracy, precision,
// recall, f1 (binary with two classes, else macro), f1_macro, f1_micro, f1_weighted, mcc, roc_auc, log_loss; for several labels
// at once also f1_samples and hamming_loss; for regression mse, rmse, mae, r2, pearson, spearman. What is no number is left out.
func (r *Report) Metrics() map[string]float64 {
	m := map[string]float64{"loss": r.Loss}
	switch {
	case r.Regression != nil:
		g := r.Regression
		m["mse"], m["rmse"], m["mae"], m["r2"], m["pearson"], m["spearman"] = g.MSE, g.RMSE, g.MAE, g.R2, g.Pearson, g.Spearman
	case r.MultiLabel != nil:
		m["accuracy"], m["hamming_loss"] = r.Accuracy, r.MultiLabel.Hamming
		m["f1"], m["f1_macro"], m["f1_micro"] = r.F1(Macro), r.F1(Macro), r.F1(Micro)
		m["f1_weighted"], m["f1_samples"] = r.F1(Weighted), r.F1(Samples)
	default:
		main := r.mainAverage()
		m["accuracy"], m["mcc"], m["roc_auc"], m["log_loss"] = r.Accuracy, r.MCC, r.AUC, r.LogLoss
		m["precision"], m["recall"], m["f1"] = r.Precision(main), r.Recall(main), r.F1(main)
		m["f1_macro"], m["f1_micro"], m["f1_weighted"] = r.F1(Macro), r.F1(Micro), r.F1(Weighted)
	}
	for k, v := range m {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			delete(m, k)
		}
	}
	return m
}

// LowerIsBetter says whether a metric of [Report.Metrics] is the better the smaller it is.
func LowerIsBetter(metric string) bool {
	switch metric {
	case "loss", "log_loss", "mse", "rmse", "mae", "hamming_loss":
		return true
	}
	return false
}

func (r *Report) mainAverage() Average {
	if len(r.Labels) == 2 {
		return Binary
	}
	return Macro
}

// classes fills in the figures for one class of many.
func (r *Report) classes(truth []int, scores [][]float64) error {
	r.Matrix = NewMatrix(r.Labels)
	for i, t := range truth {
		if err := r.Matrix.Add(t, Best(scores[i])); err != nil {
			return err
		}
	}
	r.Accuracy, r.MCC = r.Matrix.Accuracy(), r.Matrix.MCC()
	if ll, err := LogLoss(truth, scores); err == nil {
		r.LogLoss = ll
	}
	if auc, err := ROCAUC(truth, scores, Macro); err == nil { // an error says that a class is missing: no area then
		r.AUC = auc
	}
	for i := range r.Labels {
		r.Classes = append(r.Classes, r.Matrix.Class(i))
	}
	for i, row := range r.Matrix.Counts {
		for j, n := range row {
			if i != j && n > 0 {
				r.Confused = append(r.Confused, Pair{r.Labels[i], r.Labels[j], n, ratio(n, r.Classes[i].Support)})
			}
		}
	}
	sort.SliceStable(r.Confused, func(i, j int) bool { return r.Confused[i].Count > r.Confused[j].Count })
	r.Confused = r.Confused[:min(10, len(r.Confused))]
	return nil
}

// byLength groups texts by length in bands that double: 1-8, 9-16, 17-32 and so on. Unknown lengths (0) are left out.
func byLength(lengths []int, right []bool) []Band {
	var bands []Band
	hits := map[int]int{}
	for i, l := range lengths {
		if l <= 0 {
			continue
		}
		k := 0
		for to := 8; l > to; to *= 2 {
			k++
		}
		for len(bands) <= k {
			b := Band{From: 1, To: 8 << len(bands)}
			if len(bands) > 0 {
				b.From = b.To/2 + 1
			}
			bands = append(bands, b)
		}
		bands[k].N++
		if right[i] {
			hits[k]++
		}
	}
	var filled []Band
	for k, b := range bands {
		if b.N > 0 {
			b.Accuracy = ratio(hits[k], b.N)
			filled = append(filled, b)
		}
	}
	return filled
}
