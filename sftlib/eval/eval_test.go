package eval

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gosft/sftlib/internal/testenv"
)

// random makes true classes, predictions of medium skill and their probabilities.
func random(r *rand.Rand, n, classes int) (truth, guess []int, probs [][]float64) {
	for range n {
		t := r.Intn(classes)
		logits := make([]float64, classes)
		for c := range logits {
			logits[c] = r.NormFloat64()
		}
		logits[t] += 1
		p := Softmax(logits)
		truth, probs, guess = append(truth, t), append(probs, p), append(guess, Best(p))
	}
	return
}

func labels(n int) []string {
	l := make([]string, n)
	for i := range l {
		l[i] = fmt.Sprintf("class %d", i)
	}
	return l
}

const sklearnScript = `
import sys, json, warnings
import numpy as np
from sklearn import metrics as m
from scipy import stats
warnings.simplefilter("ignore")
out = []
for c in json.load(open(sys.argv[1])):
    if "Values" in c:
        t, p = np.array(c["Values"]), np.array(c["Predicted"])
        out.append({"mse": m.mean_squared_error(t, p), "mae": m.mean_absolute_error(t, p), "r2": m.r2_score(t, p),
                    "pearson": float(stats.pearsonr(t, p)[0]), "spearman": float(stats.spearmanr(t, p)[0])})
        continue
    if "Sets" in c:
        t, p = np.array(c["Sets"]), np.array(c["Guesses"])
        d = {"accuracy": m.accuracy_score(t, p), "hamming": m.hamming_loss(t, p)}
        for a in ["macro", "micro", "weighted", "samples"]:
            d["f1 " + a] = m.f1_score(t, p, average=a, zero_division=0)
        out.append(d)
        continue
    t, g, p = np.array(c["Truth"]), np.array(c["Guess"]), np.array(c["Probs"])
    d = {"accuracy": m.accuracy_score(t, g), "mcc": m.matthews_corrcoef(t, g)}
    k = p.shape[1]
    for a in ["macro", "micro", "weighted"] + (["binary"] if k == 2 else []):
        d["precision " + a] = m.precision_score(t, g, average=a, zero_division=0)
        d["recall " + a] = m.recall_score(t, g, average=a, zero_division=0)
        d["f1 " + a] = m.f1_score(t, g, average=a, zero_division=0)
    d["log loss"] = m.log_loss(t, p, labels=list(range(k)))
    if len(set(t)) == k:
        if k == 2:
            d["roc auc macro"] = m.roc_auc_score(t, p[:, 1])
        else:
            d["roc auc macro"] = m.roc_auc_score(t, p, multi_class="ovr", average="macro")
            d["roc auc weighted"] = m.roc_auc_score(t, p, multi_class="ovr", average="weighted")
    d["confusion"] = m.confusion_matrix(t, g, labels=list(range(k))).tolist()
    out.append(d)
print(json.dumps(out))
`

type problemCase struct {
	Truth, Guess   []int       `json:",omitempty"`
	Probs          [][]float64 `json:",omitempty"`
	Values         []float64   `json:",omitempty"`
	Predicted      []float64   `json:",omitempty"`
	Sets, Guesses  [][]bool    `json:",omitempty"`
	classes, texts int
}

