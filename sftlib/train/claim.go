package train

import (
	"errors"
	"fmt"
	"sync"

	"gosft/sftlib/bert"
)

// claims are the models that are being trained, each with its run; nil for a run that only its caller waits for (a fold, the
// search for a learning rate). Two trainings of one model would share its weights and its optimizer.
var claims = struct {
	sync.Mutex
	runs map[*bert.Model]*Run
}{runs: map[*bert.Model]*Run{}}

// RunOf returns the training that runs on a model in the background now, or nil. It is the way back to a run whose variable
// is gone, as when the cell that started it was run again.
func RunOf(m *bert.Model) *Run {
	claims.Lock()
	defer claims.Unlock()
	return claims.runs[m]
}

// claim takes trainer and model for one training at a time; release gives them back.
func (t *Trainer) claim(run *Run) (release func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.running {
		return nil, errors.New("this trainer is training already: Wait for it, or Stop it")
	}
	claims.Lock()
	defer claims.Unlock()
	if other, taken := claims.runs[t.model]; taken && t.model != nil {
		err := errors.New("another trainer is training this model")
		if other != nil {
			err = fmt.Errorf("%w, at step %d: train.RunOf(model).Wait() waits for it, train.RunOf(model).Stop() ends it", err, other.State().GlobalStep)
		}
		return nil, err
	}
	t.running, claims.runs[t.model] = true, run
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		claims.Lock()
		defer claims.Unlock()
		t.running = false
		delete(claims.runs, t.model)
	}, nil
}
