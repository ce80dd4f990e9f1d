package bert

import (
	"fmt"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/backend"
	"gosft/sftlib/internal/testenv"
)

func TestEveryTypeHasAnExample(t *testing.T) { testenv.Examples(t) }

// exampleClassifier opens the stand-in with a head for the labels.
func exampleClassifier(labels []string, opts ...Option) (*Model, func()) {
	where, remove := exampleModel()
	b, err := backend.Open("go") // compiles nothing, so that the examples take no time
	if err != nil {
		panic(err)
	}
	m, err := ForSequenceClassification(where, labels, append(opts, On(b), LogTo(nil))...)
	if err != nil {
		panic(err)
	}
	return m, func() {
		m.Close()
		remove()
	}
}

func ExampleConfig() {
	c := DefaultConfig()
	c.NumHiddenLayers, c.HiddenSize, c.NumAttentionHeads = 4, 250, 12
	fmt.Println(c.Validate())
	// Output: hidden_size 250 is not a multiple of num_attention_heads 12
}

func ExampleProblemType() {
	one, done := exampleClassifier([]string{"sport", "politics"})
	defer done()
	several, done := exampleClassifier([]string{"sport", "politics"}, ForMultiLabel())
	defer done()
	number, done := exampleClassifier(nil, ForRegression(1))
	defer done()
	fmt.Println(one.Problem() == SingleLabel, several.Problem() == MultiLabel, number.Problem() == Regression)
	fmt.Println(several.Problem()) // as config.json says it
	// Output:
	// true true true
	// multi_label_classification
}

func ExampleOption() {
	where, remove := exampleModel()
	defer remove()
	first := map[uint64]float32{}
	for _, seed := range []uint64{1, 2} {
		m, err := ForSequenceClassification(where, []string{"a", "b"}, Seed(seed), WithDropout(0), LogTo(nil))
		if err != nil {
			fmt.Println(err)
			return
		}
		head := m.Params()[len(m.Params())-2]
		x, err := head.Values()
		if err != nil {
			fmt.Println(err)
			return
		}
		first[seed] = x[0]
		fmt.Println(head.Name, m.Config.HiddenDropoutProb)
		m.Close()
	}
	fmt.Println(first[1] != first[2])
	// Output:
	// classifier.weight 0
	// classifier.weight 0
	// true
}

func ExamplePooling() {
	where, remove := exampleModel()
	defer remove()
	e, err := OpenEncoder(where)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer e.Close()
	for _, p := range []Pooling{Mean, CLS, "max"} {
		e.Pooling = p
		v, err := e.Encode("hello world")
		fmt.Println(p, len(v), err)
	}
	// Output:
	// mean 1 <nil>
	// cls 1 <nil>
	// max 0 pooling "max" is unknown: use "mean" or "cls"
}

func ExamplePrediction() {
	m, done := exampleClassifier([]string{"negative", "positive"})
	defer done()
	p, err := m.Predict("hello world")
	if err != nil {
		fmt.Println(err)
		return
	}
	best := p[0].Scores[0]
	if p[0].Scores[1].Score > best.Score {
		best = p[0].Scores[1]
	}
	fmt.Println(p[0].Text, p[0].Label == best.Label, p[0].Score == best.Score, p[0].Windows)
	// Output: hello world true true 1
}

func ExamplePredictions() {
	p := Predictions{{Text: "a fine film", Label: "positive", Score: .98, Scores: []Score{{"negative", .02}, {"positive", .98}}}}
	fmt.Println(p.Labels())
	fmt.Println(p)
	// Output:
	// [positive]
	// text         label     score   negative  positive
	// ───────────  ────────  ──────  ────────  ────────
	// a fine film  positive  0.9800  0.0200    0.9800
}

func ExampleScore() {
	m, done := exampleClassifier([]string{"negative", "positive"})
	defer done()
	p, err := m.Predict("hello world")
	if err != nil {
		fmt.Println(err)
		return
	}
	sum := 0.
	for _, s := range p[0].Scores {
		fmt.Println(s.Label)
		sum += s.Score
	}
	fmt.Printf("%.3f\n", sum)
	// Output:
	// negative
	// positive
	// 1.000
}

// reviews is a frame of one column; a data.Frame is another.
type reviews []string

func (r reviews) Strings(column string) ([]string, error) {
	if column != "text" {
		return nil, fmt.Errorf("no column %q", column)
	}
	return r, nil
}

func ExampleTextColumn() {
	m, done := exampleClassifier([]string{"negative", "positive"})
	defer done()
	p, err := m.PredictFrame(reviews{"hello", "world"}, "text")
	fmt.Println(len(p), err)
	_, err = m.PredictFrame(reviews{"hello", "world"}, "txt")
	fmt.Println(err)
	// Output:
	// 2 <nil>
	// no column "txt"
}

