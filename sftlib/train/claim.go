package train

import (
	"errors"
	"fmt"
	"sync"

	"gosft/sftlib/bert"
)

// claims are the models that are being trained: two trainings of one model would share its weights and its optimizer.
var claims = struct {
	sync.Mutex
	of map[*bert.Model]claim
}{of: map[*bert.Model]claim{}}

// claim says who trains a model; run is nil where only its caller waits for it (folds, the search for a learning rate).
type claim struct {
	trainer *Trainer
	run     *Run
}

// RunOf returns the training that runs on a model in the background now, or nil. It is the way back to a run whose variable
// is gone, as when the cell that started it was run again.
func RunOf(m *bert.Model) *Run {
	claims.Lock()
	defer claims.Unlock()
	return claims.of[m].run
}

// claim takes the model for one training at a time; release gives it back.
func (t *Trainer) claim(run *Run) (release func(), err error) {
	if t.model == nil { // check says so
		return func() {}, nil
	}
	claims.Lock()
	defer claims.Unlock()
	if other, taken := claims.of[t.model]; taken {
		if other.trainer == t {
			return nil, errors.New("this trainer is training already: Wait for it, or Stop it")
		}
		err := errors.New("another trainer is training this model")
		if other.run != nil {
			err = fmt.Errorf("%w, at step %d: train.RunOf(model).Wait() waits for it, train.RunOf(model).Stop() ends it", err, other.run.State().GlobalStep)
		}
		return nil, err
	}
	claims.of[t.model] = claim{t, run}
	return func() {
		claims.Lock()
		defer claims.Unlock()
		delete(claims.of, t.model)
	}, nil
}
