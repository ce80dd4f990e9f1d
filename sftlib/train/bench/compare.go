package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
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
	"gosft/sftlib/internal/testenv"
)

//go:embed hf.py
var script string

// sides are what is compared.
var sides = []string{"sftlib", "HF Trainer", "HF group_by_length"}

// comparison is what the flags ask for.
type comparison struct {
	sets, epochs, sides                  string
	steps, seeds, batch                  int
	backend, python, shared, model, file string

	out                         strings.Builder
	passed, failed, notMeasured int
}

// run measures all that was asked for and prints the tables and targets.
func (c *comparison) run() error {
	if err := c.find(); err != nil {
		return err
	}
	kind, line, err := c.which()
	if err != nil {
		return err
	}
	base := spec{Model: c.model, Batch: c.batch, MaxSteps: c.steps, Warmup: 0.1, LR: 5e-5, MaxLength: 128, Threads: runtime.NumCPU(), Device: "cpu"}
	precision := "float32"
	if kind == "cuda" {
		base.Device, base.TF32 = "cuda", !strings.Contains(c.backend, "tf32=false") && !strings.Contains(c.backend, "notf32")
		precision = map[bool]string{true: "products in TF32 on both sides", false: "no TF32"}[base.TF32]
	}
	c.say("%s, %d cores, %s; %s; %s; files read by %s", time.Now().Format("2006-01-02"), runtime.NumCPU(), runtime.GOARCH, line, precision, reader)
	scratch, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	for _, set := range strings.Split(c.sets, ",") {
		s, err := describe(set, c.shared, scratch)
		if err != nil {
			return err
		}
		full := base
		full.Train, full.Val, full.Text, full.Label, full.Labels = s.Train, s.Val, s.Text, s.Label, s.Labels
		if set == "waimai" {
			full.Model = filepath.Join(c.shared, "models", "bge-small-zh-v1.5")
		}
		for _, e := range strings.Split(c.epochs, ",") {
			if full.Epochs, err = strconv.ParseFloat(e, 64); err != nil {
				return fmt.Errorf("-epochs %q: %w", c.epochs, err)
			}
			results, err := c.measureAll(set, full, scratch)
			if err != nil {
				return err
			}
			c.report(fmt.Sprintf("%s, %s epochs", set, e), results)
		}
	}
	c.say("%d passed, %d failed, %d not measured", c.passed, c.failed, c.notMeasured)
	if c.file != "" {
		if err := os.WriteFile(c.file, []byte(c.out.String()), 0o644); err != nil {
			return err
		}
	}
	if c.failed > 0 {
		return fmt.Errorf("%d targets were missed", c.failed)
	}
	return nil
}

// find fills in where things are.
func (c *comparison) find() error {
	if c.python == "" {
		c.python = testenv.FindPython()
	}
	if c.shared == "" {
		c.shared = testenv.Find("shared")
	}
	if c.model == "" {
		c.model = testenv.Find(".venv/share/gosft/models/all-MiniLM-L6-v2")
	}
	for _, x := range [][2]string{{c.python, "a Python with transformers (make setup-test, or -python)"}, {c.shared, "the shared data (-shared)"},
		{c.model, "all-MiniLM-L6-v2 (make setup, or -model)"}} {
		if x[0] == "" {
			return errors.New("not found: " + x[1])
		}
	}
	for _, side := range strings.Split(c.sides, ",") {
		if !slices.Contains(sides, side) {
			return fmt.Errorf("-sides: %q is none of %s", side, strings.Join(sides, ", "))
		}
	}
	if c.backend == "" {
		c.backend = os.Getenv("GOMLX_BACKEND")
	}
	for _, path := range []*string{&c.shared, &c.model} {
		abs, err := filepath.Abs(*path)
		if err != nil {
			return err
		}
		if _, err := os.Stat(abs); err != nil {
			return err
		}
		*path = abs
	}
	return nil
}

func (c *comparison) say(format string, args ...any) {
	fmt.Printf(format+"\n", args...)
	fmt.Fprintf(&c.out, format+"\n", args...)
}

// check judges one target. A figure that is no number, as of a side that was left out, was not measured.
func (c *comparison) check(what string, figure, bound float64) {
	verdict := "ok"
	switch {
	case math.IsNaN(figure):
		c.notMeasured++
		c.say("target: %s: not measured (bound %.3f)", what, bound)
		return
	case figure <= bound:
		c.passed++
	default:
		c.failed++
		verdict = "FAIL"
	}
	c.say("target: %s: %.3f (bound %.3f) %s", what, figure, bound, verdict)
}

// measureAll runs all sides with all seeds, in turns, so that a busy machine is busy for all. The models that they begin with are
// put into scratch.
func (c *comparison) measureAll(set string, s spec, scratch string) (map[string][]result, error) {
	results := map[string][]result{}
	for seed := range c.seeds {
		s := s
		s.Seed = int64(42 + seed)
		if err := s.addHead(scratch); err != nil {
			return nil, fmt.Errorf("a new head for %s: %w", s.Model, err)
		}
		for k := range sides {
			side := sides[(k+seed)%len(sides)] // each begins once: the first finds a cold disk
			if !slices.Contains(strings.Split(c.sides, ","), side) {
				continue
			}
			s.Grouped = side == "HF group_by_length"
			r, err := c.measure(side, s)
			if err != nil {
				return nil, fmt.Errorf("%s on %s: %w", side, set, err)
			}
			results[side] = append(results[side], r)
			fmt.Fprintf(os.Stderr, "%s, %g epochs, seed %d, %s: %+v\n", set, s.Epochs, s.Seed, side, r)
		}
	}
	return results, nil
}