func ExampleItem() {
	m, done := exampleClassifier([]string{"a", "b"})
	defer done()
	items, err := m.Encode([]string{"hello"}, []string{"world"}, 0) // a pair
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Tokenizer.Tokens(items[0].IDs), items[0].Types)
	// Output: [[CLS] hello [SEP] world [SEP]] [0 0 0 1 1]
}

func ExampleBatch() {
	m, done := exampleClassifier([]string{"a", "b"})
	defer done()
	items, err := m.Encode([]string{"hello world", "a"}, nil, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	b := Pad(items, 2, 4)
	out, err := m.Forward(b)
	fmt.Println(b.Rows, b.Width, b.Tokens, len(out), len(out[0]), err)
	// Output: 2 4 7 2 2 <nil>
}

func ExampleShape() {
	items := []Item{{IDs: make([]int32, 9)}, {IDs: make([]int32, 3)}, {IDs: make([]int32, 4)}}
	fmt.Println(Pad(items, 4, 8).Shape())
	packer := &Packer{Size: 4, Widths: []Width{{Tokens: 16, Levels: []int{2}}}}
	fmt.Println(packer.Batch(items).Shape(), packer.Shapes()) // half the rows, one graph
	// Output:
	// {4 16 4}
	// {2 16 4} [{2 16 4}]
}

func ExampleWidth() {
	p := &Packer{Size: 8, Widths: []Width{{Tokens: 8, Levels: []int{2, 4}}, {Tokens: 32}}}
	short := make([]Item, 5)
	for i := range short {
		short[i].IDs = make([]int32, 5)
	}
	long := Item{IDs: make([]int32, 20)}
	fmt.Println(p.Batch(short[:2]).Shape(), p.Batch(short).Shape(), p.Batch([]Item{long}).Shape())
	// Output: {2 8 8} {6 8 8} {2 32 8}
}

func ExampleParam() {
	m, done := exampleClassifier([]string{"a", "b"})
	defer done()
	if err := m.Freeze("bert.encoder.layer.*.attention"); err != nil {
		fmt.Println(err)
		return
	}
	for _, p := range m.Params() {
		if p.Layer == 1 && len(p.Shape) == 2 {
			fmt.Println(p.Name, p.Shape, p.Size(), p.Trainable())
		}
	}
	// Output:
	// bert.encoder.layer.1.attention.self.query.weight [16 16] 256 false
	// bert.encoder.layer.1.attention.self.key.weight [16 16] 256 false
	// bert.encoder.layer.1.attention.self.value.weight [16 16] 256 false
	// bert.encoder.layer.1.attention.output.dense.weight [16 16] 256 false
	// bert.encoder.layer.1.intermediate.dense.weight [32 16] 512 true
	// bert.encoder.layer.1.output.dense.weight [16 32] 512 true
}

func ExampleSummary() {
	m, done := exampleClassifier([]string{"a", "b"})
	defer done()
	if err := m.FreezeAllBut(0); err != nil {
		fmt.Println(err)
		return
	}
	s := m.Summary()
	fmt.Println(s.Problem, s.Labels, s.Trainable, "of", s.Total)
	// Output: single_label_classification [a b] 306 of 5970
}

func ExamplePart() {
	m, done := exampleClassifier([]string{"a", "b"})
	defer done()
	for _, p := range m.Summary().Parts {
		fmt.Println(p.Name, p.Params, p.Trainable, p.New)
	}
	// Output:
	// bert.embeddings 1216 1216 false
	// bert.encoder.layer.0 2224 2224 false
	// bert.encoder.layer.1 2224 2224 false
	// bert.pooler 272 272 true
	// classifier 34 34 true
}

// The same number gives the same masks, so that a step can be repeated.
func ExampleDropout() {
	m, done := exampleClassifier([]string{"a", "b"})
	defer done()
	items, err := m.Encode([]string{"hello world"}, nil, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	logit := func(step uint32) (x float32) {
		err := m.Do("a training graph", func() error {
			args := []any{}
			for _, t := range Pad(items, 1, 1).Tensors() {
				args = append(args, t)
			}
			out, err := model.CallOnce(m.Backend(), m.Store(), func(s *model.Scope, in []*graph.Node) *graph.Node {
				return graph.ReduceAllSum(m.Logits(s, NewGraphBatch(in), NewDropout(in[NumInputs])))
			}, append(args, step)...)
			if err == nil {
				x = out.Value().(float32)
			}
			return err
		})
		if err != nil {
			fmt.Println(err)
		}
		return x
	}
	fmt.Println(logit(7) == logit(7), logit(7) == logit(8))
	// Output: true false
}
