package train

import (
	"context"
	"fmt"

	"gosft/sftlib/bert"
	"gosft/sftlib/eval"
)

// evaluator goes through a frame with the model as it is. Results leave the device batch by batch; what stays is a loss and the
// scores of each text.
type evaluator struct {
	model  *bert.Model
	data   *dataset
	loss   objective
	groups []evalGroup
}

// evalGroup is the texts that share one shape of batches.
type evalGroup struct {
	rows   []int
	packer *bert.Packer // nil: padded
	size   int          // texts in a batch
	width  int          // padded: of a row
}

// newEvaluator plans batches of about size texts. Packed, a batch takes as many texts as fit into a fixed number of rows, so
// that there is one shape for short texts and at most one for long ones; padded, texts of like length share a batch.
func newEvaluator(m *bert.Model, d *dataset, loss objective, size int, packed bool) *evaluator {
	e := &evaluator{model: m, data: d, loss: loss}
	lengths := d.lengths()
	if !packed {
		byWidth := map[int]*evalGroup{}
		for row, n := range lengths {
			w := (n + 15) / 16 * 16
			if byWidth[w] == nil {
				byWidth[w] = &evalGroup{size: size, width: w}
			}
			byWidth[w].rows = append(byWidth[w].rows, row)
		}
		for w := 16; len(byWidth) > 0; w += 16 {
			if g := byWidth[w]; g != nil {
				e.groups = append(e.groups, *g)
				delete(byWidth, w)
			}
		}
		return e
	}
	plan := m.NewPacker(lengths, size)
	for i, w := range plan.Widths {
		g := evalGroup{size: size}
		tokens := 0
		for row, n := range lengths {
			last := i == len(plan.Widths)-1
			if (i == 0 || n > plan.Widths[i-1].Tokens) && (n <= w.Tokens || last) {
				g.rows = append(g.rows, row)
				tokens += n
			}
		}
		if len(g.rows) == 0 {
			continue
		}
		// Rows for the texts of a mean batch, and room for more texts than that when they are short.
		texts := min(size, len(g.rows))
		rows := (tokens*texts/len(g.rows)*21/20 + w.Tokens - 1) / w.Tokens
		rows += rows % 2
		g.size = min(2*size, len(g.rows))
		g.packer = &bert.Packer{Size: g.size, Widths: []bert.Width{{Tokens: w.Tokens, Levels: []int{max(rows, 2)}}}}
		e.groups = append(e.groups, g)
	}
	return e
}

// next lays the first of the rows that fit into a batch.
func (g *evalGroup) next(d *dataset, rows []int) (*bert.Batch, int) {
	if g.packer == nil {
		n := min(g.size, len(rows))
		return bert.PadTo(d.pick(rows[:n]), g.size, g.width), n
	}
	w := g.packer.Widths[0]
	n, tokens := 0, 0
	for n < min(g.size, len(rows)) {
		tokens += len(d.items[rows[n]].IDs)
		if tokens > w.Tokens*w.Levels[0] && n > 0 {
			break
		}
		n++
	}
	for { // what fits by its tokens may not fit by rows
		b := g.packer.Batch(d.pick(rows[:n]))
		if b.Rows <= w.Levels[0] || n == 1 {
			return b, n
		}
		n--
	}
}

// warm runs one batch of each shape, so that the programs are compiled.
func (e *evaluator) warm(note func(string, ...any)) error {
	var list []*bert.Batch
	var shapes []bert.Shape
	for _, g := range e.groups {
		b, _ := g.next(e.data, g.rows)
		list, shapes = append(list, b), append(shapes, b.Shape())
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
	for _, g := range e.groups {
		for at := 0; at < len(g.rows); {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("stopped after %d of %d texts: %w", done, n, context.Cause(ctx))
			}
			b, k := g.next(e.data, g.rows[at:])
			logits, err := e.model.Forward(b)
			if err != nil {
				return err
			}
			for i, row := range g.rows[at : at+k] {
				use(row, logits[i])
			}
			at, done = at+k, done+k
			if err := step(done, n); err != nil {
				return err
			}
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
