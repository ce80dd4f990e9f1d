// Package bert opens, runs, freezes and saves BERT models that classify texts, rate them or give embeddings.
//
//	package main
//
//	import (
//		"fmt"
//		"log"
//
//		"gosft/sftlib/bert"
//	)
//
//	func main() {
//		model, err := bert.Load("results/best") // saved by sftlib or by Python's transformers
//		if err != nil {
//			log.Fatal(err)
//		}
//		defer model.Close()
//		fmt.Println(model.Labels(), model.Problem(), model.Backend())
//	}
//
// [ForSequenceClassification] opens a pretrained encoder with a new head to be trained by sftlib/train. Names, parameters and
// files are those of Hugging Face's transformers: BertForSequenceClassification opens what Save wrote, and the other way round.
package bert
