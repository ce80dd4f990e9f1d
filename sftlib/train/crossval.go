package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"gosft/sftlib/show"
)

// Fold is the outcome of one part of a cross-validation.
type Fold struct {
	Number  int     `json:"number"` // from 1
	Train   int     `json:"train"`  // texts
	Val     int     `json:"val"`
	Metrics Figures `json:"metrics"` // as eval.Report.Metrics
}

// CrossValidation is the outcome of all folds.
type CrossValidation struct {
	Folds []Fold
	Mean  Figures // of each metric over the folds
	Std   Figures // sample standard deviation
}

// crossFile keeps the folds that are done, so that a cross-validation that was interrupted goes on.
const crossFile = "cross_validation.json"

type crossState struct {
	K       int         `json:"k"`
	Weights uint32      `json:"weights"` // checksum of the weights that every fold begins with
	Run     fingerprint `json:"run"`
	Args    string      `json:"args"` // the others that change the outcome
	Folds   []Fold      `json:"folds"`
}

// CrossValidate trains k times on the training frame without a k-th of it, on which it then evaluates; every fold begins with
// the weights that the model has now, and the model has them again afterwards. Folds are drawn by DataSeed and have the same
// share of each label. Each fold's checkpoints are in OutputDir/fold-<n>. A cross-validation that was interrupted goes on when
// it is called again with the same model, data and arguments: folds that are done are read from OutputDir.
func (t *Trainer) CrossValidate(ctx context.Context, k int) (*CrossValidation, error) {
	var result *CrossValidation
	err := t.alone(func() error {
		args := t.args
		args.EvalStrategy = No
		if args.LoadBestModelAtEnd || args.EarlyStoppingPatience > 0 || args.SaveStrategy == Best {
			return errors.New("the fold that is left out must not choose the model: leave out LoadBestModelAtEnd, EarlyStoppingPatience and SaveStrategy best")
		}
		if err := (&Trainer{model: t.model, args: args, train: t.train}).check(); err != nil {
			return err
		}
		data, err := load(t.train, t.columns, t.model, t.maxLength())
		if err != nil {
			return err
		}
		if k < 2 || k > len(data.items) {
			return fmt.Errorf("k is %d: it must be from 2 to the number of texts, %d", k, len(data.items))
		}
		before, err := takeSnapshot(t.model)
		if err != nil {
			return err
		}
		defer t.keepCard()()
		result, err = t.folds(ctx, k, args, data, before)
		return errors.Join(err, before.restore(t.model))
	})
	if err != nil {
		return nil, fmt.Errorf("CrossValidate: %w", err)
	}
	return result, nil
}

// folds runs those that are not done yet.
func (t *Trainer) folds(ctx context.Context, k int, args Args, data *dataset, before snapshot) (*CrossValidation, error) {
	settings, err := json.Marshal([]any{args.NumTrainEpochs, args.MaxSteps, args.LearningRate, args.LrSchedulerType, args.LrSchedulerKwargs, args.WarmupSteps,
		args.WarmupRatio, args.WeightDecay, args.AdamBeta1, args.AdamBeta2, args.AdamEpsilon, args.MaxGradNorm, args.LabelSmoothingFactor, fmt.Sprint(args.ClassWeights)})
	if err != nil {
		return nil, err
	}
	state := crossState{K: k, Weights: before.checksum(t.model), Args: string(settings),
		Run: (&session{model: t.model, args: args, data: data}).fingerprint()}
	path := filepath.Join(args.OutputDir, crossFile)
	if err := state.read(path); err != nil {
		return nil, err
	}
	view := t.view()
	defer view.close()
	events := &stream{subscribers: append([]Callback{view.handle}, t.callbacks...)}
	for i, val := range foldRows(data, k, args.DataSeed) {
		if i < len(state.Folds) {
			continue
		}
		if err := before.restore(t.model); err != nil {
			return nil, err
		}
		if err := events.send(Event{Kind: Note, Message: fmt.Sprintf("fold %d of %d", i+1, k)}); err != nil {
			return nil, err
		}
		fold, err := t.fold(ctx, i+1, args, data, val, events)
		if err != nil {
			return nil, err
		}
		state.Folds = append(state.Folds, fold)
		if err := state.write(path); err != nil {
			return nil, err
		}
	}
	return summarize(state.Folds), nil
}

