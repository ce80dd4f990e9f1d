package bert

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gosft/sftlib/backend"
	"gosft/sftlib/internal/testenv"
)

// Predict and Encoder against transformers' and sentence-transformers' own pipelines, from texts to scores.
func TestParityOfPredictAndEncoder(t *testing.T) {
	src := testenv.MiniLM(t)
	dir := t.TempDir()
	texts := []string{"a stirring , funny and finally transporting film", "no movement , no yuks , not much of anything", "", "好吃 ok",
		strings.Repeat("long winded and dull ", 20), "ok"}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	out := testenv.RunPython(t, `
import sys, json, torch
from transformers import AutoTokenizer, BertForSequenceClassification, pipeline
from sentence_transformers import SentenceTransformer
src, out, texts = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
torch.manual_seed(3)
m = BertForSequenceClassification.from_pretrained(src, num_labels=2, id2label={0:"negative",1:"positive"}, label2id={"negative":0,"positive":1}, dtype=torch.float32).eval()
with torch.no_grad(): m.classifier.weight.normal_(0, .5)
tok = AutoTokenizer.from_pretrained(src)
m.save_pretrained(out); tok.save_pretrained(out)
p = pipeline("text-classification", model=m, tokenizer=tok, top_k=None, truncation=True, max_length=128)
st = SentenceTransformer(src, device="cpu")
print(json.dumps(dict(scores=[[next(s["score"] for s in r if s["label"]==l) for l in ("negative","positive")] for r in p(texts)], vectors=st.encode(texts).tolist())))
`, src, dir, string(in))
	var want struct{ Scores, Vectors [][]float32 }
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	backends(t, func(t *testing.T, b *backend.Backend) {
		m, err := Load(dir, On(b))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		p, err := m.PredictBatch(t.Context(), texts, PredictOptions{MaxLength: 128, Truncate: true})
		if err != nil {
			t.Fatal(err)
		}
		var got [][]float32
		for i, x := range p {
			got = append(got, []float32{float32(x.Scores[0].Score), float32(x.Scores[1].Score)})
			better := "negative"
			if want.Scores[i][1] > want.Scores[i][0] {
				better = "positive"
			}
			if x.Label != better || x.Text != texts[i] {
				t.Errorf("%q: %s, transformers says %s", x.Text, x.Label, better)
			}
		}
		testenv.Parity(t, fmt.Sprintf("Predict on %s against transformers' pipeline, probabilities", b.Kind), maxDiff(got, want.Scores), 1e-4)

		e, err := OpenEncoder(src, On(b))
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if !e.Normalize || e.Pooling != Mean || e.MaxLength != 256 {
			t.Errorf("modules.json was not followed: %+v", e)
		}
		vectors, err := e.Encode(texts...)
		if err != nil {
			t.Fatal(err)
		}
		testenv.Parity(t, fmt.Sprintf("Encoder on %s against sentence-transformers, vectors", b.Kind), maxDiff(vectors, want.Vectors), 1e-4)
	})
}

