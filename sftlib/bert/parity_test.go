package bert

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/backend"
	"gosft/sftlib/bert/safetensors"
	"gosft/sftlib/internal/testenv"
)

// backends opens every backend of this machine once and runs f on each; a GPU computes in full float32, as PyTorch does.
func backends(t *testing.T, f func(t *testing.T, b *backend.Backend)) {
	for _, name := range []string{"go", "xla", "cuda:cuda,tf32=false"} {
		t.Run(name, func(t *testing.T) { f(t, openBackend(t, name)) })
	}
}

var opened sync.Map

func openBackend(t testing.TB, name string) *backend.Backend {
	if b, ok := opened.Load(name); ok {
		return b.(*backend.Backend)
	}
	b, err := backend.Open(name)
	if err != nil {
		t.Skip(err)
	}
	opened.Store(name, b)
	return b
}

// reference is what transformers computes: ids of texts and pairs, logits of the padded batch, and in a file the gradients.
type reference struct {
	IDs, Types [][]int32
	Labels     []int32
	Logits     [][]float32
	Loss       float64
}

const referenceScript = `
import sys, json, csv, torch
from transformers import AutoTokenizer, BertForSequenceClassification
from safetensors.torch import save_file
src, data, out = sys.argv[1:4]
torch.manual_seed(7); torch.set_num_threads(2)
tok = AutoTokenizer.from_pretrained(src)
m = BertForSequenceClassification.from_pretrained(src, num_labels=3, id2label={0:"bad",1:"middling",2:"good"}, label2id={"bad":0,"middling":1,"good":2}, dtype=torch.float32).eval()
with torch.no_grad():
    m.classifier.weight.normal_(0, .3); m.classifier.bias.normal_(0, .1)
m.save_pretrained(out); tok.save_pretrained(out)
rows = [r.get("text") or r["review"] for r in csv.DictReader(open(data, encoding="utf-8"))][:24]
texts = [(t, None) for t in rows[:16]] + list(zip(rows[16:20], rows[20:24]))
enc = [tok(a, b, truncation=True, max_length=128) if b else tok(a, truncation=True, max_length=128) for a, b in texts]
ids = [e["input_ids"] for e in enc]; types = [e["token_type_ids"] for e in enc]
w = max(map(len, ids)); pad = lambda x: torch.tensor([r + [0]*(w-len(r)) for r in x])
mask = torch.tensor([[1]*len(r) + [0]*(w-len(r)) for r in ids])
labels = torch.arange(len(ids)) % 3
o = m(input_ids=pad(ids), token_type_ids=pad(types), attention_mask=mask, labels=labels)
o.loss.backward()
save_file({k: v.grad.contiguous() for k, v in m.named_parameters()}, out + "/grads.safetensors")
json.dump(dict(IDs=ids, Types=types, Labels=labels.tolist(), Logits=o.logits.tolist(), Loss=o.loss.item()), open(out + "/reference.json", "w"))
`

