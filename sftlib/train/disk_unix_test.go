//go:build unix

package train

import (
	"context"
	"os"
	"strings"
	"syscall"
	"testing"
)

// A disk that has no room for the checkpoint: the training stops and says so, nothing half-written is left, and the model in
// memory is that of the last step.
func TestFullDisk(t *testing.T) {
	args := tinyArgs(t)
	args.SaveStrategy, args.SaveSteps = Steps, 3
	m := tinyModel(t, "go", tinyLabels)
	var at map[string][]float32
	tr := New(m, args, tinyFrame(100, 1), nil, WithCallback(On(StepEnd, func(Event, *Control) error { at = weights(t, m); return nil })))
	var old syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 20_000, Max: old.Max})) // the model has more bytes than that
	run, err := tr.Train(context.Background())
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old))
	if err == nil || !strings.Contains(err.Error(), "checkpoint-3 was not written") || !strings.Contains(err.Error(), "the model in memory is that of step 3") {
		t.Fatalf("error %v", err)
	}
	if run.State().GlobalStep != 3 || !equalWeights(at, weights(t, m)) {
		t.Errorf("stopped at step %d", run.State().GlobalStep)
	}
	entries, err := os.ReadDir(args.OutputDir)
	must(t, err)
	if len(entries) != 0 {
		t.Errorf("left in OutputDir: %v", entries)
	}
	run, err = tr.Train(context.Background()) // there is room again
	if err != nil || run.Reason() != Finished {
		t.Errorf("going on: %s, error %v", run.Reason(), err)
	}
}
