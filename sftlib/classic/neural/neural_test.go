package neural_test

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gosft/sftlib/backend"
	"gosft/sftlib/bert"
	"gosft/sftlib/bert/safetensors"
	"gosft/sftlib/classic"
	"gosft/sftlib/classic/neural"
	"gosft/sftlib/internal/testenv"
	"gosft/sftlib/train"
)

var words = strings.Fields("good fine love bad poor hate a film was it and very so not book")

// tiny writes a BERT of one layer with random weights, as a stand-in for a real checkpoint.
func tiny() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "tiny-*")
	check(err)
	c := bert.DefaultConfig()
	c.VocabSize, c.HiddenSize, c.NumHiddenLayers, c.NumAttentionHeads, c.IntermediateSize, c.MaxPositionEmbeddings = 5+len(words), 32, 1, 2, 64, 32
	c.Architectures = []string{"BertModel"}
	text, err := c.MarshalJSON()
	check(err)
	check(os.WriteFile(filepath.Join(dir, "config.json"), text, 0o644))
	check(os.WriteFile(filepath.Join(dir, "vocab.txt"), []byte("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"+strings.Join(words, "\n")+"\n"), 0o644))
	r := rand.New(rand.NewPCG(7, 7))
	var list []safetensors.Tensor
	add := func(name string, mean float64, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(mean + r.NormFloat64()*0.3)
		}
		list = append(list, safetensors.Tensor{Name: name, Shape: shape, Data: safetensors.Values(x)})
	}
	add("embeddings.word_embeddings.weight", 0, c.VocabSize, 32)
	add("embeddings.position_embeddings.weight", 0, 32, 32)
	add("embeddings.token_type_embeddings.weight", 0, 2, 32)
	for _, l := range []struct {
		name    string
		out, in int
	}{{"encoder.layer.0.attention.self.query", 32, 32}, {"encoder.layer.0.attention.self.key", 32, 32}, {"encoder.layer.0.attention.self.value", 32, 32},
		{"encoder.layer.0.attention.output.dense", 32, 32}, {"encoder.layer.0.intermediate.dense", 64, 32}, {"encoder.layer.0.output.dense", 32, 64},
		{"pooler.dense", 32, 32}} {
		add(l.name+".weight", 0, l.out, l.in)
		add(l.name+".bias", 0, l.out)
	}
	for _, name := range []string{"embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"} {
		add(name+".LayerNorm.weight", 1, 32)
		add(name+".LayerNorm.bias", 0, 32)
	}
	check(safetensors.Write(filepath.Join(dir, "model.safetensors"), list, nil))
	return dir, func() { os.RemoveAll(dir) }
}

// onGo computes on the backend that needs no compiling, as is best for so small a model.
var onGo = sync.OnceValue(func() bert.Option {
	b, err := backend.Open("go")
	check(err)
	return bert.On(b)
})

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// reviews are short texts with the label that one of their words tells.
func reviews(n int) train.Texts {
	r := rand.New(rand.NewPCG(1, 1))
	f := train.Texts{}
	for i := range n {
		text := []string{words[3*(i%2)+r.IntN(3)]}
		for range 1 + r.IntN(5) {
			text = append(text, words[6+r.IntN(len(words)-6)])
		}
		r.Shuffle(len(text), func(a, b int) { text[a], text[b] = text[b], text[a] })
		f["text"], f["label"] = append(f["text"], strings.Join(text, " ")), append(f["label"], []string{"good", "bad"}[i%2])
	}
	return f
}

func ExampleFrozenEncoder() {
	dir, remove := tiny() // in its place: "sentence-transformers/all-MiniLM-L6-v2"
	defer remove()
	frozen := neural.Frozen(dir, onGo(), bert.LogTo(nil))
	defer frozen.Close()
	f := reviews(200)
	check(frozen.FitTexts(f["text"], f["label"]))
	got, err := frozen.PredictTexts(f["text"])
	check(err)
	right := 0
	for i, label := range got {
		if label == f["label"][i] {
			right++
		}
	}
	fmt.Println(right > 140, frozen.Size() > 30_000)
	// Output: true true
}

