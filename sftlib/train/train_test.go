package train

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gosft/sftlib/bert"
	"gosft/sftlib/eval"
)

// losses collects the loss of each step.
func losses(list *[]float64) Option {
	return WithCallback(On(StepEnd, func(e Event, _ *Control) error {
		*list = append(*list, e.Logs["loss"])
		return nil
	}))
}

func tinyArgs(t testing.TB) Args {
	return Args{OutputDir: t.TempDir(), NumTrainEpochs: 3, PerDeviceTrainBatchSize: 16, PerDeviceEvalBatchSize: 32, LearningRate: 2e-3, WarmupRatio: 0.1,
		WeightDecay: 0.01, SaveStrategy: No, DisableTqdm: true}
}

func TestLearns(t *testing.T) {
	onBackends(t, func(t *testing.T, name string) {
		m := tinyModel(t, name, tinyLabels)
		args := tinyArgs(t)
		args.EvalStrategy, args.LoggingSteps = Epoch, 5
		var kinds []Kind
		run, err := New(m, args, tinyFrame(300, 1), tinyFrame(100, 2), WithCallback(func(e Event, _ *Control) error {
			kinds = append(kinds, e.Kind)
			return nil
		})).Train(context.Background())
		must(t, err)
		training := len(kinds)
		report, err := run.Evaluate(tinyFrame(200, 3))
		must(t, err)
		if report.Accuracy < 0.95 {
			t.Errorf("accuracy %.3f on a task that words decide", report.Accuracy)
		}
		if after := kinds[training:]; len(after) < 2 || after[0] != PredictionStep || after[len(after)-1] != Evaluate {
			t.Errorf("events of an evaluation after the training: %v", after)
		}
		kinds = kinds[:training]
		s := run.State()
		if run.Reason() != Finished || s.GlobalStep != 57 || s.Epoch != 3 {
			t.Errorf("reason %s, step %d, epoch %v", run.Reason(), s.GlobalStep, s.Epoch)
		}
		count := map[Kind]int{}
		for _, k := range kinds {
			count[k]++
		}
		for kind, want := range map[Kind]int{InitEnd: 1, TrainBegin: 1, EpochBegin: 3, EpochEnd: 3, StepBegin: 57, PreOptimizerStep: 57, OptimizerStep: 57,
			StepEnd: 57, Evaluate: 3, TrainEnd: 1, Save: 0, SubstepEnd: 0} {
			if count[kind] != want {
				t.Errorf("%d events %s, want %d", count[kind], kind, want)
			}
		}
		if kinds[0] != InitEnd || kinds[len(kinds)-1] != TrainEnd {
			t.Errorf("events begin with %s and end with %s", kinds[0], kinds[len(kinds)-1])
		}
		for _, h := range run.History() {
			if v, ok := h.Figures["eval_accuracy"]; ok && (h.Step%19 != 0 || v < 0.4) {
				t.Errorf("evaluation %+v", h)
			}
		}
	})
}