// fold trains without the rows of val and evaluates on them.
func (t *Trainer) fold(ctx context.Context, number int, args Args, data *dataset, val []int, events *stream) (Fold, error) {
	f := Fold{Number: number, Val: len(val), Train: len(data.items) - len(val)}
	out := make([]bool, len(data.items))
	for _, r := range val {
		out[r] = true
	}
	var rest []int
	for r := range out {
		if !out[r] {
			rest = append(rest, r)
		}
	}
	args.OutputDir = filepath.Join(args.OutputDir, fmt.Sprintf("fold-%d", number))
	args.ResumeFromCheckpoint = "last"
	s, err := newSessionOn(t, args, events, data.subset(rest), nil)
	if err != nil {
		return f, err
	}
	defer s.close()
	reason, err := s.train(ctx, newRun(t))
	if err != nil {
		return f, err
	}
	if reason != Finished {
		return f, fmt.Errorf("%s in fold %d, step %d: call it again to go on: %w", reason, number, s.state.GlobalStep, context.Cause(ctx))
	}
	plain := s.loss
	plain.weights = nil
	report, err := newEvaluator(t.model, data.subset(val), plain, args.PerDeviceEvalBatchSize, args.Packing != No).run(ctx, func(int, int) error { return nil })
	if err != nil {
		return f, err
	}
	f.Metrics = report.Metrics()
	return f, nil
}

// foldRows draws k parts of the rows with the same share of each label (of one label of many).
func foldRows(d *dataset, k int, seed int64) [][]int {
	r := rand.New(rand.NewPCG(uint64(seed), 0x666f6c64))
	groups := map[int32][]int{}
	for _, row := range r.Perm(len(d.items)) {
		var c int32
		if d.class != nil {
			c = d.class[row]
		}
		groups[c] = append(groups[c], row)
	}
	parts := make([][]int, k)
	next := 0
	for _, c := range slices.Sorted(maps.Keys(groups)) {
		for _, row := range groups[c] {
			parts[next%k] = append(parts[next%k], row)
			next++
		}
	}
	for _, p := range parts {
		slices.Sort(p)
	}
	return parts
}

// read takes over the folds of an earlier call, when there are some and they are of the same cross-validation.
func (s *crossState) read(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var old crossState
	if err := json.Unmarshal(text, &old); err != nil {
		return fmt.Errorf("%s is damaged (%w): delete it to begin anew", path, err)
	}
	differ := old.Run.differences(s.Run)
	if old.K != s.K {
		differ = append(differ, fmt.Sprintf("k is %d there and %d here", old.K, s.K))
	}
	if old.Weights != s.Weights {
		differ = append(differ, "the model begins with other weights")
	}
	if old.Args != s.Args {
		differ = append(differ, "other training arguments")
	}
	if differ != nil {
		return fmt.Errorf("%s is of another cross-validation (%s): set another OutputDir, or delete it to begin anew", path, strings.Join(differ, "; "))
	}
	s.Folds = old.Folds
	return nil
}

// write replaces the file whole.
func (s *crossState) write(path string) error {
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temp := path + ".tmp"
	if err := os.WriteFile(temp, text, 0o644); err != nil {
		return err
	}
	if _, err := syncAndSum(temp); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

func summarize(folds []Fold) *CrossValidation {
	c := &CrossValidation{Folds: folds, Mean: Figures{}, Std: Figures{}}
	for name := range folds[0].Metrics {
		var x []float64
		for _, f := range folds {
			if v, ok := f.Metrics[name]; ok {
				x = append(x, v)
			}
		}
		if len(x) == len(folds) {
			c.Mean[name], c.Std[name] = stat.MeanStdDev(x, nil)
		}
	}
	return c
}

// Table has a row for each fold and the mean with its deviation.
func (c *CrossValidation) Table() *show.Table {
	var names []string
	for _, name := range []string{"loss", "accuracy", "f1", "mcc", "mse", "mae", "r2", "pearson", "spearman", "f1_micro", "hamming_loss"} {
		if _, ok := c.Mean[name]; ok {
			names = append(names, name)
		}
	}
	t := show.NewTable(append([]string{"fold", "train", "val"}, names...)...)
	t.Aligns = slices.Repeat([]show.Align{show.Right}, len(names)+3)
	for _, f := range c.Folds {
		row := []any{f.Number, f.Train, f.Val}
		for _, n := range names {
			row = append(row, fmt.Sprintf("%.4f", f.Metrics[n]))
		}
		t.Add(row...)
	}
	mean := []any{"mean ± deviation", "", ""}
	for _, n := range names {
		deviation := c.Std[n]
		if math.IsNaN(deviation) {
			deviation = 0
		}
		mean = append(mean, fmt.Sprintf("%.4f ± %.4f", c.Mean[n], deviation))
	}
	return t.Add(mean...)
}

// MimeBundle shows the table.
func (c *CrossValidation) MimeBundle() map[string]any { return c.Table().MimeBundle() }

// String writes the table.
func (c *CrossValidation) String() string { return c.Table().String() }
