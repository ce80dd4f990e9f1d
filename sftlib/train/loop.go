package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gosft/sftlib/eval"
)

// train does the steps that are left. It returns why it ended; the session can go on afterwards unless that is Finished or
// EarlyStopped.
func (s *session) train(ctx context.Context, run *Run) (reason Reason, err error) {
	start := time.Now()
	firstStep := s.state.GlobalStep
	clock := func() { s.state.Seconds = s.secondsBefore + time.Since(start).Seconds() }
	defer func() {
		clock()
		s.secondsBefore = s.state.Seconds
		s.describe()
		message := string(reason)
		if err != nil {
			message = err.Error()
		}
		err = errors.Join(err, s.send(TrainEnd, nil, message))
	}()
	if err := s.send(TrainBegin, nil, ""); err != nil {
		return Failed, err
	}
	if err := s.prepare(); err != nil {
		return Failed, err
	}
	if s.owed != nil { // what was due after the last step was interrupted
		if reason, err = s.after(ctx, run, Control{}); reason != Running || err != nil {
			return reason, err
		}
	}
	for s.state.GlobalStep < s.state.MaxSteps {
		if why := run.hold(ctx); why != Running {
			return why, s.leave(why)
		}
		if s.place.Step == 0 {
			if err := s.send(EpochBegin, nil, ""); err != nil {
				return Failed, s.fail(err)
			}
		}
		if err := s.step(); err != nil {
			return Failed, s.fail(err)
		}
		clock()
		control := s.events.take()
		s.owed = &owed{EpochOver: s.place.Step >= s.perEpoch || control.ShouldEpochStop}
		if s.owed.EpochOver {
			s.place = place{s.place.Epoch + 1, 0}
		}
		reason, err = s.after(ctx, run, control)
		clock()
		if err != nil || reason == Interrupted || reason == Stopped {
			return reason, err
		}
		if reason != Running {
			break
		}
	}
	if reason != EarlyStopped {
		reason = Finished
	}
	if err := s.end(time.Since(start), s.state.GlobalStep-firstStep); err != nil {
		return reason, err
	}
	return reason, nil
}

// owed is what must still be done after a step: reports, evaluation, checkpoint.
type owed struct {
	EpochOver bool `json:"epoch_over"` // the step was the last of its epoch
}

// after does what is owed after a step. Running means to go on, Finished that a callback asked for the end.
func (s *session) after(ctx context.Context, run *Run, control Control) (Reason, error) {
	over := s.owed.EpochOver
	last := s.state.GlobalStep >= s.state.MaxSteps || control.ShouldTrainingStop
	stop, err := s.report(ctx, control, over, last)
	if err != nil {
		if why := run.hold(ctx); why != Running && errors.Is(err, context.Cause(ctx)) { // in the middle of an evaluation
			return why, s.leave(why)
		}
		return Failed, s.fail(err)
	}
	s.owed = nil
	later := s.events.take() // what callbacks asked for during the reports
	if later.ShouldSave && s.savedAt != s.state.GlobalStep {
		if err := s.save(); err != nil {
			return Failed, s.fail(err)
		}
	}
	if over {
		if err := s.send(EpochEnd, nil, ""); err != nil {
			return Failed, s.fail(err)
		}
	}
	switch {
	case stop:
		return EarlyStopped, nil
	case control.ShouldTrainingStop || later.ShouldTrainingStop:
		return Finished, nil
	}
	return Running, nil
}

// step does one step of the optimizer and reports it.
func (s *session) step() error {
	if err := s.send(StepBegin, nil, ""); err != nil {
		return err
	}
	number := s.state.GlobalStep + 1
	rate := s.schedule.At(s.state.GlobalStep)
	batches := s.batchesOf(s.place)
	out, err := s.stepper.run(batches, rate, number, dropoutSeed(s.args.Seed, s.batches), func(last bool) error {
		if last {
			return s.send(PreOptimizerStep, nil, "")
		}
		return s.send(SubstepEnd, nil, "")
	})
	if err != nil {
		return err
	}
	if err := s.sound(out, number, rate); err != nil {
		return err
	}
	s.batches += uint32(len(batches))
	s.place.Step++
	s.state.GlobalStep = number
	s.state.Epoch = float64(s.place.Epoch) + float64(s.place.Step)/float64(s.perEpoch)
	s.lossSum, s.lossN, s.totalLoss = s.lossSum+out.loss, s.lossN+1, s.totalLoss+out.loss
	s.lastNorm, s.lastRate = out.norm, rate
	if err := s.send(OptimizerStep, nil, ""); err != nil {
		return err
	}
	return s.send(StepEnd, Figures{"loss": out.loss, "grad_norm": out.norm, "learning_rate": rate}, "")
}

