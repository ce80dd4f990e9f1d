package classic

import (
	"context"
	"errors"
	"testing"

	"gosft/kernel/display"
)

// interruptedCell is a notebook whose user has interrupted the cell.
type interruptedCell struct{ ctx context.Context }

func (interruptedCell) Display(display.Message)            {}
func (interruptedCell) Input(string, bool) (string, error) { return "", errors.New("nobody is there") }
func (c interruptedCell) Context() context.Context         { return c.ctx }

// What fits many models ends between two of them when the cell is interrupted.
func TestInterruptedBetweenModels(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	display.SetSink(interruptedCell{ctx})
	defer display.SetSink(nil)
	X, y := [][]float64{{1}, {2}, {3}, {4}, {5}, {6}}, []int{0, 0, 0, 1, 1, 1}
	model := &LogisticRegression{}
	if _, err := CrossValScore(model, X, y, 3); err != nil {
		t.Fatalf("before the interrupt: %v", err)
	}
	cancel()
	_, scores := CrossValScore(model, X, y, 3)
	_, curve := LearningCurve(model, X, y, []float64{1}, 3, 0)
	search := (&GridSearch{Estimator: model, Params: map[string][]any{"C": {0.1, 1.0}}, CV: 3}).Fit(X, y)
	for what, err := range map[string]error{"CrossValScore": scores, "LearningCurve": curve, "GridSearch": search} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
