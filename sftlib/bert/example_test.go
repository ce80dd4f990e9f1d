package bert

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/bert/safetensors"
	"gosft/sftlib/token"
)

// exampleModel writes a BERT of two layers with random weights, as a stand-in for a real checkpoint.
func exampleModel() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "bert")
	if err != nil {
		panic(err)
	}
	if err := writeModel(dir, toyConfig()); err != nil {
		panic(err)
	}
	return dir, func() { os.RemoveAll(dir) }
}

// writeModel writes configuration, tokenizer and random weights of a model without a head.
func writeModel(dir string, c Config) error {
	text, err := c.MarshalJSON()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), text, 0o644); err != nil {
		return err
	}
	vocab := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c", "d", "##a", "##b", "hello", "world"}
	k, err := token.FromVocab(vocab, token.BERTNormalizer(true))
	if err != nil {
		return err
	}
	if err := k.Save(dir); err != nil {
		return err
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
	return safetensors.Write(filepath.Join(dir, "model.safetensors"), all, nil)
}

func ExampleForSequenceClassification() {
	where, remove := exampleModel() // in earnest: "sentence-transformers/all-MiniLM-L6-v2"
	defer remove()
	model, err := ForSequenceClassification(where, []string{"negative", "positive"}, LogTo(func(line string) { fmt.Println(line) }))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer model.Close()
	fmt.Println(model.Labels(), model.Problem())
	// Output:
	// The head (bert.pooler.dense, classifier) is new and starts at random, since the checkpoint has none; train it before use.
	// [negative positive] single_label_classification
}

