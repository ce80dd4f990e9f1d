// Package sftlib says what the library runs on. The work is done by its folders, each named after what a user handles:
//
//	data     read CSV, TSV, JSON lines and Parquet; look, clean, split
//	token    WordPiece tokenizers and what they do to a text
//	bert     BERT models from Hugging Face folders: load, predict, save
//	train    Args and Trainer: fine-tuning with live metrics and checkpoints
//	eval     metrics and reports
//	classic  linear models, trees, neighbours, TF-IDF: the yardstick
//	show     tables, plots, bars and coloured tokens
//	serve    a fine-tuned model behind HTTP
//	backend  what computes: CUDA, XLA on the CPU, or Go
//
// A complete program, from a CSV to predictions:
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
//		reviews, err := data.ReadCSV("reviews.csv") // columns text and label
//		if err != nil {
//			log.Fatal(err)
//		}
//		fit, val, err := reviews.DropNA().Split(0.2, data.Stratify("label"), data.Seed(42))
//		if err != nil {
//			log.Fatal(err)
//		}
//		model, err := bert.ForSequenceClassification("sentence-transformers/all-MiniLM-L6-v2", fit.Labels("label"))
//		if err != nil {
//			log.Fatal(err)
//		}
//		defer model.Close()
//		args := train.Args{OutputDir: "results", NumTrainEpochs: 1, PerDeviceTrainBatchSize: 32}
//		if _, err := train.New(model, args, fit, val).Train(context.Background()); err != nil {
//			log.Fatal(err)
//		}
//		predictions, err := model.Predict("A wonderful film.")
//		if err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println(predictions)
//	}
package sftlib