func TestEqualToScikitLearn(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	var cases []problemCase
	for _, k := range []int{2, 3, 10, 77} {
		for _, n := range []int{5, 50, 1000} {
			c := problemCase{classes: k, texts: n}
			c.Truth, c.Guess, c.Probs = random(r, n, k)
			cases = append(cases, c)
		}
	}
	// One class only, certain and wrong, ties.
	cases = append(cases, problemCase{classes: 2, texts: 3, Truth: []int{1, 1, 1}, Guess: []int{1, 1, 1}, Probs: [][]float64{{.5, .5}, {0, 1}, {1, 0}}})
	cases = append(cases, problemCase{classes: 2, texts: 4, Truth: []int{1, 0, 1, 0}, Guess: []int{0, 0, 0, 0}, Probs: [][]float64{{.5, .5}, {.5, .5}, {.7, .3}, {.7, .3}}})
	for range 3 {
		c := problemCase{}
		for i := range 200 {
			v := float64(r.Intn(9)) - 4
			c.Values, c.Predicted = append(c.Values, v), append(c.Predicted, v+r.NormFloat64()*float64(i%3))
		}
		cases = append(cases, c)
	}
	for range 3 {
		c := problemCase{classes: 5}
		for range 100 {
			truth, guess := make([]bool, 5), make([]bool, 5)
			for k := range 5 {
				truth[k] = r.Float64() < .3
				guess[k] = truth[k] != (r.Float64() < .2)
			}
			c.Sets, c.Guesses = append(c.Sets, truth), append(c.Guesses, guess)
		}
		cases = append(cases, c)
	}
	var theirs []map[string]any
	if err := json.Unmarshal(testenv.RunPython(t, sklearnScript, writeJSON(t, cases)), &theirs); err != nil {
		t.Fatal(err)
	}
	worst := map[string]float64{}
	for i, c := range cases {
		ours, counts := figures(t, c)
		for name, v := range theirs[i] {
			if name == "confusion" {
				if got, _ := json.Marshal(counts); string(got) != mustJSON(v) {
					t.Errorf("case %d: confusion %s, scikit-learn has %s", i, got, mustJSON(v))
				}
				continue
			}
			kind, _, _ := strings.Cut(name, " ")
			worst[kind] = max(worst[kind], math.Abs(ours[name]-v.(float64)))
			if d := math.Abs(ours[name] - v.(float64)); !(d < 1e-9) {
				t.Errorf("case %d (%d classes, %d texts): %s is %v, scikit-learn has %v", i, c.classes, c.texts, name, ours[name], v)
			}
		}
	}
	for _, kind := range []string{"accuracy", "precision", "recall", "f1", "mcc", "roc", "log", "hamming", "mse", "mae", "r2", "pearson", "spearman"} {
		v, ok := worst[kind]
		if !ok {
			t.Errorf("%s was not compared", kind)
		}
		testenv.Parity(t, fmt.Sprintf("metric %s against scikit-learn, largest difference", kind), v, 1e-9)
	}
}

