package neural

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"gosft/kernel/display"
	"gosft/sftlib/bert"
	"gosft/sftlib/train"
)

// FineTunedModel is a BERT that is fine-tuned on the texts that it is given, from its pretrained weights each time.
type FineTunedModel struct {
	// Context ends a training when it is cancelled. Default: that of the notebook's cell, which Interrupt cancels.
	Context context.Context

	where   string
	args    train.Args
	options []bert.Option
	model   *bert.Model
}

// FineTuned returns the model of a folder or name (see bert.Resolve). Where args leave it open, no checkpoints are written,
// nothing is evaluated meanwhile and nothing shown; with OutputDir and SaveStrategy the checkpoints of the last training stay.
func FineTuned(where string, args train.Args, options ...bert.Option) *FineTunedModel {
	return &FineTunedModel{where: where, args: args, options: options}
}

// Name is that of the model, fine-tuned.
func (f *FineTunedModel) Name() string { return short(f.where) + " fine-tuned" }

func (f *FineTunedModel) context() context.Context {
	if f.Context == nil {
		return display.Context()
	}
	return f.Context
}

// FitTexts opens the pretrained model anew and trains it.
func (f *FineTunedModel) FitTexts(texts, labels []string) (err error) {
	if err := f.Close(); err != nil {
		return err
	}
	args := f.args
	args.DisableTqdm = true
	if args.SaveStrategy == "" {
		args.SaveStrategy = train.No
	}
	if args.OutputDir == "" {
		dir, err := os.MkdirTemp("", "gosft-compare-")
		if err != nil {
			return fmt.Errorf("neural: %w", err)
		}
		defer os.RemoveAll(dir)
		args.OutputDir = dir
	}
	model, err := bert.ForSequenceClassification(f.where, slices.Compact(slices.Sorted(slices.Values(labels))), f.options...)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, model.Close())
		}
	}()
	run, err := train.New(model, args, train.Texts{"text": texts, "label": labels}, nil, train.TextColumn("text"), train.LabelColumn("label")).Train(f.context())
	if err != nil {
		return err
	}
	if run.Reason() == train.Interrupted {
		return context.Cause(f.context())
	}
	f.model = model
	return nil
}

// PredictTexts returns the label of each text.
func (f *FineTunedModel) PredictTexts(texts []string) ([]string, error) {
	if f.model == nil {
		return nil, fmt.Errorf("neural: %s is not trained yet", f.Name())
	}
	p, err := f.model.PredictBatch(f.context(), texts, bert.PredictOptions{MaxLength: f.args.MaxLength})
	if err != nil {
		return nil, err
	}
	return p.Labels(), nil
}

// Size is the number of bytes of the weights, four each.
func (f *FineTunedModel) Size() int64 {
	if f.model == nil {
		return 0
	}
	return 4 * int64(f.model.Summary().Total)
}

// Model returns what was trained last, after Compare on all rows to learn from; nil before that. Close closes it.
func (f *FineTunedModel) Model() *bert.Model { return f.model }

// Close frees the model.
func (f *FineTunedModel) Close() error {
	if f.model == nil {
		return nil
	}
	m := f.model
	f.model = nil
	return m.Close()
}
