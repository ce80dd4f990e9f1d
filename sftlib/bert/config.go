package bert

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// ProblemType says what a model's outputs mean, as problem_type in a Hugging Face config.json.
type ProblemType string

// The three kinds of problem; the names are transformers'.
const (
	SingleLabel ProblemType = "single_label_classification" // one label of many: softmax, cross-entropy
	MultiLabel  ProblemType = "multi_label_classification"  // any number of labels: sigmoids, binary cross-entropy
	Regression  ProblemType = "regression"                  // numbers: squared error
)

// Config is a BERT's config.json. Fields, names and defaults are those of transformers' BertConfig; what the file holds
// besides is kept and written again by Save.
type Config struct {
	Architectures             []string          `json:"architectures,omitempty"`
	ModelType                 string            `json:"model_type"`
	VocabSize                 int               `json:"vocab_size"`
	HiddenSize                int               `json:"hidden_size"`
	NumHiddenLayers           int               `json:"num_hidden_layers"`
	NumAttentionHeads         int               `json:"num_attention_heads"`
	IntermediateSize          int               `json:"intermediate_size"`
	HiddenAct                 string            `json:"hidden_act"`
	HiddenDropoutProb         float64           `json:"hidden_dropout_prob"`
	AttentionProbsDropoutProb float64           `json:"attention_probs_dropout_prob"`
	ClassifierDropout         *float64          `json:"classifier_dropout,omitempty"` // nil: HiddenDropoutProb
	MaxPositionEmbeddings     int               `json:"max_position_embeddings"`
	TypeVocabSize             int               `json:"type_vocab_size"`
	InitializerRange          float64           `json:"initializer_range"`
	LayerNormEps              float64           `json:"layer_norm_eps"`
	PadTokenID                int               `json:"pad_token_id"`
	PositionEmbeddingType     string            `json:"position_embedding_type,omitempty"`
	ID2Label                  map[string]string `json:"id2label,omitempty"`
	Label2ID                  map[string]int    `json:"label2id,omitempty"`
	NumLabels                 int               `json:"num_labels,omitempty"` // only where a file has it without id2label
	ProblemType               ProblemType       `json:"problem_type,omitempty"`
	IsDecoder                 bool              `json:"is_decoder,omitempty"`

	rest map[string]json.RawMessage // all keys of the file, for those that are not above
}

// DefaultConfig is transformers' BertConfig(): bert-base-uncased without labels.
func DefaultConfig() Config {
	return Config{ModelType: "bert", VocabSize: 30522, HiddenSize: 768, NumHiddenLayers: 12, NumAttentionHeads: 12,
		IntermediateSize: 3072, HiddenAct: "gelu", HiddenDropoutProb: 0.1, AttentionProbsDropoutProb: 0.1,
		MaxPositionEmbeddings: 512, TypeVocabSize: 2, InitializerRange: 0.02, LayerNormEps: 1e-12,
		PositionEmbeddingType: "absolute"}
}

