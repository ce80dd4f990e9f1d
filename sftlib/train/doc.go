// Package train fine-tunes a BERT on a table of texts and labels, with the arguments, events and results of Hugging Face's
// Trainer.
//
//	package main
//
//	import (
//		"context"
//		"fmt"
//		"log"
//
//		"gosft/sftlib/bert"
//		"gosft/sftlib/data"
//		_ "gosft/sftlib/data/duckdb"
//		"gosft/sftlib/train"
//	)
//
//	func main() {
//		reviews, err := data.ReadCSV("train.csv") // columns text, label
//		if err != nil {
//			log.Fatal(err)
//		}
//		val, err := data.ReadCSV("dev.csv")
//		if err != nil {
//			log.Fatal(err)
//		}
//		model, err := bert.ForSequenceClassification("sentence-transformers/all-MiniLM-L6-v2", []string{"0", "1"})
//		if err != nil {
//			log.Fatal(err)
//		}
//		defer model.Close()
//		args := train.Args{OutputDir: "results", NumTrainEpochs: 1, PerDeviceTrainBatchSize: 32, WarmupRatio: 0.1, EvalStrategy: train.Epoch}
//		run, err := train.New(model, args, reviews, val).Train(context.Background())
//		if err != nil {
//			log.Fatal(err)
//		}
//		report, err := run.Evaluate(val)
//		if err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println(report)
//	}
//
// A step is one program on the backend: forward pass, backward pass, clipping, AdamW. The texts of a batch lie packed in a few
// rows (see [bert.Packer]), which changes neither loss nor gradient and needs few programs; they are compiled, and that is
// said, before the first step.
//
// What happens is told by events: the table and the plot of a notebook, the bar of a terminal, log.jsonl, TensorBoard's files
// and callbacks of the user ([WithCallback]) all listen to the same ones. The model card that the model's Save writes afterwards
// has the hyperparameters, the table of the evaluations and the latest figures.
package train
