package train

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gosft/sftlib/bert"
	"gosft/sftlib/internal/testenv"
)

func tinyItems(n int) []bert.Item { return make([]bert.Item, n) }

func TestFindLearningRate(t *testing.T) {
	m := tinyModel(t, "go", tinyLabels)
	before := weights(t, m)
	args := tinyArgs(t)
	tr := New(m, args, tinyFrame(300, 1), nil)
	c, err := tr.FindLearningRate(context.Background(), LRRange{})
	must(t, err)
	if !equalWeights(before, weights(t, m)) {
		t.Error("the weights are not the old ones")
	}
	if c.Suggestion < 1e-5 || c.Suggestion > 1e-1 || c.Steepest <= 0 || len(c.Rates) < 30 {
		t.Errorf("suggestion %g, steepest %g, %d steps", c.Suggestion, c.Steepest, len(c.Rates))
	}
	if !strings.Contains(c.MimeBundle()["text/plain"].(string), "suggested LearningRate") {
		t.Error("the suggestion is not shown")
	}
	args.LearningRate = c.Suggestion
	run, err := New(m, args, tinyFrame(300, 1), nil).Train(context.Background())
	must(t, err)
	report, err := run.Evaluate(tinyFrame(200, 3))
	must(t, err)
	if report.Accuracy < 0.9 {
		t.Errorf("with the suggested rate %g accuracy is %.3f", c.Suggestion, report.Accuracy)
	}
	if _, err := tr.FindLearningRate(context.Background(), LRRange{Start: 1, End: 0.1}); err == nil {
		t.Error("a range that falls must be refused")
	}
}

// Expected are the results of valley() in fastai 2.8.12 (callback/schedule.py) on the same numbers.
func TestValley(t *testing.T) {
	curve := make([]float64, 85)
	for i := range curve {
		x := float64(i)
		curve[i] = 0.7 - 0.3*math.Exp(-(x-55)/14*(x-55)/14) + 0.004*math.Sin(x*1.7)
		if i > 70 {
			curve[i] += 0.002 * (x - 70) * (x - 70)
		}
	}
	for _, c := range []struct {
		losses []float64
		want   int
	}{{[]float64{5, 5.1, 5, 4.9, 4, 3, 2, 1, 0.9, 2, 4, 8}, 3}, {[]float64{1, 1, 1, 1}, 0}, {curve, 36}} {
		if got := valley(c.losses); got != c.want {
			t.Errorf("index %d, want %d", got, c.want)
		}
	}
}

func TestCrossValidate(t *testing.T) {
	args := tinyArgs(t)
	args.LearningRate, args.NumTrainEpochs = 5e-3, 6
	frame := tinyFrame(120, 1)
	want, err := New(tinyModel(t, "go", tinyLabels), args, frame, nil).CrossValidate(context.Background(), 3)
	must(t, err)
	if len(want.Folds) != 3 || want.Folds[0].Val != 40 || want.Mean["accuracy"] < 0.6 || math.IsNaN(want.Std["accuracy"]) {
		t.Errorf("%v", want)
	}
	if !strings.Contains(want.String(), "±") {
		t.Error("the table has no deviation")
	}

	// Interrupted in the second fold and called again by a new process.
	args.OutputDir = t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	steps := 0
	m := tinyModel(t, "go", tinyLabels)
	before := weights(t, m)
	_, err = New(m, args, frame, nil, WithCallback(On(StepEnd, func(Event, *Control) error {
		if steps++; steps == 35 { // 30 steps a fold
			cancel()
		}
		return nil
	}))).CrossValidate(ctx, 3)
	if err == nil || !strings.Contains(err.Error(), "fold 2") {
		t.Fatalf("error %v", err)
	}
	if !equalWeights(before, weights(t, m)) {
		t.Error("the weights are not the old ones")
	}
	again := 0
	got, err := New(tinyModel(t, "go", tinyLabels), args, frame, nil, WithCallback(On(StepEnd, func(Event, *Control) error { again++; return nil }))).CrossValidate(context.Background(), 3)
	must(t, err)
	if again != 55 {
		t.Errorf("%d steps were done, want the 55 that were left", again)
	}
	for i := range want.Folds {
		if want.Folds[i].Metrics["loss"] != got.Folds[i].Metrics["loss"] {
			t.Errorf("fold %d: loss %v after resuming, %v without", i+1, got.Folds[i].Metrics["loss"], want.Folds[i].Metrics["loss"])
		}
	}
	args.LearningRate = 1e-3
	if _, err := New(tinyModel(t, "go", tinyLabels), args, frame, nil).CrossValidate(context.Background(), 3); err == nil || !strings.Contains(err.Error(), "other training arguments") {
		t.Errorf("other arguments: error %v", err)
	}
}