// sound refuses a step whose loss or gradient is not a finite number. The program did not apply it: the weights are those of
// the step before.
func (s *session) sound(out outcome, number int, rate float64) error {
	finite := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	if finite(out.loss) && finite(out.norm) {
		return nil
	}
	what := fmt.Sprintf("the gradient exploded: its norm is %v (the loss is %.4g)", out.norm, out.loss)
	if !finite(out.loss) {
		what = fmt.Sprintf("the loss is %v", out.loss)
	}
	rows := slices.Clone(out.rows)
	slices.Sort(rows)
	list := strings.Trim(fmt.Sprint(rows[:min(len(rows), 16)]), "[]")
	return fmt.Errorf("step %d: %s. The step was not applied: the model is that of step %d. Most often the learning rate is too high "+
		"(it was %.3g here: try a tenth, or more WarmupSteps) or MaxGradNorm is off; else look at the texts and labels of rows %s of the training frame",
		number, what, number-1, rate, list)
}

// dropoutSeed gives each batch of a training a seed of its own.
func dropoutSeed(seed int64, batches uint32) uint32 {
	return uint32(uint64(seed)*0x9e3779b97f4a7c15>>32) + batches
}

// report logs, evaluates and saves what is due after a step. stop says that patience has run out.
func (s *session) report(ctx context.Context, control Control, epochOver, last bool) (stop bool, err error) {
	step, a := s.state.GlobalStep, s.args
	due := func(strategy string, every int) bool {
		switch strategy {
		case Steps:
			return step%every == 0
		case Epoch:
			return epochOver || last
		}
		return false
	}
	evaluate := due(a.EvalStrategy, s.evalEvery) || control.ShouldEvaluate || last && a.EvalStrategy != No
	log := due(a.LoggingStrategy, s.logEvery) || control.ShouldLog || a.LoggingFirstStep && step == 1 || last && a.LoggingStrategy != No
	save := due(a.SaveStrategy, s.saveEvery) || control.ShouldSave || last && (a.SaveStrategy == Steps || a.SaveStrategy == Epoch)
	if (log || evaluate && a.LoggingStrategy != No) && s.lossN > 0 {
		figures := Figures{"loss": s.lossSum / float64(s.lossN), "grad_norm": s.lastNorm, "learning_rate": s.lastRate}
		s.lossSum, s.lossN = 0, 0
		if err := s.record(Log, figures); err != nil {
			return false, err
		}
	}
	if evaluate && s.eval != nil {
		better, patient, err := s.evaluate(ctx)
		if err != nil {
			return false, err
		}
		stop = !patient
		if a.SaveStrategy == Best {
			save = better || control.ShouldSave
		}
		if better {
			s.state.BestGlobalStep = step
			if save {
				s.state.BestModelCheckpoint = s.checkpointDir(step)
			}
		}
	}
	if save || stop && a.SaveStrategy != No && a.SaveStrategy != Best {
		s.owed = nil // a training that resumes from this checkpoint has nothing of this step left to do
		return stop, s.save()
	}
	return stop, nil
}

// evaluate runs an evaluation, reports it and compares it with the best so far, as transformers' EarlyStoppingCallback and
// _determine_best_metric do.
func (s *session) evaluate(ctx context.Context) (better, patient bool, err error) {
	start := time.Now()
	r, err := s.eval.run(ctx, func(done, all int) error {
		return s.send(PredictionStep, Figures{"done": float64(done), "all": float64(all)}, "")
	})
	if err != nil {
		return false, true, err
	}
	figures := Figures{}
	for name, v := range r.Metrics() {
		figures["eval_"+name] = v
	}
	if s.t.metrics != nil {
		err := guard("ComputeMetrics", func() error {
			for name, v := range s.t.metrics(r) {
				figures["eval_"+strings.TrimPrefix(name, "eval_")] = v
			}
			return nil
		})
		if err != nil {
			return false, true, err
		}
	}
	took := time.Since(start).Seconds()
	figures["eval_runtime"] = took
	figures["eval_samples_per_second"] = float64(r.N) / took
	name := "eval_" + strings.TrimPrefix(s.args.MetricForBestModel, "eval_")
	value, ok := figures[name]
	if !ok && (s.args.LoadBestModelAtEnd || s.args.EarlyStoppingPatience > 0 || s.args.SaveStrategy == Best) {
		return false, true, fmt.Errorf("MetricForBestModel is %q, but the evaluation has %s", s.args.MetricForBestModel, figuresWith(figures, "eval_"))
	}
	patient = true
	if ok {
		before := s.state.BestMetric
		gain := math.Inf(1)
		if before != nil {
			gain = *before - value
			if s.greaterIsBetter() {
				gain = value - *before
			}
		}
		better = gain > 0
		if gain > s.args.EarlyStoppingThreshold {
			s.patience = 0
		} else {
			s.patience++
		}
		patient = s.args.EarlyStoppingPatience == 0 || s.patience < s.args.EarlyStoppingPatience
		if better {
			s.state.BestMetric = &value
		}
	}
	return better, patient, s.record(Evaluate, figures)
}