func transformersReference(t *testing.T, src, data string) (dir string, r reference, items []Item) {
	dir = t.TempDir()
	testenv.RunPython(t, referenceScript, src, testenv.Shared(t, data), dir)
	text, err := os.ReadFile(filepath.Join(dir, "reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	for i := range r.IDs {
		items = append(items, Item{r.IDs[i], r.Types[i]})
	}
	return dir, r, items
}

func maxDiff(a, b [][]float32) float64 {
	d := math.Inf(1)
	if len(a) != len(b) {
		return d
	}
	d = 0
	for i := range a {
		for j := range a[i] {
			d = math.Max(d, math.Abs(float64(a[i][j]-b[i][j])))
		}
	}
	return d
}

// lossAndGradients computes the mean cross-entropy of a batch and its gradient for every trainable parameter, without dropout.
func lossAndGradients(t testing.TB, m *Model, b *Batch, labels []int32) (float64, map[string][]float32) {
	full := make([]int32, len(b.CLS))
	copy(full, labels)
	var names []string
	var out []*tensors.Tensor
	err := m.Do("gradients", func() error {
		e, err := model.NewExec(m.Backend().Backend, m.Store(), func(s *model.Scope, in []*graph.Node) []*graph.Node {
			g := in[0].Graph()
			logits := m.Logits(s, NewGraphBatch(in), NewDropout())
			hot := graph.OneHot(in[NumInputs], len(m.labels), dtypes.Float32)
			each := graph.Mul(in[NumInputs+1], graph.ReduceSum(graph.Mul(hot, graph.LogSoftmax(logits, -1)), -1))
			loss := graph.Neg(graph.Div(graph.ReduceAllSum(each), graph.ReduceAllSum(in[NumInputs+1])))
			var nodes []*graph.Node
			for _, p := range m.Params() {
				if p.Trainable() && p.Variable.InUseByGraph(g) {
					names, nodes = append(names, p.Name), append(nodes, p.Variable.NodeValue(g))
				}
			}
			return append([]*graph.Node{loss}, graph.Gradient(loss, nodes...)...)
		})
		if err != nil {
			return err
		}
		defer e.Finalize()
		args := []any{}
		for _, x := range b.Tensors() {
			args = append(args, x)
		}
		out, err = e.Call(append(args, full, b.Weights)...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	grads := map[string][]float32{}
	for i, n := range names {
		grads[n] = tensors.MustCopyFlatData[float32](out[i+1])
	}
	return float64(tensors.ToScalar[float32](out[0])), grads
}

func TestParityWithTransformers(t *testing.T) {
	for _, c := range []struct {
		name, data string
		src        func(testing.TB) string
	}{
		{"MiniLM", "data/sst2/train.csv", testenv.MiniLM},
		{"bge-small-zh", "data/waimai/waimai_10k.csv", testenv.BGE},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, want, items := transformersReference(t, c.src(t), c.data)
			grads, err := safetensors.Open(filepath.Join(dir, "grads.safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			defer grads.Close()
			backends(t, func(t *testing.T, b *backend.Backend) {
				m, err := Load(dir, On(b))
				if err != nil {
					t.Fatal(err)
				}
				defer m.Close()
				if got := fmt.Sprint(m.Labels()); got != "[bad middling good]" {
					t.Errorf("labels %s", got)
				}
				padded := Pad(items, len(items), 8)
				packer := &Packer{Size: len(items) + 4, Widths: []Width{{Tokens: 128, Levels: []int{4, 8}}}}
				packed := packer.Batch(items)
				if packed.Rows >= padded.Rows || packed.Tokens != padded.Tokens {
					t.Errorf("packed %v, padded %v", packed.Shape(), padded.Shape())
				}
				for _, k := range []struct {
					what  string
					batch *Batch
				}{{"padded, with pairs", padded}, {"packed, with pairs", packed}} {
					got, err := m.Forward(k.batch)
					if err != nil {
						t.Fatal(err)
					}
					testenv.Parity(t, fmt.Sprintf("logits of %s on %s, %s, against transformers", c.name, b.Kind, k.what), maxDiff(got, want.Logits), 1e-4)
					if k.batch == padded && b.Kind != backend.Go {
						continue // another gradient graph takes long to compile, and TestPackedEqualsPadded compares the two
					}
					loss, gs := lossAndGradients(t, m, k.batch, want.Labels)
					testenv.Parity(t, fmt.Sprintf("loss of %s on %s, %s, against transformers", c.name, b.Kind, k.what), math.Abs(loss-want.Loss), 1e-4)
					absolute, relative := 0.0, 0.0
					if len(gs) != len(m.Params()) {
						t.Errorf("%d gradients for %d parameters", len(gs), len(m.Params()))
					}
					for name, g := range gs {
						w, err := grads.Float32(name)
						if err != nil {
							t.Fatal(err)
						}
						size := 0.0
						for _, x := range w {
							size = math.Max(size, math.Abs(float64(x)))
						}
						// A key's bias has no influence on attention; its gradient is rounding alone.
						diff := maxDiff([][]float32{g}, [][]float32{w})
						absolute = math.Max(absolute, diff)
						if size > 1e-6 {
							relative = math.Max(relative, diff/size)
						}
					}
					testenv.Parity(t, fmt.Sprintf("gradients of %s on %s, %s, against transformers", c.name, b.Kind, k.what), absolute, 1e-3)
					testenv.Parity(t, fmt.Sprintf("gradients of %s on %s, %s, relative to each tensor's largest", c.name, b.Kind, k.what), relative, 1e-3)
				}
			})
		})
	}
}
