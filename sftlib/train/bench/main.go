package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"strings"
	"time"

	"gosft/sftlib/backend"
	"gosft/sftlib/bert"
	"gosft/sftlib/train"
)

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
	Device    string   `json:"device"` // cpu or cuda: where the Trainer computes
	TF32      bool     `json:"tf32"`   // of the GPU's products, on both sides
}

// result is what one training took, in seconds, and reached.
type result struct {
	Total, Train, Eval, Predict, Accuracy float64
	Loss                                  float64 // of the evaluation
	Steps                                 int
	Device                                string // that the Trainer computed on
}

const mark = "RESULT "

func main() {
	log.SetFlags(0)
	one := flag.String("one", "", "a spec in JSON: do this training with sftlib and print its result (used by the program itself)")
	which := flag.Bool("which", false, "print the backend and end (used by the program itself)")
	var c comparison
	flag.StringVar(&c.sets, "data", "sst2,banking77", "data sets: sst2, banking77, waimai")
	flag.StringVar(&c.sides, "sides", strings.Join(sides, ","), "what to run")
	flag.StringVar(&c.epochs, "epochs", "1", "numbers of epochs")
	flag.IntVar(&c.steps, "steps", 0, "end after so many steps; 0: all of the epochs")
	flag.IntVar(&c.seeds, "seeds", 1, "trainings of each kind")
	flag.IntVar(&c.batch, "batch", 32, "texts in a batch")
	flag.StringVar(&c.backend, "backend", "", "as GOMLX_BACKEND: go, xla, cuda; empty: the best of this machine")
	flag.StringVar(&c.python, "python", "", "Python with transformers; empty: GOSFT_TEST_PYTHON, else .venv-test's")
	flag.StringVar(&c.shared, "shared", "", "folder with data/ and models/; empty: the one beside the checkout")
	flag.StringVar(&c.model, "model", "", "folder of all-MiniLM-L6-v2; empty: that of make setup")
	flag.StringVar(&c.file, "o", "", "also write the table to this file")
	flag.Parse()
	var err error
	switch {
	case *one != "":
		err = ours(*one)
	case *which:
		var b *backend.Backend
		if b, err = backend.Default(); err == nil {
			fmt.Printf("%s%s\t%s\n", mark, b.Kind, b)
		}
	default:
		err = c.run()
	}
	if err != nil {
		log.Fatal("bench: ", err)
	}
}

// ours does one training with this library.
func ours(text string) error {
	start := time.Now()
	var s spec
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	trainFrame, err := readFrame(s.Train)
	if err != nil {
		return err
	}
	val, err := readFrame(s.Val)
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
	trainer := train.New(model, args, trainFrame, val, train.TextColumn(s.Text), train.LabelColumn(s.Label))
	began := time.Now()
	run, err := trainer.Train(context.Background())
	if err != nil {
		return err
	}
	trained := time.Now()
	report, err := run.Evaluate(val)
	if err != nil {
		return err
	}
	evaluated := time.Now()
	if _, err := trainer.Predict(context.Background(), val); err != nil {
		return err
	}
	line, err := json.Marshal(result{Total: evaluated.Sub(start).Seconds(), Train: trained.Sub(began).Seconds(), Eval: evaluated.Sub(trained).Seconds(),
		Predict: time.Since(evaluated).Seconds(), Accuracy: report.Accuracy, Loss: report.Loss, Steps: run.State().GlobalStep})
	fmt.Println(mark + string(line))
	return err
}
