package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gosft/sftlib/bert"
)

// trained runs a small training with a checkpoint every five steps and returns its arguments and frame.
func trained(t *testing.T) (Args, Texts) {
	t.Helper()
	args := tinyArgs(t)
	args.SaveStrategy, args.SaveSteps, args.MaxSteps = Steps, 5, 15
	frame := tinyFrame(100, 1)
	_, err := New(tinyModel(t, "go", tinyLabels), args, frame, nil).Train(context.Background())
	must(t, err)
	list, err := checkpoints(args.OutputDir)
	must(t, err)
	if len(list) != 3 {
		t.Fatalf("checkpoints %v", list)
	}
	return args, frame
}

// notes collects what the user is told.
func notes(list *[]string) Option {
	return WithCallback(On(Note, func(e Event, _ *Control) error {
		*list = append(*list, e.Message)
		return nil
	}))
}

// Whatever happens to any file of the newest checkpoint, it is refused by name and the one before is used.
func TestTornCheckpointsAreRefused(t *testing.T) {
	args, frame := trained(t)
	newest := filepath.Join(args.OutputDir, "checkpoint-15")
	backup := t.TempDir()
	must(t, os.CopyFS(backup, os.DirFS(newest)))
	entries, err := os.ReadDir(newest)
	must(t, err)
	args.ResumeFromCheckpoint, args.MaxSteps, args.SaveStrategy = "last", 16, No
	r := rand.New(rand.NewPCG(5, 6))
	damage := map[string]func(path string, b []byte) error{
		"cut off":      func(path string, b []byte) error { return os.WriteFile(path, b[:r.IntN(len(b))], 0o644) },
		"a byte wrong": func(path string, b []byte) error { b[r.IntN(len(b))] ^= 0x55; return os.WriteFile(path, b, 0o644) },
		"missing":      func(path string, b []byte) error { return os.Remove(path) },
		"empty":        func(path string, b []byte) error { return os.WriteFile(path, nil, 0o644) },
	}
	for _, e := range entries {
		for name, f := range damage {
			if e.Name() == stateFile && name == "a byte wrong" {
				continue // a changed number in the state's text is not noticed: it has no checksum of its own
			}
			path := filepath.Join(newest, e.Name())
			b, err := os.ReadFile(path)
			must(t, err)
			must(t, f(path, b))
			var told []string
			first := 0
			_, err = New(tinyModel(t, "go", tinyLabels), args, frame, nil, notes(&told), WithCallback(On(StepBegin, func(e Event, _ *Control) error {
				if first == 0 {
					first = e.State.GlobalStep + 1
				}
				return nil
			}))).Train(context.Background())
			if err != nil || first != 11 {
				t.Errorf("%s %s: error %v, first step %d, want 11", e.Name(), name, err, first)
			}
			if all := strings.Join(told, "\n"); !strings.Contains(all, "refused checkpoint "+newest) || !strings.Contains(all, "resumed from "+filepath.Join(args.OutputDir, "checkpoint-10")) {
				t.Errorf("%s %s: told %q", e.Name(), name, all)
			}
			must(t, os.RemoveAll(newest))
			must(t, os.CopyFS(newest, os.DirFS(backup)))
		}
	}
}

