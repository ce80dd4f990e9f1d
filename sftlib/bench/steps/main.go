// Command steps measures one training step and one forward pass of BERT shapes (tiny, MiniLM, base) with this library on XLA's
// CPU plugin and on GoMLX's Go backend, and with PyTorch (eager and compiled) on the same cores, in turns. It prints a table of
// medians and ends with "N passed, N failed" over its target: XLA at least PyTorch's eager speed, training and forward. The ratio
// is the median of the rounds' ratios, whose two sides follow one another: a shared machine's speed drifts within minutes. The
// Go backend, which no target is about, is measured once.
//
//	go run ./sftlib/bench/steps            # all shapes, five rounds
//	go run ./sftlib/bench/steps -shapes tiny -rounds 1
//
// Texts of exactly the given length are padded, not packed, with dropout, AdamW and clipping: the same work on all sides. It needs
// .venv (make setup) and .venv-test (make setup-test, or a Python that GOSFT_TEST_PYTHON names).
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gosft/sftlib/bert"
	"gosft/sftlib/internal/testenv"
	"gosft/sftlib/train"
)

//go:embed torch.py
var script string

// shape is a model's size with a batch's; the folder of its weights is made by torch.py where it is not MiniLM.
type shape struct {
	Name    string `json:"name"`
	Layers  int    `json:"layers"`
	Hidden  int    `json:"hidden"`
	Heads   int    `json:"heads"`
	Batch   int    `json:"batch"`
	Length  int    `json:"length"`
	Steps   int    `json:"steps"`  // training steps that are measured
	Passes  int    `json:"passes"` // forward passes
	Model   string `json:"model"`
	Compile bool   `json:"compile"`
}

var shapes = []shape{
	{Name: "tiny", Layers: 2, Hidden: 128, Heads: 2, Batch: 16, Length: 128, Steps: 30, Passes: 60},
	{Name: "MiniLM", Layers: 6, Hidden: 384, Heads: 12, Batch: 16, Length: 128, Steps: 8, Passes: 20},
	{Name: "base", Layers: 12, Hidden: 768, Heads: 12, Batch: 8, Length: 128, Steps: 4, Passes: 8},
}

// result holds medians in seconds; First is the first step, compiling included.
type result struct{ Train, Forward, First float64 }

var sides = []string{"XLA", "PyTorch", "PyTorch compiled", "Go"}

