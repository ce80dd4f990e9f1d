package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat"
	"gosft/sftlib/backend"
	"gosft/sftlib/bert"
	"gosft/sftlib/data"
	_ "gosft/sftlib/data/duckdb"
	"gosft/sftlib/internal/testenv"
	"gosft/sftlib/train"
)

//go:embed hf.py
var script string

// spec is one training, for either side.
type spec struct {
	Train     string   `json:"train"`
	Val       string   `json:"val"`
	Text      string   `json:"text"`
	Label     string   `json:"label"`
	Labels    []string `json:"labels"`
	Model     string   `json:"model"`
	Out       string   `json:"out"`
	Batch     int      `json:"batch"`
	Epochs    float64  `json:"epochs"`
	MaxSteps  int      `json:"max_steps"`
	Warmup    float64  `json:"warmup"`
	LR        float64  `json:"lr"`
	MaxLength int      `json:"max_length"`
	Seed      int64    `json:"seed"`
	Grouped   bool     `json:"grouped"`
	Threads   int      `json:"threads"`
}

// result is what one training took, in seconds, and reached.
type result struct {
	Total, Train, Eval, Accuracy float64
	Steps                        int
}

const mark = "RESULT "

func main() {
	log.SetFlags(0)
	one := flag.String("one", "", "a spec in JSON: do this training with sftlib and print its result (used by the program itself)")
	sets := flag.String("data", "sst2,banking77", "data sets: sst2, banking77, waimai")
	epochs := flag.String("epochs", "1", "numbers of epochs")
	steps := flag.Int("steps", 0, "end after so many steps; 0: all of the epochs")
	seeds := flag.Int("seeds", 1, "trainings of each kind")
	batch := flag.Int("batch", 32, "texts in a batch")
	table := flag.String("o", "", "also write the table to this file")
	flag.Parse()
	if *one != "" {
		if err := ours(*one); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := compare(*sets, *epochs, *steps, *seeds, *batch, *table); err != nil {
		log.Fatal(err)
	}
}

// ours does one training with this library.
func ours(text string) error {
	start := time.Now()
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	trainFrame, err := data.ReadCSV(s.Train)
	if err != nil {
		return err
	}
	val, err := data.ReadCSV(s.Val)
	if err != nil {
		return err
	}
	model, err := bert.ForSequenceClassification(s.Model, s.Labels, bert.Seed(uint64(s.Seed)), bert.LogTo(nil))
	if err != nil {
		return err
	}
	defer model.Close()
	args := train.Args{OutputDir: s.Out, PerDeviceTrainBatchSize: s.Batch, PerDeviceEvalBatchSize: 64, NumTrainEpochs: s.Epochs, MaxSteps: s.MaxSteps,
		WarmupSteps: s.Warmup, WeightDecay: 0.01, LearningRate: s.LR, Seed: s.Seed, MaxLength: s.MaxLength, SaveStrategy: train.No, GroupByLength: s.Grouped}
	began := time.Now()
	run, err := train.New(model, args, trainFrame, val, train.TextColumn(s.Text), train.LabelColumn(s.Label)).Train(context.Background())
	if err != nil {
		return err
	}
	trained := time.Now()
	report, err := run.Evaluate(val)
	if err != nil {
		return err
	}
	line, err := json.Marshal(result{time.Since(start).Seconds(), trained.Sub(began).Seconds(), time.Since(trained).Seconds(), report.Accuracy, run.State().GlobalStep})
	fmt.Println(mark + string(line))
	return err
}

// sides are what is compared.
var sides = []string{"sftlib", "HF Trainer", "HF group_by_length"}

func compare(sets, epochs string, steps, seeds, batch int, file string) error {
	shared, python, model := testenv.Find("shared/data"), testenv.Find(".venv-test/bin/python"), testenv.Find(".venv/share/gosft/models/all-MiniLM-L6-v2")
	if shared == "" || python == "" || model == "" {
		return errors.New("bench: the shared data, .venv-test (make setup-test) or .venv (make setup) was not found above this folder")
	}
	b, err := backend.Default()
	if err != nil {
		return err
	}
	var out strings.Builder
	say := func(format string, args ...any) {
		fmt.Printf(format+"\n", args...)
		fmt.Fprintf(&out, format+"\n", args...)
	}
	say("%s, %d cores, %s; %s", time.Now().Format("2006-01-02"), runtime.NumCPU(), runtime.GOARCH, b)
	scratch, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	passed, failed := 0, 0
	check := func(what string, figure, bound float64) {
		verdict := "ok"
		if figure <= bound {
			passed++
		} else {
			failed++
			verdict = "FAIL"
		}
		say("target: %s: %.3f (bound %.3f) %s", what, figure, bound, verdict)
	}
	for _, set := range strings.Split(sets, ",") {
		for _, e := range strings.Split(epochs, ",") {
			n, err := strconv.ParseFloat(e, 64)
			if err != nil {
				return fmt.Errorf("-epochs %q: %w", epochs, err)
			}
			s, err := describe(set, shared, scratch)
			if err != nil {
				return err
			}
			s.Model, s.Batch, s.Epochs, s.MaxSteps, s.Warmup, s.LR, s.MaxLength, s.Threads = model, batch, n, steps, 0.1, 5e-5, 128, runtime.NumCPU()
			if set == "waimai" {
				s.Model = filepath.Join(filepath.Dir(shared), "models", "bge-small-zh-v1.5")
			}
			results := map[string][]result{}
			for seed := range seeds { // in turns, so that a busy machine is busy for all
				for _, side := range sides {
					s.Seed, s.Grouped = int64(42+seed), side == "HF group_by_length"
					r, err := measure(side, s, python)
					if err != nil {
						return fmt.Errorf("%s on %s: %w", side, set, err)
					}
					results[side] = append(results[side], r)
					fmt.Fprintf(os.Stderr, "%s, %s epochs, seed %d, %s: %+v\n", set, e, s.Seed, side, r)
				}
			}
			report(set, e, results, say, check)
		}
	}
	say("%d passed, %d failed", passed, failed)
	if file != "" {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d targets were missed", failed)
	}
	return nil
}

// report prints the medians of one data set and checks its targets.
func report(set, epochs string, results map[string][]result, say func(string, ...any), check func(string, float64, float64)) {
	median := func(side string, f func(result) float64) float64 {
		var x []float64
		for _, r := range results[side] {
			x = append(x, f(r))
		}
		slices.Sort(x)
		return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
	}
	total, eval := func(r result) float64 { return r.Total }, func(r result) float64 { return r.Eval }
	say("%s, %s epochs, %d steps, median of %d; seconds", set, epochs, results["sftlib"][0].Steps, len(results["sftlib"]))
	say("| | CSV to accuracy | training | evaluation | accuracy |\n|---|---|---|---|---|")
	accuracy := map[string][]float64{}
	for _, side := range sides {
		for _, r := range results[side] {
			accuracy[side] = append(accuracy[side], r.Accuracy)
		}
		mean, std := stat.MeanStdDev(accuracy[side], nil)
		spread := ""
		if len(accuracy[side]) > 1 {
			spread = fmt.Sprintf(" ± %.4f", std)
		}
		say("| %s | %.1f | %.1f | %.2f | %.4f%s |", side, median(side, total), median(side, func(r result) float64 { return r.Train }), median(side, eval), mean, spread)
	}
	name := set + ", " + epochs + " epochs: "
	check(name+"whole run over HF Trainer's", median("sftlib", total)/median("HF Trainer", total), 0.65)
	check(name+"whole run over HF Trainer's with group_by_length", median("sftlib", total)/median("HF group_by_length", total), 1)
	check(name+"evaluation over HF Trainer's", median("sftlib", eval)/median("HF Trainer", eval), 0.6)
	if len(accuracy["sftlib"]) >= 3 {
		mean, std := stat.MeanStdDev(accuracy["HF Trainer"], nil)
		check(name+"accuracy below HF Trainer's, in its standard deviations", (mean-stat.Mean(accuracy["sftlib"], nil))/std, 1)
	}
}

// measure runs one training in a process of its own.
func measure(side string, s spec, python string) (result, error) {
	var r result
	dir, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	s.Out = dir
	text, err := json.Marshal(s)
	if err != nil {
		return r, err
	}
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.Command(self, "-one", string(text))
	if side != "sftlib" {
		cmd = exec.Command(python, "-c", script, string(text))
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("%w\n%s", err, stderr.Bytes())
	}
	for line := range strings.Lines(string(stdout)) {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return r, json.Unmarshal([]byte(rest), &r)
		}
	}
	return r, fmt.Errorf("no result in its output: %s", stdout)
}

