// Command steps measures a training step and a forward pass of BERT shapes (tiny, MiniLM, base) with this library on XLA's CPU
// plugin and on GoMLX's Go backend, and with PyTorch (eager and compiled) on the same cores. It prints a table of medians and
// ends with "N passed, N failed" over its target: XLA at least PyTorch's eager speed, training and forward.
//
//	go run ./sftlib/bench/steps            # all shapes
//	go run ./sftlib/bench/steps -shapes tiny -rounds 10
//
// All sides stand ready in processes of their own and take turns of half a second (or a step), so that a machine whose speed drifts
// or that others use is the same for all of them; a ratio is the median of the rounds' ratios. Texts of exactly the given length are
// padded, not packed, with dropout, AdamW and clipping: the same work on all sides. It needs .venv (make setup) and .venv-test
// (make setup-test, or a Python that GOSFT_TEST_PYTHON names).
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gosft/sftlib/internal/testenv"
)

//go:embed torch.py
var script string

// shape is a model's size with a batch's; the folder of its weights is made by torch.py where it is not MiniLM.
type shape struct {
	Name   string `json:"name"`
	Layers int    `json:"layers"`
	Hidden int    `json:"hidden"`
	Heads  int    `json:"heads"`
	Batch  int    `json:"batch"`
	Length int    `json:"length"`
	Rounds int    `json:"rounds"` // turns that each side gets
	Model  string `json:"model"`
}

var shapes = []shape{
	{Name: "tiny", Layers: 2, Hidden: 128, Heads: 2, Batch: 16, Length: 128, Rounds: 15},
	{Name: "MiniLM", Layers: 6, Hidden: 384, Heads: 12, Batch: 16, Length: 128, Rounds: 15},
	{Name: "base", Layers: 12, Hidden: 768, Heads: 12, Batch: 8, Length: 128, Rounds: 9},
}

func main() {
	log.SetFlags(0)
	one := flag.String("one", "", "a task in JSON: do a step of it for each line of the standard input (used by the program itself)")
	names := flag.String("shapes", "tiny,MiniLM,base", "which shapes")
	rounds := flag.Int("rounds", 0, "turns of each side; 0: as many as the shape is worth")
	table := flag.String("o", "", "also write the table to this file")
	flags := flag.String("xla", "", "XLA_FLAGS to measure XLA with too, as a side of its own; several are separated by semicolons")
	flag.Parse()
	var err error
	if *one != "" {
		err = ours(*one)
	} else {
		err = compare(*names, *rounds, *table, *flags)
	}
	if err != nil {
		log.Fatal("steps: ", err)
	}
}

func compare(names string, rounds int, file, flags string) error {
	python, mini := testenv.FindPython(), testenv.Find(".venv/share/gosft/models/all-MiniLM-L6-v2")
	if python == "" || mini == "" {
		return errors.New(".venv-test (make setup-test) or .venv (make setup) was not found above this folder")
	}
	work, err := os.MkdirTemp("", "gosft-models-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	sides := []side{{name: "XLA", backend: "xla"}, {name: "PyTorch", python: python}, {name: "PyTorch compiled", python: python, compile: true}, {name: "Go", backend: "go", once: true}}
	for _, f := range strings.Split(flags, ";") {
		if f != "" {
			sides = append(sides, side{name: "XLA " + f, backend: "xla", flags: f})
		}
	}
	var out strings.Builder
	say := func(format string, args ...any) {
		fmt.Printf(format+"\n", args...)
		fmt.Fprintf(&out, format+"\n", args...)
	}
	row := "| shape | what |"
	for _, s := range sides {
		row += " " + s.name + " |"
	}
	say("%s XLA / PyTorch | XLA / compiled | ready, XLA |", row)
	say("|---|---|%s---|---|---|", strings.Repeat("---|", len(sides)))
	failed, passed := 0, 0
	for _, s := range shapes {
		if !slices.Contains(strings.Split(names, ","), s.Name) {
			continue
		}
		if rounds > 0 {
			s.Rounds = rounds
		}
		if s.Model, err = weights(s, mini, work, python); err != nil {
			return err
		}
		for _, what := range []string{"training step", "forward"} {
			results, err := takeTurns(sides, task{shape: s, Train: what == "training step"}, say)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", s.Name, what, err)
			}
			row := fmt.Sprintf("| %s %dx%d | %s |", s.Name, s.Batch, s.Length, what)
			for _, r := range results {
				row += fmt.Sprintf(" %s |", seconds(r.times))
			}
			ratio, verdict := ratioOf(results[0], results[1]), "ok"
			if ratio <= 1 {
				passed++
			} else {
				failed++
				verdict = "FAIL"
			}
			say("%s %.2f %s | %.2f | %.1f s |", row, ratio, verdict, ratioOf(results[0], results[2]), results[0].ready.Seconds())
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

// weights is the folder of a shape's model.
func weights(s shape, mini, work, python string) (string, error) {
	if s.Name == "MiniLM" {
		return mini, nil
	}
	s.Model = filepath.Join(work, s.Name)
	if err := makeModel(python, s); err != nil {
		return "", err
	}
	tokenizer, err := os.ReadFile(filepath.Join(mini, "tokenizer.json"))
	if err != nil {
		return "", err
	}
	return s.Model, os.WriteFile(filepath.Join(s.Model, "tokenizer.json"), tokenizer, 0o644)
}

// ratioOf is the median over the rounds of a's time to b's; 0 where one was not measured.
func ratioOf(a, b measured) float64 {
	var x []float64
	for i := range min(len(a.times), len(b.times)) {
		x = append(x, a.times[i]/b.times[i])
	}
	return median(x)
}

func seconds(x []float64) string {
	if len(x) == 0 {
		return "not measured"
	}
	return fmt.Sprintf("%.4f s", median(x))
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	x = slices.Clone(x)
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

// measured is what a side took: until it was ready for its first turn (compiled and warm), and for a step of each turn in seconds.
type measured struct {
	ready time.Duration
	times []float64
}
