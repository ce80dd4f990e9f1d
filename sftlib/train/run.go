package train

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"gosft/sftlib/eval"
)

// Reason says why a training ended.
type Reason string

// How a training can end.
const (
	Running      Reason = "running"
	Finished     Reason = "finished"           // all steps were done, or a callback asked for the end
	EarlyStopped Reason = "stopped early"      // EarlyStoppingPatience
	Interrupted  Reason = "interrupted"        // its context was cancelled
	Stopped      Reason = "stopped by request" // Run.Stop
	Failed       Reason = "failed"
)

// Run is a training, in progress or ended. Its methods may be called from any goroutine.
type Run struct {
	trainer *Trainer
	done    chan struct{}
	stop    chan struct{}
	once    sync.Once

	mu     sync.Mutex
	state  State
	last   Figures // of the latest step
	reason Reason
	err    error
	paused chan struct{} // closed by Resume; nil when not paused
	began  time.Time
}

func newRun(t *Trainer) *Run {
	return &Run{trainer: t, done: make(chan struct{}), stop: make(chan struct{}), reason: Running, began: time.Now()}
}

// observe is the run's own [Callback].
func (r *Run) observe(e Event, _ *Control) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state = e.State
	if e.Kind == StepEnd {
		r.last = e.Logs
	}
	return nil
}

func (r *Run) finish(reason Reason, err error) {
	r.mu.Lock()
	if err != nil {
		reason = Failed
	}
	r.reason, r.err = reason, err
	r.mu.Unlock()
	close(r.done)
}

// Wait returns when the training has ended, with its error.
func (r *Run) Wait() error {
	<-r.done
	return r.err
}

// Done is closed when the training has ended.
func (r *Run) Done() <-chan struct{} { return r.done }

// Pause holds the training after the step in progress, until Resume or Stop.
func (r *Run) Pause() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paused == nil {
		r.paused = make(chan struct{})
	}
}

// Resume lets a paused training go on.
func (r *Run) Resume() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.paused != nil {
		close(r.paused)
		r.paused = nil
	}
}

// Stop ends the training after the step in progress, with a checkpoint, and waits for it. Train or Start on the same trainer
// goes on from there.
func (r *Run) Stop() error {
	r.once.Do(func() { close(r.stop) })
	return r.Wait()
}

// hold waits while the run is paused. It returns why the training must end now, or Running.
func (r *Run) hold(ctx context.Context) Reason {
	r.mu.Lock()
	paused := r.paused
	r.mu.Unlock()
	if paused != nil {
		select {
		case <-paused:
		case <-r.stop:
		case <-ctx.Done():
		}
	}
	select {
	case <-r.stop:
		return Stopped
	case <-ctx.Done():
		return Interrupted
	default:
		return Running
	}
}

// State says where the training stands.
func (r *Run) State() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state
}

// Reason says why the training ended, or that it runs.
func (r *Run) Reason() Reason {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reason
}

// Err is the error that ended the training, if any.
func (r *Run) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// History returns the figures that were reported, in order.
func (r *Run) History() []Record { return r.State().LogHistory }

// Losses returns the steps and training losses that were reported.
func (r *Run) Losses() (steps, losses []float64) {
	for _, h := range r.History() {
		if l, ok := h.Figures["loss"]; ok {
			steps, losses = append(steps, float64(h.Step)), append(losses, l)
		}
	}
	return steps, losses
}

// Evaluate computes all figures of the model as it is now on a frame: accuracy, F1, MCC, confusion matrix, worst errors.
func (r *Run) Evaluate(f Frame) (*eval.Report, error) {
	return r.trainer.Evaluate(context.Background(), f)
}

// String tells in a few lines how the training went.
func (r *Run) String() string {
	s := r.State()
	var b strings.Builder
	fmt.Fprintf(&b, "Training %s: step %d of %d, epoch %.2f of %g", r.Reason(), s.GlobalStep, s.MaxSteps, s.Epoch, s.NumTrainEpochs)
	if s.Seconds > 0 {
		fmt.Fprintf(&b, ", %s", time.Duration(s.Seconds*float64(time.Second)).Round(100*time.Millisecond))
	}
	if err := r.Err(); err != nil {
		fmt.Fprintf(&b, "\n%v", err)
	}
	for _, prefix := range []string{"eval_", "train_"} {
		for i := len(s.LogHistory) - 1; i >= 0; i-- {
			if line := figuresWith(s.LogHistory[i].Figures, prefix); line != "" {
				fmt.Fprintf(&b, "\n%s (step %d): %s", strings.TrimSuffix(prefix, "_"), s.LogHistory[i].Step, line)
				break
			}
		}
	}
	if s.BestMetric != nil {
		fmt.Fprintf(&b, "\nbest %s: %.4g at step %d", r.trainer.args.MetricForBestModel, *s.BestMetric, s.BestGlobalStep)
	}
	return b.String()
}

// figuresWith writes the figures whose names have a prefix.
func figuresWith(f Figures, prefix string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if short, ok := strings.CutPrefix(name, prefix); ok {
			parts = append(parts, fmt.Sprintf("%s %.4g", short, f[name]))
		}
	}
	return strings.Join(parts, "  ")
}

// isNil tells an interface that holds nothing, or a nil pointer.
func isNil(f Frame) bool {
	if f == nil {
		return true
	}
	v := reflect.ValueOf(f)
	return (v.Kind() == reflect.Pointer || v.Kind() == reflect.Map) && v.IsNil()
}
