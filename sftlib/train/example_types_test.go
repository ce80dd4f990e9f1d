package train_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"gosft/sftlib/eval"
	"gosft/sftlib/internal/testenv"
	"gosft/sftlib/train"
)

func TestEveryTypeHasAnExample(t *testing.T) { testenv.Examples(t) }

func ExampleFigures() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	args.NumTrainEpochs, args.EvalStrategy = 1, train.Epoch
	watch := train.On(train.Evaluate, func(e train.Event, _ *train.Control) error {
		var figures train.Figures = e.Logs // those of an evaluation have eval_ before their names
		for _, name := range []string{"eval_loss", "eval_accuracy", "eval_f1"} {
			value, ok := figures[name]
			fmt.Println(name, ok, value <= 1)
		}
		return nil
	})
	_, err := train.New(model, args, train.TinyReviews(300, 1), train.TinyReviews(100, 2), train.WithCallback(watch)).Train(context.Background())
	fmt.Println(err)
	// Output:
	// eval_loss true true
	// eval_accuracy true true
	// eval_f1 true true
	// <nil>
}

func ExampleFold() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	args.NumTrainEpochs = 1
	cv, err := train.New(model, args, train.TinyReviews(300, 1), nil).CrossValidate(context.Background(), 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range cv.Folds {
		var fold train.Fold = f
		accuracy, ok := fold.Metrics["accuracy"]
		fmt.Printf("fold %d: %d texts trained on, %d held out, an accuracy of at most 1: %t\n", fold.Number, fold.Train, fold.Val, ok && accuracy <= 1)
	}
	// Output:
	// fold 1: 150 texts trained on, 150 held out, an accuracy of at most 1: true
	// fold 2: 150 texts trained on, 150 held out, an accuracy of at most 1: true
}

func ExampleKind() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	tell := func(e train.Event, _ *train.Control) error {
		switch e.Kind {
		case train.TrainBegin, train.TrainEnd:
			fmt.Println(e.Kind)
		case train.EpochEnd:
			fmt.Println(e.Kind, e.State.Epoch)
		}
		return nil
	}
	_, err := train.New(model, args, train.TinyReviews(100, 1), nil, train.WithCallback(tell)).Train(context.Background())
	fmt.Println(err)
	// Output:
	// train_begin
	// epoch_end 1
	// epoch_end 2
	// epoch_end 3
	// train_end
	// <nil>
}

func ExampleOption() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	args.NumTrainEpochs, args.EvalStrategy, args.MetricForBestModel = 1, train.Epoch, "errors"
	args.GreaterIsBetter = new(false)
	options := []train.Option{
		train.TextColumn("text"), train.LabelColumn("label"), // for frames whose columns have other names than these
		train.ComputeMetrics(func(r *eval.Report) map[string]float64 {
			return map[string]float64{"errors": float64(r.N) * (1 - r.Accuracy)}
		}),
	}
	run, err := train.New(model, args, train.TinyReviews(300, 1), train.TinyReviews(100, 2), options...).Train(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Contains(run.String(), "best errors"), *run.State().BestMetric <= 100)
	// Output: true true
}

func ExampleReason() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	args.NumTrainEpochs, args.EvalStrategy, args.MetricForBestModel = 100, train.Epoch, "accuracy"
	args.EarlyStoppingPatience, args.EarlyStoppingThreshold = 2, 1 // no accuracy is better than another by more than 1
	run, err := train.New(model, args, train.TinyReviews(100, 1), train.TinyReviews(50, 2)).Train(context.Background())
	switch run.Reason() {
	case train.Finished:
		fmt.Println("all steps were done")
	case train.EarlyStopped:
		fmt.Println("no better since epoch", run.State().Epoch-2)
	case train.Interrupted, train.Stopped:
		fmt.Println("Train goes on from here")
	case train.Failed:
		fmt.Println(err)
	}
	// Output: no better since epoch 1
}

func ExampleState() {
	model := train.TinyModel()
	defer model.Close()
	args, done := arguments()
	defer done()
	args.LoggingSteps = 10
	run, err := train.New(model, args, train.TinyReviews(160, 1), nil).Train(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	var s train.State = run.State() // of a run in the background it tells how far it is
	fmt.Printf("step %d of %d, epoch %g of %g\n", s.GlobalStep, s.MaxSteps, s.Epoch, s.NumTrainEpochs)
	fmt.Println(len(s.LogHistory), "reports, best metric:", s.BestMetric) // nothing was evaluated
	// Output:
	// step 30 of 30, epoch 3 of 3
	// 4 reports, best metric: <nil>
}