// A second training that computes the same compiles nothing, and gives what the first gave.
func TestProgramsAreKeptForTheNextTraining(t *testing.T) {
	if testing.Short() {
		t.Skip("compiling takes seconds")
	}
	m := tinyModel(t, "xla", tinyLabels)
	start, err := takeSnapshot(m)
	must(t, err)
	args := tinyArgs(t)
	args.MaxSteps = 6
	var lists [3][]float64
	var told [3][]string
	for i := range lists {
		must(t, start.restore(m))
		if i == 2 {
			args.MaxGradNorm = 0.5 // built into the program
		}
		_, err := New(m, args, tinyFrame(100, 1), nil, losses(&lists[i]), notes(&told[i])).Train(context.Background())
		must(t, err)
	}
	for i := range lists[0] {
		if lists[0][i] != lists[1][i] {
			t.Errorf("step %d: loss %v, then %v", i+1, lists[0][i], lists[1][i])
		}
	}
	if len(told[0]) == 0 || len(told[1]) != 0 || len(told[2]) == 0 {
		t.Errorf("compiled: %q, then %q, then with another limit of the norm %q", told[0], told[1], told[2])
	}
}

func TestInterruptedTrainingWhoseModelWasTrainedElsewhere(t *testing.T) {
	m := tinyModel(t, "go", tinyLabels)
	args := tinyArgs(t)
	ctx, cancel := context.WithCancel(context.Background())
	first := New(m, args, tinyFrame(100, 1), nil, WithCallback(On(StepEnd, func(Event, *Control) error { cancel(); return nil })))
	_, err := first.Train(ctx)
	must(t, err)
	_, err = New(m, args, tinyFrame(100, 1), nil).Train(context.Background())
	must(t, err)
	if _, err := first.Train(context.Background()); err == nil || !strings.Contains(err.Error(), "ResumeFromCheckpoint") {
		t.Errorf("error %v", err)
	}
	p, err := first.Predict(context.Background(), Texts{"text": {"good film", "bad film"}})
	if err != nil || len(p) != 2 {
		t.Errorf("%v, error %v", p, err)
	}
}

// Trainer.Predict gives what the model gives, in the order of the rows, needs no labels and takes the evaluation's shapes.
func TestPredictAFrame(t *testing.T) {
	onBackends(t, func(t *testing.T, name string) {
		m := tinyModel(t, name, tinyLabels)
		frame := tinyFrame(75, 5)
		want, err := m.Predict(frame["text"]...)
		must(t, err)
		for _, packing := range []string{"rows", No} {
			args := tinyArgs(t)
			args.Packing = packing
			var done []float64
			last := Kind("")
			tr := New(m, args, nil, nil, LabelColumn("label"), WithCallback(func(e Event, _ *Control) error {
				if last = e.Kind; e.Kind == PredictionStep {
					done = append(done, e.Logs["done"])
				}
				return nil
			}))
			got, err := tr.Predict(context.Background(), Texts{"text": frame["text"]})
			must(t, err)
			if len(got) != len(want) || last != Predict || len(done) < 2 || done[len(done)-1] != 75 {
				t.Fatalf("%d predictions, last event %s, batches up to %v", len(got), last, done)
			}
			for i := range want {
				if got[i].Text != want[i].Text || got[i].Label != want[i].Label || math.Abs(got[i].Score-want[i].Score) > 1e-5 || len(got[i].Scores) != 2 {
					t.Errorf("row %d: %+v, the model says %+v", i, got[i], want[i])
				}
			}
		}
		if got, err := New(m, tinyArgs(t), nil, nil, TextColumn("text")).Predict(context.Background(), Texts{"text": nil}); err != nil || len(got) != 0 {
			t.Errorf("no rows: %v, %v", got, err)
		}
	})
}