// A saved folder opens in transformers with the same logits, label names and tokenizer; gamma/beta, the bert. prefix, bf16,
// f16 and shards open here.
func TestParityOfSave(t *testing.T) {
	b := openBackend(t, "xla")
	m, err := ForSequenceClassification(testenv.MiniLM(t), []string{"差评", "好评 \"x\"", "c"}, On(b), Seed(5), LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	m.Card = "## Scores\n\naccuracy 0.9"
	dir := filepath.Join(t.TempDir(), "a", "model")
	for range 2 { // into a new folder and into one that is there
		if err := m.Save(dir); err != nil {
			t.Fatal(err)
		}
	}
	texts := []string{"a good film", "what a dreadful bore this is , really"}
	p, err := m.PredictBatch(t.Context(), texts, PredictOptions{})
	if err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	out := testenv.RunPython(t, `
import sys, json, torch, os, re
from transformers import AutoModelForSequenceClassification, AutoTokenizer
from safetensors.torch import save_file, load_file
d, texts = sys.argv[1], json.loads(sys.argv[2])
m, info = AutoModelForSequenceClassification.from_pretrained(d, output_loading_info=True); m.eval()
assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
tok = AutoTokenizer.from_pretrained(d)
with torch.no_grad(): probs = m(**tok(texts, padding=True, return_tensors="pt")).logits.softmax(-1).tolist()
import copy
for kind, dt in (("f16", torch.float16), ("bf16", torch.bfloat16)):
    c = copy.deepcopy(m).to(dt); c.save_pretrained(d + "-" + kind, max_shard_size="30MB"); tok.save_pretrained(d + "-" + kind)
w = load_file(d + "/model.safetensors")
old = {re.sub(r"LayerNorm.weight$", "LayerNorm.gamma", re.sub(r"LayerNorm.bias$", "LayerNorm.beta", k)).removeprefix("bert."): v.clone() for k, v in w.items()}
old["cls.predictions.bias"] = torch.zeros(3)
os.makedirs(d + "-old"); save_file(old, d + "-old/model.safetensors")
m.config.save_pretrained(d + "-old"); tok.save_pretrained(d + "-old")
def probs_of(x):
    with torch.no_grad(): return x(**tok(texts, padding=True, return_tensors="pt")).logits.float().softmax(-1).tolist()
print(json.dumps(dict(labels=[m.config.id2label[i] for i in range(3)], ids=m.config.label2id, problem=m.config.problem_type, probs=probs,
  f16=probs_of(copy.deepcopy(m).half().float()), bf16=probs_of(copy.deepcopy(m).bfloat16().float()), old=probs)))
`, dir, string(in))
	var want struct {
		Labels                []string
		Problem               string
		Probs, F16, BF16, Old [][]float32
	}
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(want.Labels) != fmt.Sprint(m.Labels()) || want.Problem != string(SingleLabel) {
		t.Errorf("labels in transformers: %q, %s", want.Labels, want.Problem)
	}
	testenv.Parity(t, "saved model opened by transformers, probabilities", maxDiff(probsOf(p), want.Probs), 1e-4)
	card, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil || !strings.Contains(string(card), "accuracy 0.9") || !strings.Contains(string(card), "差评") {
		t.Errorf("model card: %v\n%s", err, card)
	}
	for _, c := range []struct {
		kind string
		want [][]float32
	}{{"", want.Probs}, {"-f16", want.F16}, {"-bf16", want.BF16}, {"-old", want.Old}} {
		m, err := Load(dir+c.kind, On(b))
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.PredictBatch(t.Context(), texts, PredictOptions{})
		if err != nil {
			t.Fatal(err)
		}
		testenv.Parity(t, "model saved by transformers as model"+c.kind+" and loaded, probabilities", maxDiff(probsOf(p), c.want), 1e-4)
		m.Close()
	}
}

func probsOf(p Predictions) (out [][]float32) {
	for _, x := range p {
		var row []float32
		for _, s := range x.Scores {
			row = append(row, float32(s.Score))
		}
		out = append(out, row)
	}
	return out
}

// toy is a small model with random weights in a folder, so that tests need no Python and take no time.
func toy(t testing.TB, change func(c *Config)) string {
	t.Helper()
	return writeToy(t, t.TempDir(), change)
}

// Batches must not change what a text gets, whatever its neighbours, and long texts are read whole.
func TestPredictWindowsAndNeighbours(t *testing.T) {
	m, err := ForSequenceClassification(toy(t, nil), []string{"a", "b", "c"}, On(openBackend(t, "go")), LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	texts := []string{"b a", strings.Repeat("a b c ", 100), "c", strings.Repeat("c a ", 9), ""}
	all, err := m.Predict(texts...)
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		one, err := m.Predict(text)
		if err != nil {
			t.Fatal(err)
		}
		if d := maxDiff(probsOf(one), probsOf(all[i:i+1])); d > 1e-5 {
			t.Errorf("%.20q: alone and among others differ by %g", text, d)
		}
		sum := 0.0
		for _, s := range all[i].Scores {
			sum += s.Score
		}
		if math.Abs(sum-1) > 1e-6 {
			t.Errorf("%.20q: probabilities sum to %g", text, sum)
		}
	}
	if all[1].Windows < 5 || all[0].Windows != 1 {
		t.Errorf("windows: %d of the long text, %d of the short one", all[1].Windows, all[0].Windows)
	}
	cut, err := m.PredictBatch(t.Context(), texts, PredictOptions{Truncate: true})
	if err != nil {
		t.Fatal(err)
	}
	if cut[1].Windows != 1 {
		t.Errorf("truncated text has %d windows", cut[1].Windows)
	}
	if none, err := m.Predict(); err != nil || len(none) != 0 {
		t.Errorf("no texts: %v, %v", none, err)
	}
	if _, err := m.PredictBatch(t.Context(), texts, PredictOptions{MaxLength: 1000}); err == nil {
		t.Error("a window longer than the positions was accepted")
	}
	if _, err := m.PredictBatch(t.Context(), texts, PredictOptions{Pairs: texts[:2]}); err == nil {
		t.Error("pairs of unequal number were accepted")
	}
	if !strings.Contains(all.String(), "label") || all.MimeBundle()["text/html"] == nil {
		t.Errorf("shown as:\n%s", all)
	}
}
