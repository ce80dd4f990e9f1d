package bert

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"

	"gosft/sftlib/show"
	"gosft/sftlib/token"
)

// Prediction is what a model says of one text.
type Prediction struct {
	Text, Pair string  // the text, and the second one of a pair
	Label      string  // the likeliest label; of several labels at once the likely ones, joined by ", "; "" for a number
	Score      float64 // probability of Label (the highest of several); for regression the number
	Scores     []Score // every label in the model's order, with its probability or number
	Windows    int     // how many parts the text was read in: more than 1 when it is longer than the model takes
}

// Score is one output of a model by name.
type Score struct {
	Label string  `json:"label"`
	Score float64 `json:"score"`
}

// Predictions are shown as a table.
type Predictions []Prediction

// TextColumn is a frame of which a column can be read as text, such as a data.Frame.
type TextColumn interface {
	Strings(column string) ([]string, error)
}

// Predict classifies texts: label, probability and all probabilities for each, in the order given. Texts are batched by their
// length; one that is longer than the model takes is read in overlapping windows, and the probabilities of its windows are
// averaged by their lengths.
func (m *Model) Predict(texts ...string) (Predictions, error) {
	return m.PredictBatch(context.Background(), texts, PredictOptions{})
}

// PredictFrame classifies a column of a frame.
func (m *Model) PredictFrame(frame TextColumn, column string) (Predictions, error) {
	texts, err := frame.Strings(column)
	if err != nil {
		return nil, err
	}
	return m.Predict(texts...)
}

// PredictOptions are the ways of [Model.PredictBatch].
type PredictOptions struct {
	Pairs     []string // the second text of each pair; pairs are truncated, never read in windows
	MaxLength int      // tokens of a window with its special tokens; 0: all that the model takes
	Stride    int      // tokens that a window repeats of the one before; 0: a quarter of MaxLength
	Truncate  bool     // read only the first window of a long text, as transformers' pipeline with truncation=True
	// Apply is how outputs become scores, as function_to_apply of transformers' pipeline: SingleLabel is softmax, MultiLabel
	// sigmoid, Regression none. Empty: as the model's problem wants it.
	Apply ProblemType
}

// PredictBatch is Predict with options; ctx ends it between two batches.
func (m *Model) PredictBatch(ctx context.Context, texts []string, o PredictOptions) (Predictions, error) {
	items, owner, err := m.windows(texts, o)
	if err != nil {
		return nil, err
	}
	outputs := make([][]float32, len(items))
	var failed error
	layOut(items, func(p part) bool {
		if failed = ctx.Err(); failed != nil {
			return false
		}
		rows, err := m.Forward(p.Batch)
		if err != nil {
			failed = err
			return false
		}
		for i, row := range rows {
			outputs[p.index[i]] = row
		}
		return true
	})
	if failed != nil {
		return nil, failed
	}
	sums := make([][]float64, len(texts))
	weight := make([]float64, len(texts))
	result := make(Predictions, len(texts))
	for i, out := range outputs {
		t := owner[i]
		if sums[t] == nil {
			sums[t] = make([]float64, len(m.labels))
		}
		n := float64(len(items[i].IDs))
		for j, p := range Probabilities(cmp.Or(o.Apply, m.Config.ProblemType), out) {
			sums[t][j] += n * p
		}
		weight[t] += n
		result[t].Windows++
	}
	for t := range result {
		for j := range sums[t] {
			sums[t][j] /= weight[t]
		}
		result[t].Text = texts[t]
		if o.Pairs != nil {
			result[t].Pair = o.Pairs[t]
		}
		result[t].decide(m.Config.ProblemType, m.labels, sums[t])
	}
	return result, nil
}

// Prediction turns a text's row of [Model.Forward] into a prediction.
func (m *Model) Prediction(text string, outputs []float32) Prediction {
	p := Prediction{Text: text, Windows: 1}
	p.decide(m.Config.ProblemType, m.labels, Probabilities(m.Config.ProblemType, outputs))
	return p
}

// Warm compiles all that predictions need, so that none of them waits for it later; a server does so at its start.
func (m *Model) Warm(ctx context.Context) error {
	for width := 32; ; width *= 4 {
		for _, rows := range batchSizes(width) {
			if err := ctx.Err(); err != nil {
				return err
			}
			b := newBatch(rows, width, rows*width/textTokens)
			b.put(0, 0, 0, Item{IDs: []int32{0}})
			if _, err := m.Forward(b); err != nil {
				return err
			}
		}
		if width >= rowWidth(m.MaxLength()) {
			return nil
		}
	}
}

