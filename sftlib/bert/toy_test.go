package bert

import "testing"

// toyConfig is a BERT of two layers over a vocabulary of a few letters.
func toyConfig() Config {
	c := DefaultConfig()
	c.VocabSize, c.HiddenSize, c.NumHiddenLayers, c.NumAttentionHeads, c.IntermediateSize, c.MaxPositionEmbeddings = 32, 16, 2, 2, 32, 40
	return c
}

// writeToy writes a model without a head, with random weights, into dir; change alters the configuration, not the weights.
func writeToy(t testing.TB, dir string, change func(c *Config)) string {
	t.Helper()
	c := toyConfig()
	if change != nil {
		change(&c)
	}
	if err := writeModel(dir, c); err != nil {
		t.Fatal(err)
	}
	return dir
}
