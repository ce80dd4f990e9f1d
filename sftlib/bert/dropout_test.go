package bert

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/stat"
	"gosft/sftlib/internal/testenv"
)

// spreadScript lets transformers draw masks and writes the mean and the variance of each text's logits over them.
const spreadScript = `
import sys, json, torch
from transformers import BertForSequenceClassification
where, n = sys.argv[1], int(sys.argv[2])
torch.manual_seed(11); torch.set_num_threads(2)
m = BertForSequenceClassification.from_pretrained(where, dtype=torch.float32).train()
r = json.load(open(where + "/reference.json"))
ids, types = r["IDs"][:8], r["Types"][:8]
w = max(map(len, ids)); pad = lambda x: torch.tensor([y + [0]*(w-len(y)) for y in x])
mask = torch.tensor([[1]*len(y) + [0]*(w-len(y)) for y in ids])
with torch.no_grad():
    x = torch.stack([m(input_ids=pad(ids), token_type_ids=pad(types), attention_mask=mask).logits for _ in range(n)])
json.dump(dict(Mean=x.mean(0).tolist(), Var=x.var(0).tolist()), open(where + "/spread.json", "w"))
`

// Masks drop at transformers' places and as often: over many of them the logits of packed texts have the same means and variances.
// Both are estimates from draws, so that they are compared in what they may be off by chance.
func TestParityOfDropout(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of forward passes")
	}
	const draws, texts = 250, 8
	for _, c := range []struct{ name, dir, data string }{
		{"MiniLM", testenv.MiniLM(t), "data/sst2/dev.csv"}, {"bge-small-zh", testenv.BGE(t), "data/waimai/waimai_10k.csv"},
	} {
		dir, _, items := transformersReference(t, c.dir, c.data)
		testenv.RunPython(t, spreadScript, dir, strconv.Itoa(draws))
		var want struct{ Mean, Var [][]float64 }
		text, err := os.ReadFile(filepath.Join(dir, "spread.json"))
		if err == nil {
			err = json.Unmarshal(text, &want)
		}
		if err != nil {
			t.Fatal(err)
		}
		mean, variance, together := spread(t, dir, items[:texts], draws)
		shift, ours, theirs, first := 0.0, 0.0, 0.0, 0.0
		for i := range mean {
			first += variance[i][0]
			for k := range mean[i] {
				shift = max(shift, math.Abs(mean[i][k]-want.Mean[i][k])/math.Sqrt((variance[i][k]+want.Var[i][k])/draws))
				ours, theirs = ours+variance[i][k], theirs+want.Var[i][k]
			}
		}
		testenv.Parity(t, c.name+", dropout: means of logits, the largest difference in its standard errors", shift, 4.5)
		testenv.Parity(t, c.name+", dropout: variance of logits over transformers', difference from 1", math.Abs(ours/theirs-1), 0.1)
		testenv.Parity(t, c.name+", dropout: variance of the texts' sum over that of texts with masks of their own, difference from 1", math.Abs(together/first-1), 0.45)
	}
}

// spread computes the mean and the variance of each text's logits over so many masks, the texts packed as in a training, and the
// variance of all texts' sum of the first label's.
func spread(t *testing.T, dir string, items []Item, draws int) (mean, variance [][]float64, together float64) {
	m, err := ForSequenceClassification(dir, nil, On(openBackend(t, "xla")), LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var lengths []int
	for _, it := range items {
		lengths = append(lengths, len(it.IDs))
	}
	const width = 128
	rows := Fit(lengths, width)
	batch := Lay(items, rows, len(rows), width, len(items))
	mean, variance = make([][]float64, len(items)), make([][]float64, len(items))
	var sums []float64
	err = m.Do("dropout", func() error {
		e, err := model.NewExec(m.Backend().Backend, m.Store(), func(s *model.Scope, in []*graph.Node) *graph.Node {
			places := graph.Split(in[NumInputs], 0, in[NumInputs].Shape().Size())
			for i := range places {
				places[i] = graph.Reshape(places[i])
			}
			return m.Logits(s, NewGraphBatch(in), NewDropout(places...))
		})
		if err != nil {
			return err
		}
		for draw := range draws {
			args := []any{}
			for _, x := range batch.Tensors() {
				args = append(args, x)
			}
			out, err := e.Call(append(args, m.DropoutSeeds(uint32(draw)))...)
			if err != nil {
				return err
			}
			flat := tensors.MustCopyFlatData[float32](out[0])
			labels := len(m.Labels())
			sums = append(sums, 0)
			for i := range items {
				if draw == 0 {
					mean[i], variance[i] = make([]float64, labels), make([]float64, labels)
				}
				for k := range labels { // Welford
					x := float64(flat[i*labels+k])
					if k == 0 {
						sums[draw] += x
					}
					d := x - mean[i][k]
					mean[i][k] += d / float64(draw+1)
					variance[i][k] += d * (x - mean[i][k]) / float64(draws-1)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return mean, variance, stat.Variance(sums, nil)
}