func TestForeignCheckpointsAreRefused(t *testing.T) {
	args, frame := trained(t)
	args.ResumeFromCheckpoint = "last"
	other := args
	other.PerDeviceTrainBatchSize = 8
	seeded := args
	seeded.Seed = 7
	for _, c := range []struct {
		name, want string
		args       Args
		frame      Frame
		labels     []string
	}{
		{"other data", "the number of training texts is 100 there and 99 here", args, Texts{"text": frame["text"][:99], "label": frame["label"][:99]}, tinyLabels},
		{"other order", "their order", args, Texts{"text": append(append([]string{}, frame["text"][1:]...), frame["text"][0]), "label": append(append([]string{}, frame["label"][1:]...), frame["label"][0])}, tinyLabels},
		{"other batch", "PerDeviceTrainBatchSize is 16 there and 8 here", other, frame, tinyLabels},
		{"other seed", "Seed is 42 there and 7 here", seeded, frame, tinyLabels},
		{"other labels", "the labels is bad, good there and bad, good, fair here", args, frame, []string{"bad", "good", "fair"}},
	} {
		m := tinyModel(t, "go", c.labels)
		before := weights(t, m)
		_, err := New(m, c.args, c.frame, nil).Train(context.Background())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", c.name, err, c.want)
		}
		if !equalWeights(before, weights(t, m)) {
			t.Errorf("%s: a refused checkpoint changed the model", c.name)
		}
	}
	python := t.TempDir() // what transformers' Trainer writes has a trainer_state.json too
	must(t, os.WriteFile(filepath.Join(python, stateFile), []byte(`{"global_step": 5, "max_steps": 10}`), 0o644))
	args.ResumeFromCheckpoint = python
	if _, err := New(tinyModel(t, "go", tinyLabels), args, frame, nil).Train(context.Background()); err == nil || !strings.Contains(err.Error(), "not of this trainer") {
		t.Errorf("a checkpoint of transformers: error %v", err)
	}
	args.ResumeFromCheckpoint = filepath.Join(python, "nowhere")
	if _, err := New(tinyModel(t, "go", tinyLabels), args, frame, nil).Train(context.Background()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing folder: error %v", err)
	}
}

func TestCheckpointIsAModel(t *testing.T) {
	args, _ := trained(t)
	m, err := bert.Load(filepath.Join(args.OutputDir, "checkpoint-15"), bert.On(openBackend(t, "go")), bert.LogTo(nil))
	must(t, err)
	defer m.Close()
	p, err := m.Predict("the film was great and very nice", "an awful sad book")
	must(t, err)
	if len(p) != 2 || len(m.Labels()) != 2 {
		t.Errorf("%v", p)
	}
}

func TestPruneKeepsTheBest(t *testing.T) {
	for _, c := range []struct {
		limit int
		best  int
		want  string
	}{{0, 0, "[50 40 30 20 10]"}, {2, 0, "[50 40]"}, {2, 10, "[50 10]"}, {1, 20, "[50 20]"}, {1, 50, "[50]"}, {9, 10, "[50 40 30 20 10]"}} {
		dir := t.TempDir()
		for step := 10; step <= 50; step += 10 {
			must(t, os.Mkdir(filepath.Join(dir, fmt.Sprint(checkpointPrefix, step)), 0o755))
		}
		must(t, os.Mkdir(filepath.Join(dir, "checkpoint-final"), 0o755)) // not one of ours
		must(t, prune(dir, c.limit, filepath.Join(dir, fmt.Sprint(checkpointPrefix, c.best))))
		list, err := checkpoints(dir)
		must(t, err)
		var steps []int
		for _, p := range list {
			var n int
			fmt.Sscanf(filepath.Base(p), checkpointPrefix+"%d", &n)
			steps = append(steps, n)
		}
		if fmt.Sprint(steps) != c.want {
			t.Errorf("limit %d, best %d: left %v, want %s", c.limit, c.best, steps, c.want)
		}
	}
}

func TestStateKeepsNumbersExactly(t *testing.T) {
	best := 0.1 + 0.2
	s := savedState{State: State{BestMetric: &best, LogHistory: []Record{{1, 0.1, Figures{"loss": 1.0 / 3}}}}, LossSum: 2.0 / 7, RNG: savedRNG{1 << 62, 1<<32 - 1}}
	text, err := json.Marshal(s)
	must(t, err)
	var back savedState
	must(t, json.Unmarshal(text, &back))
	if *back.BestMetric != best || back.LossSum != s.LossSum || back.RNG != s.RNG || back.LogHistory[0].Figures["loss"] != 1.0/3 {
		t.Errorf("%+v", back)
	}
}