// ReadConfig reads and checks a config.json.
func ReadConfig(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	c, err := ParseConfig(text)
	if err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// ParseConfig parses the text of a config.json and checks it; a key that is absent has the default of [DefaultConfig].
func ParseConfig(text []byte) (Config, error) {
	c := DefaultConfig()
	c.ModelType = ""
	if err := json.Unmarshal(text, &c); err != nil {
		return Config{}, fmt.Errorf("not a BERT configuration: %w", err)
	}
	if err := json.Unmarshal(text, &c.rest); err != nil {
		return Config{}, err
	}
	return c, c.Validate()
}

// MarshalJSON writes the fields and the other keys of the file that the configuration was read from.
func (c Config) MarshalJSON() ([]byte, error) {
	type plain Config
	own, err := json.Marshal(plain(c))
	if err != nil {
		return nil, err
	}
	all := map[string]json.RawMessage{}
	for k, v := range c.rest {
		if !ownKeys[k] {
			all[k] = v
		}
	}
	if err := json.Unmarshal(own, &all); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

// ownKeys are the keys that Config has fields for: an empty field removes the key.
var ownKeys = func() map[string]bool {
	type plain Config
	full := plain{Architectures: []string{""}, ClassifierDropout: new(float64), PositionEmbeddingType: "x", ID2Label: map[string]string{"0": ""},
		Label2ID: map[string]int{"": 0}, NumLabels: 1, ProblemType: "x", IsDecoder: true}
	text, _ := json.Marshal(full) // a struct of plain values always marshals
	keys := map[string]json.RawMessage{}
	json.Unmarshal(text, &keys)
	out := map[string]bool{}
	for k := range keys {
		out[k] = true
	}
	return out
}()

// Validate reports all that keeps the configuration from being a BERT that can be built.
func (c Config) Validate() error {
	if c.ModelType != "bert" {
		what := c.ModelType
		if what == "" {
			what = strings.Join(c.Architectures, ", ")
		}
		if what == "" {
			return errors.New("config.json names no model_type; sftlib/bert reads model_type \"bert\"")
		}
		return fmt.Errorf("this is a %s model; sftlib/bert reads BERT models only (model_type \"bert\": BERT, MiniLM, BGE, E5, MacBERT and the like)", what)
	}
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, f := range []struct {
		name string
		v    int
	}{{"vocab_size", c.VocabSize}, {"hidden_size", c.HiddenSize}, {"num_hidden_layers", c.NumHiddenLayers}, {"num_attention_heads", c.NumAttentionHeads},
		{"intermediate_size", c.IntermediateSize}, {"max_position_embeddings", c.MaxPositionEmbeddings}, {"type_vocab_size", c.TypeVocabSize}} {
		if f.v < 1 || f.v > math.MaxInt32 {
			bad("%s is %d", f.name, f.v)
		}
	}
	if c.NumHiddenLayers > 1000 {
		bad("num_hidden_layers is %d; more than 1000 is not a BERT", c.NumHiddenLayers)
	}
	if c.NumAttentionHeads > 0 && c.HiddenSize%c.NumAttentionHeads != 0 {
		bad("hidden_size %d is not a multiple of num_attention_heads %d", c.HiddenSize, c.NumAttentionHeads)
	}
	if _, ok := activations[c.HiddenAct]; !ok {
		bad("hidden_act %q is unknown", c.HiddenAct)
	}
	for _, f := range []struct {
		name string
		v    float64
	}{{"hidden_dropout_prob", c.HiddenDropoutProb}, {"attention_probs_dropout_prob", c.AttentionProbsDropoutProb}, {"classifier_dropout", c.classifierDropout()}} {
		if !(f.v >= 0 && f.v < 1) {
			bad("%s is %g, it must be at least 0 and less than 1", f.name, f.v)
		}
	}
	if !(c.LayerNormEps > 0) {
		bad("layer_norm_eps is %g, it must be positive", c.LayerNormEps)
	}
	if !(c.InitializerRange >= 0) {
		bad("initializer_range is %g", c.InitializerRange)
	}
	if p := c.PositionEmbeddingType; p != "" && p != "absolute" {
		bad("position_embedding_type %q is not supported, only \"absolute\"", p)
	}
	if c.IsDecoder {
		bad("is_decoder is true: this BERT generates text, it does not classify")
	}
	switch c.ProblemType {
	case "", SingleLabel, MultiLabel, Regression:
	default:
		bad("problem_type %q is unknown; it is %s, %s or %s", c.ProblemType, SingleLabel, MultiLabel, Regression)
	}
	if _, err := c.labels(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c Config) classifierDropout() float64 {
	if c.ClassifierDropout != nil {
		return *c.ClassifierDropout
	}
	return c.HiddenDropoutProb
}

// labels returns the label names in the order of the outputs, from id2label; nil where the file names none.
func (c Config) labels() ([]string, error) {
	if len(c.ID2Label) == 0 {
		if c.NumLabels < 0 || c.NumLabels > 1<<20 {
			return nil, fmt.Errorf("num_labels is %d", c.NumLabels)
		}
		var names []string
		for i := range c.NumLabels {
			names = append(names, fmt.Sprintf("LABEL_%d", i))
		}
		return names, nil
	}
	names := make([]string, len(c.ID2Label))
	for k, v := range c.ID2Label {
		i, err := strconv.Atoi(k)
		if err != nil || i < 0 || i >= len(names) || strconv.Itoa(i) != k {
			return nil, fmt.Errorf("id2label has the key %q, but its %d keys must be 0 to %d", k, len(names), len(names)-1)
		}
		names[i] = v
	}
	return names, nil
}

// setLabels puts label names into id2label and label2id.
func (c *Config) setLabels(names []string) error {
	c.ID2Label, c.Label2ID, c.NumLabels = map[string]string{}, map[string]int{}, 0
	for i, n := range names {
		if slices.Index(names, n) != i {
			return fmt.Errorf("the label %q is there twice", n)
		}
		c.ID2Label[strconv.Itoa(i)], c.Label2ID[n] = n, i
	}
	return nil
}
