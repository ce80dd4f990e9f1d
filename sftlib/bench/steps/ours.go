package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"gosft/sftlib/bert"
	"gosft/sftlib/train"
)

// A turn is the steps of burst seconds, since the first of a process finds its memory out of the caches and its threads asleep.
const (
	burst = 0.4
	warm  = 2 // steps at least before the first turn
)

// turns are those that the program that started this one gives, a line each.
type turns struct {
	in    *bufio.Reader
	took  []float64 // of this turn's steps
	ready bool
}

// next takes note of a step of so many seconds. At the end of a turn it prints what a step of it took and waits for the next turn;
// the first that it prints says that all is ready. It is false when there is no next one.
func (t *turns) next(took float64) bool {
	t.took = append(t.took, took)
	sum := 0.0
	for _, x := range t.took {
		sum += x
	}
	n := len(t.took)
	if sum < burst || !t.ready && n < warm {
		return true
	}
	if n > 1 {
		sum, n = sum-t.took[0], n-1
	}
	t.took, t.ready = nil, true
	fmt.Println(mark, sum/float64(n))
	_, err := t.in.ReadString('\n')
	return err == nil
}

// ours does steps with this library on the backend that GOMLX_BACKEND names.
func ours(text string) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	model, err := bert.ForSequenceClassification(t.Model, []string{"0", "1"}, bert.LogTo(nil))
	if err != nil {
		return err
	}
	defer model.Close()
	texts := train.Texts{"text": nil, "label": nil}
	for i := range 64 * t.Batch {
		texts["text"] = append(texts["text"], strings.TrimSpace(strings.Repeat("the ", t.Length-2)))
		texts["label"] = append(texts["label"], fmt.Sprint(i%2))
	}
	turns := &turns{in: bufio.NewReader(os.Stdin)}
	if t.Train {
		return steps(model, t, texts, turns)
	}
	items, err := model.Encode(texts["text"][:t.Batch], nil, t.Length)
	if err != nil {
		return err
	}
	batch := bert.PadTo(items, t.Batch, t.Length)
	for {
		start := time.Now()
		if _, err := model.Forward(batch); err != nil {
			return err
		}
		if !turns.next(time.Since(start).Seconds()) {
			return nil
		}
	}
}

// steps trains, a step in each turn.
func steps(model *bert.Model, t task, texts train.Texts, turns *turns) error {
	out, err := os.MkdirTemp("", "gosft-steps-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(out)
	args := train.Args{OutputDir: out, MaxSteps: 100_000, PerDeviceTrainBatchSize: t.Batch, Packing: "no", MaxLength: t.Length,
		WeightDecay: 0.01, SaveStrategy: train.No, DisableTqdm: true}
	var start time.Time
	clock := func(e train.Event, c *train.Control) error {
		switch e.Kind {
		case train.StepBegin:
			start = time.Now()
		case train.StepEnd:
			c.ShouldTrainingStop = !turns.next(time.Since(start).Seconds())
		}
		return nil
	}
	_, err = train.New(model, args, texts, nil, train.WithCallback(clock)).Train(context.Background())
	return err
}
