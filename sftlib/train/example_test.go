package train_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gosft/sftlib/train"
)

// arguments are those of the examples: quick, silent, in a folder of their own.
func arguments() (train.Args, func()) {
	dir, err := os.MkdirTemp("", "example-*")
	if err != nil {
		panic(err)
	}
	return train.Args{OutputDir: dir, NumTrainEpochs: 3, PerDeviceTrainBatchSize: 16, LearningRate: 2e-3, WarmupRatio: 0.1,
		SaveStrategy: train.No, DisableTqdm: true}, func() { os.RemoveAll(dir) }
}

func ExampleTrainer() {
	model := train.TinyModel() // or bert.ForSequenceClassification("sentence-transformers/all-MiniLM-L6-v2", labels)
	defer model.Close()
	args, done := arguments()
	defer done()
	reviews, val := train.TinyReviews(300, 1), train.TinyReviews(100, 2) // columns text and label
	run, err := train.New(model, args, reviews, val).Train(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := run.Evaluate(val)
	fmt.Println(run.Reason(), report.Accuracy > 0.9, err)
	// Output: finished true <nil>
}

func ExampleArgs() {
	args := train.Args{OutputDir: "results", NumTrainEpochs: 3, PerDeviceTrainBatchSize: 16, EvalStrategy: train.Epoch, SaveStrategy: train.Epoch,
		LoadBestModelAtEnd: true, MetricForBestModel: "f1", GreaterIsBetter: new(true)}
	fmt.Println(args.Validate())
	fmt.Println(args.WithDefaults().LearningRate)
	fmt.Println(train.Args{LearningRate: -1, LrSchedulerType: "step"}.Validate())
	// Output:
	// <nil>
	// 5e-05
	// LearningRate is -1: it must be above 0
	// LrSchedulerType is "step": use one of linear, cosine, constant, constant_with_warmup, polynomial
}

func ExampleTexts() {
	var frame train.Frame = train.Texts{"text": {"I love it", "I hate it"}, "label": {"good", "bad"}}
	labels, err := frame.Strings("label")
	fmt.Println(frame.Names(), labels, err)
	// Output: [label text] [good bad] <nil>
}

func ExampleFrame() {
	// A data.Frame is one too; a trainer finds the columns, or is told their names.
	var frame train.Frame = train.Texts{"review": {"good film"}, "verdict": {"good"}}
	args, done := arguments()
	defer done()
	model := train.TinyModel()
	defer model.Close()
	var options = []train.Option{train.TextColumn("review"), train.LabelColumn("verdict")}
	run, err := train.New(model, args, frame, nil, options...).Train(context.Background())
	fmt.Println(run.State().GlobalStep, err)
	// Output: 3 <nil>
}

func ExampleRun() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	args.NumTrainEpochs = 1000
	trainer := train.New(model, args, train.TinyReviews(300, 1), nil)
	run := trainer.Start(context.Background()) // goes on while other cells run
	run.Pause()
	run.Resume()
	time.Sleep(50 * time.Millisecond)
	err := run.Stop() // trainer.Train goes on from here
	var why train.Reason = run.Reason()
	fmt.Println(why, err)
	// Output: stopped by request <nil>
}

func ExampleCallback() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	stop := train.On(train.StepEnd, func(e train.Event, c *train.Control) error {
		var s train.State = e.State
		if s.GlobalStep == 10 {
			c.ShouldTrainingStop = true
		}
		return nil
	})
	run, err := train.New(model, args, train.TinyReviews(300, 1), nil, train.WithCallback(stop)).Train(context.Background())
	fmt.Println(run.State().GlobalStep, err)
	// Output: 10 <nil>
}

func ExampleEvent() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	count := map[train.Kind]int{}
	all := func(e train.Event, _ *train.Control) error {
		count[e.Kind]++
		return nil
	}
	_, err := train.New(model, args, train.TinyReviews(160, 1), nil, train.WithCallback(all)).Train(context.Background())
	fmt.Println(count[train.EpochBegin], count[train.StepEnd], count[train.TrainEnd], err)
	// Output: 3 30 1 <nil>
}

func ExampleControl() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	save := train.On(train.StepEnd, func(e train.Event, c *train.Control) error {
		c.ShouldSave = e.State.GlobalStep == 7
		return nil
	})
	_, err := train.New(model, args, train.TinyReviews(160, 1), nil, train.WithCallback(save)).Train(context.Background())
	found, _ := filepath.Glob(filepath.Join(args.OutputDir, "checkpoint-*"))
	fmt.Println(filepath.Base(found[0]), err)
	// Output: checkpoint-7 <nil>
}

func ExampleRecord() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	args.LoggingSteps = 10
	run, _ := train.New(model, args, train.TinyReviews(160, 1), nil).Train(context.Background())
	for _, r := range run.History() {
		var record train.Record = r
		var figures train.Figures = record.Figures
		if loss, ok := figures["loss"]; ok {
			fmt.Println(record.Step, loss < 1)
		}
	}
	// Output:
	// 10 true
	// 20 true
	// 30 true
}

func ExampleSchedule() {
	s := train.NewSchedule(train.Args{LearningRate: 1e-4, WarmupSteps: 2}, 10)
	for _, step := range []int{0, 1, 2, 6, 10} {
		fmt.Printf("%.1e ", s.At(step))
	}
	// Output: 0.0e+00 5.0e-05 1.0e-04 5.0e-05 0.0e+00
}

func ExampleLRCurve() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	var curve *train.LRCurve
	curve, err := train.New(model, args, train.TinyReviews(300, 1), nil).FindLearningRate(context.Background(), train.LRRange{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(curve.Suggestion > 1e-6, curve.Suggestion < 1)
	// Output: true true
}

func ExampleLRRange() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	_, err := train.New(model, args, train.TinyReviews(300, 1), nil).FindLearningRate(context.Background(), train.LRRange{Start: 1, End: 0.1})
	fmt.Println(err)
	// Output: FindLearningRate: Start 1 must be above 0, End 0.1 above Start, and Steps 100 at least 20
}

func ExampleCrossValidation() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	var cv *train.CrossValidation
	cv, err := train.New(model, args, train.TinyReviews(300, 1), nil).CrossValidate(context.Background(), 3)
	if err != nil {
		fmt.Println(err)
		return
	}
	var first train.Fold = cv.Folds[0]
	fmt.Println(len(cv.Folds), first.Train, first.Val, cv.Mean["accuracy"] > 0.5)
	// Output: 3 200 100 true
}