// describe names the files and columns of a data set and reads its labels.
func describe(set, shared, scratch string) (spec, error) {
	s := map[string]spec{
		"sst2":      {Train: "sst2/train.csv", Val: "sst2/dev.csv", Text: "text", Label: "label"},
		"banking77": {Train: "banking77/train.csv", Val: "banking77/test.csv", Text: "text", Label: "category"},
	}[set]
	if set == "waimai" {
		return splitWaimai(shared, scratch)
	}
	if s.Train == "" {
		return s, fmt.Errorf("-data: %q is none of sst2, banking77, waimai", set)
	}
	s.Train, s.Val = filepath.Join(shared, s.Train), filepath.Join(shared, s.Val)
	rows, err := readCSV(s.Train)
	if err != nil {
		return s, err
	}
	s.Labels = labelsOf(rows, s.Label)
	return s, nil
}

// splitWaimai makes files of four fifths and one fifth of the Chinese reviews in scratch, every fifth row for evaluation.
func splitWaimai(shared, scratch string) (spec, error) {
	s := spec{Text: "review", Label: "label"}
	files, err := filepath.Glob(filepath.Join(shared, "waimai", "*.csv"))
	if err != nil || len(files) != 1 {
		return s, fmt.Errorf("waimai: want one CSV file in %s, found %v (%v)", shared, files, err)
	}
	rows, err := readCSV(files[0])
	if err != nil {
		return s, err
	}
	parts := [2][][]string{{rows[0]}, {rows[0]}}
	for i, r := range rows[1:] {
		k := 0
		if i%5 == 4 {
			k = 1
		}
		parts[k] = append(parts[k], r)
	}
	for k, path := range []*string{&s.Train, &s.Val} {
		f, err := os.CreateTemp(scratch, "waimai-*.csv")
		if err != nil {
			return s, err
		}
		*path = f.Name()
		if err := errors.Join(csv.NewWriter(f).WriteAll(parts[k]), f.Close()); err != nil {
			return s, err
		}
	}
	s.Labels = labelsOf(rows, s.Label)
	return s, nil
}

func readCSV(path string) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return csv.NewReader(f).ReadAll()
}

// labelsOf lists the different values of a column, sorted.
func labelsOf(rows [][]string, column string) []string {
	k := slices.Index(rows[0], column)
	var labels []string
	for _, r := range rows[1:] {
		labels = append(labels, r[k])
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}
