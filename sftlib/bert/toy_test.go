package bert

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"gosft/sftlib/bert/safetensors"
	"gosft/sftlib/token"
)

// toyConfig is a BERT of two layers over a vocabulary of a few letters.
func toyConfig() Config {
	c := DefaultConfig()
	c.VocabSize, c.HiddenSize, c.NumHiddenLayers, c.NumAttentionHeads, c.IntermediateSize, c.MaxPositionEmbeddings = 32, 16, 2, 2, 32, 40
	return c
}

// writeToy writes a model without a head, with random weights, into dir.
func writeToy(t testing.TB, dir string, change func(c *Config)) string {
	t.Helper()
	c := toyConfig()
	if change != nil {
		change(&c)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	vocab := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d", "##a", "##b", "hello", "world"}
	k, err := token.FromVocab(vocab, token.BERTNormalizer(true))
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Save(dir); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	var all []safetensors.Tensor
	for _, s := range toyConfig().specs(0) {
		n := 1
		for _, d := range s.shape {
			n *= d
		}
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64() * 0.5)
			if s.start == ones {
				x[i]++
			}
		}
		all = append(all, safetensors.Tensor{Name: s.name, Shape: s.shape, Data: safetensors.Values(x)})
	}
	if err := safetensors.Write(filepath.Join(dir, "model.safetensors"), all, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}