func mustJSON(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

func figures(t *testing.T, c problemCase) (map[string]float64, [][]int) {
	t.Helper()
	m := map[string]float64{}
	switch {
	case c.Values != nil:
		g, err := NewRegression(c.Values, c.Predicted)
		if err != nil {
			t.Fatal(err)
		}
		return map[string]float64{"mse": g.MSE, "mae": g.MAE, "r2": g.R2, "pearson": g.Pearson, "spearman": g.Spearman}, nil
	case c.Sets != nil:
		s, err := NewMultiLabel(c.Sets, c.Guesses, labels(c.classes))
		if err != nil {
			t.Fatal(err)
		}
		m["accuracy"], m["hamming"] = s.Accuracy, s.Hamming
		for _, a := range []Average{Macro, Micro, Weighted, Samples} {
			m["f1 "+string(a)] = s.F1(a)
		}
		return m, nil
	}
	x, err := Confusion(c.Truth, c.Guess, labels(c.classes))
	if err != nil {
		t.Fatal(err)
	}
	m["accuracy"], m["mcc"] = x.Accuracy(), x.MCC()
	for _, a := range []Average{Binary, Macro, Micro, Weighted} {
		m["precision "+string(a)], m["recall "+string(a)], m["f1 "+string(a)] = x.Precision(a), x.Recall(a), x.F1(a)
	}
	if m["log loss"], err = LogLoss(c.Truth, c.Probs); err != nil {
		t.Fatal(err)
	}
	for _, a := range []Average{Macro, Weighted} {
		if auc, err := ROCAUC(c.Truth, c.Probs, a); err == nil {
			m["roc auc "+string(a)] = auc
		}
	}
	return m, x.Counts
}

func TestCollectorKeepsTheWorst(t *testing.T) {
	c := NewCollector([]string{"no", "yes"})
	c.Worst = 3
	for i := range 100 {
		p := float64(i%10) / 10 // probability of the true class, yes
		c.Add(Item{Text: fmt.Sprintf("text <%d>", i), Length: i + 1, Label: 1, Scores: []float64{1 - p, p}, Loss: float64(i)})
	}
	r, err := c.Report()
	if err != nil {
		t.Fatal(err)
	}
	// 0.5 is a tie and goes to the first class: wrong are the tenths 0 to 5.
	if r.N != 100 || math.Abs(r.Accuracy-0.4) > 1e-12 || len(r.Worst) != 3 {
		t.Fatalf("got %d texts, accuracy %v, %d worst", r.N, r.Accuracy, len(r.Worst))
	}
	for i, want := range []int{95, 94, 93} {
		if r.Worst[i].Index != want || r.Worst[i].Truth != "yes" || r.Worst[i].Prediction != "no" {
			t.Errorf("worst %d is %+v, want text %d", i, r.Worst[i], want)
		}
	}
	n := 0
	for _, b := range r.ByLength {
		n += b.N
		if b.From > b.To || b.N > b.To-b.From+1 {
			t.Errorf("band %+v", b)
		}
	}
	if n != 100 {
		t.Errorf("bands hold %d texts, want 100", n)
	}
	bundle := r.MimeBundle()
	h := bundle["text/html"].(string)
	if strings.Contains(h, "<95>") || !strings.Contains(h, "&lt;95&gt;") {
		t.Error("text from data is not escaped in HTML")
	}
	if !strings.Contains(bundle["text/plain"].(string), "text <95>") {
		t.Error("the plain text does not name the worst error")
	}
	if math.IsNaN(r.AUC) == false {
		t.Errorf("AUC of one class only is %v, want NaN", r.AUC)
	}
	if _, ok := r.Metrics()["roc_auc"]; ok {
		t.Error("a missing AUC must not appear among the metrics")
	}
}

func TestManyClassesAreDrawnSmall(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	truth, _, probs := random(r, 500, 77)
	c := NewCollector(labels(77))
	for i := range truth {
		c.Add(Item{Text: "x", Label: truth[i], Scores: probs[i]})
	}
	report, err := c.Report()
	if err != nil {
		t.Fatal(err)
	}
	h := report.MimeBundle()["text/html"].(string)
	if !strings.Contains(h, "<svg") || !strings.Contains(h, "taken for") || len(report.Confused) != 10 {
		t.Error("77 classes must give a drawn matrix and ten confused pairs")
	}
	for i := 1; i < len(report.Confused); i++ {
		if report.Confused[i].Count > report.Confused[i-1].Count {
			t.Error("confused pairs are not sorted")
		}
	}
}

func TestBadInputIsAnError(t *testing.T) {
	two := []string{"a", "b"}
	if _, err := Confusion([]int{0}, []int{0, 1}, two); err == nil {
		t.Error("different lengths")
	}
	if _, err := Confusion([]int{2}, []int{0}, two); err == nil {
		t.Error("class outside the labels")
	}
	if _, err := Confusion(nil, nil, two); err == nil {
		t.Error("nothing to count")
	}
	if _, err := LogLoss([]int{0}, [][]float64{{math.NaN(), 1}}); err == nil {
		t.Error("NaN score")
	}
	if _, err := NewRegression([]float64{1}, []float64{math.NaN()}); err == nil {
		t.Error("NaN value")
	}
	c := NewCollector(two)
	c.Add(Item{Label: 5, Scores: []float64{1, 0}})
	if _, err := c.Report(); err == nil || !strings.Contains(err.Error(), "text 0") {
		t.Errorf("a class outside the labels: %v", err)
	}
	if _, err := NewCollector(two).Report(); err == nil {
		t.Error("an empty evaluation")
	}
}

func writeJSON(t *testing.T, v any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cases.json")
	b, err := json.Marshal(v)
	if err == nil {
		err = os.WriteFile(path, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
