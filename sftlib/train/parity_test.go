package train

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/bert"
	"gosft/sftlib/internal/testenv"
)

// sharedCSV reads the first n rows of a file of the shared data as a frame; 0 means all.
func sharedCSV(t testing.TB, rel string, n int) Texts {
	t.Helper()
	f, err := os.Open(testenv.Shared(t, rel))
	must(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	must(t, err)
	frame := Texts{}
	for i, name := range rows[0] {
		for _, r := range rows[1:] {
			if n == 0 || len(frame[name]) < n {
				frame[name] = append(frame[name], r[i])
			}
		}
	}
	return frame
}

func miniLM(t testing.TB, backendName string, labels []string, opts ...bert.Option) *bert.Model {
	t.Helper()
	opts = append([]bert.Option{bert.On(openBackend(t, backendName)), bert.LogTo(nil)}, opts...)
	m, err := bert.ForSequenceClassification(testenv.MiniLM(t), labels, opts...)
	must(t, err)
	t.Cleanup(func() { m.Close() })
	return m
}

// labelNumbers turns labels into the model's outputs.
func labelNumbers(t testing.TB, m *bert.Model, labels []string) []int {
	t.Helper()
	ids := make([]int, len(labels))
	for i, l := range labels {
		id, ok := m.LabelID(l)
		if !ok {
			t.Fatalf("no label %q", l)
		}
		ids[i] = id
	}
	return ids
}

const lossScript = `
import sys, json, torch
out = []
for c in json.load(open(sys.argv[1])):
    x = torch.tensor(c["Logits"], dtype=torch.float32, requires_grad=True)
    w = torch.tensor(c["Weights"]) if c["Weights"] else None
    if c["Problem"] == "single_label_classification":
        loss = torch.nn.CrossEntropyLoss(weight=w, label_smoothing=c["Smoothing"])(x, torch.tensor(c["Class"]))
    elif c["Problem"] == "multi_label_classification":
        loss = torch.nn.BCEWithLogitsLoss(pos_weight=w)(x, torch.tensor(c["Values"], dtype=torch.float32))
    else:
        loss = torch.nn.MSELoss()(x, torch.tensor(c["Values"], dtype=torch.float32))
    loss.backward()
    out.append({"Loss": loss.item(), "Gradient": x.grad.tolist()})
print(json.dumps(out))
`

type lossCase struct {
	Problem   bert.ProblemType
	Logits    [][]float32
	Class     []int32
	Values    [][]float32
	Weights   []float32
	Smoothing float64
}

func TestLossesArePyTorchs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const n, k = 7, 4
	var cases []lossCase
	for _, problem := range []bert.ProblemType{bert.SingleLabel, bert.MultiLabel, bert.Regression} {
		for _, weighted := range []bool{false, true} {
			for _, smoothing := range []float64{0, 0.2} {
				if problem != bert.SingleLabel && smoothing > 0 || problem == bert.Regression && weighted {
					continue
				}
				c := lossCase{Problem: problem, Smoothing: smoothing}
				for range n {
					row, values := make([]float32, k), make([]float32, k)
					for j := range row {
						row[j] = float32(r.NormFloat64() * 20) // large enough to overflow a careless formula
						values[j] = float32(r.IntN(2))
					}
					c.Logits, c.Values, c.Class = append(c.Logits, row), append(c.Values, values), append(c.Class, int32(r.IntN(k)))
				}
				if weighted {
					c.Weights = []float32{0.5, 2, 1, 3}
				}
				cases = append(cases, c)
			}
		}
	}
	var theirs []struct {
		Loss     float64
		Gradient [][]float64
	}
	must(t, json.Unmarshal(testenv.RunPython(t, lossScript, writeJSON(t, cases)), &theirs))
	worst, worstGrad, worstHost := 0.0, 0.0, 0.0
	for i, c := range cases {
		o := objective{problem: c.Problem, outputs: k, smoothing: c.Smoothing}
		for _, w := range c.Weights {
			o.weights = append(o.weights, float64(w))
		}
		d := &dataset{items: make([]bert.Item, n), outputs: k, class: c.Class}
		rows := make([]int, n)
		for j := range rows {
			rows[j] = j
			d.values = append(d.values, c.Values[j]...)
		}
		const size = n + 2 // two places are filled up
		weights, sum := o.textWeights(d, rows, size)
		real, logits := make([]float32, size), make([]float32, size*k)
		for j := range n {
			real[j] = 1
			copy(logits[j*k:], c.Logits[j])
		}
		target := tensors.FromFlatDataAndDimensions([]int32{}, 0)
		switch x := o.targets(d, rows, size).(type) {
		case []int32:
			target = tensors.FromFlatDataAndDimensions(x, size)
		case []float32:
			target = tensors.FromFlatDataAndDimensions(x, size, k)
		}
		out, err := model.CallOnceN(openBackend(t, "go").Backend, model.NewStore(), func(_ *model.Scope, in []*model.Node) []*model.Node {
			loss := graph.Div(o.graph(in[0], in[1], in[2], in[3]), in[4])
			return []*model.Node{loss, graph.Gradient(loss, in[0])[0]}
		}, tensors.FromFlatDataAndDimensions(logits, size, k), target, weights, real, float32(sum))
		must(t, err)
		worst = max(worst, math.Abs(float64(tensors.ToScalar[float32](out[0]))-theirs[i].Loss)/(1+theirs[i].Loss))
		grads := tensors.MustCopyFlatData[float32](out[1])
		for j, g := range grads {
			want := 0.0
			if j < n*k {
				want = theirs[i].Gradient[j/k][j%k]
			}
			worstGrad = max(worstGrad, math.Abs(float64(g)-want))
		}
		if c.Weights == nil { // what an evaluation reports
			mean := 0.0
			for j := range n {
				loss, scores := o.ofText(d, j, c.Logits[j])
				mean += loss / n
				if len(scores) != k {
					t.Fatalf("%d scores", len(scores))
				}
			}
			worstHost = max(worstHost, math.Abs(mean-theirs[i].Loss)/(1+theirs[i].Loss))
		}
	}
	testenv.Parity(t, fmt.Sprintf("training losses against PyTorch in %d cases (smoothing, class weights, several labels, regression), relative", len(cases)), worst, 1e-5)
	testenv.Parity(t, "gradients of these losses against PyTorch", worstGrad, 1e-5)
	testenv.Parity(t, "losses of evaluations against PyTorch, relative", worstHost, 1e-5)
}

func TestBalancedWeightsAreScikitLearns(t *testing.T) {
	d := &dataset{class: []int32{0, 0, 0, 1, 2, 2}, items: make([]bert.Item, 6)}
	o := objective{problem: bert.SingleLabel, outputs: 3, weights: make([]float64, 3)}
	o.balance(d)
	var theirs []float64
	must(t, json.Unmarshal(testenv.RunPython(t, `
import json, numpy as np
from sklearn.utils.class_weight import compute_class_weight
y = np.array([0,0,0,1,2,2])
print(json.dumps(compute_class_weight("balanced", classes=np.unique(y), y=y).tolist()))`), &theirs))
	worst := 0.0
	for i := range theirs {
		worst = max(worst, math.Abs(theirs[i]-o.weights[i]))
	}
	testenv.Parity(t, "balanced class weights against scikit-learn", worst, 1e-12)
}

func writeJSON(t testing.TB, v any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in.json")
	b, err := json.Marshal(v)
	must(t, err)
	must(t, os.WriteFile(path, b, 0o644))
	return path
}