// A run that is interrupted, written to disk and resumed by a new process must have the losses of one that was not, bit for bit;
// on a GPU, whose sums have no fixed order, nearly.
func TestResumedEqualsUninterrupted(t *testing.T) {
	onBackends(t, func(t *testing.T, name string) {
		for _, accumulate := range []int{1, 2} {
			if accumulate > 1 && name != "go" {
				continue
			}
			args := tinyArgs(t)
			args.GradientAccumulationSteps = accumulate
			train := tinyFrame(100, 1)
			var want, got []float64
			whole := tinyModel(t, name, tinyLabels)
			run, err := New(whole, args, train, nil, losses(&want)).Train(context.Background())
			must(t, err)
			steps := run.State().MaxSteps

			ctx, cancel := context.WithCancel(context.Background())
			stopAt := func(step int) Option {
				return WithCallback(On(StepEnd, func(e Event, _ *Control) error {
					if e.State.GlobalStep == step {
						cancel()
					}
					return nil
				}))
			}
			args.OutputDir = t.TempDir()
			first := New(tinyModel(t, name, tinyLabels), args, train, nil, losses(&got), stopAt(steps/2+1))
			run, err = first.Train(ctx)
			must(t, err)
			if run.Reason() != Interrupted || run.State().GlobalStep != steps/2+1 {
				t.Fatalf("reason %s at step %d", run.Reason(), run.State().GlobalStep)
			}
			args.ResumeFromCheckpoint = "last"
			resumed := tinyModel(t, name, tinyLabels)
			_, err = New(resumed, args, train, nil, losses(&got)).Train(context.Background())
			must(t, err)
			if len(got) != len(want) {
				t.Fatalf("%d losses, want %d", len(got), len(want))
			}
			for i := range want {
				if math.Float64bits(got[i]) != math.Float64bits(want[i]) && !(name == gpu && math.Abs(got[i]-want[i]) < 1e-3) {
					t.Errorf("accumulating %d: the loss of step %d is %v, uninterrupted %v", accumulate, i+1, got[i], want[i])
				}
			}
			if name == gpu {
				continue
			}
			if a, b := weights(t, whole), weights(t, resumed); !equalWeights(a, b) {
				t.Errorf("accumulating %d: the weights differ after resuming", accumulate)
			}

			// The interrupted trainer itself goes on in memory, with the same result.
			run, err = first.Train(context.Background())
			must(t, err)
			if run.Reason() != Finished || !equalWeights(weights(t, whole), weights(t, first.model)) {
				t.Errorf("Train called again: reason %s, same weights %v", run.Reason(), equalWeights(weights(t, whole), weights(t, first.model)))
			}
		}
	})
}

func TestPackedAndPaddedLearnTheSame(t *testing.T) {
	onBackends(t, func(t *testing.T, name string) {
		var packed, padded []float64
		for _, x := range []struct {
			packing string
			list    *[]float64
		}{{"rows", &packed}, {No, &padded}} {
			args := tinyArgs(t)
			args.Packing = x.packing
			_, err := New(tinyModel(t, name, tinyLabels, bert.WithDropout(0)), args, tinyFrame(100, 1), nil, losses(x.list)).Train(context.Background())
			must(t, err)
		}
		worst := 0.0
		for i := range packed {
			worst = max(worst, math.Abs(packed[i]-padded[i]))
		}
		if len(packed) != 21 || worst > 1e-4 {
			t.Errorf("%d losses, largest difference between packed and padded %g", len(packed), worst)
		}
	})
}

func TestAccumulatedEqualsOneLargeBatch(t *testing.T) {
	var whole, parts []float64
	args := tinyArgs(t)
	args.ClassWeights, args.LabelSmoothingFactor = Balanced, 0.1
	_, err := New(tinyModel(t, "go", tinyLabels, bert.WithDropout(0)), args, tinyFrame(100, 1), nil, losses(&whole)).Train(context.Background())
	must(t, err)
	args.PerDeviceTrainBatchSize, args.GradientAccumulationSteps = 4, 4
	substeps := 0
	_, err = New(tinyModel(t, "go", tinyLabels, bert.WithDropout(0)), args, tinyFrame(100, 1), nil, losses(&parts),
		WithCallback(On(SubstepEnd, func(Event, *Control) error { substeps++; return nil }))).Train(context.Background())
	must(t, err)
	if len(whole) != len(parts) || substeps == 0 {
		t.Fatalf("%d and %d losses, %d substeps", len(whole), len(parts), substeps)
	}
	for i := range whole {
		if math.Abs(whole[i]-parts[i]) > 1e-4 {
			t.Errorf("step %d: loss %v in one batch, %v in four", i+1, whole[i], parts[i])
		}
	}
}