func ExampleFineTunedModel() {
	dir, remove := tiny() // in its place: "sentence-transformers/all-MiniLM-L6-v2"
	defer remove()
	tuned := neural.FineTuned(dir, train.Args{NumTrainEpochs: 8, PerDeviceTrainBatchSize: 16, LearningRate: 4e-3}, onGo(), bert.LogTo(nil))
	defer tuned.Close()
	c, err := classic.Contest{Shares: []float64{1}}.Compare(reviews(200), "text", "label", tuned)
	check(err)
	for _, r := range c.Results {
		fmt.Println(strings.HasSuffix(r.Name, "fine-tuned"), r.Accuracy > .6, r.Size > 0)
	}
	fmt.Println(tuned.Model().Labels())
	// Output:
	// false false false
	// false true true
	// true true true
	// [bad good]
}

// TestCompareOnMiniLM: the four of them on sentences of SST-2, the real model and all.
func TestCompareOnMiniLM(t *testing.T) {
	if testing.Short() {
		t.Skip("not with -short: fine-tunes a BERT")
	}
	where := testenv.MiniLM(t)
	file, err := os.Open(testenv.Shared(t, "data/sst2/dev.csv"))
	check(err)
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	check(err)
	f := train.Texts{}
	for _, r := range rows[1:201] {
		f["sentence"], f["verdict"] = append(f["sentence"], r[0]), append(f["verdict"], map[string]string{"0": "negative", "1": "positive"}[r[1]])
	}
	frozen := neural.Frozen(where, bert.LogTo(nil))
	defer frozen.Close()
	tuned := neural.FineTuned(where, train.Args{NumTrainEpochs: 2, PerDeviceTrainBatchSize: 16, LearningRate: 2e-4, MaxLength: 48}, bert.LogTo(nil))
	defer tuned.Close()
	c, err := classic.Contest{Shares: []float64{1}}.Compare(f, "sentence", "verdict", frozen, tuned)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(c)
	if c.Train != 160 || c.Test != 40 || len(c.Results) != 4 {
		t.Fatalf("%d rows to learn from, %d to test on, %d models", c.Train, c.Test, len(c.Results))
	}
	major, bag := c.Results[0], c.Results[1]
	for _, r := range c.Results[2:] {
		if r.Accuracy < major.Accuracy+.05 || r.Size < 80_000_000 || r.Size < 10*bag.Size || r.Fit <= 0 || len(r.Curve) != 1 || r.Curve[0].Rows != 160 {
			t.Errorf("%+v", r)
		}
	}
	for _, want := range []string{"all-MiniLM-L6-v2 fine-tuned", "all-MiniLM-L6-v2 + logistic regression", "majority class", "TF-IDF", " to ", "MB"} {
		if !strings.Contains(c.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, c)
		}
	}
}

// TestMissing: what is missing is said by the model's name, and leaves nothing behind.
func TestMissing(t *testing.T) {
	t.Setenv("HF_HUB_OFFLINE", "1")
	for _, m := range []classic.TextModel{neural.Frozen("/nowhere/bert"), neural.FineTuned("/nowhere/bert", train.Args{})} {
		if _, err := classic.Compare(reviews(40), "text", "label", m); err == nil || !strings.Contains(err.Error(), m.Name()) || !strings.Contains(err.Error(), "no such folder") {
			t.Error(err)
		}
		if _, err := m.PredictTexts([]string{"a"}); err == nil || !strings.Contains(err.Error(), "yet") {
			t.Error(err)
		}
	}
	dir, remove := tiny()
	defer remove()
	wrong := neural.FineTuned(dir, train.Args{LearningRate: -1}, onGo(), bert.LogTo(nil))
	if err := wrong.FitTexts([]string{"good", "bad"}, []string{"x", "y"}); err == nil || !strings.Contains(err.Error(), "LearningRate is -1") || wrong.Model() != nil {
		t.Error(err)
	}
}