// What is frozen from below costs no backward pass: a step that trains the head alone must take far less than one that trains
// all. Both are measured in turns; the least of each counts.
func TestFrozenLayersArePruned(t *testing.T) {
	if testing.Short() {
		t.Skip("compiling takes seconds")
	}
	frame := sharedCSV(t, "data/sst2/train.csv", 64)
	var times [2][]float64
	var trainers [2]func() // one step each
	for i, frozen := range []bool{false, true} {
		m := miniLM(t, "xla", []string{"0", "1"})
		if frozen {
			must(t, m.FreezeAllBut(0))
		}
		args := Args{OutputDir: t.TempDir(), MaxSteps: 1, PerDeviceTrainBatchSize: 16, SaveStrategy: No, DisableTqdm: true}
		trainers[i] = func() {
			var began time.Time
			_, err := New(m, args, frame, nil, WithCallback(func(e Event, _ *Control) error {
				switch e.Kind {
				case PreOptimizerStep:
					began = time.Now()
				case OptimizerStep:
					times[i] = append(times[i], time.Since(began).Seconds())
				}
				return nil
			})).Train(context.Background())
			must(t, err)
		}
	}
	for range 6 {
		for i := range trainers {
			trainers[i]()
		}
	}
	full, head := slices.Min(times[0]), slices.Min(times[1])
	testenv.Parity(t, "a step that trains the head alone over one that trains all of MiniLM, time", head/full, 0.6)
}

// Gradient checkpointing must not change what is learnt.
func TestGradientCheckpointingLearnsTheSame(t *testing.T) {
	onBackends(t, func(t *testing.T, name string) {
		var plain, again []float64
		for _, x := range []struct {
			on   bool
			list *[]float64
		}{{false, &plain}, {true, &again}} {
			args := tinyArgs(t)
			args.GradientCheckpointing, args.MaxSteps = x.on, 8
			_, err := New(tinyModel(t, name, tinyLabels), args, tinyFrame(100, 1), nil, losses(x.list)).Train(context.Background())
			must(t, err)
		}
		for i := range plain {
			if math.Abs(plain[i]-again[i]) > 1e-5 {
				t.Errorf("step %d: loss %v, with gradient checkpointing %v", i+1, plain[i], again[i])
			}
		}
	})
}

func TestFrozenStaysFrozen(t *testing.T) {
	m := tinyModel(t, "go", tinyLabels)
	must(t, m.FreezeAllBut(1))
	before := weights(t, m)
	args := tinyArgs(t)
	args.MaxSteps = 5
	_, err := New(m, args, tinyFrame(100, 1), nil).Train(context.Background())
	must(t, err)
	after := weights(t, m)
	for _, p := range m.Params() {
		same := equalWeights(map[string][]float32{"": before[p.Name]}, map[string][]float32{"": after[p.Name]})
		if same == p.Trainable() && !strings.HasSuffix(p.Name, "key.bias") { // softmax does not see the bias of keys: no gradient
			t.Errorf("%s: trainable %v, unchanged %v", p.Name, p.Trainable(), same)
		}
	}
	must(t, m.FreezeAllBut(0))
	must(t, m.Freeze("classifier", "bert.pooler"))
	if _, err := New(m, args, tinyFrame(100, 1), nil).Train(context.Background()); err == nil || !strings.Contains(err.Error(), "nothing to train") {
		t.Errorf("all frozen: error %v", err)
	}
}

