package train

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"slices"
	"time"
)

// Kind names what happened. The first fifteen are the events of transformers' TrainerCallback.
type Kind string

// What happens in a training, in the order in which it does.
const (
	InitEnd          Kind = "init_end"           // the trainer was made
	TrainBegin       Kind = "train_begin"        // the first step comes next
	EpochBegin       Kind = "epoch_begin"        //
	StepBegin        Kind = "step_begin"         // the first batch of a step comes next
	SubstepEnd       Kind = "substep_end"        // a batch whose gradients are kept for the step was computed
	PreOptimizerStep Kind = "pre_optimizer_step" // the last batch of a step and the optimizer come next: they are one program
	OptimizerStep    Kind = "optimizer_step"     // the weights have changed
	StepEnd          Kind = "step_end"           // what Control asks for is done after it
	Log              Kind = "log"                // Event.Logs has figures
	PredictionStep   Kind = "prediction_step"    // a batch of an evaluation was computed
	Evaluate         Kind = "evaluate"           // an evaluation ended; Event.Logs has its figures
	Predict          Kind = "predict"            // a prediction of a whole frame ended
	Save             Kind = "save"               // a checkpoint was written; Event.Message has its folder
	EpochEnd         Kind = "epoch_end"          //
	TrainEnd         Kind = "train_end"          // for whatever reason; Event.Message has it

	Note Kind = "note" // something to tell the user in a line: compiling, a resumed checkpoint, a refused one
)

// Event is one thing that happened.
type Event struct {
	Kind    Kind
	Time    time.Time
	State   State   // where the training stands; shared figures are copied
	Logs    Figures // for Log and Evaluate; of StepEnd loss, grad_norm and learning_rate; of PredictionStep done and all (texts)
	Message string  // for Note, Save and TrainEnd
}

// Figures are numbers by name: loss, learning_rate, grad_norm, eval_loss, eval_accuracy.
type Figures map[string]float64

// MarshalJSON writes figures that are no numbers (NaN, infinite) as null, since JSON has no word for them.
func (f Figures) MarshalJSON() ([]byte, error) {
	m := make(map[string]any, len(f))
	for k, v := range f {
		m[k] = v
		if math.IsNaN(v) || math.IsInf(v, 0) {
			m[k] = nil
		}
	}
	return json.Marshal(m)
}

// State says where a training stands, with the names of transformers' TrainerState.
type State struct {
	GlobalStep          int      `json:"global_step"` // steps done
	MaxSteps            int      `json:"max_steps"`   // steps to do in all
	Epoch               float64  `json:"epoch"`       // epochs done, with fraction
	NumTrainEpochs      float64  `json:"num_train_epochs"`
	BestMetric          *float64 `json:"best_metric"` // nil before the first evaluation
	BestGlobalStep      int      `json:"best_global_step"`
	BestModelCheckpoint string   `json:"best_model_checkpoint"`
	Seconds             float64  `json:"seconds"` // time spent training, evaluations and checkpoints included
	LogHistory          []Record `json:"log_history"`
}

// Record is one entry of the history.
type Record struct {
	Step    int     `json:"step"`
	Epoch   float64 `json:"epoch"`
	Figures Figures `json:"figures"`
}

// Control is what a callback may ask for; it is done after the current step.
type Control struct {
	ShouldTrainingStop bool // end the training as if all steps were done
	ShouldEpochStop    bool // go on with the next epoch
	ShouldSave         bool // write a checkpoint
	ShouldEvaluate     bool // evaluate on the validation frame
	ShouldLog          bool // report the loss
}

// Callback is called with each event. It runs between steps, so it should be quick. An error ends the training after a
// checkpoint; a panic is taken for one.
type Callback func(Event, *Control) error

// On calls f for events of one kind only.
func On(kind Kind, f Callback) Callback {
	return func(e Event, c *Control) error {
		if e.Kind != kind {
			return nil
		}
		return f(e, c)
	}
}

// stream passes events to those that subscribed.
type stream struct {
	subscribers []Callback
	control     Control
}

// send calls all subscribers, even when one fails, and joins their errors.
func (s *stream) send(e Event) error {
	e.Time = time.Now()
	e.Logs = maps.Clone(e.Logs)
	e.State.LogHistory = slices.Clip(e.State.LogHistory)
	var errs []error
	for _, f := range s.subscribers {
		errs = append(errs, guard("a callback for "+string(e.Kind), func() error { return f(e, &s.control) }))
	}
	return errors.Join(errs...)
}

// predicted reports a batch of an evaluation or prediction outside a training.
func (s *stream) predicted(done, all int) error {
	return s.send(Event{Kind: PredictionStep, Logs: Figures{"done": float64(done), "all": float64(all)}})
}

// take returns what was asked for so far and asks for nothing from here on.
func (s *stream) take() Control {
	c := s.control
	s.control = Control{}
	return c
}