func (s *session) greaterIsBetter() bool {
	if g := s.args.GreaterIsBetter; g != nil {
		return *g
	}
	return !eval.LowerIsBetter(s.args.MetricForBestModel)
}

// record adds figures to the history and reports them.
func (s *session) record(kind Kind, figures Figures) error {
	s.state.LogHistory = append(s.state.LogHistory, Record{s.state.GlobalStep, s.state.Epoch, figures})
	if kind == Evaluate {
		s.describe()
	}
	return s.send(kind, figures, "")
}

// end closes a training whose steps are done: the best model is loaded when asked for, and the totals are reported.
func (s *session) end(took time.Duration, steps int) error {
	if best := s.state.BestModelCheckpoint; s.args.LoadBestModelAtEnd && best != "" && s.state.BestGlobalStep != s.state.GlobalStep {
		if _, err := readCheckpoint(best); err != nil {
			return fmt.Errorf("LoadBestModelAtEnd: %w; the model is that of the last step", err)
		}
		if err := loadWeights(s.model, best); err != nil {
			return fmt.Errorf("LoadBestModelAtEnd: %w", err)
		}
		s.loaded = s.state.BestGlobalStep
		s.note("loaded the best model, of step %d (%s %.4g)", s.state.BestGlobalStep, s.args.MetricForBestModel, *s.state.BestMetric)
	}
	figures := Figures{"train_runtime": s.secondsBefore + took.Seconds(), "train_loss": s.totalLoss / math.Max(1, float64(s.state.GlobalStep))}
	if seconds := took.Seconds(); steps > 0 && seconds > 0 {
		figures["train_steps_per_second"] = float64(steps) / seconds
		figures["train_samples_per_second"] = float64(steps*s.args.PerDeviceTrainBatchSize*s.args.GradientAccumulationSteps) / seconds
	}
	return s.record(Log, figures)
}

// leave writes the checkpoint of a training that was interrupted or stopped.
func (s *session) leave(why Reason) error {
	if s.savedAt != s.state.GlobalStep {
		if err := s.save(); err != nil {
			return err
		}
	}
	s.note("%s after step %d of %d; checkpoint in %s. Train on the same trainer goes on from there, and so does a new one with ResumeFromCheckpoint: \"last\"",
		why, s.state.GlobalStep, s.state.MaxSteps, s.checkpoint)
	return nil
}

// fail keeps the last good state after an error: as a checkpoint, or, where the backend lost the weights in the middle of a
// step, by going back to the latest checkpoint.
func (s *session) fail(cause error) error {
	if s.whole() {
		if full := (*saveError)(nil); errors.As(cause, &full) {
			return cause // another try would fail as well
		}
		if s.savedAt == s.state.GlobalStep || s.state.GlobalStep == 0 {
			return cause
		}
		if err := s.save(); err != nil {
			return errors.Join(cause, err)
		}
		return fmt.Errorf("%w (checkpoint of step %d: %s)", cause, s.state.GlobalStep, s.checkpoint)
	}
	if s.checkpoint == "" {
		return fmt.Errorf("%w. The weights were lost with the failed step and there is no checkpoint yet: open the model again", cause)
	}
	if err := s.restore(s.checkpoint); err != nil {
		return errors.Join(cause, err)
	}
	return fmt.Errorf("%w. The weights were lost with the failed step; the model is now that of %s", cause, s.checkpoint)
}

// whole says whether all weights and moments have values: a step that failed on the device may have taken theirs.
func (s *session) whole() bool {
	for _, x := range s.adamw.slots {
		if !x.param.Variable.HasValue() || !x.m.HasValue() || !x.v.HasValue() {
			return false
		}
	}
	return true
}

func (s *session) send(kind Kind, figures Figures, message string) error {
	err := errors.Join(s.pending, s.events.send(Event{Kind: kind, State: s.state, Logs: figures, Message: message}))
	s.pending = nil
	return err
}

// note tells the user something in a line. A subscriber that fails on it shows at the next event.
func (s *session) note(format string, args ...any) {
	s.pending = s.send(Note, nil, fmt.Sprintf(format, args...))
}