func TestRegressionPairsAndSeveralLabels(t *testing.T) {
	frame := tinyFrame(200, 1)
	number := Texts{"text": frame["text"]}
	several := Texts{"text": frame["text"], "good": nil, "film": nil}
	listed := Texts{"text": frame["text"], "labels": nil}
	pairs := Texts{"sentence1": frame["text"], "sentence2": append(append([]string{}, frame["text"][1:]...), frame["text"][0]), "label": frame["label"]}
	for i, l := range frame["label"] {
		flag := func(b bool) string { return map[bool]string{true: "1", false: "0"}[b] }
		film := strings.Contains(frame["text"][i], "film")
		number["score"] = append(number["score"], map[string]string{"good": "1.5", "bad": "-0.5"}[l])
		several["good"], several["film"] = append(several["good"], flag(l == "good")), append(several["film"], flag(film))
		var both []string
		if l == "good" {
			both = append(both, "good")
		}
		if film {
			both = append(both, "film")
		}
		listed["labels"] = append(listed["labels"], strings.Join(both, ", "))
	}
	args := tinyArgs(t)
	args.NumTrainEpochs = 8
	for _, c := range []struct {
		name   string
		model  *bert.Model
		frame  Texts
		metric string
		least  float64
	}{
		{"regression", tinyModel(t, "go", nil, bert.ForRegression(1)), number, "spearman", 0.7},
		{"several labels in columns", tinyModel(t, "go", []string{"good", "film"}, bert.ForMultiLabel()), several, "f1_micro", 0.9},
		{"several labels in a list", tinyModel(t, "go", []string{"good", "film"}, bert.ForMultiLabel()), listed, "f1_micro", 0.9},
		{"pairs", tinyModel(t, "go", tinyLabels), pairs, "accuracy", 0.8},
	} {
		run, err := New(c.model, args, c.frame, nil).Train(context.Background())
		must(t, err)
		report, err := run.Evaluate(c.frame)
		must(t, err)
		if got := report.Metrics()[c.metric]; got < c.least {
			t.Errorf("%s: %s is %.3f on its own training texts, want %.2f", c.name, c.metric, got, c.least)
		}
		if len(report.MimeBundle()["text/html"].(string)) < 100 {
			t.Errorf("%s: the report shows nothing", c.name)
		}
	}
}

func TestLogsOfATraining(t *testing.T) {
	args := tinyArgs(t)
	args.LoggingDir, args.LoggingSteps, args.EvalStrategy = filepath.Join(t.TempDir(), "logs"), 5, Epoch
	run, err := New(tinyModel(t, "go", tinyLabels), args, tinyFrame(100, 1), tinyFrame(50, 2)).Train(context.Background())
	must(t, err)
	records, err := ReadLog(filepath.Join(args.LoggingDir, "log.jsonl"))
	must(t, err)
	if len(records) != len(run.History()) {
		t.Errorf("%d records in log.jsonl, %d in the history", len(records), len(run.History()))
	}
	boards, err := filepath.Glob(filepath.Join(args.LoggingDir, "events.out.tfevents.*"))
	must(t, err)
	if len(boards) != 1 {
		t.Errorf("TensorBoard files %v", boards)
	}
	info, err := os.Stat(boards[0])
	must(t, err)
	if info.Size() < 500 {
		t.Errorf("TensorBoard's file has %d bytes", info.Size())
	}
	steps, loss := run.Losses()
	if len(steps) < 4 || len(loss) != len(steps) || !strings.Contains(run.String(), "finished") {
		t.Errorf("losses %v at %v; %s", loss, steps, run)
	}
}
