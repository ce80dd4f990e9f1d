package train

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"

	"gosft/sftlib/bert"
	"gosft/sftlib/eval"
)

// evaluator goes through a frame with the model as it is. Results leave the device batch by batch; what stays is a loss and the
// scores of each text.
type evaluator struct {
	model   *bert.Model
	data    *dataset
	loss    objective
	batches []evalBatch
}

// evalBatch is which texts a batch has and how they are laid.
type evalBatch struct {
	texts []int   // rows of the frame
	rows  [][]int // which of texts lie in each row; nil: padded, each in a row of its own
	shape bert.Shape
}

func (b evalBatch) lay(d *dataset) *bert.Batch {
	if b.rows == nil {
		return bert.PadTo(d.pick(b.texts), b.shape.Rows, b.shape.Width)
	}
	return bert.Lay(d.pick(b.texts), b.rows, b.shape.Rows, b.shape.Width, b.shape.Texts)
}

// newEvaluator plans batches of about size texts, packed or padded. Either way texts of like length share a shape.
func newEvaluator(m *bert.Model, d *dataset, loss objective, size int, packed bool) *evaluator {
	e := &evaluator{model: m, data: d, loss: loss}
	lengths := d.lengths()
	order := bert.LongestFirst(lengths)
	longer := func(n int) int { // how many texts of order have more than n tokens
		return sort.Search(len(order), func(k int) bool { return lengths[order[k]] <= n })
	}
	if !packed {
		for len(order) > 0 {
			width := (lengths[order[0]] + 15) / 16 * 16
			n := longer(width - 16)
			for texts := range slices.Chunk(order[:n], size) {
				e.batches = append(e.batches, evalBatch{texts, nil, bert.Shape{Rows: size, Width: width, Texts: size}})
			}
			order = order[n:]
		}
		return e
	}
	var mixed []int // lengths, each run of size of them from the whole of order
	for n, at := (len(order)+size-1)/size, 0; at < n; at++ {
		for k := at; k < len(order); k += n {
			mixed = append(mixed, lengths[order[k]])
		}
	}
	widths := m.NewPacker(mixed, size).Widths
	for i, w := range widths {
		n := 0 // the last width is for all that are left
		if i < len(widths)-1 {
			n = longer(w.Tokens)
		}
		e.batches = append(e.batches, fill(order[n:], lengths, size, w.Tokens)...)
		order = order[:n]
	}
	return e
}

// fill makes batches of about size texts, packed into rows of width tokens: all texts are packed together, and the rows are dealt
// out so that the batches are alike. So one shape fits all of them and none is left half empty.
func fill(order, lengths []int, size, width int) []evalBatch {
	if len(order) == 0 {
		return nil
	}
	long := make([]int, len(order))
	for i, row := range order {
		long[i] = lengths[row]
	}
	rows := bert.Fit(long, width)
	slices.SortStableFunc(rows, func(a, b []int) int { return cmp.Compare(len(b), len(a)) })
	each := (len(rows)*min(size, len(order)) + len(order) - 1) / len(order) // rows of a batch
	batches := make([]evalBatch, (len(rows)+each-1)/each)
	shape := bert.Shape{Width: width}
	for k, row := range rows {
		b := &batches[dealt(k, len(batches))]
		var places []int
		for _, j := range row {
			places = append(places, len(b.texts))
			b.texts = append(b.texts, order[j])
		}
		b.rows = append(b.rows, places)
		shape.Rows, shape.Texts = max(shape.Rows, len(b.rows)), max(shape.Texts, (len(b.texts)+7)/8*8)
	}
	for i := range batches {
		batches[i].shape = shape
	}
	return batches
}

// warm runs one batch of each shape, so that the programs are compiled.
func (e *evaluator) warm(note func(string, ...any)) error {
	var list []*bert.Batch
	var shapes []bert.Shape
	for _, x := range e.batches {
		if !slices.Contains(shapes, x.shape) {
			list, shapes = append(list, x.lay(e.data)), append(shapes, x.shape)
		}
	}
	note("compiling the evaluation for %d shape%s of batches: %s", len(shapes), plural(len(shapes)), describeAll(shapes))
	for _, b := range list {
		if _, err := e.model.Forward(b); err != nil {
			return err
		}
	}
	return nil
}

// run evaluates all texts; step is called after each batch with how many are done, and its error ends the evaluation.
func (e *evaluator) run(ctx context.Context, step func(done, all int) error) (*eval.Report, error) {
	n := len(e.data.items)
	losses, scores := make([]float64, n), make([][]float64, n)
	err := e.each(ctx, func(row int, logits []float32) { losses[row], scores[row] = e.loss.ofText(e.data, row, logits) }, step)
	if err != nil {
		return nil, err
	}
	return e.report(losses, scores)
}

// each computes the model's outputs of all texts, batch by batch, and hands them over by row.
func (e *evaluator) each(ctx context.Context, use func(row int, logits []float32), step func(done, all int) error) error {
	n, done := len(e.data.items), 0
	for _, x := range e.batches {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("stopped after %d of %d texts: %w", done, n, context.Cause(ctx))
		}
		logits, err := e.model.Forward(x.lay(e.data))
		if err != nil {
			return err
		}
		for i, row := range x.texts {
			use(row, logits[i])
		}
		done += len(x.texts)
		if err := step(done, n); err != nil {
			return err
		}
	}
	return nil
}

// report hands the results to package eval in the order of the rows.
func (e *evaluator) report(losses []float64, scores [][]float64) (*eval.Report, error) {
	d, labels := e.data, e.model.Labels()
	c := eval.NewCollector(labels)
	switch e.loss.problem {
	case bert.MultiLabel:
		c = eval.NewMultiLabelCollector(labels)
	case bert.Regression:
		c = eval.NewRegressionCollector()
	}
	for row := range losses {
		it := eval.Item{Text: d.texts[row], Length: len(d.items[row].IDs), Loss: losses[row], Scores: scores[row]}
		if d.pairs != nil {
			it.Pair = d.pairs[row]
		}
		switch e.loss.problem {
		case bert.MultiLabel:
			it.Labels = make([]bool, d.outputs)
			for k := range it.Labels {
				it.Labels[k] = d.values[row*d.outputs+k] == 1
			}
			c.Add(it)
		case bert.Regression:
			for k := range d.outputs { // several outputs count as texts of their own
				it.Value, it.Scores = float64(d.values[row*d.outputs+k]), scores[row][k:k+1]
				c.Add(it)
			}
		default:
			it.Label = int(d.class[row])
			c.Add(it)
		}
	}
	return c.Report()
}