// report prints the medians of one data set and checks its targets.
func (c *comparison) report(name string, results map[string][]result) {
	median := func(side string, f func(result) float64) float64 {
		var x []float64
		for _, r := range results[side] {
			x = append(x, f(r))
		}
		if x == nil {
			return math.NaN()
		}
		slices.Sort(x)
		return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
	}
	accuracy := func(side string) (mean, std float64, n int) {
		var x []float64
		for _, r := range results[side] {
			x = append(x, r.Accuracy)
		}
		mean, std = stat.MeanStdDev(x, nil)
		return mean, std, len(x)
	}
	total, eval := func(r result) float64 { return r.Total }, func(r result) float64 { return r.Eval }
	predict := func(r result) float64 { return r.Predict }
	c.say("\n%s, median of %d; seconds\n", name, c.seeds)
	c.say("| | CSV to accuracy | training | evaluation | prediction | steps | accuracy | loss | on |\n|---|---|---|---|---|---|---|---|---|")
	for _, side := range sides {
		mean, std, n := accuracy(side)
		if n == 0 {
			continue
		}
		spread := ""
		if n > 1 {
			spread = fmt.Sprintf(" ± %.4f", std)
		}
		first := results[side][0]
		c.say("| %s | %.1f | %.1f | %.2f | %.2f | %d | %.4f%s | %.4f | %s |", side, median(side, total), median(side, func(r result) float64 { return r.Train }),
			median(side, eval), median(side, predict), first.Steps, mean, spread, median(side, func(r result) float64 { return r.Loss }), first.Device)
	}
	c.say("")
	us, hf := "sftlib", "HF Trainer"
	c.check(name+": whole run over HF Trainer's", median(us, total)/median(hf, total), 0.65)
	c.check(name+": whole run over HF Trainer's with group_by_length", median(us, total)/median("HF group_by_length", total), 1)
	c.check(name+": evaluation over HF Trainer's", median(us, eval)/median(hf, eval), 0.6)
	c.check(name+": prediction over HF Trainer's", median(us, predict)/median(hf, predict), 0.6)
	below := math.NaN() // with fewer than three seeds there is no deviation worth the name
	theirs, std, n := accuracy(hf)
	if mean, _, k := accuracy(us); k >= 3 && n >= 3 {
		below = (theirs - mean) / math.Max(std, 1e-9)
	}
	c.check(fmt.Sprintf("%s: accuracy below HF Trainer's over %d seeds, in its standard deviations", name, max(c.seeds, 3)), below, 1)
}

// which asks a process of its own for the backend: one that computes on a GPU keeps memory there as long as it is open.
func (c *comparison) which() (kind, line string, err error) {
	text, err := c.child("sftlib", "-which")
	if err != nil {
		return "", "", err
	}
	kind, line, _ = strings.Cut(text, "\t")
	return kind, line, nil
}

// addHead saves the model with a new head in scratch and lets all sides begin with that: the head's luck would else tell them apart
// more than all that they do. The Go backend leaves a GPU alone.
func (s *spec) addHead(scratch string) error {
	b, err := backend.Open("go")
	if err != nil {
		return err
	}
	model, err := bert.ForSequenceClassification(s.Model, s.Labels, bert.On(b), bert.Seed(uint64(s.Seed)), bert.LogTo(nil))
	if err != nil {
		return err
	}
	defer model.Close()
	dir, err := os.MkdirTemp(scratch, "head-*")
	if err != nil {
		return err
	}
	s.Model = dir
	return model.Save(dir)
}

// measure runs one training in a process of its own.
func (c *comparison) measure(side string, s spec) (result, error) {
	var r result
	dir, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(dir)
	s.Out = dir
	spec, err := json.Marshal(s)
	if err != nil {
		return r, err
	}
	args := []string{"-one", string(spec)}
	if side != "sftlib" {
		args = []string{"-c", script, string(spec)}
	}
	text, err := c.child(side, args...)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, err
	}
	if side == "sftlib" {
		r.Device = s.Device
	} else if !strings.HasPrefix(r.Device, s.Device) {
		return r, fmt.Errorf("it computed on %s and not on %s", r.Device, s.Device)
	}
	return r, nil
}

// child runs this program, or for the other sides Python, and returns what it prints behind [mark].
func (c *comparison) child(side string, args ...string) (string, error) {
	name, env := c.python, os.Environ()
	if side == "sftlib" {
		self, err := os.Executable()
		if err != nil {
			return "", err
		}
		name, env = self, append(env, "GOMLX_BACKEND="+c.backend)
	}
	cmd := exec.Command(name, args...)
	cmd.Env = env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, stderr.Bytes())
	}
	for line := range strings.Lines(string(stdout)) {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return strings.TrimSpace(rest), nil
		}
	}
	return "", fmt.Errorf("no result in its output: %s%s", stdout, stderr.Bytes())
}