func ExampleModel_Predict() {
	where, remove := exampleModel()
	defer remove()
	model, err := ForSequenceClassification(where, []string{"negative", "positive"}, LogTo(nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer model.Close()
	predictions, err := model.Predict("hello world", "a b c")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range predictions {
		fmt.Println(p.Text, len(p.Scores), p.Score >= 0.5)
	}
	// Output:
	// hello world 2 true
	// a b c 2 true
}

func ExampleModel_FreezeAllBut() {
	where, remove := exampleModel()
	defer remove()
	model, err := ForSequenceClassification(where, []string{"negative", "positive"}, LogTo(nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer model.Close()
	if err := model.FreezeAllBut(1); err != nil {
		fmt.Println(err)
		return
	}
	s := model.Summary()
	for _, p := range s.Parts {
		fmt.Println(p.Name, p.Trainable, "of", p.Params)
	}
	// Output:
	// bert.embeddings 0 of 1216
	// bert.encoder.layer.0 0 of 2224
	// bert.encoder.layer.1 2224 of 2224
	// bert.pooler 272 of 272
	// classifier 34 of 34
}

func ExampleModel_Save() {
	where, remove := exampleModel()
	defer remove()
	model, err := ForSequenceClassification(where, nil, ForRegression(1), LogTo(nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer model.Close()
	dir := filepath.Join(where, "saved")
	if err := model.Save(dir); err != nil {
		fmt.Println(err)
		return
	}
	again, err := Load(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer again.Close()
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	fmt.Println(again.Problem(), len(files) >= 4)
	// Output: regression true
}

func ExampleEncoder() {
	where, remove := exampleModel()
	defer remove()
	encoder, err := OpenEncoder(where)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer encoder.Close()
	encoder.Pooling, encoder.Normalize = CLS, true
	vectors, err := encoder.Encode("hello world", "hello world", "a b c")
	if err != nil {
		fmt.Println(err)
		return
	}
	dot := func(a, b []float32) (sum float64) {
		for i := range a {
			sum += float64(a[i]) * float64(b[i])
		}
		return sum
	}
	fmt.Printf("%d %.3f %t\n", len(vectors[0]), dot(vectors[0], vectors[1]), dot(vectors[0], vectors[2]) < 1)
	// Output: 16 1.000 true
}

func ExamplePad() {
	b := Pad([]Item{{IDs: []int32{2, 11, 3}}, {IDs: []int32{2, 5, 6, 7, 3}}}, 3, 8)
	fmt.Println(b.Rows, b.Width, b.Tokens, b.Weights)
	fmt.Println(b.IDs[:16])
	// Output:
	// 3 8 8 [1 1 0]
	// [2 11 3 0 0 0 0 0 2 5 6 7 3 0 0 0]
}

func ExampleParseConfig() {
	_, err := ParseConfig([]byte(`{"model_type": "roberta"}`))
	fmt.Println(err)
	c, err := ParseConfig([]byte(`{"model_type": "bert", "hidden_size": 384}`))
	fmt.Println(c.HiddenSize, c.NumHiddenLayers, err)
	// Output:
	// this is a roberta model; sftlib/bert reads BERT models only (model_type "bert": BERT, MiniLM, BGE, E5, MacBERT and the like)
	// 384 12 <nil>
}

func ExampleModel_Params() {
	where, remove := exampleModel()
	defer remove()
	model, err := ForSequenceClassification(where, []string{"a", "b"}, LogTo(nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer model.Close()
	for _, p := range model.Params() {
		if p.New {
			fmt.Println(p.Name, p.Shape, p.Trainable())
		}
	}
	// Output:
	// bert.pooler.dense.weight [16 16] true
	// bert.pooler.dense.bias [16] true
	// classifier.weight [2 16] true
	// classifier.bias [2] true
}

func ExampleProbabilities() {
	outputs := []float32{2, 0, -1}
	for _, p := range []ProblemType{SingleLabel, MultiLabel, Regression} {
		fmt.Printf("%s %.2f\n", p, Probabilities(p, outputs))
	}
	// Output:
	// single_label_classification [0.84 0.11 0.04]
	// multi_label_classification [0.88 0.50 0.27]
	// regression [2.00 0.00 -1.00]
}

func ExamplePredictOptions() {
	where, remove := exampleModel()
	defer remove()
	model, err := ForSequenceClassification(where, []string{"a", "b"}, LogTo(nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer model.Close()
	long := strings.Repeat("hello world ", 30)
	for _, o := range []PredictOptions{{}, {Truncate: true}, {MaxLength: 16, Stride: 4}} {
		p, err := model.PredictBatch(context.Background(), []string{long}, o)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(p[0].Windows)
	}
	// Output:
	// 2
	// 1
	// 6
}

// A graph of one's own over the model: the probability of the second label, with its gradient for the classifier's bias.
func ExampleGraphBatch() {
	where, remove := exampleModel()
	defer remove()
	m, err := ForSequenceClassification(where, []string{"a", "b"}, LogTo(nil))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	items, err := m.Encode([]string{"hello world"}, nil, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = m.Do("my graph", func() error {
		args := []any{}
		for _, t := range Pad(items, 1, 1).Tensors() {
			args = append(args, t)
		}
		out, err := model.CallOnceN(m.Backend(), m.Store(), func(s *model.Scope, in []*graph.Node) []*graph.Node {
			logits := m.Logits(s, NewGraphBatch(in), NewDropout())
			second := graph.ReduceAllSum(graph.Slice(graph.Softmax(logits, -1), graph.AxisRange(), graph.AxisElem(1)))
			bias := m.Store().GetVariable("/classifier/bias").NodeValue(second.Graph())
			return append(graph.Gradient(second, bias), second)
		}, args...)
		if err != nil {
			return err
		}
		fmt.Println(out[0].Shape(), out[1].Shape())
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output: (Float32)[2] (Float32)
}

func ExampleTensorError() {
	where, remove := exampleModel()
	defer remove()
	c := toyConfig()
	c.NumHiddenLayers = 3 // one more than there are weights for
	if err := writeModel(where, c); err != nil {
		fmt.Println(err)
		return
	}
	_, err := ForSequenceClassification(where, []string{"a", "b"})
	var missing *TensorError
	if errors.As(err, &missing) {
		fmt.Println(len(missing.Missing), missing.Missing[0])
	}
	// Output: 16 bert.encoder.layer.2.attention.self.query.weight
}