func TestLossThatIsNoNumberStopsWithTheLastGoodState(t *testing.T) {
	m := tinyModel(t, "go", nil, bert.ForRegression(1))
	f := Texts{"text": tinyFrame(64, 1)["text"], "label": nil}
	for range 64 {
		f["label"] = append(f["label"], "1")
	}
	f["label"][40] = "3e30" // its square overflows
	args := tinyArgs(t)
	args.PerDeviceTrainBatchSize = 8
	var before map[string][]float32
	tr := New(m, args, f, nil, WithCallback(On(StepBegin, func(Event, *Control) error { before = weights(t, m); return nil })))
	run, err := tr.Train(context.Background())
	if err == nil || !strings.Contains(err.Error(), "the loss is +Inf") || !strings.Contains(err.Error(), "LearningRate") && !strings.Contains(err.Error(), "learning rate") {
		t.Fatalf("error %v", err)
	}
	if !strings.Contains(err.Error(), " 40") {
		t.Errorf("the error does not name the row: %v", err)
	}
	if run.Reason() != Failed {
		t.Errorf("reason %s", run.Reason())
	}
	if !equalWeights(before, weights(t, m)) {
		t.Error("the step with an infinite loss changed the weights")
	}
}

func TestBestModelAndEarlyStopping(t *testing.T) {
	args := tinyArgs(t)
	args.NumTrainEpochs, args.EvalStrategy, args.SaveStrategy, args.LoadBestModelAtEnd = 10, Epoch, Epoch, true
	args.MetricForBestModel, args.EarlyStoppingPatience, args.SaveTotalLimit = "mine", 2, 1
	values := []float64{1, 2, 5, 4, 4.5, 9}
	n := 0
	var atBest map[string][]float32
	m := tinyModel(t, "go", tinyLabels)
	yes := true
	args.GreaterIsBetter = &yes
	tr := New(m, args, tinyFrame(64, 1), tinyFrame(32, 2), ComputeMetrics(func(*eval.Report) map[string]float64 {
		n++
		if n == 3 {
			atBest = weights(t, m)
		}
		return map[string]float64{"mine": values[n-1]}
	}))
	run, err := tr.Train(context.Background())
	must(t, err)
	if run.Reason() != EarlyStopped || n != 5 || *run.State().BestMetric != 5 || run.State().BestGlobalStep != 12 {
		t.Errorf("reason %s after %d evaluations, best %v at step %d", run.Reason(), n, *run.State().BestMetric, run.State().BestGlobalStep)
	}
	if !equalWeights(atBest, weights(t, m)) {
		t.Error("the weights are not those of the best evaluation")
	}
	list, err := checkpoints(args.OutputDir)
	must(t, err)
	if len(list) != 2 || filepath.Base(list[0]) != "checkpoint-20" || filepath.Base(list[1]) != "checkpoint-12" {
		t.Errorf("checkpoints left: %v, want the last and the best", list)
	}
}

func TestBackground(t *testing.T) {
	args := tinyArgs(t)
	args.NumTrainEpochs = 200
	m := tinyModel(t, "go", tinyLabels)
	tr := New(m, args, tinyFrame(200, 1), nil)
	run := tr.Start(context.Background())
	for run.State().GlobalStep < 3 && run.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	run.Pause()
	time.Sleep(100 * time.Millisecond) // the step in progress ends
	at := run.State().GlobalStep
	time.Sleep(100 * time.Millisecond)
	if now := run.State().GlobalStep; now != at {
		t.Errorf("paused at step %d, but step %d was done", at, now)
	}
	if _, err := tr.Train(context.Background()); err == nil {
		t.Error("a second Train on a trainer that is training must be refused")
	}
	other := New(m, args, tinyFrame(200, 1), nil)
	if _, err := other.Train(context.Background()); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("another trainer is training this model, at step %d", at)) {
		t.Errorf("a second trainer of a model that is being trained must be refused: %v", err)
	}
	if _, err := other.FindLearningRate(context.Background(), LRRange{}); err == nil || !strings.Contains(err.Error(), "another trainer") {
		t.Errorf("a search for a learning rate on a model that is being trained must be refused: %v", err)
	}
	if RunOf(m) != run || RunOf(tinyModel(t, "go", tinyLabels)) != nil {
		t.Error("RunOf does not find the run of a model, or finds one where there is none")
	}
	run.Resume()
	for run.State().GlobalStep < at+3 && run.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	must(t, run.Stop())
	if run.Reason() != Stopped || run.State().GlobalStep >= run.State().MaxSteps {
		t.Errorf("reason %s at step %d", run.Reason(), run.State().GlobalStep)
	}
	if list, _ := checkpoints(args.OutputDir); len(list) != 1 {
		t.Errorf("checkpoints %v, want the one of the stop", list)
	}
	if RunOf(m) != nil {
		t.Error("RunOf finds a run that has ended")
	}
	args.MaxSteps, args.SaveStrategy = 2, No
	if _, err := New(m, args, tinyFrame(200, 1), nil).Train(context.Background()); err != nil {
		t.Errorf("after the first training has ended: %v", err)
	}
}

