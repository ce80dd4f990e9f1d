package train

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"gosft/sftlib/backend"
	"gosft/sftlib/bert"
	"gosft/sftlib/bert/safetensors"
)

// tinyWords are the vocabulary of the tiny model; the first half is said in good reviews, the second in bad ones.
var tinyWords = strings.Fields("good great fine nice love bad awful poor sad hate the a film was it and very so not book")

// tinyModel opens a model of writeTiny.
func tinyModel(t testing.TB, backendName string, labels []string, opts ...bert.Option) *bert.Model {
	t.Helper()
	dir := t.TempDir()
	must(t, writeTiny(dir))
	opts = append([]bert.Option{bert.On(openBackend(t, backendName)), bert.LogTo(nil)}, opts...)
	m, err := bert.ForSequenceClassification(dir, labels, opts...)
	must(t, err)
	t.Cleanup(func() { m.Close() })
	return m
}

// writeTiny writes a BERT of two layers, 32 wide, with random weights.
func writeTiny(dir string) error {
	c := bert.DefaultConfig()
	c.VocabSize, c.HiddenSize, c.NumHiddenLayers, c.NumAttentionHeads, c.IntermediateSize, c.MaxPositionEmbeddings = 5+len(tinyWords), 32, 2, 2, 64, 64
	c.Architectures = []string{"BertModel"}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o644); err != nil {
		return err
	}
	vocab := strings.Join(append([]string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}, tinyWords...), "\n") + "\n"
	if err := os.WriteFile(filepath.Join(dir, "vocab.txt"), []byte(vocab), 0o644); err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(7, 7))
	var list []safetensors.Tensor
	add := func(name string, mean float64, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(mean + r.NormFloat64()*0.05)
		}
		list = append(list, safetensors.Tensor{Name: name, Shape: shape, Data: safetensors.Values(x)})
	}
	h, in := c.HiddenSize, c.IntermediateSize
	dense := func(name string, out, in int) {
		add(name+".weight", 0, out, in)
		add(name+".bias", 0, out)
	}
	norm := func(name string) {
		add(name+".weight", 1, h)
		add(name+".bias", 0, h)
	}
	add("embeddings.word_embeddings.weight", 0, c.VocabSize, h)
	add("embeddings.position_embeddings.weight", 0, c.MaxPositionEmbeddings, h)
	add("embeddings.token_type_embeddings.weight", 0, 2, h)
	norm("embeddings.LayerNorm")
	for l := range c.NumHiddenLayers {
		p := fmt.Sprintf("encoder.layer.%d.", l)
		for _, q := range []string{"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"} {
			dense(p+q, h, h)
		}
		norm(p + "attention.output.LayerNorm")
		dense(p+"intermediate.dense", in, h)
		dense(p+"output.dense", h, in)
		norm(p + "output.LayerNorm")
	}
	dense("pooler.dense", h, h)
	return safetensors.Write(filepath.Join(dir, "model.safetensors"), list, nil)
}

// tinyFrame makes n reviews of 2 to 30 words with the label that their words tell.
func tinyFrame(n int, seed uint64) Texts {
	r := rand.New(rand.NewPCG(seed, 1))
	f := Texts{}
	for range n {
		good := r.IntN(2)
		var words []string
		for range 2 + r.IntN(6)*r.IntN(6) {
			w := tinyWords[10+r.IntN(10)]
			if r.IntN(3) == 0 {
				w = tinyWords[(1-good)*5+r.IntN(5)]
			}
			words = append(words, w)
		}
		words = append(words, tinyWords[(1-good)*5+r.IntN(5)])
		f["text"] = append(f["text"], strings.Join(words, " "))
		f["label"] = append(f["label"], []string{"bad", "good"}[good])
	}
	return f
}

var tinyLabels = []string{"bad", "good"}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var opened sync.Map

// openBackend opens a backend once for all tests; where it is missing the test is skipped.
func openBackend(t testing.TB, name string) *backend.Backend {
	t.Helper()
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

// gpu is the name of a GPU's backend that computes in full float32, as PyTorch does.
const gpu = "cuda:cuda,tf32=false"

// onBackends runs f on the Go backend and, unless -short is given, on XLA (the CPU, a GPU where there is one), where each
// model's programs take seconds to compile.
func onBackends(t *testing.T, f func(t *testing.T, name string)) {
	for _, name := range []string{"go", "xla", gpu} {
		t.Run(name, func(t *testing.T) {
			if name != "go" && testing.Short() {
				t.Skip("compiling takes seconds")
			}
			f(t, name)
		})
	}
}

// weights copies all parameters.
func weights(t testing.TB, m *bert.Model) map[string][]float32 {
	t.Helper()
	w := map[string][]float32{}
	must(t, m.Do("reading weights", func() error {
		for _, p := range m.Params() {
			v, err := p.Variable.Value()
			if err != nil {
				return err
			}
			if w[p.Name], err = tensors.CopyFlatData[float32](v); err != nil {
				return err
			}
		}
		return nil
	}))
	return w
}

func equalWeights(a, b map[string][]float32) bool {
	for name := range a {
		if !slices.Equal(a[name], b[name]) {
			return false
		}
	}
	return len(a) == len(b) && len(a) > 0
}
