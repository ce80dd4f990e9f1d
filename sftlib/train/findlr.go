package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	"gosft/kernel/display"
	"gosft/sftlib/show"
)

// LRRange is what FindLearningRate tries; its zero value is a good one for AdamW.
type LRRange struct {
	Start float64 // first rate, default 1e-7
	End   float64 // last rate, default 1
	Steps int     // default 100, at least 20
}

// LRCurve is the loss at rising learning rates.
type LRCurve struct {
	Rates      []float64
	Losses     []float64 // smoothed, as fastai does
	Suggestion float64   // in the valley: well down the longest fall of the loss, before it rises
	Steepest   float64   // where the loss falls fastest
}

// FindLearningRate trains with a rate that rises exponentially from step to step until the loss runs away, and suggests a rate
// for Args.LearningRate. It is fastai's lr_find (after Smith 2017, "Cyclical Learning Rates for Training Neural Networks"),
// with its suggestions "valley" and "steep". The model has its old weights again afterwards, also after an error.
func (t *Trainer) FindLearningRate(ctx context.Context, r LRRange) (*LRCurve, error) {
	def(&r.Start, 1e-7)
	def(&r.End, 1)
	def(&r.Steps, 100)
	if !(r.Start > 0 && r.End > r.Start) || r.Steps < 20 {
		return nil, fmt.Errorf("FindLearningRate: Start %v must be above 0, End %v above Start, and Steps %d at least 20", r.Start, r.End, r.Steps)
	}
	var curve *LRCurve
	err := t.alone(func() error {
		if err := t.check(); err != nil {
			return err
		}
		before, err := takeSnapshot(t.model)
		if err != nil {
			return err
		}
		curve, err = t.sweep(ctx, r)
		return errors.Join(err, before.restore(t.model))
	})
	if err != nil {
		return nil, fmt.Errorf("FindLearningRate: %w", err)
	}
	return curve, nil
}

// alone runs f while no training of this trainer or model runs, and none of this trainer waits to go on.
func (t *Trainer) alone(f func() error) error {
	release, err := t.claim(nil)
	if err != nil {
		return err
	}
	defer release()
	if t.session != nil {
		return errors.New("a training of this trainer was interrupted: let it end first, or make a new trainer")
	}
	return guard("training", f)
}

// sweep does the steps.
func (t *Trainer) sweep(ctx context.Context, r LRRange) (*LRCurve, error) {
	bar := sweepBar{}
	if !t.args.DisableTqdm && (show.InNotebook() || isTerminal(os.Stderr)) {
		bar.Bar = display.Progress(r.Steps, display.Title("trying learning rates"), display.Unit("step"))
	}
	defer bar.done()
	train, err := load(t.train, t.columns, t.model, t.maxLength())
	if err != nil {
		return nil, err
	}
	args := t.args
	args.MaxSteps, args.ResumeFromCheckpoint = r.Steps, ""
	s, err := newSessionOn(t, args, &stream{subscribers: []Callback{bar.handle}}, train, nil)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.prepare(); err != nil {
		return nil, err
	}
	curve := &LRCurve{}
	const keep = 0.98
	mean, best := 0.0, math.Inf(1)
	for i := range r.Steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if s.place.Step >= s.perEpoch {
			s.place = place{s.place.Epoch + 1, 0}
		}
		rate := r.Start * math.Pow(r.End/r.Start, float64(i)/float64(r.Steps-1))
		out, err := s.stepper.run(s.batchesOf(s.place), rate, i+1, dropoutSeed(args.Seed, s.batches), func(bool) error { return nil })
		if err != nil {
			return nil, err
		}
		s.place.Step++
		s.batches += uint32(args.GradientAccumulationSteps)
		if math.IsNaN(out.loss) || math.IsInf(out.loss, 0) || math.IsNaN(out.norm) || math.IsInf(out.norm, 0) {
			break
		}
		mean = keep*mean + (1-keep)*out.loss
		smooth := mean / (1 - math.Pow(keep, float64(i+1)))
		curve.Rates, curve.Losses = append(curve.Rates, rate), append(curve.Losses, smooth)
		bar.step(i+1, rate, smooth)
		best = math.Min(best, smooth)
		if smooth > 4*best {
			break
		}
	}
	return curve, curve.suggest(r.Steps)
}

// sweepBar shows how far the search is and what it waits for; without a bar it shows nothing.
type sweepBar struct{ *display.Bar }

func (b sweepBar) handle(e Event, _ *Control) error {
	if b.Bar != nil && e.Kind == Note {
		b.Describe("%s", e.Message)
	}
	return nil
}

func (b sweepBar) step(n int, rate, loss float64) {
	if b.Bar != nil {
		b.Describe("rate %.1e  loss %.3f", rate, loss)
		b.Set(n)
	}
}

func (b sweepBar) done() {
	if b.Bar != nil {
		b.Done()
	}
}

// suggest finds the two rates. The first tenth and the last five steps do not count, as in fastai.
func (c *LRCurve) suggest(steps int) error {
	from, to := steps/10, len(c.Losses)-5
	if to-from < 5 {
		return fmt.Errorf("the loss ran away after %d steps, at a rate of %.2g: begin with a smaller LRRange.Start", len(c.Losses), c.Rates[len(c.Rates)-1])
	}
	rates, losses := c.Rates[from:to], c.Losses[from:to]
	c.Suggestion = rates[valley(losses)]
	steep := 0
	slope := func(i int) float64 {
		a, b := max(i-1, 0), min(i+1, len(rates)-1)
		return (losses[b] - losses[a]) / (math.Log(rates[b]) - math.Log(rates[a]))
	}
	for i := range rates {
		if slope(i) < slope(steep) {
			steep = i
		}
	}
	c.Steepest = rates[steep]
	return nil
}

// valley is half-way down the middle third of the longest falling subsequence of the losses, fastai's rule.
func valley(losses []float64) int {
	length := make([]int, len(losses))
	start, end := 0, 0
	for i := range losses {
		length[i] = 1
		for j := range i {
			if losses[i] < losses[j] && length[i] <= length[j] {
				length[i] = length[j] + 1
			}
		}
		if length[i] > length[end] {
			end = i
			start = end - length[end]
		}
	}
	third := float64(end-start) / 3
	return max(0, min(start+int(third)+int(third/2), len(losses)-1))
}

// Chart draws the loss over the rate with the suggestion.
func (c *LRCurve) Chart() *show.Chart {
	chart := show.Line("loss", c.Rates, c.Losses).Titled("Learning rate", "learning rate", "loss (smoothed)")
	chart.X.Log = true
	return chart.VRule(fmt.Sprintf("suggested %.1e", c.Suggestion), c.Suggestion)
}

// MimeBundle shows the chart and the suggestion.
func (c *LRCurve) MimeBundle() map[string]any {
	return show.Group{c.Chart(), c.line()}.MimeBundle()
}

// String names the suggestion.
func (c *LRCurve) String() string { return c.Chart().String() + "\n" + c.line() }

func (c *LRCurve) line() string {
	return fmt.Sprintf("suggested LearningRate %.2e (valley); the loss falls fastest at %.2e", c.Suggestion, c.Steepest)
}
