package bert

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gosft/sftlib/bert/safetensors"
)

func TestParseConfig(t *testing.T) {
	c, err := ParseConfig([]byte(`{"model_type":"bert","hidden_size":384,"num_attention_heads":12,"id2label":{"1":"b","0":"a"},"my_own":{"x":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.NumHiddenLayers != 12 || c.LayerNormEps != 1e-12 || c.HiddenAct != "gelu" {
		t.Errorf("defaults: %+v", c)
	}
	if names, err := c.labels(); err != nil || !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("%v %v", names, err)
	}
	c.ID2Label = nil
	text, err := json.Marshal(c)
	if err != nil || !strings.Contains(string(text), `"my_own":{"x":1}`) || strings.Contains(string(text), "id2label") {
		t.Errorf("%s %v", text, err)
	}
	for text, want := range map[string]string{
		`{"model_type":"roberta"}`:                                        "roberta",
		`{"model_type":"distilbert","architectures":["DistilBertModel"]}`: "distilbert",
		`{"architectures":["LlamaForCausalLM"]}`:                          "LlamaForCausalLM",
		`{}`:                                                              "model_type",
		`{`:                                                               "not a BERT",
		`{"model_type":"bert","hidden_size":"384"}`:                      "hidden_size",
		`{"model_type":"bert","hidden_size":385}`:                        "multiple",
		`{"model_type":"bert","hidden_act":"mish"}`:                      "mish",
		`{"model_type":"bert","hidden_size":0,"vocab_size":-3}`:          "vocab_size",
		`{"model_type":"bert","num_hidden_layers":1000000000}`:           "num_hidden_layers",
		`{"model_type":"bert","num_attention_heads":0}`:                  "num_attention_heads",
		`{"model_type":"bert","position_embedding_type":"relative_key"}`: "relative_key",
		`{"model_type":"bert","is_decoder":true}`:                        "is_decoder",
		`{"model_type":"bert","hidden_dropout_prob":1}`:                  "hidden_dropout_prob",
		`{"model_type":"bert","layer_norm_eps":0}`:                       "layer_norm_eps",
		`{"model_type":"bert","problem_type":"guess"}`:                   "guess",
		`{"model_type":"bert","id2label":{"0":"a","2":"b"}}`:             "id2label",
		`{"model_type":"bert","id2label":{"00":"a"}}`:                    "id2label",
		`{"model_type":"bert","num_labels":-1}`:                          "num_labels",
		`{"model_type":"bert","num_labels":999999999999}`:                "num_labels",
	} {
		if _, err := ParseConfig([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"model_type":"bert","id2label":{"0":"a","1":"b"},"problem_type":"regression"}`))
	f.Add([]byte(`{"model_type":"bert","hidden_size":16,"num_attention_heads":2,"num_hidden_layers":2}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ParseConfig(text)
		if err != nil {
			return
		}
		if len(c.specs(2)) != 5+16*c.NumHiddenLayers+4 {
			t.Fatalf("%d parameters for %d layers", len(c.specs(2)), c.NumHiddenLayers)
		}
		again, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseConfig(again); err != nil {
			t.Fatalf("what was written is not read: %v\n%s", err, again)
		}
	})
}

// Checkpoints that do not fit their configuration are refused with the names of the tensors.
func TestTensorsThatDoNotFit(t *testing.T) {
	b := openBackend(t, "go")
	open := func(dir string) error {
		m, err := ForSequenceClassification(dir, []string{"a", "b"}, On(b), LogTo(nil))
		if err == nil {
			m.Close()
		}
		return err
	}
	var te *TensorError
	if err := open(toy(t, func(c *Config) { c.IntermediateSize = 64 })); !errors.As(err, &te) || len(te.Misshapen) != 6 ||
		!strings.Contains(err.Error(), "bert.encoder.layer.0.intermediate.dense.weight is [32 16] in the file, config.json makes it [64 16]") {
		t.Errorf("misshapen: %v", err)
	}
	if err := open(toy(t, func(c *Config) { c.NumHiddenLayers = 3 })); !errors.As(err, &te) || len(te.Missing) != 16 ||
		!strings.Contains(err.Error(), "bert.encoder.layer.2.attention.self.query.weight") {
		t.Errorf("missing: %v", err)
	}
	if err := open(toy(t, func(c *Config) { c.VocabSize = 12 })); err == nil {
		t.Error("a vocabulary smaller than the tokenizer's was accepted")
	}
	// All names strange, as when a prefix is not known: everything is missing, nothing trains from random in silence.
	dir := toy(t, nil)
	if err := safetensors.Write(filepath.Join(dir, "model.safetensors"), []safetensors.Tensor{{Name: "x.y", Shape: []int{1}, Data: safetensors.Values([]float32{1})}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := open(dir); !errors.As(err, &te) || len(te.Missing) != 5+2*16 {
		t.Errorf("strange names: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	if err := open(dir); err == nil || !strings.Contains(err.Error(), "model.safetensors") {
		t.Errorf("no weights: %v", err)
	}
}

// transformers writes no id2label for two labels with default names; the head tells how many there are.
func TestLoadWithoutLabelNames(t *testing.T) {
	b := openBackend(t, "go")
	m, err := ForSequenceClassification(toy(t, nil), []string{"a", "b", "c"}, On(b), LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "m")
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	m.Close()
	c := toyConfig()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	m, err = Load(dir, On(b))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if !slices.Equal(m.Labels(), []string{"LABEL_0", "LABEL_1", "LABEL_2"}) {
		t.Errorf("%q", m.Labels())
	}
}

// Ids and positions without an embedding are errors, not the nearest embedding.
func TestBatchOutsideTheEmbeddings(t *testing.T) {
	m, err := ForSequenceClassification(toy(t, nil), []string{"a", "b"}, On(openBackend(t, "go")), LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for want, it := range map[string]Item{"token id 32": {IDs: []int32{1, 32}}, "token id -1": {IDs: []int32{-1}}, "position 40": {IDs: make([]int32, 41)},
		"token type 2": {IDs: []int32{1}, Types: []int32{2}}} {
		if _, err := m.Forward(Pad([]Item{it}, 1, 1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestHead(t *testing.T) {
	b := openBackend(t, "go")
	dir := toy(t, nil)
	var lines []string
	log := LogTo(func(s string) { lines = append(lines, s) })
	m, err := ForSequenceClassification(dir, []string{"a", "b"}, On(b), log)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if len(lines) != 1 || !strings.Contains(lines[0], "bert.pooler.dense, classifier") {
		t.Errorf("said: %q", lines)
	}
	if id, ok := m.LabelID("b"); !ok || id != 1 {
		t.Error("label id")
	}
	saved := filepath.Join(t.TempDir(), "saved")
	if err := m.Save(saved); err != nil {
		t.Fatal(err)
	}
	lines = nil
	if m, err := ForSequenceClassification(saved, []string{"x", "y"}, On(b), log); err != nil || len(lines) != 0 {
		t.Errorf("a head of the right size is kept: %v, %q", err, lines)
	} else {
		m.Close()
	}
	if m, err := ForSequenceClassification(saved, []string{"x", "y", "z"}, On(b), log); err != nil || len(lines) != 1 || !strings.Contains(lines[0], "for 2 outputs") {
		t.Errorf("a head of another size is new: %v, %q", err, lines)
	} else {
		m.Close()
	}
	if _, err := Load(dir, On(b)); err == nil || !strings.Contains(err.Error(), "labels") {
		t.Errorf("Load of an encoder: %v", err)
	}
	for _, c := range []struct {
		labels []string
		opts   []Option
		want   string
	}{
		{nil, nil, "no labels"},
		{[]string{"a"}, nil, "nothing to tell apart"},
		{[]string{"a", "a"}, nil, "twice"},
		{nil, []Option{ForRegression(0)}, "at least 1"},
		{[]string{"a", "b"}, []Option{WithDropout(1)}, "dropout"},
	} {
		if m, err := ForSequenceClassification(dir, c.labels, append(c.opts, On(b), LogTo(nil))...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v", c.labels, err)
			if err == nil {
				m.Close()
			}
		}
	}
	for _, c := range []struct {
		opt  Option
		want ProblemType
		n    int
	}{{ForRegression(1), Regression, 1}, {ForMultiLabel(), MultiLabel, 3}} {
		labels := []string{"p", "q", "r"}
		if c.n == 1 {
			labels = nil
		}
		m, err := ForSequenceClassification(dir, labels, c.opt, On(b), LogTo(nil))
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Join(t.TempDir(), "m")
		if err := m.Save(folder); err != nil {
			t.Fatal(err)
		}
		m.Close()
		if m, err = Load(folder, On(b)); err != nil || m.Problem() != c.want || len(m.Labels()) != c.n {
			t.Fatalf("%v %v", m, err)
		}
		p, err := m.Predict("hello world")
		if err != nil || len(p[0].Scores) != c.n {
			t.Errorf("%v %v", p, err)
		}
		m.Close()
	}
}
