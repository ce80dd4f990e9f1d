package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"gosft/sftlib/bert"
	"gosft/sftlib/eval"
)

// Trainer fine-tunes a model on a frame. Its counterpart is transformers' Trainer.
type Trainer struct {
	model      *bert.Model
	args       Args
	train, val Frame
	columns    columns
	callbacks  []Callback
	metrics    func(*eval.Report) map[string]float64

	mu      sync.Mutex
	session *session // a training that was interrupted and can go on
	said    bool     // InitEnd was sent
	paired  *bool    // whether the latest training read pairs of texts
	card    *card    // of the latest training
}

// Option changes how a trainer reads its frames and what it tells.
type Option func(*Trainer)

// TextColumn names the column of the texts. Default: text, sentence, review or another usual name.
func TextColumn(name string) Option { return func(t *Trainer) { t.columns.text = name } }

// PairColumn names the column of the second texts, for tasks on pairs. Default: none, or the usual names of pairs such as
// sentence1 and sentence2.
func PairColumn(name string) Option { return func(t *Trainer) { t.columns.pair = name } }

// LabelColumn names the column of the labels or values. Default: label, category, class or another usual name. Where a text
// may have several labels, they are separated by comma, semicolon or bar, or each label is a column of 0 and 1; a text
// without a value has none of them then. For one label of many and for regression a missing value is an error.
func LabelColumn(name string) Option { return func(t *Trainer) { t.columns.label = name } }

// WithCallback adds a callback for all events; see [On] for one kind.
func WithCallback(f Callback) Option {
	return func(t *Trainer) { t.callbacks = append(t.callbacks, f) }
}

// ComputeMetrics adds figures to those of each evaluation, under the names that f gives them.
func ComputeMetrics(f func(*eval.Report) map[string]float64) Option {
	return func(t *Trainer) { t.metrics = f }
}

// New returns a trainer of model on the frame train. val is the frame that evaluations during the training use, those of
// EvalStrategy and those that a callback asks for; XLA's program for it is compiled before the first step, so that an
// evaluation after the training does not wait for it either. It may be nil when EvalStrategy is no. What is wrong with the
// arguments is reported by Train, all at once; [Args.Validate] tells it beforehand.
func New(model *bert.Model, args Args, train, val Frame, options ...Option) *Trainer {
	t := &Trainer{model: model, args: args.WithDefaults(), train: train, val: val}
	for _, o := range options {
		o(t)
	}
	return t
}

// Train runs the training to its end and returns how it went. When ctx is cancelled (a cell that is interrupted), the step in
// progress ends, a checkpoint is written, and the run so far is returned with [Run.Reason] Interrupted and no error; Train
// called again on the same trainer goes on from there. After a training that ran to its end, Train begins a new one with the
// weights as they are.
//
// An error leaves the weights of the last good step in the model: a loss that is no number is never applied.
func (t *Trainer) Train(ctx context.Context) (*Run, error) {
	run := newRun(t)
	t.begin(ctx, run)
	return run, run.Wait()
}

// Start begins a training in the background and returns at once. Other cells can run meanwhile, predict with the model, and
// use the run's Pause, Resume, Stop and Wait. A model is trained by one trainer at a time: the run of a second one has failed.
// A training that fails before its first step says so on the standard error too, since nobody may ask the run.
func (t *Trainer) Start(ctx context.Context) *Run {
	run := newRun(t)
	t.begin(ctx, run)
	go func() {
		if err := run.Wait(); err != nil && run.State().MaxSteps == 0 {
			fmt.Fprintln(os.Stderr, "the training did not begin:", err)
		}
	}()
	return run
}

// begin lets the training run in the background.
func (t *Trainer) begin(ctx context.Context, run *Run) {
	release, err := t.claim(run)
	if err != nil {
		run.finish(Failed, err)
		return
	}
	go func() {
		reason := Failed
		err := guard("training", func() (err error) {
			reason, err = t.work(ctx, run)
			return err
		})
		release()
		run.finish(reason, err)
	}()
}

