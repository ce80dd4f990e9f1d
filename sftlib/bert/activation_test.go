package bert

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gosft/sftlib/backend"
	"gosft/sftlib/internal/testenv"
)

// Every hidden_act, in evaluation and in the training graph, with a large multiple of the usual weights so that the functions
// are used away from 0 too.
func TestParityOfActivations(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for n := range activations {
		names = append(names, n)
	}
	slices.Sort(names)
	arg, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	out := testenv.RunPython(t, `
import sys, json, torch
from transformers import BertConfig, BertForSequenceClassification
names, root = json.loads(sys.argv[1]), sys.argv[2]
res = {}
for act in names:
    torch.manual_seed(1)
    m = BertForSequenceClassification(BertConfig(vocab_size=32, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=40, hidden_act=act, initializer_range=0.6, num_labels=3)).eval()
    m.save_pretrained(f"{root}/{act}")
    ids = torch.arange(5, 25).reshape(2, 10)
    with torch.no_grad(): res[act] = m(ids).logits.tolist()
print(json.dumps(res))
`, string(arg), dir)
	var want map[string][][]float32
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	var items []Item
	for i := range 2 {
		var it Item
		for j := range 10 {
			it.IDs = append(it.IDs, int32(5+10*i+j))
		}
		items = append(items, it)
	}
	vocab := toy(t, nil)
	backends(t, func(t *testing.T, b *backend.Backend) {
		worst := 0.0
		for i, n := range names {
			if b.Kind != backend.Go && i >= 3 {
				break // compiling takes seconds each, and the graphs are the same
			}
			folder := filepath.Join(dir, n)
			for _, f := range []string{"tokenizer.json", "vocab.txt"} {
				text, err := os.ReadFile(filepath.Join(vocab, f))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, f), text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			m, err := Load(folder, On(b))
			if err != nil {
				t.Fatal(err)
			}
			batch := Pad(items, 2, 1)
			got, err := m.Forward(batch)
			if err != nil {
				t.Fatal(err)
			}
			d := maxDiff(got, want[n])
			if b.Kind == backend.Go { // the training graph is another one; compiling nine of them on XLA takes long
				trained, err := trainingLogits(m, batch)
				if err != nil {
					t.Fatal(err)
				}
				d = max(d, maxDiff(trained, want[n]))
			}
			if d > 1e-4 {
				t.Errorf("%s: %g", n, d)
			}
			worst = max(worst, d)
			m.Close()
		}
		testenv.Parity(t, fmt.Sprintf("logits with several activations on %s against transformers", b.Kind), worst, 1e-4)
	})
}