// windows encodes texts; owner tells which text an item is a window of.
func (m *Model) windows(texts []string, o PredictOptions) (items []Item, owner []int, err error) {
	n, err := m.length(o.MaxLength)
	if err != nil {
		return nil, nil, err
	}
	opts := []token.Option{token.MaxLength(n)}
	whole := o.Truncate || o.Pairs != nil
	if !whole {
		stride := o.Stride
		if stride == 0 {
			stride = n / 4
		}
		opts = append(opts, token.ReturnOverflowingTokens(), token.Stride(stride))
	}
	encodings, err := encodeAll(m.Tokenizer, texts, o.Pairs, opts...)
	if err != nil {
		return nil, nil, err
	}
	for t, e := range encodings {
		items, owner = append(items, Item{e.IDs, e.TypeIDs}), append(owner, t)
		if whole {
			continue
		}
		for _, w := range e.Overflow {
			items, owner = append(items, Item{w.IDs, w.TypeIDs}), append(owner, t)
		}
	}
	return items, owner, nil
}

// Probabilities turns a model's outputs for one text into probabilities: softmax for one label of many, sigmoids for several
// labels; for regression they are the numbers themselves.
func Probabilities(p ProblemType, outputs []float32) []float64 {
	out := make([]float64, len(outputs))
	switch p {
	case MultiLabel:
		for i, x := range outputs {
			out[i] = 1 / (1 + math.Exp(-float64(x)))
		}
	case Regression:
		for i, x := range outputs {
			out[i] = float64(x)
		}
	default:
		top, sum := math.Inf(-1), 0.0
		for _, x := range outputs {
			top = math.Max(top, float64(x))
		}
		for i, x := range outputs {
			out[i] = math.Exp(float64(x) - top)
			sum += out[i]
		}
		for i := range out {
			out[i] /= sum
		}
	}
	return out
}

// decide fills in label and scores.
func (p *Prediction) decide(problem ProblemType, labels []string, probs []float64) {
	best := 0
	var likely []string
	for i, x := range probs {
		p.Scores = append(p.Scores, Score{labels[i], x})
		if x > probs[best] {
			best = i
		}
		if x >= 0.5 {
			likely = append(likely, labels[i])
		}
	}
	p.Score = probs[best]
	switch problem {
	case Regression:
		p.Score = probs[0]
	case MultiLabel:
		p.Label = strings.Join(likely, ", ")
	default:
		p.Label = labels[best]
	}
}

// Labels returns the label of each prediction.
func (p Predictions) Labels() []string {
	out := make([]string, len(p))
	for i := range p {
		out[i] = p[i].Label
	}
	return out
}

// table shows text, label and score; with a few labels all their scores.
func (p Predictions) table() *show.Table {
	pairs, windows := false, false
	for _, x := range p {
		pairs, windows = pairs || x.Pair != "", windows || x.Windows > 1
	}
	columns := []string{"text"}
	if pairs {
		columns = append(columns, "second text")
	}
	regression := len(p) > 0 && p[0].Label == "" && len(p[0].Scores) == 1
	if !regression {
		columns = append(columns, "label")
	}
	columns = append(columns, "score")
	each := len(p) > 0 && len(p[0].Scores) > 1 && len(p[0].Scores) <= 6
	if each {
		for _, s := range p[0].Scores {
			columns = append(columns, s.Label)
		}
	}
	if windows {
		columns = append(columns, "windows")
	}
	t := show.NewTable(columns...)
	for _, x := range p {
		cells := []any{x.Text}
		if pairs {
			cells = append(cells, x.Pair)
		}
		if !regression {
			cells = append(cells, x.Label)
		}
		cells = append(cells, fmt.Sprintf("%.4f", x.Score))
		if each {
			for _, s := range x.Scores {
				cells = append(cells, fmt.Sprintf("%.4f", s.Score))
			}
		}
		if windows {
			cells = append(cells, x.Windows)
		}
		t.Add(cells...)
	}
	return t
}

// MimeBundle shows the predictions as a table in a notebook.
func (p Predictions) MimeBundle() map[string]any { return p.table().MimeBundle() }

// String shows the predictions as a table of text.
func (p Predictions) String() string { return p.table().String() }