func main() {
	log.SetFlags(0)
	one := flag.String("one", "", "a shape in JSON: measure it with this library and print the result (used by the program itself)")
	names := flag.String("shapes", "tiny,MiniLM,base", "which shapes")
	rounds := flag.Int("rounds", 5, "how often each side is measured")
	table := flag.String("o", "", "also write the table to this file")
	flag.Parse()
	if *one != "" {
		if err := ours(*one); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := compare(*names, *rounds, *table); err != nil {
		log.Fatal(err)
	}
}

// ours measures one shape with this library on the backend that GOMLX_BACKEND names.
func ours(text string) error {
	var s shape
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	model, err := bert.ForSequenceClassification(s.Model, []string{"0", "1"}, bert.LogTo(nil))
	if err != nil {
		return err
	}
	defer model.Close()
	word := "the"
	texts := train.Texts{"text": nil, "label": nil}
	for i := range s.Batch * (s.Steps + 3) {
		texts["text"] = append(texts["text"], strings.TrimSpace(strings.Repeat(word+" ", s.Length-2)))
		texts["label"] = append(texts["label"], fmt.Sprint(i%2))
	}
	items, err := model.Encode(texts["text"][:s.Batch], nil, s.Length)
	if err != nil {
		return err
	}
	batch := bert.PadTo(items, s.Batch, s.Length)
	var forward []float64
	for i := range s.Passes + 2 {
		start := time.Now()
		if _, err := model.Forward(batch); err != nil {
			return err
		}
		if i >= 2 {
			forward = append(forward, time.Since(start).Seconds())
		}
	}
	var steps []float64
	last := time.Now()
	out, err := os.MkdirTemp("", "gosft-steps-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(out)
	args := train.Args{OutputDir: out, MaxSteps: s.Steps + 3, PerDeviceTrainBatchSize: s.Batch, Packing: "no", MaxLength: s.Length, WeightDecay: 0.01, SaveStrategy: train.No, DisableTqdm: true}
	clock := func(e train.Event, _ *train.Control) error {
		switch e.Kind {
		case train.TrainBegin, train.StepBegin:
			last = time.Now()
		case train.StepEnd:
			steps = append(steps, time.Since(last).Seconds())
		}
		return nil
	}
	begin := time.Now()
	if _, err := train.New(model, args, texts, nil, train.WithCallback(clock)).Train(context.Background()); err != nil {
		return err
	}
	first := time.Since(begin).Seconds()
	for _, t := range steps[1:] {
		first -= t
	}
	line, err := json.Marshal(result{median(steps[3:]), median(forward), first})
	fmt.Println(mark + string(line))
	return err
}

const mark = "result: "

func median(x []float64) float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

func compare(names string, rounds int, file string) error {
	python, mini := os.Getenv("GOSFT_TEST_PYTHON"), testenv.Find(".venv/share/gosft/models/all-MiniLM-L6-v2")
	if python == "" {
		python = testenv.Find(".venv-test/bin/python")
	}
	if python == "" || mini == "" {
		return errors.New("steps: .venv-test (make setup-test) or .venv (make setup) was not found above this folder")
	}
	work, err := os.MkdirTemp("", "gosft-models-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	var out strings.Builder
	say := func(format string, args ...any) {
		fmt.Printf(format+"\n", args...)
		fmt.Fprintf(&out, format+"\n", args...)
	}
	say("| shape | what | %s | XLA / PyTorch | first step on XLA |", strings.Join(sides, " | "))
	say("|---|---|%s---|---|", strings.Repeat("---|", len(sides)))
	passed, failed := 0, 0
	for _, s := range shapes {
		if !slices.Contains(strings.Split(names, ","), s.Name) {
			continue
		}
		s.Model = mini
		if s.Name != "MiniLM" {
			s.Model = filepath.Join(work, s.Name)
			if err := run(nil, nil, s, python, "-c", script, "make"); err != nil {
				return err
			}
			tokenizer, err := os.ReadFile(filepath.Join(mini, "tokenizer.json"))
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(s.Model, "tokenizer.json"), tokenizer, 0o644); err != nil {
				return err
			}
		}
		all := map[string][]result{}
		for round := range rounds {
			order := slices.Clone(sides)
			if round > 0 {
				order = order[:3]
			}
			if round%2 == 1 {
				order[0], order[1] = order[1], order[0]
			}
			for _, side := range order {
				var r result
				if err := measure(side, s, python, &r); err != nil {
					if side != "PyTorch compiled" { // which needs a C++ compiler, and no target is about it
						return fmt.Errorf("%s, %s: %w", s.Name, side, err)
					}
					say("not measured: %s, %s: %v", s.Name, side, err)
					continue
				}
				all[side] = append(all[side], r)
				fmt.Fprintf(os.Stderr, "%s, %s: %+v\n", s.Name, side, r)
			}
		}
		for _, what := range []string{"training step", "forward"} {
			value := func(r result) float64 {
				if what == "forward" {
					return r.Forward
				}
				return r.Train
			}
			var row []string
			for _, side := range sides {
				var x []float64
				for _, r := range all[side] {
					x = append(x, value(r))
				}
				if x == nil {
					row = append(row, "not measured")
					continue
				}
				row = append(row, fmt.Sprintf("%.4f s", median(x)))
			}
			var ratios []float64
			for i, r := range all["XLA"] {
				ratios = append(ratios, value(r)/value(all["PyTorch"][i]))
			}
			ratio := median(ratios)
			verdict := "ok"
			if ratio <= 1 {
				passed++
			} else {
				failed++
				verdict = "FAIL"
			}
			say("| %s %dx%d | %s | %s | %.2f %s | %.1f s |", s.Name, s.Batch, s.Length, what, strings.Join(row, " | "), ratio, verdict, all["XLA"][0].First)
		}
	}
	say("%d passed, %d failed", passed, failed)
	if file != "" {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			return err
		}
	}
	if failed > 0 {
		os.Exit(1)
	}
	return nil
}

// measure runs one side in a process of its own.
func measure(side string, s shape, python string, r *result) error {
	switch side {
	case "XLA", "Go":
		self, err := os.Executable()
		if err != nil {
			return err
		}
		text, err := json.Marshal(s)
		if err != nil {
			return err
		}
		return run(r, []string{"GOMLX_BACKEND=" + map[string]string{"XLA": "xla", "Go": "go"}[side]}, shape{}, self, "-one", string(text))
	}
	s.Compile = side == "PyTorch compiled"
	return run(r, nil, s, python, "-c", script, "measure")
}

// run starts a program with the shape as its last argument (unless that is empty) and reads its result line.
func run(r *result, env []string, s shape, name string, args ...string) error {
	if s.Name != "" {
		text, err := json.Marshal(s)
		if err != nil {
			return err
		}
		args = append(args, string(text))
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, stderr.String())
	}
	if r == nil {
		return nil
	}
	for line := range strings.Lines(string(out)) {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return json.Unmarshal([]byte(rest), r)
		}
	}
	return fmt.Errorf("no result in\n%s", out)
}