// Nobody may ask a run in the background how it went.
func TestStartThatFailsSaysSo(t *testing.T) {
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	stderr := os.Stderr
	os.Stderr = w
	args := tinyArgs(t)
	args.LearningRate = -1
	New(tinyModel(t, "go", tinyLabels), args, tinyFrame(10, 1), nil).Start(context.Background())
	must(t, r.SetReadDeadline(time.Now().Add(time.Minute)))
	line, err := bufio.NewReader(r).ReadString('\n')
	os.Stderr = stderr
	if err != nil || !strings.Contains(line, "did not begin: training: LearningRate is -1") {
		t.Errorf("%q, %v", line, err)
	}
}

// What would be found out after hours, or never, is said at once.
func TestFoldersAndPairsAreLookedAtFirst(t *testing.T) {
	args := tinyArgs(t)
	args.NumTrainEpochs, args.MaxSteps, args.SaveStrategy = 0, 1, No
	pairs, single := Texts{}, Texts{}
	for name, column := range tinyFrame(20, 1) {
		single[name], pairs[name] = column, column
	}
	pairs["text_pair"] = single["text"]
	m := tinyModel(t, "go", tinyLabels)
	for _, c := range []struct {
		train, val Texts
		want       string
	}{{pairs, single, "the training read pairs"}, {single, pairs, "the training read single texts"}} {
		tr := New(m, args, c.train, nil)
		_, err := tr.Train(context.Background())
		must(t, err)
		if _, err := tr.Evaluate(context.Background(), c.train); err != nil {
			t.Error(err)
		}
		if _, err := tr.Evaluate(context.Background(), c.val); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
		if _, err := tr.Predict(context.Background(), c.val); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
		if _, err := New(m, args, c.train, c.val).Train(context.Background()); err == nil || !strings.Contains(err.Error(), "validation frame: "+c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	args.SaveStrategy, args.OutputDir = Steps, filepath.Join(file, "out")
	run, err := New(m, args, single, nil).Train(context.Background())
	if err == nil || !strings.Contains(err.Error(), "OutputDir: ") || run.State().GlobalStep != 0 {
		t.Errorf("%v at step %d", err, run.State().GlobalStep)
	}
}

func TestCallbackErrorStopsWithCheckpoint(t *testing.T) {
	args := tinyArgs(t)
	broken := errors.New("no more")
	run, err := New(tinyModel(t, "go", tinyLabels), args, tinyFrame(100, 1), nil, WithCallback(On(StepEnd, func(e Event, _ *Control) error {
		if e.State.GlobalStep == 4 {
			return broken
		}
		return nil
	}))).Train(context.Background())
	if !errors.Is(err, broken) || run.State().GlobalStep != 4 {
		t.Fatalf("error %v at step %d", err, run.State().GlobalStep)
	}
	if _, err := readCheckpoint(filepath.Join(args.OutputDir, "checkpoint-4")); err != nil {
		t.Error(err)
	}
}

// A step that broke off between its batches leaves no gradients behind.
func TestStepThatBrokeOffIsDoneAgainWhole(t *testing.T) {
	args := tinyArgs(t)
	args.PerDeviceTrainBatchSize, args.GradientAccumulationSteps, args.MaxSteps = 4, 4, 6
	var want, got []float64
	_, err := New(tinyModel(t, "go", tinyLabels), args, tinyFrame(100, 1), nil, losses(&want)).Train(context.Background())
	must(t, err)
	broken, substeps := errors.New("no more"), 0
	tr := New(tinyModel(t, "go", tinyLabels), args, tinyFrame(100, 1), nil, losses(&got), WithCallback(On(SubstepEnd, func(Event, *Control) error {
		if substeps++; substeps == 8 {
			return broken
		}
		return nil
	})))
	run, err := tr.Train(context.Background())
	if !errors.Is(err, broken) || run.State().GlobalStep != 2 {
		t.Fatalf("error %v at step %d", err, run.State().GlobalStep)
	}
	_, err = tr.Train(context.Background())
	must(t, err)
	if !slices.Equal(want, got) {
		t.Errorf("losses %v, want %v", got, want)
	}
}

// An evaluation that is interrupted is made up for when the training goes on, in memory or from the checkpoint.
func TestInterruptedEvaluationIsMadeUpFor(t *testing.T) {
	args := tinyArgs(t)
	args.NumTrainEpochs, args.EvalStrategy, args.PerDeviceEvalBatchSize = 1, Epoch, 4
	train, val := tinyFrame(64, 1), tinyFrame(60, 2)
	for _, fromDisk := range []bool{false, true} {
		args.OutputDir = t.TempDir()
		ctx, cancel := context.WithCancel(context.Background())
		tr := New(tinyModel(t, "go", tinyLabels), args, train, val, WithCallback(On(PredictionStep, func(Event, *Control) error { cancel(); return nil })))
		run, err := tr.Train(ctx)
		must(t, err)
		if run.Reason() != Interrupted || run.State().BestMetric != nil || run.State().GlobalStep != 4 {
			t.Fatalf("reason %s at step %d", run.Reason(), run.State().GlobalStep)
		}
		if fromDisk {
			again := args
			again.ResumeFromCheckpoint = "last"
			tr = New(tinyModel(t, "go", tinyLabels), again, train, val)
		}
		run, err = tr.Train(context.Background())
		must(t, err)
		if run.Reason() != Finished || run.State().BestMetric == nil || run.State().GlobalStep != 4 {
			t.Errorf("from disk %v: reason %s, best %v at step %d", fromDisk, run.Reason(), run.State().BestMetric, run.State().GlobalStep)
		}
	}
}

func TestCallbackOfAnEvaluationMayStop(t *testing.T) {
	args := tinyArgs(t)
	args.EvalStrategy, args.EvalSteps = Steps, 2
	run, err := New(tinyModel(t, "go", tinyLabels), args, tinyFrame(100, 1), tinyFrame(20, 2), WithCallback(On(Evaluate, func(e Event, c *Control) error {
		c.ShouldTrainingStop, c.ShouldSave = e.State.GlobalStep == 4, e.State.GlobalStep == 4
		return nil
	}))).Train(context.Background())
	must(t, err)
	list, _ := checkpoints(args.OutputDir)
	if run.State().GlobalStep != 4 || run.Reason() != Finished || len(list) != 1 {
		t.Errorf("reason %s at step %d, checkpoints %v", run.Reason(), run.State().GlobalStep, list)
	}
}

func TestWrongDataIsNamed(t *testing.T) {
	m := tinyModel(t, "go", tinyLabels)
	args := tinyArgs(t)
	for _, c := range []struct {
		name, want string
		frame      Frame
	}{
		{"unknown label", `row 1 ("b"): label "ugly" is not among the model's: "bad, good"`, Texts{"text": {"a", "b"}, "label": {"good", "ugly"}}},
		{"missing label", "DropNA", Texts{"text": {"a"}, "label": {""}}},
		{"no rows", "no rows", Texts{"text": {}, "label": {}}},
		{"no text column", "TextColumn", Texts{"u": {"a"}, "v": {"b"}, "w": {"c"}}},
		{"no label column", "LabelColumn", Texts{"text": {"a"}, "v": {"b"}, "w": {"c"}}},
		{"no frame", "no frame", Texts(nil)},
	} {
		_, err := New(m, args, c.frame, nil).Train(context.Background())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", c.name, err, c.want)
		}
	}
	args.LearningRate, args.EvalStrategy = -1, Epoch
	_, err := New(m, args, nil, nil).Train(context.Background())
	for _, want := range []string{"LearningRate", "validation frame", "no frame"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(args.OutputDir, "checkpoint-0")); err == nil {
		t.Error("a training that never began wrote a checkpoint")
	}
}
