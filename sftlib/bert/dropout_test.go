package bert

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/stat"
	"gosft/sftlib/internal/testenv"
)

// spreadScript lets transformers draw masks and prints the mean and the variance of each text's logits over them.
const spreadScript = `
import sys, json, torch
from transformers import BertForSequenceClassification
where, n, texts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.manual_seed(11); torch.set_num_threads(2)
m = BertForSequenceClassification.from_pretrained(where, dtype=torch.float32).train()
r = json.load(open(where + "/reference.json"))
ids, types = r["IDs"][:texts], r["Types"][:texts]
w = max(map(len, ids)); pad = lambda x: torch.tensor([y + [0]*(w-len(y)) for y in x])
mask = torch.tensor([[1]*len(y) + [0]*(w-len(y)) for y in ids])
with torch.no_grad():
    x = torch.stack([m(input_ids=pad(ids), token_type_ids=pad(types), attention_mask=mask).logits for _ in range(n)])
print(json.dumps(dict(Mean=x.mean(0).tolist(), Var=x.var(0).tolist())))
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
		var want struct{ Mean, Var [][]float64 }
		if err := json.Unmarshal(testenv.RunPython(t, spreadScript, dir, strconv.Itoa(draws), strconv.Itoa(texts)), &want); err != nil {
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
	labels := len(m.Labels())
	values := make([][]float64, len(items)*labels) // of each logit, by draw
	sums := make([]float64, draws)
	err = m.Do("dropout", func() error {
		e, err := model.NewExec(m.Backend().Backend, m.Store(), func(s *model.Scope, in []*graph.Node) *graph.Node {
			return m.Logits(s, NewGraphBatch(in), NewDropout(in[NumInputs:]...))
		})
		if err != nil {
			return err
		}
		defer e.Finalize()
		for draw := range draws {
			args := []any{}
			for _, x := range batch.Tensors() {
				args = append(args, x)
			}
			for _, x := range m.DropoutSeeds(uint32(draw)) {
				args = append(args, x)
			}
			out, err := e.Call(args...)
			if err != nil {
				return err
			}
			logits := tensors.MustCopyFlatData[float32](out[0])
			for k := range values {
				values[k] = append(values[k], float64(logits[k]))
				if k%labels == 0 {
					sums[draw] += float64(logits[k])
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	mean, variance = make([][]float64, len(items)), make([][]float64, len(items))
	for k, x := range values {
		mu, v := stat.MeanVariance(x, nil)
		mean[k/labels], variance[k/labels] = append(mean[k/labels], mu), append(variance[k/labels], v)
	}
	return mean, variance, stat.Variance(sums, nil)
}