// work prepares a session, or takes the interrupted one, and runs it.
func (t *Trainer) work(ctx context.Context, run *Run) (Reason, error) {
	view := t.view()
	defer view.close()
	s := t.session
	if s != nil && s.lost() {
		return Failed, errors.New("another training of this model began meanwhile and took over its optimizer: make a new trainer, with " +
			"ResumeFromCheckpoint \"last\" to go on from this one's checkpoint")
	}
	events := &stream{subscribers: append([]Callback{run.observe, view.handle}, t.callbacks...)}
	var logs *logFiles
	if t.args.LoggingDir != "" {
		var err error
		if logs, err = openLogs(t.args.LoggingDir); err != nil {
			return Failed, err
		}
		defer logs.close()
		events.subscribers = append(events.subscribers, logs.handle)
	}
	if s == nil {
		if err := t.check(); err != nil {
			return Failed, err
		}
		var err error
		if s, err = newSession(t, events); err != nil {
			return Failed, err
		}
	} else {
		s.events = events
		s.note("going on from step %d of %d", s.state.GlobalStep, s.state.MaxSteps)
	}
	reason, err := s.train(ctx, run)
	switch {
	case reason == Finished || reason == EarlyStopped:
		t.session = nil
		err = errors.Join(err, s.close())
	default:
		t.session = s
	}
	return reason, err
}

// check validates what can be known before the data is read.
func (t *Trainer) check() error {
	errs := []error{}
	if t.model == nil {
		errs = append(errs, errors.New("there is no model: bert.ForSequenceClassification opens one"))
	}
	if isNil(t.train) {
		errs = append(errs, errors.New("there is no frame to train on"))
	}
	errs = append(errs, t.args.Validate())
	if isNil(t.val) && t.args.EvalStrategy != No {
		errs = append(errs, fmt.Errorf("EvalStrategy is %s, but there is no validation frame", t.args.EvalStrategy))
	}
	return errors.Join(errs...)
}

// maxLength is how many tokens of a text are used.
func (t *Trainer) maxLength() int {
	if t.args.MaxLength > 0 {
		return min(t.args.MaxLength, t.model.Config.MaxPositionEmbeddings)
	}
	return min(512, t.model.MaxLength())
}

// alike refuses single texts where the training read pairs, which would give figures of something else, and pairs where it
// read single ones.
func (t *Trainer) alike(d *dataset) error {
	t.mu.Lock()
	paired := t.paired
	t.mu.Unlock()
	switch {
	case paired == nil || *paired == (d.pairs != nil):
		return nil
	case *paired:
		return errors.New("the training read pairs of texts and this frame has no second ones: keep their column, or name it by train.PairColumn")
	}
	return errors.New("the training read single texts and this frame gives pairs: name the column of its texts by train.TextColumn")
}

// Evaluate computes all figures of the model as it is on a frame. Callbacks hear PredictionStep and Evaluate. After a training the
// figures go into the model card, in the place of those of the training's own evaluations.
func (t *Trainer) Evaluate(ctx context.Context, f Frame) (*eval.Report, error) {
	if t.model == nil || isNil(f) {
		return nil, errors.New("evaluate: there is no model or no frame")
	}
	d, err := load(f, t.columns, t.model, t.maxLength())
	if err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	if err := t.alike(d); err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	loss := objective{problem: t.model.Problem(), outputs: len(t.model.Labels()), smoothing: t.args.LabelSmoothingFactor}
	events := &stream{subscribers: t.callbacks}
	r, err := newEvaluator(t.model, d, loss, t.args.PerDeviceEvalBatchSize, t.args.Packing != No).run(ctx, events.predicted)
	if err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	figures := Figures{}
	for name, v := range r.Metrics() {
		figures["eval_"+name] = v
	}
	t.evaluated(figures, r.N)
	return r, events.send(Event{Kind: Evaluate, Logs: figures})
}

// Predict classifies the texts of a frame, which needs no labels, with the model as it is. Texts are cut to MaxLength and batched
// as in an evaluation; [bert.Model.Predict] reads long ones by windows.
func (t *Trainer) Predict(ctx context.Context, f Frame) (bert.Predictions, error) {
	if t.model == nil || isNil(f) {
		return nil, errors.New("predict: there is no model or no frame")
	}
	d, err := loadTexts(f, t.columns, t.model, t.maxLength())
	if err != nil {
		return nil, fmt.Errorf("predict: %w", err)
	}
	if err := t.alike(d); err != nil {
		return nil, fmt.Errorf("predict: %w", err)
	}
	p := make(bert.Predictions, len(d.items))
	events := &stream{subscribers: t.callbacks}
	err = newEvaluator(t.model, d, objective{}, t.args.PerDeviceEvalBatchSize, t.args.Packing != No).each(ctx, func(row int, logits []float32) {
		p[row] = t.model.Prediction(d.texts[row], logits)
		if d.pairs != nil {
			p[row].Pair = d.pairs[row]
		}
	}, events.predicted)
	if err != nil {
		return nil, fmt.Errorf("predict: %w", err)
	}
	return p, events.send(Event{Kind: Predict, Message: fmt.Sprintf("%d texts", len(p))})
}
