// Package neural makes BERT models take part in classic.Compare, beside the majority class and the bag of words: does
// fine-tuning pay on these texts, and from how many examples on?
//
//	package main
//
//	import (
//		"fmt"
//		"log"
//
//		"gosft/sftlib/classic"
//		"gosft/sftlib/classic/neural"
//		"gosft/sftlib/data"
//		_ "gosft/sftlib/data/duckdb"
//		"gosft/sftlib/train"
//	)
//
//	func main() {
//		reviews, err := data.ReadCSV("reviews.csv") // columns text, label
//		if err != nil {
//			log.Fatal(err)
//		}
//		where := "sentence-transformers/all-MiniLM-L6-v2"
//		frozen := neural.Frozen(where)
//		tuned := neural.FineTuned(where, train.Args{NumTrainEpochs: 1, PerDeviceTrainBatchSize: 32})
//		defer frozen.Close()
//		defer tuned.Close()
//		c, err := classic.Compare(reviews, "text", "label", frozen, tuned)
//		if err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println(c) // in a notebook: the table, and the learning curve
//	}
package neural
