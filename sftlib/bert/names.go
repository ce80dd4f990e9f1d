package bert

import (
	"fmt"
	"strings"
)

// initial says how a parameter starts when no checkpoint gives it, as transformers does it.
type initial int

const (
	normal initial = iota // normal distribution, mean 0, deviation Config.InitializerRange
	ones
	zeros
)

// spec describes one parameter.
type spec struct {
	name  string // as in transformers' BertForSequenceClassification
	shape []int
	start initial
	layer int  // -1 embeddings, 0..n-1 encoder layers, n pooler and classifier
	head  bool // may be missing in a checkpoint and is then new: pooler and classifier
}

// specs lists the parameters of a model in the order of transformers' state_dict; labels is the number of outputs, 0 for an
// encoder without a classifier.
func (c Config) specs(labels int) []spec {
	var out []spec
	add := func(layer int, head bool, name string, start initial, shape ...int) {
		out = append(out, spec{name, shape, start, layer, head})
	}
	dense := func(layer int, head bool, name string, outs, ins int) {
		add(layer, head, name+".weight", normal, outs, ins)
		add(layer, head, name+".bias", zeros, outs)
	}
	norm := func(layer int, name string) {
		add(layer, false, name+".weight", ones, c.HiddenSize)
		add(layer, false, name+".bias", zeros, c.HiddenSize)
	}
	h := c.HiddenSize
	add(-1, false, "bert.embeddings.word_embeddings.weight", normal, c.VocabSize, h)
	add(-1, false, "bert.embeddings.position_embeddings.weight", normal, c.MaxPositionEmbeddings, h)
	add(-1, false, "bert.embeddings.token_type_embeddings.weight", normal, c.TypeVocabSize, h)
	norm(-1, "bert.embeddings.LayerNorm")
	for l := range c.NumHiddenLayers {
		p := fmt.Sprintf("bert.encoder.layer.%d.", l)
		for _, q := range []string{"query", "key", "value"} {
			dense(l, false, p+"attention.self."+q, h, h)
		}
		dense(l, false, p+"attention.output.dense", h, h)
		norm(l, p+"attention.output.LayerNorm")
		dense(l, false, p+"intermediate.dense", c.IntermediateSize, h)
		dense(l, false, p+"output.dense", h, c.IntermediateSize)
		norm(l, p+"output.LayerNorm")
	}
	if labels > 0 {
		dense(c.NumHiddenLayers, true, "bert.pooler.dense", h, h)
		dense(c.NumHiddenLayers, true, "classifier", labels, h)
	}
	return out
}

// canonical maps a tensor's name in a file to the one in specs: encoders are saved without the prefix "bert.", old
// checkpoints say gamma and beta.
func canonical(name string) string {
	if strings.HasSuffix(name, "LayerNorm.gamma") {
		name = strings.TrimSuffix(name, "gamma") + "weight"
	} else if strings.HasSuffix(name, "LayerNorm.beta") {
		name = strings.TrimSuffix(name, "beta") + "bias"
	}
	for _, p := range []string{"embeddings.", "encoder.", "pooler."} {
		if strings.HasPrefix(name, p) {
			return "bert." + name
		}
	}
	return name
}

// variablePath is the place of a parameter in GoMLX's variable store.
func variablePath(name string) string { return "/" + strings.ReplaceAll(name, ".", "/") }
